use std::fmt;
use std::io;
use std::path::Path;

use crate::bindings::openskills::skill::fs as host;

/// An operation on a file that did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    operation: &'static str,
    path: String,
    kind: ErrorKind,
    reason: String,
}

/// The sort of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The path is not granted to this skill.
    Denied,
    /// Nothing has that name.
    NotFound,
    /// Something has that name already.
    AlreadyExists,
    /// A file was needed and the path is a directory.
    IsADirectory,
    /// A directory was needed and the path, or a part of it, is none.
    NotADirectory,
    /// The directory to remove, or to replace, has entries.
    DirectoryNotEmpty,
    /// The path is not valid: empty, too long, too many links.
    InvalidInput,
    /// The content is not what was asked for: text that is not UTF-8.
    InvalidData,
    /// Anything else that the host's system said.
    Other,
}

impl Error {
    /// What sort of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        Path::new(&self.path)
    }

    pub(super) fn new(
        operation: &'static str,
        path: &str,
        kind: ErrorKind,
        reason: impl Into<String>,
    ) -> Self {
        Self { operation, path: path.to_owned(), kind, reason: reason.into() }
    }

    pub(super) fn of_host(operation: &'static str, path: &str, error: host::Error) -> Self {
        let (kind, reason) = match error {
            host::Error::Denied(reason) => (ErrorKind::Denied, reason),
            host::Error::NotFound => (ErrorKind::NotFound, "nothing has that name".into()),
            host::Error::Exists => (ErrorKind::AlreadyExists, "something has that name already".into()),
            host::Error::IsDirectory => (ErrorKind::IsADirectory, "it is a directory".into()),
            host::Error::NotDirectory => {
                (ErrorKind::NotADirectory, "it, or a part of it, is not a directory".into())
            }
            host::Error::NotEmpty => (ErrorKind::DirectoryNotEmpty, "the directory is not empty".into()),
            host::Error::Invalid(reason) => (ErrorKind::InvalidInput, reason),
            host::Error::Io(reason) => (ErrorKind::Other, reason),
        };
        Self::new(operation, path, kind, reason)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} `{}`: {}", self.operation, self.path, self.reason)
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind {
            ErrorKind::Denied => io::ErrorKind::PermissionDenied,
            ErrorKind::NotFound => io::ErrorKind::NotFound,
            ErrorKind::AlreadyExists => io::ErrorKind::AlreadyExists,
            ErrorKind::IsADirectory => io::ErrorKind::IsADirectory,
            ErrorKind::NotADirectory => io::ErrorKind::NotADirectory,
            ErrorKind::DirectoryNotEmpty => io::ErrorKind::DirectoryNotEmpty,
            ErrorKind::InvalidInput => io::ErrorKind::InvalidInput,
            ErrorKind::InvalidData => io::ErrorKind::InvalidData,
            ErrorKind::Other => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
