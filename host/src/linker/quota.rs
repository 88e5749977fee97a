//! How much one call may write to disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use rustix::io::Errno;
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamError, StreamResult};

use crate::capability::Limits;

/// What is left of a call's share of the disk. What is removed again is not given back: a limit on work done, too.
#[derive(Debug)]
pub(crate) struct Quota {
    bytes: AtomicU64,
    files: AtomicU64,
    exceeded: AtomicBool,
}

impl Quota {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            bytes: AtomicU64::new(limits.written_bytes),
            files: AtomicU64::new(limits.created_files),
            exceeded: AtomicBool::new(false),
        }
    }

    /// Takes bytes that are about to be written.
    pub(crate) fn take_bytes(&self, count: u64) -> Result<(), Errno> {
        self.take(&self.bytes, count)
    }

    /// Takes a file or directory that is about to be made.
    pub(crate) fn take_file(&self) -> Result<(), Errno> {
        self.take(&self.files, 1)
    }

    /// Whether something was refused for want of quota.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    fn take(&self, left: &AtomicU64, count: u64) -> Result<(), Errno> {
        let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count));
        taken.map(drop).map_err(|_| {
            self.exceeded.store(true, Ordering::Relaxed);
            Errno::DQUOT
        })
    }
}

/// A stream into a file that stops at the call's quota.
pub(crate) struct Metered {
    pub(crate) stream: DynOutputStream,
    pub(crate) quota: Arc<Quota>,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Metered {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Metered {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.quota
            .take_bytes(bytes.len() as u64)
            .map_err(|error| StreamError::LastOperationFailed(std::io::Error::from(error).into()))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.stream.check_write()
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_given_and_no_more() {
        let quota = Quota::new(&Limits { written_bytes: 10, created_files: 1, ..Limits::default() });
        assert!(quota.take_bytes(10).is_ok() && quota.take_file().is_ok());
        assert!(!quota.is_exceeded());
        assert_eq!(quota.take_bytes(1), Err(Errno::DQUOT));
        assert_eq!(quota.take_file(), Err(Errno::DQUOT));
        assert!(quota.is_exceeded());
    }
}
