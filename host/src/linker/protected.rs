//! Files and folders of the host's that no skill may write, by what they are and not by what they are called.
#![expect(
    clippy::disallowed_methods,
    reason = "finds out which files of the host are protected, before any guest runs"
)]

use std::collections::HashSet;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};

use unicode_normalization::UnicodeNormalization;

use super::mounts::Mount;

/// Device and inode: what a file is, whatever its name.
type Identity = (u64, u64);

/// Search places, skills' folders, policies, records, the cache.
#[derive(Clone, Debug, Default)]
pub(crate) struct Protected {
    present: HashSet<Identity>,
    /// What does not exist yet: the folder in which it would come to be, and its name there.
    missing: HashSet<(Identity, String)>,
}

impl Protected {
    /// Protects a file or a folder with all below it, even if it does not exist yet.
    pub(crate) fn add(&mut self, path: &Path) {
        let mut path = path;
        loop {
            if let Ok(stat) = rustix::fs::stat(path) {
                self.present.insert(identity(&stat));
                return;
            }
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return };
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            if let Ok(stat) = rustix::fs::stat(parent) {
                self.missing.insert((identity(&stat), folded(&name.to_string_lossy())));
                return;
            }
            path = parent;
        }
    }

    /// Whether an open file is protected itself, whatever name it was opened by.
    pub(crate) fn holds(&self, stat: &Stat) -> bool {
        self.present.contains(&identity(stat))
    }

    /// The part of `path`, below `mount`, that is protected: a folder with a `SKILL.md`, or what was added.
    ///
    /// `parent` is the open directory that the last name of `path` will be acted on in. The way to it is walked again
    /// without following links, and must end there: a way that moves meanwhile counts as protected.
    pub(crate) fn on_the_way(&self, mount: &Mount, path: &str, parent: &OwnedFd) -> Option<String> {
        let end = rustix::fs::fstat(parent).map(|stat| identity(&stat)).ok();
        let mut directory = std::sync::Arc::clone(&mount.dir);
        let mut way = String::new();
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            let Ok(here) = rustix::fs::fstat(directory.as_fd()).map(|stat| identity(&stat)) else {
                return Some(way);
            };
            if self.present.contains(&here) || holds_manifest(&directory) {
                return Some(if way.is_empty() { ".".to_owned() } else { way });
            }
            if !way.is_empty() {
                way.push('/');
            }
            way.push_str(name);
            if self.missing.contains(&(here, folded(name))) {
                return Some(way);
            }
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let next = rustix::fs::openat(directory.as_fd(), name, flags, Mode::empty());
            if names.peek().is_none() {
                if Some(here) != end {
                    return Some(way);
                }
                // The last name need not exist.
                let Ok(stat) = next.and_then(|next| Ok((rustix::fs::fstat(&next)?, next))) else {
                    return None;
                };
                let (stat, next) = stat;
                let folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
                let protected = self.present.contains(&identity(&stat)) || (folder && holds_manifest(&next));
                return protected.then_some(way);
            }
            match next {
                Ok(next) => directory = std::sync::Arc::new(next),
                Err(_) => return Some(way),
            }
        }
        None
    }
}

/// A name as file systems that fold names would compare it.
fn folded(name: &str) -> String {
    name.nfc().flat_map(char::to_lowercase).collect()
}

fn identity(stat: &Stat) -> Identity {
    (stat.st_dev, stat.st_ino)
}

fn holds_manifest(directory: &impl AsFd) -> bool {
    ["SKILL.md", "skill.md"]
        .into_iter()
        .any(|name| rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linker::mounts::open_directory;

    fn way(protected: &Protected, mount: &Mount, path: &str) -> Option<String> {
        let parent =
            open_directory(&mount.dir, path.rsplit_once('/').map_or("", |(parent, _)| parent)).unwrap();
        protected.on_the_way(mount, path, &parent)
    }

    #[test]
    fn what_exists_is_protected_with_all_below_it() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("cache/deep")).unwrap();
        std::fs::create_dir_all(root.path().join("free")).unwrap();
        let mount = Mount::open(root.path(), true).unwrap();
        let mut protected = Protected::default();
        protected.add(&root.path().join("cache"));
        assert_eq!(way(&protected, &mount, "cache/deep/x").as_deref(), Some("cache"));
        assert_eq!(way(&protected, &mount, "cache").as_deref(), Some("cache"));
        assert_eq!(way(&protected, &mount, "free/x"), None);
        assert_eq!(way(&protected, &mount, "x"), None);
    }

    #[test]
    fn what_does_not_exist_yet_is_protected_too() {
        let root = tempfile::tempdir().unwrap();
        let mount = Mount::open(root.path(), true).unwrap();
        let mut protected = Protected::default();
        protected.add(&root.path().join("cache/openskills"));
        assert_eq!(way(&protected, &mount, "cache").as_deref(), Some("cache"));
        std::fs::create_dir_all(root.path().join("cache/openskills")).unwrap();
        assert_eq!(way(&protected, &mount, "cache/openskills/x").as_deref(), Some("cache"));
        assert_eq!(way(&protected, &mount, "other"), None);
    }

    #[test]
    fn a_folder_with_a_manifest_is_protected() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("skills/one/notes")).unwrap();
        std::fs::write(root.path().join("skills/one/SKILL.md"), "").unwrap();
        let mount = Mount::open(root.path(), true).unwrap();
        let protected = Protected::default();
        assert_eq!(way(&protected, &mount, "skills/one/notes/x").as_deref(), Some("skills/one"));
        assert_eq!(way(&protected, &mount, "skills/one").as_deref(), Some("skills/one"));
        assert_eq!(way(&protected, &mount, "skills/two"), None);
    }

    #[test]
    fn a_way_that_leads_elsewhere_counts_as_protected() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("a")).unwrap();
        std::fs::create_dir_all(root.path().join("b")).unwrap();
        let mount = Mount::open(root.path(), true).unwrap();
        let elsewhere = open_directory(&mount.dir, "b").unwrap();
        assert!(Protected::default().on_the_way(&mount, "a/x", &elsewhere).is_some());
    }
}
