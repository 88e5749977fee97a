//! Tier 3: the other files of a skill's folder.
//!
//! Folders are opened as a guest's are, name by name and through no link. A link to a file is followed as long as it
//! stays within the folder.

use std::ffi::{CString, OsStr};
use std::fs;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;
use serde::Serialize;

use super::discovery::{NAMES, is_material};
use crate::linker::open_directory;

/// Resources that are listed at most.
const MAX_RESOURCES: usize = 1_000;

/// Entries of one folder that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// Folders that are looked at.
const MAX_FOLDERS: usize = 10_000;

/// How deep folders are looked at, as skills are searched.
const MAX_DEPTH: usize = 16;

/// Bytes that a resource may have to be read in one piece.
const MAX_BYTES: u64 = 16 << 20;

/// A file that comes with a skill, beside its `SKILL.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// Its path within the skill's folder, with `/` between names.
    pub path: String,
    /// Its size in bytes; 0 if it is no file.
    pub bytes: u64,
    /// Why it cannot be read as a resource: `a link that leads out of the skill's folder`. Not in JSON if it can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<&'static str>,
}

/// The files of a skill's folder but its `SKILL.md` and hidden ones, name by name in byte order; the first 1,000,
/// and those at most 16 folders deep.
///
/// Files of a skill within the skill are that skill's. Folders of programs are left out, and links to folders: what
/// they lead to is listed where it is, if it is within the folder.
pub(crate) fn list(folder: &Path) -> Vec<Resource> {
    let mut listing = Listing { found: Vec::new(), folders: 0 };
    if let Ok(root) = open_root(folder) {
        listing.add(&root, &root, "", 0, Inside::Skill);
    }
    listing.found
}

/// Where in a skill a folder lies.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    /// It is the skill's own.
    Skill,
    /// It is below the root, where another skill may lie.
    Folder,
    /// It is the skill's material: what looks like a skill there is none.
    Material,
}

struct Listing {
    found: Vec<Resource>,
    folders: usize,
}

impl Listing {
    fn add(&mut self, root: &Arc<OwnedFd>, folder: &Arc<OwnedFd>, path: &str, depth: usize, inside: Inside) {
        self.folders += 1;
        if depth > MAX_DEPTH || self.folders > MAX_FOLDERS {
            return;
        }
        let Ok(mut names) = names(folder) else { return };
        let is_skill = names.iter().any(is_manifest);
        if is_skill && inside == Inside::Folder {
            return;
        }
        names.sort();
        for name in names {
            if self.found.len() >= MAX_RESOURCES {
                return;
            }
            let bytes = name.as_bytes();
            let skipped =
                bytes.starts_with(b".") || matches!(bytes, b"target" | b"node_modules" | b"__pycache__");
            if skipped || (inside == Inside::Skill && is_manifest(&name)) {
                continue;
            }
            let Ok(stat) = rustix::fs::statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            let shown = format!("{path}{}", String::from_utf8_lossy(bytes));
            let Ok(written) = name.to_str() else {
                self.found.push(Resource { path: shown, bytes: 0, problem: Some("its name is not UTF-8") });
                continue;
            };
            match kind(&stat) {
                FileType::Directory => {
                    let material = inside == Inside::Material || is_material(OsStr::new(written));
                    let inside = if material { Inside::Material } else { Inside::Folder };
                    if let Ok(below) = open_directory(folder, written) {
                        self.add(root, &below, &format!("{shown}/"), depth + 1, inside);
                    }
                }
                FileType::Symlink => self.found.extend(linked(root, shown)),
                _ => self.found.push(resource(shown, &stat)),
            }
        }
    }
}

/// What a link leads to, as a resource; none if that is a folder within the skill.
fn linked(root: &Arc<OwnedFd>, path: String) -> Option<Resource> {
    let problem = |problem| Some(Resource { path: path.clone(), bytes: 0, problem: Some(problem) });
    match open(root, &path, OFlags::PATH).and_then(rustix::fs::fstat) {
        Ok(stat) if kind(&stat) == FileType::Directory => None,
        Ok(stat) => Some(resource(path, &stat)),
        Err(error) if error == Errno::XDEV => problem("a link that leads out of the skill's folder"),
        Err(error) if error == Errno::LOOP => problem("a link that is not followed"),
        Err(_) => problem("a link that leads nowhere"),
    }
}

fn resource(path: String, stat: &Stat) -> Resource {
    let bytes = u64::try_from(stat.st_size).unwrap_or_default();
    match kind(stat) {
        FileType::RegularFile if bytes > MAX_BYTES => {
            Resource { path, bytes, problem: Some("more than 16 MiB: open it by its path") }
        }
        FileType::RegularFile => Resource { path, bytes, problem: None },
        _ => Resource { path, bytes: 0, problem: Some("it is not a file") },
    }
}

fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

fn names(folder: &Arc<OwnedFd>) -> Result<Vec<CString>, Errno> {
    // A directory that was opened to look through cannot be listed.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let entries = Dir::new(rustix::fs::openat(folder, ".", flags, Mode::empty())?)?;
    let names = entries.filter_map(Result::ok).map(|entry| entry.file_name().to_owned());
    Ok(names.filter(|name| !matches!(name.as_bytes(), b"." | b"..")).take(MAX_ENTRIES).collect())
}

fn is_manifest(name: &CString) -> bool {
    NAMES.iter().any(|manifest| name.as_bytes() == manifest.as_bytes())
}

/// Reads a file of a skill's folder. Links are followed as long as they stay within it.
pub(crate) fn read(folder: &Path, path: &str) -> io::Result<Vec<u8>> {
    let root = open_root(folder)?;
    let problem = |kind, text: &str| Err(io::Error::new(kind, text.to_owned()));
    // Looked at before it is opened: to open a device is to use it.
    let place = match open(&root, path, OFlags::PATH) {
        Err(Errno::XDEV) => {
            return problem(io::ErrorKind::PermissionDenied, "it is outside of the skill's folder");
        }
        place => place?,
    };
    match kind(&rustix::fs::fstat(place)?) {
        FileType::RegularFile => {}
        FileType::Directory => return problem(io::ErrorKind::IsADirectory, "it is a folder"),
        _ => return problem(io::ErrorKind::InvalidInput, "it is not a file"),
    }
    let file = fs::File::from(open(&root, path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?);
    if !file.metadata()?.is_file() {
        return problem(io::ErrorKind::InvalidInput, "it is not a file");
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return problem(io::ErrorKind::FileTooLarge, &format!("it has more than {MAX_BYTES} bytes"));
    }
    Ok(bytes)
}

fn open_root(folder: &Path) -> io::Result<Arc<OwnedFd>> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(Arc::new(rustix::fs::openat(CWD, folder, flags, Mode::empty())?))
}

/// Opens what lies within the folder, through links too; where the kernel cannot confine links, through none.
fn open(root: &Arc<OwnedFd>, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let flags = flags | OFlags::CLOEXEC;
    // EAGAIN: something was renamed meanwhile; the kernel asks to try again.
    for _ in 0..8 {
        match rustix::fs::openat2(root, path, flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN) => {}
            Err(Errno::NOSYS | Errno::PERM) => return walk(root, path, flags),
            opened => return opened,
        }
    }
    Err(Errno::AGAIN)
}

fn walk(root: &Arc<OwnedFd>, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" if names.is_empty() => return Err(Errno::XDEV),
            "" | "." => {}
            ".." => return Err(Errno::XDEV),
            name => names.push(name),
        }
    }
    let last = names.pop().ok_or(Errno::ISDIR)?;
    let folder = open_directory(root, &names.join("/"))?;
    let looked = rustix::fs::statat(&folder, last, AtFlags::SYMLINK_NOFOLLOW)?;
    if kind(&looked) == FileType::Symlink {
        return Err(Errno::LOOP);
    }
    rustix::fs::openat(&folder, last, flags | OFlags::NOFOLLOW, Mode::empty())
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    /// A folder with a skill in `skill`, and a secret beside it.
    fn folder() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let skill = root.path().join("skill");
        for (path, text) in [
            ("SKILL.md", "x"),
            ("resources/a.txt", "alpha"),
            ("resources/example/SKILL.md", "an example"),
            ("inner/SKILL.md", "y"),
            ("inner/own.txt", "inner's"),
            ("group/lower/skill.md", "z"),
            ("group/shared.txt", "ours"),
            (".hidden/x", ""),
            ("node_modules/x", ""),
            ("bytes.bin", "\0\u{1}"),
        ] {
            fs::create_dir_all(skill.join(path).parent().unwrap()).unwrap();
            fs::write(skill.join(path), text).unwrap();
        }
        fs::write(root.path().join("secret"), "secret").unwrap();
        symlink("../secret", skill.join("out")).unwrap();
        symlink(root.path().join("skill/resources/a.txt"), skill.join("absolute")).unwrap();
        symlink("resources/a.txt", skill.join("in")).unwrap();
        symlink("resources", skill.join("linked")).unwrap();
        symlink("round", skill.join("round")).unwrap();
        symlink("nowhere", skill.join("gone")).unwrap();
        root
    }

    fn found(folder: &Path) -> Vec<(String, Option<&'static str>)> {
        list(folder).into_iter().map(|found| (found.path, found.problem)).collect()
    }

    #[test]
    fn a_skills_own_files_are_listed_and_what_cannot_be_read_says_why() {
        let root = folder();
        let out = Some("a link that leads out of the skill's folder");
        let expected = [
            ("absolute", out),
            ("bytes.bin", None),
            ("gone", Some("a link that leads nowhere")),
            ("group/shared.txt", None),
            ("in", None),
            ("out", out),
            ("resources/a.txt", None),
            ("resources/example/SKILL.md", None),
            ("round", Some("a link that is not followed")),
        ];
        assert_eq!(found(&root.path().join("skill")), expected.map(|(path, why)| (path.to_owned(), why)));
        // A skill within it has its own.
        assert_eq!(found(&root.path().join("skill/inner")), [("own.txt".to_owned(), None)]);
        assert_eq!(list(&root.path().join("skill"))[4].bytes, 5, "a link has the size of its file");
    }

    #[test]
    fn what_is_listed_without_a_problem_can_be_read_and_the_rest_cannot() {
        let root = folder();
        let skill = root.path().join("skill");
        let _socket = UnixListener::bind(skill.join("socket")).unwrap();
        rustix::fs::mknodat(CWD, skill.join("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        fs::write(skill.join(OsStr::from_bytes(b"odd-\xFF")), "x").unwrap();
        for (name, bytes) in [("fits", MAX_BYTES), ("huge", MAX_BYTES + 1)] {
            fs::File::create(skill.join(name)).unwrap().set_len(bytes).unwrap();
        }
        let listed = list(&skill);
        for resource in &listed {
            assert_eq!(read(&skill, &resource.path).is_ok(), resource.problem.is_none(), "{resource:?}");
        }
        let problem = |name: &str| listed.iter().find(|found| found.path == name).unwrap().problem;
        assert_eq!(problem("socket"), Some("it is not a file"));
        assert_eq!(problem("pipe"), Some("it is not a file"));
        assert_eq!(problem("odd-\u{FFFD}"), Some("its name is not UTF-8"));
        assert_eq!(problem("huge"), Some("more than 16 MiB: open it by its path"));
        assert_eq!(problem("fits"), None);
    }

    #[test]
    fn nothing_outside_the_folder_is_read() {
        let root = folder();
        let skill = root.path().join("skill");
        for path in ["resources/a.txt", "in", "linked/a.txt", "./resources/../in"] {
            assert_eq!(read(&skill, path).unwrap(), b"alpha", "{path}");
        }
        let refused = [
            "out",
            "absolute",
            "../secret",
            "/etc/passwd",
            "resources",
            "",
            ".",
            "resources/../../secret",
            "/proc/self/environ",
        ];
        for path in refused {
            assert!(read(&skill, path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_kernel_that_cannot_confine_links_follows_none() {
        let root = folder();
        let skill = open_root(&root.path().join("skill")).unwrap();
        let walked = |path| walk(&skill, path, OFlags::PATH | OFlags::CLOEXEC).map(drop);
        for path in ["resources/a.txt", "./resources//a.txt", "SKILL.md"] {
            assert_eq!(walked(path), Ok(()), "{path}");
            assert!(open(&skill, path, OFlags::PATH).is_ok(), "{path}");
        }
        for (path, error) in [
            ("in", Errno::LOOP),
            ("out", Errno::LOOP),
            ("linked/a.txt", Errno::LOOP),
            ("../secret", Errno::XDEV),
            ("resources/../in", Errno::XDEV),
            ("/etc/passwd", Errno::XDEV),
            ("missing", Errno::NOENT),
            (".", Errno::ISDIR),
        ] {
            assert_eq!(walked(path), Err(error), "{path}");
        }
    }

    #[test]
    fn a_thousand_are_listed_the_first_by_name() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..=MAX_RESOURCES {
            fs::write(root.path().join(format!("{number:04}")), "").unwrap();
        }
        let listed = found(root.path());
        assert_eq!((listed.len(), listed[MAX_RESOURCES - 1].0.as_str()), (MAX_RESOURCES, "0999"));
    }
}
