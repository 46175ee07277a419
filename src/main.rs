//! The `stance` command.

use std::process::ExitCode;

/// Keeps freed pages: training and inference allocate the same sizes over and over, and page faults were a third of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// candle spreads element-wise work over threads that spin while they wait. Here every thread has whole batches of its own, and
/// the spinning took a fifth of the time: candle is told to stay on the calling thread. (Commands give rayon's own pool its size.)
#[allow(unsafe_code)]
fn one_thread_for_candle() {
    // SAFETY: called first in `main`, before any other thread exists that could read the environment.
    unsafe { std::env::set_var("RAYON_NUM_THREADS", "1") }
}

fn main() -> ExitCode {
    one_thread_for_candle();
    stancekit::cli::run()
}
