//! The `stance` command.

use std::process::ExitCode;

/// Keeps freed pages: training and inference allocate the same sizes over and over, and page faults were a third of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    stancekit::cli::run()
}
