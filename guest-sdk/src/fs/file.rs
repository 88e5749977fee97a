use std::path::Path;

use super::error::{Error, ErrorKind};
use super::metadata;
use crate::bindings::openskills::skill::fs as host;

/// The most that one call of the host reads.
const CHUNK: u64 = 4 << 20;

/// The whole content of a file.
///
/// # Errors
/// If the path is not granted, is no file, or cannot be read.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<u8>, Error> {
    const READ: &str = "read";
    let path = text(READ, path.as_ref())?;
    let mut contents = Vec::new();
    loop {
        let part =
            host::read(path, contents.len() as u64, CHUNK).map_err(|e| Error::of_host(READ, path, e))?;
        if part.is_empty() {
            return Ok(contents);
        }
        if contents.is_empty() {
            contents = part;
        } else {
            contents.extend_from_slice(&part);
        }
    }
}

/// The whole content of a file that is UTF-8 text.
///
/// # Errors
/// As [`read`], and [`ErrorKind::InvalidData`] if the file is not UTF-8.
pub fn read_to_string(path: impl AsRef<Path>) -> Result<String, Error> {
    let path = path.as_ref();
    String::from_utf8(read(path)?).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let reason = format!("it is not UTF-8 text (byte {valid})");
        Error::new("read", &path.to_string_lossy(), ErrorKind::InvalidData, reason)
    })
}

/// Makes `contents` the whole content of a file, which is created if it is missing. Its directory must exist.
///
/// # Errors
/// If the path is not granted for writing, is a directory, or its directory is missing.
pub fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> Result<(), Error> {
    on("write", path.as_ref(), |path| host::write(path, contents.as_ref()))
}

/// Adds `contents` at the end of a file, which is created if it is missing.
///
/// # Errors
/// As [`write()`].
pub fn append(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> Result<(), Error> {
    on("append to", path.as_ref(), |path| host::append(path, contents.as_ref()))
}

/// Whether something has that name.
///
/// # Errors
/// If that cannot be told: a path that is not granted is an error, not an absence.
pub fn exists(path: impl AsRef<Path>) -> Result<bool, Error> {
    match metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes one directory. Its parent must exist.
///
/// # Errors
/// If the path is not granted for writing, exists, or its parent is missing.
pub fn create_dir(path: impl AsRef<Path>) -> Result<(), Error> {
    on("create the directory", path.as_ref(), host::make_dir)
}

/// Makes a directory and those above it that are missing; one that is there already is fine.
///
/// # Errors
/// If one of them is not granted for writing, or is something else than a directory.
pub fn create_dir_all(path: impl AsRef<Path>) -> Result<(), Error> {
    let path = path.as_ref();
    match create_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
                return Err(error);
            };
            create_dir_all(parent)?;
            existing_is_fine(path, create_dir(path))
        }
        result => existing_is_fine(path, result),
    }
}

fn existing_is_fine(path: &Path, made: Result<(), Error>) -> Result<(), Error> {
    match made {
        Err(_) if metadata(path).is_ok_and(|found| found.is_dir()) => Ok(()),
        made => made,
    }
}

/// Removes a file, a link (not what it leads to) or an empty directory.
///
/// # Errors
/// If the path is not granted for writing, is missing, or is a directory with entries.
pub fn remove(path: impl AsRef<Path>) -> Result<(), Error> {
    on("remove", path.as_ref(), host::remove)
}

/// Gives `from` the name `to`, replacing a file of that name.
///
/// # Errors
/// If either is not granted for writing, or `from` is missing.
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), Error> {
    const RENAME: &str = "rename";
    let to = text(RENAME, to.as_ref())?;
    on(RENAME, from.as_ref(), |from| host::rename(from, to))
}

/// One operation of the host on one path.
pub(super) fn on<T>(
    operation: &'static str,
    path: &Path,
    call: impl FnOnce(&str) -> Result<T, host::Error>,
) -> Result<T, Error> {
    let path = text(operation, path)?;
    call(path).map_err(|error| Error::of_host(operation, path, error))
}

fn text<'a>(operation: &'static str, path: &'a Path) -> Result<&'a str, Error> {
    path.to_str().ok_or_else(|| {
        let reason = "the path is not UTF-8 text";
        Error::new(operation, &path.to_string_lossy(), ErrorKind::InvalidInput, reason)
    })
}
