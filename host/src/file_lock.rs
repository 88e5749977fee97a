//! The lock of a file that several processes use.
#![expect(clippy::disallowed_methods, reason = "measures how long it waits")]

use std::fs::{File, TryLockError};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// Takes the lock, however many others want it, or gives up in the end: a call must not hang on someone else's process.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] after `patience`; what locking the file says.
pub(crate) fn lock(file: &File, patience: Duration) -> io::Result<()> {
    let started = Instant::now();
    let mut pause = Duration::from_micros(20);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if started.elapsed() > patience => {
                let message = format!("another process has kept its lock for {} s", patience.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            Err(TryLockError::WouldBlock) => {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(2));
            }
        }
    }
}
