//! Runs a reader that is not ours where it can do no harm: on a thread with a deep stack, with a deadline, its panics caught.

use crate::error::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// The name of the threads, by which a panic hook can tell a caught panic from one of ours.
pub const READER_THREAD: &str = "stance-reader";

/// Longest time for one article. A page takes milliseconds and a book seconds; only what was made to hurt takes longer.
const DEADLINE: Duration = Duration::from_secs(120);

/// Deep enough for every nesting that the checks before let through.
const STACK: usize = 64 << 20;

/// The result of `work`; an error if it panics or does not end in time. Work that does not end keeps its thread: the rest
/// of the batch goes on without it.
pub(super) fn run<T: Send + 'static>(format: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    run_for(DEADLINE, format, work)
}

fn run_for<T: Send + 'static>(deadline: Duration, format: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (sender, receiver) = channel();
    let work = move || {
        let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
    };
    let thread = std::thread::Builder::new().name(READER_THREAD.to_owned()).stack_size(STACK);
    thread.spawn(work).map_err(|e| Error::new(format!("cannot start a thread: {e}")))?;
    match receiver.recv_timeout(deadline) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {
            Err(Error::new(format!("the reader of {format} failed on it")).hint("it may be damaged; convert it to text"))
        }
        Err(RecvTimeoutError::Timeout) => {
            Err(Error::new(format!("the reader of {format} did not come to an end in {} seconds", deadline.as_secs()))
                .hint("convert it to text"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_panics_and_delays_are_told_apart() {
        assert_eq!(run("X", || 7).unwrap(), 7);
        let panicked = run("X", || -> u8 { panic!("no") }).unwrap_err().to_string();
        assert!(panicked.starts_with("the reader of X failed on it"), "{panicked}");
        let late = run_for(Duration::from_millis(20), "X", || std::thread::sleep(Duration::from_secs(2))).unwrap_err();
        assert!(late.to_string().contains("did not come to an end"), "{late}");
    }
}
