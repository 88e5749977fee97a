//! The host's directories behind the guest's file tree, opened once for a skill and shared by its calls.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::guest_path::{GuestPath, Location};
use super::protected::Protected;
use crate::capability::Capabilities;

/// One directory of the host's.
#[derive(Clone, Debug)]
pub(crate) struct Mount {
    pub(crate) dir: Arc<OwnedFd>,
    pub(crate) writable: bool,
}

impl Mount {
    pub(crate) fn open(path: &Path, writable: bool) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
        Ok(Self { dir: Arc::new(dir), writable })
    }
}

/// A further root that the embedder gives to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountPoint {
    /// The host's directory.
    pub host: PathBuf,
    /// Its name at the guest's root: one segment, such as `data` for `/data`. Rules see its files as
    /// `data/…`.
    pub guest: String,
    /// Whether it may be written, if the skill's rules say so too.
    pub writable: bool,
}

/// All that a guest's paths can lead to.
#[derive(Debug)]
pub(crate) struct Mounts {
    /// A real, empty directory that stands for `/`.
    pub(crate) root: Arc<OwnedFd>,
    pub(crate) workspace: Option<Mount>,
    pub(crate) skill: Mount,
    /// For scripts that were given packages.
    pub(crate) packages: Option<Mount>,
    pub(crate) further: Vec<(String, Mount)>,
    pub(crate) protected: Protected,
}

impl Mounts {
    /// Where a path leads. A single name, and a path whose first name exists in the workspace or stands literally in
    /// one of the skill's rules, is relative to the workspace.
    pub(crate) fn locate(&self, path: &GuestPath, capabilities: &Capabilities) -> Location {
        let text = path.text();
        let (first, rest) = text.split_once('/').unwrap_or((text, ""));
        match first {
            "" => return Location::Root,
            "workspace" => return Location::Workspace(rest.to_owned()),
            "skill" => return Location::Skill(rest.to_owned()),
            "tmp" => return Location::Scratch(rest.to_owned()),
            "packages" if self.packages.is_some() => return Location::Packages(rest.to_owned()),
            _ => {}
        }
        if let Some(position) = self.further.iter().position(|(name, _)| name == first) {
            return Location::Mount(position, rest.to_owned());
        }
        let relative = rest.is_empty() || self.exists(first) || capabilities.names_directory(first);
        if relative { Location::Workspace(text.to_owned()) } else { Location::Outside(path.shown()) }
    }

    /// The same, with packages.
    pub(crate) fn with_packages(&self, packages: Mount) -> Self {
        Self {
            root: Arc::clone(&self.root),
            workspace: self.workspace.clone(),
            skill: self.skill.clone(),
            packages: Some(packages),
            further: self.further.clone(),
            protected: self.protected.clone(),
        }
    }

    /// The skill's own folder, and nothing else of the host's but its packages.
    pub(crate) fn alone(&self) -> Self {
        Self {
            root: Arc::clone(&self.root),
            workspace: None,
            skill: self.skill.clone(),
            packages: self.packages.clone(),
            further: Vec::new(),
            protected: self.protected.clone(),
        }
    }

    fn exists(&self, name: &str) -> bool {
        self.workspace
            .as_ref()
            .is_some_and(|mount| rustix::fs::statat(&mount.dir, name, AtFlags::SYMLINK_NOFOLLOW).is_ok())
    }
}

/// Opens a directory below `base` without following any link: the kernel does it in one step where it can, else each
/// name is opened by itself.
pub(crate) fn open_directory(base: &Arc<OwnedFd>, path: &str) -> Result<Arc<OwnedFd>, Errno> {
    if path.is_empty() {
        return Ok(Arc::clone(base));
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    // EAGAIN: something was renamed meanwhile; the kernel asks to try again.
    for _ in 0..8 {
        match rustix::fs::openat2(base, path, flags, Mode::empty(), resolve) {
            Ok(directory) => return Ok(Arc::new(directory)),
            Err(Errno::AGAIN) => {}
            Err(Errno::NOSYS | Errno::PERM) => return walk(base, path),
            Err(error) => return Err(error),
        }
    }
    Err(Errno::AGAIN)
}

/// Whether the kernel has `openat2` and lets us use it.
pub(crate) fn has_openat2() -> bool {
    rustix::fs::openat2(CWD, ".", OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::NO_MAGICLINKS)
        .is_ok()
}

/// As strict as `openat2`, name by name, for kernels and containers without it.
fn walk(base: &Arc<OwnedFd>, path: &str) -> Result<Arc<OwnedFd>, Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut directory = Arc::clone(base);
    for name in path.split('/') {
        let next = rustix::fs::openat(directory.as_fd(), name, flags, Mode::empty())?;
        let kind = rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(&next)?.st_mode);
        match kind {
            rustix::fs::FileType::Directory => directory = Arc::new(next),
            rustix::fs::FileType::Symlink => return Err(Errno::LOOP),
            _ => return Err(Errno::NOTDIR),
        }
    }
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> (tempfile::TempDir, Arc<OwnedFd>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/file"), "").unwrap();
        std::os::unix::fs::symlink("a", folder.path().join("link")).unwrap();
        let dir = Mount::open(folder.path(), false).unwrap().dir;
        (folder, dir)
    }

    #[test]
    fn the_walk_is_as_strict_as_the_kernel() {
        let (_folder, dir) = tree();
        for (path, expected) in [
            ("a/b", None),
            ("link/b", Some(Errno::LOOP)),
            ("a/file", Some(Errno::NOTDIR)),
            ("a/c", Some(Errno::NOENT)),
        ] {
            assert_eq!(open_directory(&dir, path).err(), expected, "openat2 of {path}");
            assert_eq!(walk(&dir, path).err(), expected, "walk of {path}");
        }
    }
}
