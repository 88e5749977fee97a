//! Compiled components on disk, shared by the processes of one user.
#![expect(clippy::disallowed_methods, reason = "the folder of compiled code, private to the user")]

use std::fs::{self, DirBuilder, File, Metadata};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wasmtime::Engine;
use wasmtime::component::Component;
use xxhash_rust::xxh3::Xxh3;

use super::mapped::map;
use super::sighting::Sighting;

/// A folder of compiled components for one engine version with one set of settings.
///
/// An entry is two files: `DIGEST.cwasm`, the code, and `DIGEST.sum`, its checksum and length, which is written last.
/// Code whose sum is missing or does not match is compiled again. The sum finds damage; mode and owner keep
/// others out. A third, `DIGEST.seen`, is the [`Sighting`] of code that was found whole: until that is a day old, or
/// the file is another or was touched, it is not read through again.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

/// Whether a file has to survive a loss of power.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durable {
    Yes,
    No,
}

impl Cache {
    /// Opens, and makes if need be, the cache below `root`.
    ///
    /// # Errors
    /// If a folder cannot be made, belongs to someone else or is open to others.
    pub(crate) fn open(root: &Path, engine: &Engine) -> io::Result<Self> {
        let folder = root.join("compiled").join(key(engine));
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        for part in [root, &root.join("compiled"), &folder] {
            let metadata = fs::symlink_metadata(part)?;
            let private = part == root || metadata.mode() & 0o077 == 0;
            if !metadata.is_dir() || !is_own(&metadata) || !private {
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
        let file = File::open(&path).ok()?;
        let metadata = file.metadata().ok()?;
        if !metadata.is_file() || !is_own(&metadata) {
            return None;
        }
        let sighting = Sighting::of(&metadata, &expected, SystemTime::now());
        if !sighting.holds(&self.seen(digest)) {
            if checksum(metadata.len(), |buffer, offset| file.read_at(buffer, offset)).ok()? != expected {
                return None;
            }
            if sighting.is_settled() {
                // A folder that cannot be written costs the next process its time, nothing else.
                let _ = self.place(&self.seen(digest), sighting.kept().as_bytes(), Durable::No);
            }
        }
        map(engine, &path).ok()
    }

    /// Keeps the compiled form of a component.
    pub(crate) fn store(&self, digest: &str, code: &[u8]) -> io::Result<()> {
        let sum = checksum(code.len() as u64, |mut buffer, offset| {
            let from = usize::try_from(offset).ok().and_then(|offset| code.get(offset..));
            buffer.write(from.unwrap_or_default())
        })?;
        // The sum goes first and comes back last: whoever reads in between finds no entry, never a wrong one.
        match fs::remove_file(self.sum(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.place(&self.code(digest), code, Durable::Yes)?;
        self.place(&self.sum(digest), sum.as_bytes(), Durable::Yes)
    }

    fn place(&self, path: &Path, bytes: &[u8], durable: Durable) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(bytes)?;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o600))?;
        if durable == Durable::Yes {
            file.as_file().sync_all()?;
        }
        file.persist(path)?;
        Ok(())
    }

    fn code(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.cwasm"))
    }

    fn sum(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.sum"))
    }

    fn seen(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.seen"))
    }
}

/// Whether something in a cache folder belongs to this user, and nobody else can write it.
pub(crate) fn is_own(metadata: &Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0
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

/// Whether a compiled component that is kept has the checksum that it was kept with. The file of the checksum lies
/// beside it.
///
/// # Errors
/// If one of the files cannot be read.
pub fn compiled_is_whole(code: &Path) -> io::Result<bool> {
    let expected = fs::read_to_string(code.with_extension("sum"))?;
    let file = File::open(code)?;
    Ok(checksum(file.metadata()?.len(), |buffer, offset| file.read_at(buffer, offset))? == expected)
}

/// Bytes that have a checksum of their own, so that processors can share the work: compiled interpreters have tens of
/// megabytes, and starting one waits for this.
const PIECE: u64 = 4 << 20;

/// Processors that share it at most.
const MAX_THREADS: usize = 4;

/// The checksum of what `read` gives from an offset on, `length` bytes in all.
fn checksum(length: u64, read: impl Fn(&mut [u8], u64) -> io::Result<usize> + Sync) -> io::Result<String> {
    let pieces = length.div_ceil(PIECE);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS) as u64;
    let every = |first: u64, step: u64| -> io::Result<Vec<(u64, u128)>> {
        let numbers = (first..pieces).step_by(usize::try_from(step).unwrap_or(1).max(1));
        numbers.map(|piece| Ok((piece, checksum_of_piece(piece * PIECE, length, &read)?))).collect()
    };
    let mut sums = if pieces <= 1 || threads <= 1 {
        every(0, 1)?
    } else {
        std::thread::scope(|scope| {
            let others: Vec<_> =
                (1..threads).map(|first| scope.spawn(move || every(first, threads))).collect();
            let mine = every(0, threads);
            let theirs = others.into_iter().map(|other| {
                other.join().unwrap_or_else(|_| Err(io::Error::other("a thread of the checksum panicked")))
            });
            [mine].into_iter().chain(theirs).collect::<io::Result<Vec<_>>>().map(|sums| sums.concat())
        })?
    };
    sums.sort_unstable();
    let mut hasher = Xxh3::new();
    for (_, sum) in sums {
        hasher.update(&sum.to_le_bytes());
    }
    Ok(format!("xxh3 {:032x} {length}\n", hasher.digest128()))
}

fn checksum_of_piece(
    start: u64,
    length: u64,
    read: impl Fn(&mut [u8], u64) -> io::Result<usize>,
) -> io::Result<u128> {
    let end = length.min(start + PIECE);
    let mut hasher = Xxh3::new();
    let mut buffer = vec![0; 256 << 10];
    let mut at = start;
    while at < end {
        let room = usize::try_from(end - at).unwrap_or(usize::MAX).min(buffer.len());
        let count = read(buffer.get_mut(..room).unwrap_or_default(), at)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        hasher.update(bytes);
        at += count as u64;
    }
    Ok(hasher.digest128())
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
        assert!(compiled_is_whole(&cache.code("d")).unwrap());
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let (_root, engine, cache) = cache();
        let mut code = fs::read(cache.code("d")).unwrap();
        let last = code.len() - 1;
        code[last] ^= 1;
        fs::write(cache.code("d"), code).unwrap();
        assert!(cache.load(&engine, "d").is_none());
        assert!(!compiled_is_whole(&cache.code("d")).unwrap());
    }

    /// The time of change lies far enough back for what was read to count.
    fn settled(cache: &Cache) -> bool {
        let metadata = fs::metadata(cache.code("d")).unwrap();
        Sighting::of(&metadata, "", SystemTime::now() + std::time::Duration::from_secs(10)).is_settled()
    }

    /// As if the code had been read through and found whole an `age` ago.
    fn seen(cache: &Cache, age: u64) {
        let metadata = fs::metadata(cache.code("d")).unwrap();
        let expected = fs::read_to_string(cache.sum("d")).unwrap();
        let then = SystemTime::now() - std::time::Duration::from_secs(age);
        fs::write(cache.seen("d"), Sighting::of(&metadata, &expected, then).kept()).unwrap();
    }

    /// What shows that the code was not read through: a sum that its bytes do not have.
    fn is_believed(cache: &Cache, engine: &Engine, age: u64) -> bool {
        fs::write(cache.sum("d"), "xxh3 of other code\n").unwrap();
        seen(cache, age);
        cache.load(engine, "d").is_some()
    }

    #[test]
    fn what_was_found_whole_is_not_read_again_for_a_day() {
        let (_root, engine, cache) = cache();
        assert!(is_believed(&cache, &engine, 0));
        assert!(is_believed(&cache, &engine, 86_000));
        assert!(!is_believed(&cache, &engine, 86_401));
    }

    #[test]
    fn what_was_touched_or_put_in_its_place_is_read_again() {
        let (_root, engine, cache) = cache();
        let code = fs::read(cache.code("d")).unwrap();
        assert!(is_believed(&cache, &engine, 0));
        // Another inode with the same bytes.
        cache.place(&cache.code("d"), &code, Durable::No).unwrap();
        assert!(cache.load(&engine, "d").is_none());
        assert!(is_believed(&cache, &engine, 0));
        // The same inode, length and time of modification, written to. The bytes stay, so that reading through them is
        // all that can tell.
        let modified = fs::metadata(cache.code("d")).unwrap().modified().unwrap();
        let before = fs::metadata(cache.code("d")).unwrap();
        while (before.ctime(), before.ctime_nsec()) == {
            let file = File::options().write(true).open(cache.code("d")).unwrap();
            file.write_all_at(&code[..1], 0).unwrap();
            file.set_modified(modified).unwrap();
            let now = file.metadata().unwrap();
            (now.ctime(), now.ctime_nsec())
        } {}
        assert!(cache.load(&engine, "d").is_none());
    }

    #[test]
    fn what_was_changed_just_now_is_not_remembered() {
        let (_root, engine, cache) = cache();
        assert!(cache.load(&engine, "d").is_some());
        assert!(!cache.seen("d").exists());
        assert!(settled(&cache));
    }

    #[test]
    fn no_text_in_place_of_what_is_remembered_is_believed() {
        let (_root, engine, cache) = cache();
        for text in ["", "read", "read x\n", "read -1\n", "read 99999999999999999999\n", "\n\n"] {
            seen(&cache, 0);
            let kept = fs::read_to_string(cache.seen("d")).unwrap();
            let rest = kept.split_once('\n').unwrap().1;
            for whole in [text.to_owned(), format!("{text}{rest}")] {
                fs::write(cache.sum("d"), "xxh3 of other code\n").unwrap();
                fs::write(cache.seen("d"), whole).unwrap();
                assert!(cache.load(&engine, "d").is_none(), "{text:?}");
            }
        }
    }

    #[test]
    fn each_byte_of_several_pieces_and_their_order_count() {
        let sum = |bytes: &[u8]| {
            checksum(bytes.len() as u64, |mut buffer, at| {
                buffer.write(&bytes[usize::try_from(at).unwrap()..])
            })
            .unwrap()
        };
        let piece = usize::try_from(PIECE).unwrap();
        let mut bytes: Vec<u8> = (0..2 * piece + 9).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let whole = sum(&bytes);
        assert_eq!(sum(&bytes), whole);
        for at in [0, piece - 1, piece, 2 * piece, 2 * piece + 8] {
            bytes[at] ^= 1;
            assert_ne!(sum(&bytes), whole, "{at}");
            bytes[at] ^= 1;
        }
        let (one, rest) = bytes.split_at(piece);
        let (other, end) = rest.split_at(piece);
        assert_ne!(sum(&[other, one, end].concat()), whole);
        assert_ne!(sum(&bytes[..2 * piece]), whole);
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
