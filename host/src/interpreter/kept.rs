//! Interpreters as they are kept: one for each recipe, by content.
#![expect(clippy::disallowed_methods, reason = "keeps the interpreter in the cache folder")]

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use serde::Serialize;

use super::build::{InstallWatcher, build};
use super::recipe;
use crate::audit::sha256;
use crate::instance::{Artifact, is_own};

/// An interpreter that is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interpreter {
    /// Its language: `python`.
    pub language: String,
    /// SHA-256 of its recipe, or of the component itself if it was installed from a file.
    pub recipe: String,
    /// SHA-256 of the component.
    pub sha256: String,
    /// The component's size in bytes.
    pub bytes: u64,
    /// The component's file.
    pub path: PathBuf,
    /// Whether this version of the program uses it.
    pub in_use: bool,
}

/// The folder of interpreters below the cache.
///
/// `python-RECIPE/python.wasm` is a component and `python.sha256`, which is written last, its digest. What does not
/// match its digest is not used.
#[derive(Clone, Debug)]
pub(crate) struct Interpreters {
    folder: PathBuf,
}

const COMPONENT: &str = "python.wasm";
const DIGEST: &str = "python.sha256";

impl Interpreters {
    /// The interpreters below the cache's root. Nothing is read or made yet.
    pub(crate) fn below(cache: &Path) -> Self {
        Self { folder: cache.join("interpreters") }
    }

    /// The digest of the interpreter of this program's recipe, if it is installed: enough for whoever has it compiled.
    pub(crate) fn digest(&self) -> Option<String> {
        let folder = self.place();
        let expected = fs::read_to_string(folder.join(DIGEST)).ok()?;
        let mine = |path: &Path| fs::symlink_metadata(path).is_ok_and(|metadata| is_own(&metadata));
        (mine(&self.folder) && mine(&folder)).then(|| expected.trim().to_owned())
    }

    /// The interpreter of this program's recipe, if it is there and whole.
    pub(crate) fn find(&self) -> Option<Artifact> {
        let expected = self.digest()?;
        let artifact = Artifact::new(fs::read(self.place().join(COMPONENT)).ok()?);
        (artifact.digest() == expected).then_some(artifact)
    }

    /// Installs the interpreter: from a file, or built by this program's recipe, if `check` finds it to be one. Two
    /// processes at once build one. What was installed before stays if this fails.
    pub(crate) fn install(
        &self,
        from: Option<&Path>,
        watcher: &dyn InstallWatcher,
        check: impl FnOnce(Artifact) -> Result<(), String>,
    ) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))?;
        let lock = File::create(self.folder.join(".lock"))?;
        if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            watcher.step("waiting for another process that builds it");
            rustix::fs::flock(&lock, FlockOperation::LockExclusive)?;
        }
        let invalid = |fault| io::Error::new(io::ErrorKind::InvalidData, fault);
        let bytes = match from {
            Some(file) => fs::read(file)?,
            None => match self.find() {
                Some(artifact) => return check(artifact).map_err(invalid),
                None => {
                    let work = tempfile::Builder::new().prefix(".building-").tempdir_in(&self.folder)?;
                    build(work.path(), watcher)?
                }
            },
        };
        check(Artifact::new(bytes.clone())).map_err(invalid)?;
        self.keep(&bytes)
    }

    /// What is installed, by whatever recipe, the one in use first.
    pub(crate) fn list(&self) -> Vec<Interpreter> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let current = recipe::digest();
        let mut found: Vec<Interpreter> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let (language, recipe) =
                    name.split_once('-').filter(|(language, _)| *language == "python")?;
                let path = entry.path().join(COMPONENT);
                Some(Interpreter {
                    language: language.to_owned(),
                    recipe: recipe.to_owned(),
                    sha256: fs::read_to_string(entry.path().join(DIGEST)).ok()?.trim().to_owned(),
                    bytes: fs::metadata(&path).ok()?.len(),
                    path,
                    in_use: recipe == current,
                })
            })
            .collect();
        found.sort_by(|one, other| (other.in_use, &one.recipe).cmp(&(one.in_use, &other.recipe)));
        found
    }

    fn place(&self) -> PathBuf {
        self.folder.join(format!("python-{}", recipe::digest()))
    }

    fn keep(&self, bytes: &[u8]) -> io::Result<()> {
        let folder = self.place();
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        // The digest goes first and comes back last: whoever reads in between finds none, never a wrong one.
        match fs::remove_file(folder.join(DIGEST)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for (name, bytes) in [(COMPONENT, bytes), (DIGEST, sha256(bytes).as_bytes())] {
            let mut file = tempfile::NamedTempFile::new_in(&folder)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(folder.join(name))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Silent;

    impl InstallWatcher for Silent {
        fn step(&self, _: &str) {}
    }

    fn installed() -> (tempfile::TempDir, Interpreters) {
        let cache = tempfile::tempdir().unwrap();
        let file = cache.path().join("given.wasm");
        fs::write(&file, b"\0asm\x0d\0\x01\0").unwrap();
        let interpreters = Interpreters::below(cache.path());
        interpreters.install(Some(&file), &Silent, |_| Ok(())).unwrap();
        (cache, interpreters)
    }

    #[test]
    fn what_is_installed_is_found_and_listed() {
        let (_cache, interpreters) = installed();
        let artifact = interpreters.find().unwrap();
        let list = interpreters.list();
        assert_eq!((list.len(), list[0].in_use), (1, true));
        assert_eq!(list[0].sha256, artifact.digest());
    }

    #[test]
    fn nothing_is_installed_at_first() {
        let cache = tempfile::tempdir().unwrap();
        let interpreters = Interpreters::below(cache.path());
        assert!(interpreters.find().is_none());
        assert!(interpreters.list().is_empty());
    }

    #[test]
    fn what_is_no_interpreter_takes_nothing_away() {
        let (cache, interpreters) = installed();
        let digest = interpreters.digest().unwrap();
        let other = cache.path().join("other");
        fs::write(&other, "x").unwrap();
        interpreters.install(Some(&other), &Silent, |_| Err("it is text".to_owned())).unwrap_err();
        assert_eq!(interpreters.find().unwrap().digest(), digest);
    }

    #[test]
    fn a_changed_component_is_not_used() {
        let (_cache, interpreters) = installed();
        fs::write(interpreters.place().join(COMPONENT), b"\0asm\x0d\0\x01\0\0").unwrap();
        assert!(interpreters.find().is_none());
    }

    #[test]
    fn a_component_without_its_digest_is_not_used() {
        let (_cache, interpreters) = installed();
        fs::remove_file(interpreters.place().join(DIGEST)).unwrap();
        assert!(interpreters.find().is_none());
    }

    #[test]
    fn a_folder_that_others_can_write_is_not_used() {
        let (_cache, interpreters) = installed();
        fs::set_permissions(&interpreters.folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(interpreters.find().is_none());
    }
}
