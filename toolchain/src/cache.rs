//! Folders that are made once and found again: in the user's cache, safe against two makers at a time, against
//! a maker that was interrupted, and against files that went missing since.
//!
//! An entry is made in a sibling folder under a lock and renamed into place when it is whole. Its stamp, written
//! last, lists every file with its size and every link; an entry that no longer agrees with its stamp is made anew.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use etcetera::BaseStrategy;

use crate::ToolchainError;

/// The stamp's name in the entry's folder.
const STAMP: &str = ".complete";

/// The first line of a stamp of this form.
const FORM: &str = "openskills cache entry 1";

/// Where all that this crate and its callers make once is kept: `$XDG_CACHE_HOME/openskills`.
///
/// # Errors
/// If the home directory is unknown.
pub fn folder() -> Result<PathBuf, ToolchainError> {
    let base = etcetera::choose_base_strategy()
        .map_err(|error| ToolchainError::NoCacheFolder { reason: error.to_string() })?;
    Ok(base.cache_dir().join("openskills"))
}

/// A number for an entry's name, of all that the entry depends on. It is FNV-1a: the same in every build of ours,
/// which the standard library's hasher does not promise.
#[must_use]
pub fn key(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether what is in an entry's folder is what was put there: every file with its size, and every link. Nothing where
/// the folder has no list of them.
#[must_use]
pub fn is_whole(folder: &Path) -> Option<bool> {
    folder.join(STAMP).exists().then(|| whole(folder))
}

/// Whether a program holds the lock of this file.
#[must_use]
pub fn is_locked(file: &Path) -> bool {
    File::open(file).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Removes what is kept in a folder or a file. False if a program is making it, and it stays; one that uses it is not
/// known of.
///
/// # Errors
/// If it cannot be removed.
pub fn remove_kept(path: &Path) -> io::Result<bool> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
    let name = name.to_string_lossy();
    // Those of entries, of all in a folder, and of builds.
    let locks = [parent.join(format!(".{name}.lock")), parent.join(".lock"), path.join("lock")];
    let mut held = Vec::new();
    for file in locks.iter().filter_map(|lock| File::open(lock).ok()) {
        match file.try_lock() {
            Ok(()) => held.push(file),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    if !path.is_dir() {
        return fs::remove_file(path).map(|()| true);
    }
    // It is gone at once, whatever becomes of its files: half of a folder is never found.
    let hidden =
        parent.join(format!(".{}.partial-removed-{}", name.trim_start_matches('.'), std::process::id()));
    fs::rename(path, &hidden)?;
    fs::remove_dir_all(&hidden).map(|()| true)
}

/// A folder in the cache. Its name says what is in it: a change of the recipe is another name.
#[derive(Clone, Debug)]
pub struct Entry {
    parent: PathBuf,
    name: String,
    works: fn(&Path) -> bool,
}

impl Entry {
    /// The entry `name` in the folder `parent`; nothing is made or read yet.
    #[must_use]
    pub fn new(parent: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self { parent: parent.into(), name: name.into(), works: |_| true }
    }

    /// Counts the entry as whole only if `works` says so of its folder too: a cheap try, such as running it once.
    #[must_use]
    pub fn tried_by(mut self, works: fn(&Path) -> bool) -> Self {
        self.works = works;
        self
    }

    /// Where the entry is once it is made.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.parent.join(&self.name)
    }

    /// The folder, if it is there, agrees with its stamp and works.
    #[must_use]
    pub fn find(&self) -> Option<PathBuf> {
        let path = self.path();
        (whole(&path) && (self.works)(&path)).then_some(path)
    }

    /// The folder, made by `make` if it is not there or not whole. `make` is given an empty folder to fill; where
    /// two want the same entry, one makes it and the other waits. What `make` writes must not name that folder,
    /// since it is renamed.
    ///
    /// # Errors
    /// What `make` returns, or that the cache cannot be written.
    pub fn find_or_make(
        &self,
        progress: &mut dyn FnMut(&str),
        make: impl FnOnce(&Path, &mut dyn FnMut(&str)) -> Result<(), ToolchainError>,
    ) -> Result<PathBuf, ToolchainError> {
        if let Some(path) = self.find() {
            return Ok(path);
        }
        let _lock = self.lock(progress)?;
        if let Some(path) = self.find() {
            return Ok(path);
        }
        let path = self.path();
        if path.exists() {
            progress(&format!("{} is incomplete or does not work, and is made anew", path.display()));
        }
        let partial = self.partial();
        fs::create_dir(&partial).map_err(ToolchainError::io("create", &partial))?;
        let made = make(&partial, progress).and_then(|()| stamp(&partial)).and_then(|()| {
            remove(&path)?;
            fs::rename(&partial, &path).map_err(ToolchainError::io("put in place", &path))
        });
        if let Err(error) = made {
            // The first error is the one to tell; a leftover is removed by the next attempt.
            let _ = remove(&partial);
            return Err(error);
        }
        Ok(path)
    }

    /// A new sibling's name, after those of makers that were killed are removed. Programs they started may still
    /// be writing there, so a name is never used twice and what cannot be removed is left to the next.
    fn partial(&self) -> PathBuf {
        let prefix = format!(".{}.partial-", self.name);
        for entry in fs::read_dir(&self.parent).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                let _ = remove(&entry.path());
            }
        }
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.parent.join(format!("{prefix}{}-{}", std::process::id(), time.as_nanos()))
    }

    fn lock(&self, progress: &mut dyn FnMut(&str)) -> Result<File, ToolchainError> {
        fs::create_dir_all(&self.parent).map_err(ToolchainError::io("create", &self.parent))?;
        let path = self.parent.join(format!(".{}.lock", self.name));
        let file = File::create(&path).map_err(ToolchainError::io("create", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                progress(&format!("waiting for another process that makes {}", self.path().display()));
                file.lock().map_err(ToolchainError::io("lock", &path))?;
                Ok(file)
            }
            Err(TryLockError::Error(source)) => Err(ToolchainError::io("lock", &path)(source)),
        }
    }
}

/// Whether the folder agrees with its stamp.
fn whole(folder: &Path) -> bool {
    let Ok(stamp) = fs::read_to_string(folder.join(STAMP)) else { return false };
    let mut lines = stamp.lines();
    let Some(count) = lines.next().and_then(|first| first.strip_prefix(FORM)?.strip_prefix(" files ")) else {
        return false;
    };
    let mut found = 0_usize;
    for line in lines {
        let Some((size, name)) = line.split_once(' ') else { return false };
        // Follows links: a link to nothing is a broken entry.
        let Ok(metadata) = fs::metadata(folder.join(name)) else { return false };
        if size != "link" && (!metadata.is_file() || size.parse() != Ok(metadata.len())) {
            return false;
        }
        found += 1;
    }
    found > 0 && count.parse() == Ok(found)
}

fn stamp(folder: &Path) -> Result<(), ToolchainError> {
    let mut lines = Vec::new();
    list(folder, Path::new(""), &mut lines)?;
    lines.sort();
    let text = format!("{FORM} files {}\n{}\n", lines.len(), lines.join("\n"));
    let path = folder.join(STAMP);
    fs::write(&path, text).map_err(ToolchainError::io("write", &path))
}

fn list(folder: &Path, below: &Path, lines: &mut Vec<String>) -> Result<(), ToolchainError> {
    let here = folder.join(below);
    for entry in fs::read_dir(&here).map_err(ToolchainError::io("read", &here))? {
        let entry = entry.map_err(ToolchainError::io("read", &here))?;
        // Python rewrites its compiled files as it likes.
        if entry.file_name() == "__pycache__" {
            continue;
        }
        let name = below.join(entry.file_name());
        let metadata = entry.metadata().map_err(ToolchainError::io("read", &entry.path()))?;
        if metadata.is_dir() {
            list(folder, &name, lines)?;
        } else if metadata.is_symlink() {
            lines.push(format!("link {}", name.display()));
        } else {
            lines.push(format!("{} {}", metadata.len(), name.display()));
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), ToolchainError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(ToolchainError::io("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn fill(folder: &Path) -> Result<(), ToolchainError> {
        fs::create_dir(folder.join("lib")).unwrap();
        fs::write(folder.join("lib/core.rlib"), "rlib").unwrap();
        fs::write(folder.join("rustc"), "#!/bin/sh").unwrap();
        symlink("lib/core.rlib", folder.join("link")).unwrap();
        Ok(())
    }

    fn make(entry: &Entry, count: &AtomicUsize) -> PathBuf {
        entry
            .find_or_make(&mut |_| (), |folder, _| {
                count.fetch_add(1, Ordering::SeqCst);
                fill(folder)
            })
            .unwrap()
    }

    #[test]
    fn the_key_is_of_the_texts_one_by_one() {
        assert_eq!(key(&["a"]), key(&["a"]));
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
    }

    #[test]
    fn made_once_and_found_again() {
        let cache = tempfile::tempdir().unwrap();
        let entry = Entry::new(cache.path().join("deep/er"), "tool-1");
        let count = AtomicUsize::new(0);
        assert_eq!(entry.find(), None);
        let path = make(&entry, &count);
        assert_eq!(fs::read_to_string(path.join("link")).unwrap(), "rlib");
        assert_eq!(make(&entry, &count), path);
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn every_kind_of_damage_is_noticed_and_mended() {
        type Damage = (&'static str, fn(&Path));
        let damages: [Damage; 6] = [
            ("a file is gone", |path| fs::remove_file(path.join("rustc")).unwrap()),
            ("a file was cut", |path| fs::write(path.join("lib/core.rlib"), "rl").unwrap()),
            ("a link leads nowhere", |path| {
                fs::remove_file(path.join("link")).unwrap();
                symlink("gone", path.join("link")).unwrap();
            }),
            ("the stamp is gone", |path| fs::remove_file(path.join(STAMP)).unwrap()),
            ("the stamp was cut", |path| {
                let text = fs::read_to_string(path.join(STAMP)).unwrap();
                let cut = text.trim_end().rfind('\n').unwrap();
                fs::write(path.join(STAMP), &text[..cut]).unwrap();
            }),
            ("a file became a folder", |path| {
                fs::remove_file(path.join("rustc")).unwrap();
                fs::create_dir(path.join("rustc")).unwrap();
            }),
        ];
        for (what, damage) in damages {
            let cache = tempfile::tempdir().unwrap();
            let entry = Entry::new(cache.path(), "tool-1");
            let count = AtomicUsize::new(0);
            let path = make(&entry, &count);
            damage(&path);
            assert_eq!(entry.find(), None, "{what}");
            make(&entry, &count);
            assert!(entry.find().is_some(), "{what}");
            assert_eq!(count.load(Ordering::SeqCst), 2, "{what}");
        }
    }

    #[test]
    fn what_does_not_work_is_made_anew() {
        let cache = tempfile::tempdir().unwrap();
        // Whole by its stamp, and yet of no use: the size is the same.
        let entry = Entry::new(cache.path(), "tool-1")
            .tried_by(|path| fs::read(path.join("rustc")).is_ok_and(|text| text == b"#!/bin/sh"));
        let count = AtomicUsize::new(0);
        let path = make(&entry, &count);
        fs::write(path.join("rustc"), "#!/bin/no").unwrap();
        assert_eq!(entry.find(), None);
        make(&entry, &count);
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_failed_or_interrupted_maker_leaves_nothing_that_counts() {
        let cache = tempfile::tempdir().unwrap();
        let entry = Entry::new(cache.path(), "tool-1");
        let failed = entry.find_or_make(&mut |_| (), |folder, _| {
            fill(folder)?;
            Err(ToolchainError::Unsuited("half-way".into()))
        });
        assert_eq!(failed.unwrap_err().to_string(), "half-way");
        assert_eq!(entry.find(), None);
        assert!(!entry.path().exists());

        // As after a kill: a partial folder that no one removed.
        let left = cache.path().join(".tool-1.partial-1-1");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("stale"), "").unwrap();
        let path = make(&entry, &AtomicUsize::new(0));
        assert!(!path.join("stale").exists());
        assert!(!left.exists());
    }

    #[test]
    fn what_is_being_made_stays_and_all_else_can_be_removed() {
        let cache = tempfile::tempdir().unwrap();
        let entry = Entry::new(cache.path(), "tool-1");
        let path = make(&entry, &AtomicUsize::new(0));
        assert_eq!(is_whole(&path), Some(true));
        fs::write(path.join("rustc"), "").unwrap();
        assert_eq!(is_whole(&path), Some(false));
        let lock = cache.path().join(".tool-1.lock");
        let maker = File::open(&lock).unwrap();
        maker.lock().unwrap();
        assert!(is_locked(&lock) && !remove_kept(&path).unwrap() && path.exists());
        drop(maker);
        assert!(!is_locked(&lock) && remove_kept(&path).unwrap() && !path.exists());
        // The lock is left, for whoever waits for it, and nothing else.
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1);
        assert_eq!(is_whole(&path), None);
    }

    #[test]
    fn two_at_once_make_it_once() {
        let cache = tempfile::tempdir().unwrap();
        let entry = Entry::new(cache.path(), "tool-1");
        let (count, start, waited) = (AtomicUsize::new(0), Barrier::new(2), AtomicUsize::new(0));
        let one = || {
            start.wait();
            let progress = &mut |line: &str| {
                waited.fetch_add(usize::from(line.starts_with("waiting")), Ordering::SeqCst);
            };
            entry.find_or_make(progress, |folder, _| {
                count.fetch_add(1, Ordering::SeqCst);
                // Long enough that the other comes while this one works.
                thread::sleep(Duration::from_millis(300));
                fill(folder)
            })
        };
        let (first, second) = thread::scope(|scope| {
            let (first, second) = (scope.spawn(one), scope.spawn(one));
            (first.join().unwrap().unwrap(), second.join().unwrap().unwrap())
        });
        assert_eq!(first, second);
        assert_eq!(count.load(Ordering::SeqCst), 1);
        assert_eq!(waited.load(Ordering::SeqCst), 1);
    }
}
