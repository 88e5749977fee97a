//! Packages as they are kept: sets by content, and what each skill has of them.
#![expect(clippy::disallowed_methods, reason = "keeps packages in the cache folder")]

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::build::InstallWatcher;
use super::index::{Fetched, fetch};
use super::requirement::{check, distribution, normalized};
use super::wheel::{Room, unpack};
use crate::audit::{Package as PackageRecord, sha256};
use crate::instance::is_own;

/// All packages of a set together, unpacked.
const MAX_UNPACKED: u64 = 256 << 20;

/// Packages of one set, dependencies included.
const MAX_PACKAGES: usize = 200;

/// A package of a set: exactly this wheel.
pub type Package = PackageRecord;

/// What was chosen for a skill: requirements as the user gave them, and the wheels that they led to. It stays as it is
/// until the user adds or removes something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageLock {
    /// The skill's folder, or nothing for packages of a single run.
    pub folder: PathBuf,
    /// As they were asked for.
    pub requirements: Vec<String>,
    /// The packages, sorted by name, dependencies among them.
    pub packages: Vec<Package>,
    /// The modules that they have at their top.
    pub modules: Vec<String>,
    /// What the set is kept by: SHA-256 over its packages' digests.
    pub set: String,
}

impl PackageLock {
    /// Whether one of its packages is that of the requirement. Versions are not compared.
    #[must_use]
    pub fn has(&self, requirement: &str) -> bool {
        let wanted = normalized(distribution(requirement));
        self.packages.iter().any(|package| package.name == wanted)
    }
}

/// The folder of packages below the cache.
///
/// `sets/SET` has the files of a set, and appears whole or not at all; `locks/KEY.json` is a [`PackageLock`].
#[derive(Clone, Debug)]
pub(crate) struct Packages {
    folder: PathBuf,
}

impl Packages {
    /// The packages below the cache's root. Nothing is read or made yet.
    pub(crate) fn below(cache: &Path) -> Self {
        Self { folder: cache.join("packages") }
    }

    /// What the skill in this folder has, if its files are there.
    pub(crate) fn of_skill(&self, skill: &Path) -> Option<PackageLock> {
        let lock = self.lock(&key(skill))?;
        (lock.folder == skill).then_some(lock)
    }

    /// What a run with these packages beside the skill's has, if it was added before.
    pub(crate) fn with(&self, skill: &Path, requirements: &[String]) -> Option<PackageLock> {
        let all = self.all(skill, requirements);
        self.lock(&key_of_run(&all)).filter(|lock| lock.requirements == all)
    }

    /// The folder with a set's files.
    pub(crate) fn site(&self, lock: &PackageLock) -> PathBuf {
        self.folder.join("sets").join(&lock.set)
    }

    /// Fetches packages for a skill, or for single runs beside it, in place of what there was for them.
    pub(crate) fn add(
        &self,
        skill: &Path,
        requirements: &[String],
        for_one_run: bool,
        watcher: &dyn InstallWatcher,
    ) -> io::Result<PackageLock> {
        let all = self.all(skill, requirements);
        for requirement in &all {
            check(requirement).map_err(io::Error::other)?;
        }
        let mut lock = self.install(all, |all, work| fetch(all, work, watcher), watcher)?;
        let key = match for_one_run {
            true => key_of_run(&lock.requirements),
            false => {
                lock.folder = skill.to_owned();
                key(skill)
            }
        };
        self.keep(&key, &lock)?;
        Ok(lock)
    }

    /// Takes packages away from a skill; what is left is resolved anew. Nothing left is no lock.
    pub(crate) fn remove(
        &self,
        skill: &Path,
        names: &[String],
        watcher: &dyn InstallWatcher,
    ) -> io::Result<Option<PackageLock>> {
        let lock = self.of_skill(skill).ok_or_else(|| io::Error::other("no packages were added to it"))?;
        let mut left = lock.requirements.clone();
        for name in names {
            let wanted = normalized(distribution(name));
            let before = left.len();
            left.retain(|requirement| normalized(distribution(requirement)) != wanted);
            if left.len() == before {
                let has = lock.requirements.join("`, `");
                let name = crate::capability::printable(name);
                return Err(io::Error::other(format!("`{name}` was not added to it; these were: `{has}`")));
            }
        }
        match fs::remove_file(self.file(&key(skill))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ if left.is_empty() => Ok(None),
            _ => self.add(skill, &left, false, watcher).map(Some),
        }
    }

    /// The requirements of a skill and further ones, each package once, the later word counting.
    fn all(&self, skill: &Path, requirements: &[String]) -> Vec<String> {
        let mut all = self.of_skill(skill).map(|lock| lock.requirements).unwrap_or_default();
        for requirement in requirements.iter().map(|requirement| requirement.trim()) {
            let name = normalized(distribution(requirement));
            all.retain(|other| normalized(distribution(other)) != name);
            all.push(requirement.to_owned());
        }
        all.sort_unstable();
        all
    }

    fn install(
        &self,
        requirements: Vec<String>,
        fetch: impl FnOnce(&[String], &Path) -> io::Result<Vec<Fetched>>,
        watcher: &dyn InstallWatcher,
    ) -> io::Result<PackageLock> {
        let sets = self.folder.join("sets");
        for folder in [&self.folder, &sets, &self.folder.join("locks")] {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let work = tempfile::Builder::new().prefix(".adding-").tempdir_in(&self.folder)?;
        let fetched = fetch(&requirements, work.path())?;
        if fetched.len() > MAX_PACKAGES {
            return Err(io::Error::other(format!("they need more than {MAX_PACKAGES} packages")));
        }
        watcher.step("unpacking");
        let site = work.path().join("site");
        DirBuilder::new().mode(0o700).create(&site)?;
        let mut room = Room { bytes: MAX_UNPACKED };
        let (mut packages, mut modules) = (Vec::new(), BTreeSet::new());
        for Fetched { name, version, bytes, leaves_native_out } in fetched {
            let unpacked = unpack(&bytes, &site, &mut room, leaves_native_out);
            modules.extend(unpacked.map_err(|fault| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("the package `{name}` is refused: {fault}"),
                )
            })?);
            packages.push(Package { name, version, sha256: sha256(&bytes) });
        }
        let digests: Vec<&str> = packages.iter().map(|package| package.sha256.as_str()).collect();
        let set = sha256(digests.join("\n").as_bytes());
        let place = sets.join(&set);
        // The same set is the same files: whoever was first put it there.
        if !place.is_dir() {
            match fs::rename(&site, &place) {
                Err(error) if !place.is_dir() => return Err(error),
                _ => {}
            }
        }
        let modules = modules.into_iter().collect();
        Ok(PackageLock { folder: PathBuf::new(), requirements, packages, modules, set })
    }

    fn keep(&self, key: &str, lock: &PackageLock) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(self.folder.join("locks"))?;
        file.write_all(&serde_json::to_vec_pretty(lock)?)?;
        file.as_file().sync_all()?;
        file.persist(self.file(key))?;
        Ok(())
    }

    /// A lock whose set is there, in folders that nobody else can write.
    fn lock(&self, key: &str) -> Option<PackageLock> {
        let text = fs::read(self.file(key)).ok()?;
        let lock: PackageLock = serde_json::from_slice(&text).ok()?;
        let named = lock.set.len() == 64 && lock.set.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mine =
            |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && is_own(&found));
        let places = [&self.folder, &self.folder.join("sets"), &self.folder.join("locks"), &self.site(&lock)];
        (named && places.into_iter().all(|place| mine(place))).then_some(lock)
    }

    fn file(&self, key: &str) -> PathBuf {
        self.folder.join("locks").join(format!("{key}.json"))
    }
}

fn key(skill: &Path) -> String {
    sha256(format!("skill\0{}", skill.display()).as_bytes())
}

fn key_of_run(requirements: &[String]) -> String {
    sha256(format!("run\0{}", requirements.join("\n")).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Silent;

    impl InstallWatcher for Silent {
        fn step(&self, _: &str) {}
    }

    fn wheel(module: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
        let (mut entry, config) = archive.new_file(format!("{module}.py").as_str()).start().unwrap();
        let mut writer = config.wrap(&mut entry);
        writer.write_all(b"X = 1").unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
        archive.finish().unwrap();
        bytes
    }

    fn added(packages: &Packages, name: &str) -> PackageLock {
        let (version, leaves_native_out) = ("1".to_owned(), false);
        let one = Fetched { name: name.to_owned(), version, bytes: wheel(name), leaves_native_out };
        packages.install(vec![format!("{name}>=1")], |_, _| Ok(vec![one]), &Silent).unwrap()
    }

    #[test]
    fn what_is_added_is_found_by_its_skill_with_digests() {
        let cache = tempfile::tempdir().unwrap();
        let packages = Packages::below(cache.path());
        let skill = Path::new("/skills/a");
        assert!(packages.of_skill(skill).is_none());
        let lock = PackageLock { folder: skill.to_owned(), ..added(&packages, "one") };
        packages.keep(&key(skill), &lock).unwrap();
        assert_eq!(packages.of_skill(skill), Some(lock.clone()));
        assert_eq!(lock.packages[0].sha256, sha256(&wheel("one")));
        assert_eq!(
            (lock.has("One==1"), lock.has("two"), lock.modules.as_slice()),
            (true, false, &["one".to_owned()][..])
        );
        assert_eq!(fs::read(packages.site(&lock).join("one.py")).unwrap(), b"X = 1");
        assert!(packages.of_skill(Path::new("/skills/b")).is_none());
    }

    #[test]
    fn a_set_that_is_gone_or_open_to_others_is_none() {
        use std::os::unix::fs::PermissionsExt;
        let cache = tempfile::tempdir().unwrap();
        let packages = Packages::below(cache.path());
        let skill = Path::new("/skills/a");
        let lock = PackageLock { folder: skill.to_owned(), ..added(&packages, "one") };
        packages.keep(&key(skill), &lock).unwrap();
        fs::set_permissions(packages.site(&lock), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(packages.of_skill(skill).is_none());
        fs::remove_dir_all(packages.site(&lock)).unwrap();
        assert!(packages.of_skill(skill).is_none());
    }

    #[test]
    fn a_lock_that_names_another_folder_is_not_believed() {
        let cache = tempfile::tempdir().unwrap();
        let packages = Packages::below(cache.path());
        let skill = Path::new("/skills/a");
        let lock =
            PackageLock { set: "../../..".to_owned(), folder: skill.to_owned(), ..added(&packages, "one") };
        packages.keep(&key(skill), &lock).unwrap();
        assert!(packages.of_skill(skill).is_none());
    }

    #[test]
    fn nothing_is_fetched_for_what_is_no_name() {
        let cache = tempfile::tempdir().unwrap();
        let packages = Packages::below(cache.path());
        let asked = ["--index-url=https://evil.org".to_owned()];
        let error = packages.add(Path::new("/s"), &asked, false, &Silent).unwrap_err();
        assert!(error.to_string().contains("not the name of a package"), "{error}");
        assert!(!cache.path().join("packages").exists());
    }
}
