//! What scripts say of how they are used, as it is kept: by the digest of all that it depends on.
#![expect(clippy::disallowed_methods, reason = "keeps it in the cache folder")]

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::file_lock::lock;
use crate::instance::is_own;

/// Bytes of a file that is kept.
const MAX_FILE: u64 = 64 << 10;

/// What a script told, and how often it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// What it printed; none as long as it did not answer.
    pub(crate) text: Option<String>,
    /// The name of the module as which it answered, if it did not as a file.
    pub(crate) module: Option<String>,
    /// Whether it ended as a file without an answer. A run that was interrupted says nothing of that.
    pub(crate) is_no_file: bool,
    /// Runs that were begun for this and did not answer.
    pub(crate) failures: u8,
}

/// The folder of what scripts told, below the cache.
#[derive(Clone, Debug)]
pub(crate) struct Tellings {
    folder: PathBuf,
}

impl Tellings {
    /// Those below the cache's root. Nothing is read or made yet.
    pub(crate) fn below(cache: &Path) -> Self {
        Self { folder: cache.join("help") }
    }

    /// What is kept under a key, in a folder and a file that nobody else can write.
    pub(crate) fn get(&self, key: &str) -> Option<Told> {
        let file = File::open(self.file(key)).ok()?;
        for metadata in [fs::symlink_metadata(&self.folder).ok()?, file.metadata().ok()?] {
            if !is_own(&metadata) {
                return None;
            }
        }
        let mut text = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Waits for others who ask for what is kept under the same key, and holds them off as long as the file is open.
    ///
    /// # Errors
    /// If the folder cannot be written; [`io::ErrorKind::TimedOut`] after `patience`.
    pub(crate) fn hold(&self, key: &str, patience: Duration) -> io::Result<File> {
        self.make_folder()?;
        // Few files for all keys: who waits for another script's answer waits no longer than for one's own.
        let name = format!("{}.lock", key.get(..2).unwrap_or(key));
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.folder.join(name))?;
        lock(&file, patience)?;
        Ok(file)
    }

    /// Keeps it.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub(crate) fn keep(&self, key: &str, told: &Told) -> io::Result<()> {
        self.make_folder()?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&serde_json::to_vec(told)?)?;
        file.persist(self.file(key))?;
        Ok(())
    }

    fn make_folder(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)
    }

    fn file(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_kept_is_found_by_its_key_alone() {
        let cache = tempfile::tempdir().unwrap();
        let tellings = Tellings::below(cache.path());
        assert_eq!(tellings.get("a"), None);
        let told = Told { text: Some("usage: x".to_owned()), ..Told::default() };
        tellings.keep("a", &told).unwrap();
        assert_eq!((tellings.get("a"), tellings.get("b")), (Some(told), None));
    }

    #[test]
    fn what_others_can_write_or_is_damaged_is_not_believed() {
        let cache = tempfile::tempdir().unwrap();
        let tellings = Tellings::below(cache.path());
        tellings.keep("a", &Told::default()).unwrap();
        fs::write(tellings.file("b"), "{").unwrap();
        assert_eq!((tellings.get("a").is_some(), tellings.get("b")), (true, None));
        fs::set_permissions(&tellings.folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(tellings.get("a"), None);
    }
}
