//! The `stance` command.

use std::ffi::OsString;
use std::process::ExitCode;

/// Keeps freed pages: training and inference allocate the same sizes over and over, and page faults were a third of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    prepare_environment();
    stancekit::cli::run()
}
