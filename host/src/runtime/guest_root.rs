//! The directory that stands for the guest's `/`.
#![expect(clippy::disallowed_methods, reason = "prepares the folders of a call, before any guest runs")]

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::instance::is_own;

/// What it has: an empty folder for each place of a guest.
const PLACES: [&str; 3] = ["skill", "tmp", "workspace"];

/// A real directory with nothing in it but the empty folders that the places of a guest cover. It is opened for reading
/// alone.
///
/// One is kept in the cache folder for all processes: to make and remove folders waits for whoever writes to the disk.
/// Where there is no cache folder, or somebody put something into the kept one, a process makes its own.
pub(super) enum GuestRoot {
    Kept(PathBuf),
    Own(TempDir),
}

impl GuestRoot {
    /// # Errors
    /// If no folder can be made, neither in the cache folder nor in the temporary one.
    pub(super) fn new(cache: Option<&Path>) -> io::Result<Self> {
        if let Some(kept) = cache.and_then(kept) {
            return Ok(Self::Kept(kept));
        }
        let own = tempfile::Builder::new().prefix("openskills-root-").tempdir()?;
        fill(own.path())?;
        fs::set_permissions(own.path(), Permissions::from_mode(0o500))?;
        Ok(Self::Own(own))
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Own(folder) => folder.path(),
        }
    }
}

impl Drop for GuestRoot {
    fn drop(&mut self) {
        if let Self::Own(folder) = self {
            // It can only be removed when it can be written. What is left behind is an empty folder in the temporary one.
            let _ = fs::set_permissions(folder.path(), Permissions::from_mode(0o700));
        }
    }
}

fn fill(root: &Path) -> io::Result<()> {
    PLACES.iter().try_for_each(|name| DirBuilder::new().mode(0o500).create(root.join(name)))
}

/// The one below the cache folder, made if need be; none if it is not what it has to be.
fn kept(cache: &Path) -> Option<PathBuf> {
    let root = cache.join("root");
    if !root.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(cache).ok()?;
        let made = tempfile::Builder::new().prefix(".root.partial-").tempdir_in(cache).ok()?;
        fill(made.path()).ok()?;
        // Another process may have been faster: its folder stays, and this one goes.
        if fs::rename(made.path(), &root).is_ok() {
            let _ = made.keep();
        }
    }
    is_whole(cache, &root).is_ok_and(|is_whole| is_whole).then_some(root)
}

/// Whether it belongs to this user alone, has the places, and nothing else is in it.
fn is_whole(cache: &Path, root: &Path) -> io::Result<bool> {
    let is_mine = |metadata: &Metadata| metadata.is_dir() && is_own(metadata);
    if !is_mine(&fs::symlink_metadata(cache)?) || !is_mine(&fs::symlink_metadata(root)?) {
        return Ok(false);
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(root)?.take(PLACES.len() + 1) {
        let entry = entry?;
        let is_empty =
            is_mine(&fs::symlink_metadata(entry.path())?) && fs::read_dir(entry.path())?.next().is_none();
        if !is_empty {
            return Ok(false);
        }
        names.push(entry.file_name());
    }
    names.sort();
    Ok(names == PLACES)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn names(root: &GuestRoot) -> Vec<String> {
        let entries = fs::read_dir(root.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn one_is_kept_and_found_again() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("openskills");
        for _ in 0..2 {
            let root = GuestRoot::new(Some(&folder)).unwrap();
            assert_eq!(
                (root.path(), names(&root)),
                (&*folder.join("root"), PLACES.map(str::to_owned).to_vec())
            );
        }
        let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["root"]);
    }

    #[test]
    fn what_is_not_as_it_was_made_is_not_used() {
        let changes: [fn(&Path); 6] = [
            |root| fs::write(root.join("file"), "").unwrap(),
            |root| fs::remove_dir(root.join("tmp")).unwrap(),
            |root| fs::set_permissions(root, Permissions::from_mode(0o770)).unwrap(),
            |root| fs::set_permissions(root.join("skill"), Permissions::from_mode(0o777)).unwrap(),
            |root| {
                fs::set_permissions(root.join("workspace"), Permissions::from_mode(0o700)).unwrap();
                fs::create_dir(root.join("workspace/more")).unwrap();
            },
            |root| {
                fs::remove_dir(root.join("tmp")).unwrap();
                std::os::unix::fs::symlink("/etc", root.join("tmp")).unwrap();
            },
        ];
        for change in changes {
            let cache = tempfile::tempdir().unwrap();
            let kept = GuestRoot::new(Some(cache.path())).unwrap().path().to_owned();
            change(&kept);
            let root = GuestRoot::new(Some(cache.path())).unwrap();
            assert!(!root.path().starts_with(cache.path()));
            assert_eq!(names(&root), PLACES);
        }
    }

    #[test]
    fn without_a_cache_folder_it_goes_with_its_process() {
        let root = GuestRoot::new(None).unwrap();
        let path = root.path().to_owned();
        assert_eq!(
            (names(&root), fs::metadata(&path).unwrap().mode() & 0o777),
            (PLACES.map(str::to_owned).to_vec(), 0o500)
        );
        drop(root);
        assert!(!path.exists());
    }
}
