//! What the user's cache folder keeps: compiled components, interpreters, packages, compilers, builds.

mod choose;
mod verify;

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use openskills_runtime::Interpreter;
use openskills_toolchain::cache;
use openskills_toolchain::compiler::Pinned;
use serde::Serialize;

pub(crate) use choose::{Wanted, choose, remove};
pub(crate) use verify::{Verdict, verify};

/// Files and folders that are looked at in one entry: what exceeds them is not counted.
const MAX_ENTRIES: usize = 1_000_000;

/// What an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Components in the form in which they run
    Compiled,
    /// What runs scripts
    Interpreters,
    /// Packages that were added to skills
    Packages,
    /// Compilers of skills
    Tools,
    /// What `openskills build` keeps between builds
    Builds,
    /// What scripts print for `--help`
    Help,
    /// What the tests of this project keep
    Tests,
    /// What this version does not know
    Other,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Compiled => "compiled",
            Self::Interpreters => "interpreters",
            Self::Packages => "packages",
            Self::Tools => "tools",
            Self::Builds => "builds",
            Self::Help => "help",
            Self::Tests => "tests",
            Self::Other => "other",
        }
    }
}

/// Whether this version has a use for an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It may have.
    Kept,
    /// It belongs to another version of this program or of a compiler, or to a skill that is gone.
    Old,
    /// It was left by a program that was stopped.
    Leftover,
}

/// One thing that is kept.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Kept {
    pub(crate) kind: Kind,
    /// Its name among those of its kind.
    pub(crate) name: String,
    pub(crate) state: State,
    pub(crate) bytes: u64,
    /// When it was last made or read, as far as the file system tells: some tell days, some the first time only.
    #[serde(serialize_with = "seconds")]
    pub(crate) used: SystemTime,
    /// Its folder, or its files.
    pub(crate) paths: Vec<PathBuf>,
}

fn seconds<S: serde::Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let time = jiff::Timestamp::try_from(*time).and_then(|time| time.round(jiff::Unit::Second));
    serializer.serialize_str(&time.map_err(serde::ser::Error::custom)?.to_string())
}

/// All that is kept in a cache folder, by kind and name. `engine` is the folder of compiled components that this
/// version reads, `interpreters` are those that are installed.
pub(crate) fn list(root: &Path, engine: Option<&Path>, interpreters: &[Interpreter]) -> Result<Vec<Kept>> {
    let mut found = Vec::new();
    for folder in names(root)? {
        let path = root.join(&folder);
        match folder.as_str() {
            "compiled" => {
                for name in names(&path)? {
                    compiled(&path.join(&name), engine, &mut found)?;
                }
            }
            "interpreters" => entries(Kind::Interpreters, &path, &mut found, |_, folder| {
                let used = interpreters.iter().any(|one| one.in_use && one.path.starts_with(folder));
                if used { State::Kept } else { State::Old }
            })?,
            "packages" => entries(Kind::Packages, &path.join("sets"), &mut found, |_, _| State::Kept)?,
            "tools" => entries(Kind::Tools, &path, &mut found, |_, folder| compiler(folder))?,
            "toolchain" => entries(Kind::Tools, &path, &mut found, |_, _| State::Kept)?,
            "build" => entries(Kind::Builds, &path, &mut found, |_, folder| build(folder))?,
            "guests" | "python" | "wheels" => entries(Kind::Tests, &path, &mut found, |_, _| State::Kept)?,
            "help" => found.extend(whole(Kind::Help, "scripts", &path, State::Kept)),
            // Empty folders.
            "root" => {}
            "zig" => found.extend(whole(Kind::Builds, "zig", &path, State::Kept)),
            "requirements" => entries(Kind::Builds, &path, &mut found, |_, _| State::Kept)?,
            name => found.extend(whole(Kind::Other, name, &path, State::Kept)),
        }
    }
    found.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
    Ok(found)
}

/// The names in a folder, sorted; none if it is not there.
fn names(folder: &Path) -> Result<Vec<String>> {
    let read = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.with_context(|| format!("`{}` cannot be read", folder.display()))?,
    };
    let mut names: Vec<String> =
        read.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

/// The folders of a folder, each one thing. Locks are no entries: they are empty, and a program may wait for one.
fn entries(
    kind: Kind,
    folder: &Path,
    found: &mut Vec<Kept>,
    state: impl Fn(&str, &Path) -> State,
) -> Result<()> {
    for name in names(folder)? {
        let path = folder.join(&name);
        if name.starts_with('.') {
            if path.is_dir() && !is_being_made(folder, &name) {
                found.extend(whole(kind, &name, &path, State::Leftover));
            }
            continue;
        }
        if path.is_dir() {
            let state = state(&name, &path);
            found.extend(whole(kind, &name, &path, state));
        }
    }
    Ok(())
}

/// Whether a program holds the lock of what a hidden folder will become.
fn is_being_made(folder: &Path, name: &str) -> bool {
    let locks =
        [name.split_once(".partial-").map(|(entry, _)| format!("{entry}.lock")), Some(".lock".to_owned())];
    locks.into_iter().flatten().any(|lock| cache::is_locked(&folder.join(lock)))
}

/// The compiled components of one version of the engine, each of up to three files.
fn compiled(folder: &Path, engine: Option<&Path>, found: &mut Vec<Kept>) -> Result<()> {
    let state = match engine {
        Some(engine) if engine != folder => State::Old,
        _ => State::Kept,
    };
    for name in names(folder)? {
        let path = folder.join(&name);
        let of_code = |extension: &str| path.with_extension(extension);
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        let (state, paths) = match extension {
            "cwasm" => (state, vec![path.clone(), of_code("sum"), of_code("seen")]),
            "sum" | "seen" if of_code("cwasm").exists() => continue,
            _ => (State::Leftover, vec![path.clone()]),
        };
        let paths: Vec<PathBuf> = paths.into_iter().filter(|path| path.exists()).collect();
        let Some(metadata) = fs::symlink_metadata(&path).ok() else { continue };
        found.push(Kept {
            kind: Kind::Compiled,
            name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            state,
            bytes: paths.iter().filter_map(|path| fs::symlink_metadata(path).ok()).map(|one| one.len()).sum(),
            used: used(&metadata),
            paths,
        });
    }
    Ok(())
}

/// A compiler of another version than this program uses is old; what it does not know, checkouts use.
fn compiler(folder: &Path) -> State {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let known = ["componentize-py-", "ziglang-", "npm-"].iter().any(|known| name.starts_with(known));
    let current = [Pinned::ComponentizePy, Pinned::JavaScript, Pinned::Zig].into_iter();
    let is_current = current.filter_map(Pinned::place).any(|place| place == folder);
    if known && !is_current { State::Old } else { State::Kept }
}

/// The name of the file in which a build writes the folder that it is of.
pub(crate) const BUILT_OF: &str = "skill";

fn build(folder: &Path) -> State {
    match fs::read_to_string(folder.join(BUILT_OF)) {
        Ok(skill) if Path::new(skill.trim_end_matches('\n')).is_dir() => State::Kept,
        _ => State::Old,
    }
}

/// A folder or a file as one thing.
fn whole(kind: Kind, name: &str, path: &Path, state: State) -> Option<Kept> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let (mut bytes, mut latest, mut left) = (0, used(&metadata), MAX_ENTRIES);
    measure(path, &metadata, &mut bytes, &mut latest, &mut left);
    Some(Kept { kind, name: name.to_owned(), state, bytes, used: latest, paths: vec![path.to_owned()] })
}

fn measure(path: &Path, metadata: &Metadata, bytes: &mut u64, latest: &mut SystemTime, left: &mut usize) {
    *left = left.saturating_sub(1);
    if !metadata.is_dir() {
        *bytes += metadata.len();
        *latest = (*latest).max(used(metadata));
        return;
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if *left == 0 {
            return;
        }
        if let Ok(metadata) = entry.metadata() {
            measure(&entry.path(), &metadata, bytes, latest, left);
        }
    }
}

fn used(metadata: &Metadata) -> SystemTime {
    let times = [metadata.modified(), metadata.accessed()];
    times.into_iter().flatten().max().unwrap_or(SystemTime::UNIX_EPOCH)
}
