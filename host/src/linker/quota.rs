//! How much one call may write to disk.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::io::Errno;

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

    /// Takes what a write of `count` bytes at `offset` makes a file of `size` bytes grow by, at least its bytes: a
    /// hole counts as if it were written, since whoever copies the file writes it.
    pub(crate) fn take_write(&self, size: u64, offset: u64, count: u64) -> Result<(), Errno> {
        self.take_bytes(count.saturating_add(offset.saturating_sub(size)))
    }

    /// Gives back a file that was not made after all.
    pub(crate) fn give_back_file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_given_and_no_more() {
        let quota = Quota::new(&Limits { written_bytes: 10, created_files: 1, ..Limits::default() });
        assert!(quota.take_bytes(10).is_ok() && quota.take_file().is_ok());
        assert!(!quota.is_exceeded());
        quota.give_back_file();
        assert!(quota.take_file().is_ok());
        assert_eq!(quota.take_bytes(1), Err(Errno::DQUOT));
        assert_eq!(quota.take_file(), Err(Errno::DQUOT));
        assert!(quota.is_exceeded());
    }

    #[test]
    fn a_hole_counts_as_written() {
        let quota = Quota::new(&Limits { written_bytes: 10, ..Limits::default() });
        assert_eq!(quota.take_write(0, 10, 1), Err(Errno::DQUOT));
        assert_eq!(quota.take_write(0, u64::MAX, 1), Err(Errno::DQUOT));
        assert!(quota.take_write(5, 8, 1).is_ok(), "three of a hole and one");
        assert!(quota.take_write(9, 0, 6).is_ok());
        assert_eq!(quota.take_write(9, 0, 1), Err(Errno::DQUOT));
    }
}
