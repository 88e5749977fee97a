//! Tier 3: the other files of a skill's folder.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use serde::Serialize;

/// Resources that are listed at most.
const MAX_RESOURCES: usize = 1_000;

/// Bytes that a resource may have to be read in one piece.
const MAX_BYTES: u64 = 16 << 20;

/// A file that comes with a skill, beside its `SKILL.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// Its path within the skill's folder, with `/` between names.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The files of a skill's folder but its `SKILL.md` and hidden ones, sorted by path; at most 1,000.
pub(crate) fn list(folder: &Path) -> Vec<Resource> {
    let mut resources = Vec::new();
    let mut folders: Vec<PathBuf> = vec![PathBuf::new()];
    while let Some(relative) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder.join(&relative)) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            let path = relative.join(&name);
            let Ok(metadata) = entry.metadata() else { continue };
            if name.to_string_lossy().starts_with('.')
                || matches!(name.to_str(), Some("target" | "node_modules"))
            {
                continue;
            }
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_file() && path.to_str() != Some("SKILL.md") {
                resources.push(Resource { path: path.to_string_lossy().into_owned(), bytes: metadata.len() });
            }
        }
        if resources.len() > 10 * MAX_RESOURCES {
            break;
        }
    }
    resources.sort_by(|one, other| one.path.cmp(&other.path));
    resources.truncate(MAX_RESOURCES);
    resources
}

/// Reads a file of a skill's folder. Links are followed as long as they stay within it.
pub(crate) fn read(folder: &Path, path: &str) -> io::Result<Vec<u8>> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::openat(CWD, folder, flags, Mode::empty())?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let file: fs::File = rustix::fs::openat2(&root, path, flags, Mode::empty(), resolve)?.into();
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it has more than {MAX_BYTES} bytes"),
        ));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let skill = root.path().join("skill");
        fs::create_dir_all(skill.join("resources")).unwrap();
        fs::write(skill.join("SKILL.md"), "x").unwrap();
        fs::write(skill.join("resources/a.txt"), "alpha").unwrap();
        fs::write(root.path().join("secret"), "secret").unwrap();
        std::os::unix::fs::symlink("../secret", skill.join("out")).unwrap();
        std::os::unix::fs::symlink("resources/a.txt", skill.join("in")).unwrap();
        root
    }

    #[test]
    fn files_are_listed_without_the_manifest_and_links() {
        let root = folder();
        assert_eq!(
            list(&root.path().join("skill")),
            [Resource { path: "resources/a.txt".to_owned(), bytes: 5 }]
        );
    }

    #[test]
    fn nothing_outside_the_folder_is_read() {
        let root = folder();
        let skill = root.path().join("skill");
        assert_eq!(read(&skill, "resources/a.txt").unwrap(), b"alpha");
        assert_eq!(read(&skill, "in").unwrap(), b"alpha");
        for path in ["out", "../secret", "/etc/passwd", "resources", "missing", "resources/../../secret"] {
            assert!(read(&skill, path).is_err(), "{path}");
        }
    }
}
