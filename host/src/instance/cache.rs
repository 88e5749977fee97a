//! Compiled components on disk, shared by the processes of one user.
#![expect(clippy::disallowed_methods, reason = "the folder of compiled code, private to the user")]

use std::fs::{self, DirBuilder, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;
use xxhash_rust::xxh3::Xxh3;

use super::mapped::map;

/// A folder of compiled components for one engine version with one set of settings.
///
/// An entry is two files: `DIGEST.cwasm`, the code, and `DIGEST.sum`, its checksum and length, which is written last.
/// Code whose sum is missing or does not match is compiled again. The sum finds damage; mode and owner keep
/// others out.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Opens, and makes if need be, the cache below `root`.
    ///
    /// # Errors
    /// If a folder cannot be made, belongs to someone else or is open to others.
    pub(crate) fn open(root: &Path, engine: &Engine) -> io::Result<Self> {
        let folder = root.join("compiled").join(key(engine));
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let me = rustix::process::geteuid().as_raw();
        for part in [root, &root.join("compiled"), &folder] {
            let metadata = fs::symlink_metadata(part)?;
            let private = part == root || metadata.mode() & 0o077 == 0;
            if !metadata.is_dir() || metadata.uid() != me || metadata.mode() & 0o022 != 0 || !private {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    format!(
                        "`{}` must be a folder of your own that nobody else can write: `chmod 700` it",
                        part.display()
                    ),
                ));
            }
        }
        Ok(Self { folder })
    }

    /// The folder of this engine's entries.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Maps the compiled form of the component with that digest, if it is there and whole.
    pub(crate) fn load(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let path = self.code(digest);
        let expected = fs::read_to_string(self.sum(digest)).ok()?;
        let mut file = File::open(&path).ok()?;
        let metadata = file.metadata().ok()?;
        let mine = metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0;
        if !metadata.is_file() || !mine || checksum(&mut file).ok()? != expected {
            return None;
        }
        map(engine, &path).ok()
    }

    /// Keeps the compiled form of a component.
    pub(crate) fn store(&self, digest: &str, code: &[u8]) -> io::Result<()> {
        let sum = checksum(&mut &*code)?;
        // The sum goes first and comes back last: whoever reads in between finds no entry, never a wrong one.
        match fs::remove_file(self.sum(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.place(&self.code(digest), code)?;
        self.place(&self.sum(digest), sum.as_bytes())
    }

    fn place(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(bytes)?;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o600))?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }

    fn code(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.cwasm"))
    }

    fn sum(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.sum"))
    }
}

/// Names the engine: its exact version, target and settings are all in its hash (its own check at load compares only
/// the major version).
fn key(engine: &Engine) -> String {
    struct Digest(Xxh3);
    impl Hasher for Digest {
        fn finish(&self) -> u64 {
            self.0.digest()
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
    }
    let mut digest = Digest(Xxh3::new());
    engine.precompile_compatibility_hash().hash(&mut digest);
    format!("{:032x}", digest.0.digest128())
}

fn checksum(input: &mut impl Read) -> io::Result<String> {
    let mut hasher = Xxh3::new();
    let mut buffer = vec![0; 256 << 10];
    let mut length = 0_u64;
    loop {
        let count = input.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        length += count as u64;
    }
    Ok(format!("xxh3 {:032x} {length}\n", hasher.digest128()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    fn cache() -> (tempfile::TempDir, Engine, Cache) {
        let root = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let cache = Cache::open(root.path(), &engine).unwrap();
        cache.store("d", &engine.precompile_component(COMPONENT).unwrap()).unwrap();
        (root, engine, cache)
    }

    #[test]
    fn what_is_stored_is_found() {
        let (_root, engine, cache) = cache();
        assert!(cache.load(&engine, "d").is_some());
        assert!(cache.load(&engine, "other").is_none());
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let (_root, engine, cache) = cache();
        let mut code = fs::read(cache.code("d")).unwrap();
        let last = code.len() - 1;
        code[last] ^= 1;
        fs::write(cache.code("d"), code).unwrap();
        assert!(cache.load(&engine, "d").is_none());
    }

    #[test]
    fn a_cut_file_is_noticed() {
        let (_root, engine, cache) = cache();
        let code = fs::read(cache.code("d")).unwrap();
        fs::write(cache.code("d"), &code[..code.len() / 2]).unwrap();
        assert!(cache.load(&engine, "d").is_none());
    }

    #[test]
    fn code_that_others_can_write_is_not_mapped() {
        let (_root, engine, cache) = cache();
        fs::set_permissions(cache.code("d"), fs::Permissions::from_mode(0o666)).unwrap();
        assert!(cache.load(&engine, "d").is_none());
    }

    #[test]
    fn a_folder_that_others_can_write_is_not_used() {
        let (root, engine, _cache) = cache();
        fs::set_permissions(root.path().join("compiled"), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Cache::open(root.path(), &engine).is_err());
    }
}
