//! What is remembered of compiled code that was read through and found whole.
#![expect(clippy::disallowed_methods, reason = "the folder of compiled code, private to the user")]

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a reading counts: what a disk loses silently is found within a day.
const HOLDS: Duration = Duration::from_hours(24);

/// The coarsest clock of a file system, and more. A file that was changed so shortly before it was read could be
/// changed once more without another time of change.
const SETTLES: Duration = Duration::from_secs(3);

/// A file as it was when it was read: which one, how long, when it was last changed, and what its checksum is.
///
/// The time of change is the kernel's own (`ctime`): every write, truncation, rename and change of owner or mode sets
/// it, and no program can set it back. A file that others put in its place is another inode, or was changed later.
pub(super) struct Sighting {
    pub(super) text: String,
    changed: Option<SystemTime>,
    now: SystemTime,
}

impl Sighting {
    /// Of a file that is about to be read, or was read before.
    pub(super) fn of(file: &Metadata, checksum: &str, now: SystemTime) -> Self {
        let (device, inode, bytes) = (file.dev(), file.ino(), file.size());
        let (seconds, nanoseconds) = (file.ctime(), file.ctime_nsec());
        let text = format!("file {device} {inode} {bytes}\nchanged {seconds}.{nanoseconds:09}\n{checksum}");
        let since = |seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        let changed = u64::try_from(seconds).ok().and_then(since);
        Self { text, changed, now }
    }

    /// Whether the file was read when it was as it is now, and not too long ago.
    pub(super) fn holds(&self, kept: &Path) -> bool {
        let Ok(text) = fs::read_to_string(kept) else { return false };
        let Some((first, rest)) = text.split_once('\n') else { return false };
        let read = first.strip_prefix("read ").and_then(|seconds| seconds.parse().ok());
        let read = read.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        // A time that is still to come says that a clock was set: then nothing is known.
        let age = read.and_then(|read| self.now.duration_since(read).ok());
        rest == self.text && age.is_some_and(|age| age < HOLDS)
    }

    /// Whether every later change of the file will show in its time of change.
    pub(super) fn is_settled(&self) -> bool {
        let age = self.changed.and_then(|changed| self.now.duration_since(changed).ok());
        age.is_some_and(|age| age >= SETTLES)
    }

    /// What is kept of it.
    pub(super) fn kept(&self) -> String {
        let read = self.now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        format!("read {read}\n{}", self.text)
    }
}
