use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::error::Error;
use super::file::on;
use crate::bindings::openskills::skill::fs as host;

/// What a path names, links followed.
///
/// # Errors
/// If the path is not granted or nothing has that name.
pub fn metadata(path: impl AsRef<Path>) -> Result<Metadata, Error> {
    on("look at", path.as_ref(), host::stat).map(Metadata)
}

/// The entries of a directory that are granted, or that lead to granted ones, sorted by name.
///
/// # Errors
/// If the path is not granted or is no directory.
pub fn read_dir(path: impl AsRef<Path>) -> Result<Vec<DirEntry>, Error> {
    let dir = path.as_ref();
    let entries = on("list", dir, host::list_dir)?;
    Ok(entries
        .into_iter()
        .map(|entry| DirEntry {
            path: dir.join(&entry.name),
            name: entry.name,
            kind: FileType::of_host(entry.kind),
        })
        .collect())
}

/// What is known of a file or directory.
#[derive(Clone, Debug)]
pub struct Metadata(host::Metadata);

impl Metadata {
    /// What it is; never [`FileType::Link`].
    #[must_use]
    pub fn file_type(&self) -> FileType {
        FileType::of_host(self.0.kind)
    }

    /// Whether it is a regular file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.file_type() == FileType::File
    }

    /// Whether it is a directory.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.file_type() == FileType::Dir
    }

    /// The size in bytes; 0 for directories.
    #[expect(clippy::len_without_is_empty, reason = "as `std::fs::Metadata`")]
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.size
    }

    /// When the content last changed, if the system knows.
    #[must_use]
    pub fn modified(&self) -> Option<SystemTime> {
        Some(SystemTime::UNIX_EPOCH + Duration::from_millis(self.0.modified?))
    }
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    name: String,
    path: PathBuf,
    kind: FileType,
}

impl DirEntry {
    /// Its name, without the directory.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The directory as it was given to [`read_dir`], and the name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it is; links are not followed.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.kind
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileType {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link.
    Link,
    /// Anything else: devices, pipes, sockets. They cannot be opened.
    Other,
}

impl FileType {
    fn of_host(kind: host::Kind) -> Self {
        match kind {
            host::Kind::File => Self::File,
            host::Kind::Directory => Self::Dir,
            host::Kind::Link => Self::Link,
            host::Kind::Other => Self::Other,
        }
    }
}
