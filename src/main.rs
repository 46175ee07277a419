//! The `stance` command.

use std::ffi::OsString;
use std::process::ExitCode;

/// Keeps freed pages for a while: training allocates the same sizes over and over, and page faults were a third of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long mimalloc keeps freed pages. It waits for a second by itself, which what only labels gains no time by and pays for with a
/// fifth more memory.
#[allow(unsafe_code)]
fn keep_freed_pages(milliseconds: std::ffi::c_long) {
    // `mi_option_purge_delay` of mimalloc 3, for which the crate has no name.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    // SAFETY: sets a number that mimalloc reads when pages are freed; called when no other thread is running.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, milliseconds) }
}

/// candle spreads element-wise work over threads that spin while they wait. Here every thread has whole batches of its own, and
/// the spinning took a fifth of the time: candle is told to stay on the calling thread. (Commands give rayon's own pool its size.)
/// A setting of ours that is empty is one that is not set, wherever it is read.
#[allow(unsafe_code)]
fn prepare_environment() {
    let is_empty = |(name, value): &(OsString, OsString)| value.is_empty() && name.to_string_lossy().starts_with("STANCE_");
    // SAFETY: called first in `main`, before any other thread exists that could read the environment.
    unsafe {
        std::env::set_var("RAYON_NUM_THREADS", "1");
        std::env::vars_os().filter(is_empty).for_each(|(name, _)| std::env::remove_var(name));
    }
}

fn main() -> ExitCode {
    // Before the first page is freed: when pages go back is settled then.
    keep_freed_pages(10);
    prepare_environment();
    stancekit::cli::run(|| keep_freed_pages(1000))
}
