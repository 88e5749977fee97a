//! Finding skills: folders that hold a `SKILL.md`.
//!
//! A breadth-first walk, a level at a time and each level on all processors. What it finds depends on the files alone:
//! never on threads, nor on the order in which a file system lists names.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::parallel::in_parallel;
use super::places::PROJECT;
use super::{SkillFault, fault, why_unreadable};
use crate::manifest::Severity;

/// How deep below a search place skills may lie.
pub(super) const MAX_DEPTH: usize = 16;

/// How many folders one search place may have.
pub(super) const MAX_FOLDERS: usize = 50_000;

/// What the file may be called, the better name first.
pub(super) const NAMES: [&str; 2] = ["SKILL.md", "skill.md"];

/// Folders of a skill that are its own: what looks like a skill there is its material.
const MATERIAL: [&str; 7] = ["assets", "fixtures", "references", "resources", "scripts", "tests", "wasm"];

/// Files that mark a folder full of things that a program made: caches, `target`, virtual environments.
const MADE: [&str; 2] = ["CACHEDIR.TAG", "pyvenv.cfg"];

/// What a walk looks at.
pub(super) struct Rules {
    /// Folders below the place.
    pub(super) depth: usize,
    /// Folders in all.
    pub(super) folders: usize,
    /// Hidden folders, material of skills and what programs made, too; a `skill.md` beside a `SKILL.md`, too.
    pub(super) everything: bool,
}

impl Rules {
    /// What clients load.
    pub(super) const LOADED: Self = Self { depth: MAX_DEPTH, folders: MAX_FOLDERS, everything: false };

    /// What authors check: all but `.git` and `node_modules`.
    pub(super) const EVERYTHING: Self = Self { depth: usize::MAX, folders: usize::MAX, everything: true };
}

/// A `SKILL.md` that was found.
#[derive(Debug)]
pub(super) struct Found {
    /// Its path as it was found, links included.
    pub(super) path: PathBuf,
    /// The folder it lies in, links resolved.
    pub(super) folder: PathBuf,
    /// Its name in there.
    pub(super) name: &'static str,
}

/// What a place holds, in the order of paths; hidden names last.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    pub(super) skills: Vec<Found>,
    pub(super) faults: Vec<SkillFault>,
}

/// Finds the skills in and below `place`, which is absolute and has no links in it.
pub(super) fn discover(place: &Path, rules: &Rules) -> Discovery {
    let mut walk = Walk {
        place,
        rules,
        seen: HashSet::new(),
        too_deep: None,
        too_many: false,
        found: Discovery::default(),
    };
    let mut level =
        vec![Folder { path: place.to_owned(), real: place.to_owned(), depth: 0, in_skill: false }];
    // Links come after all that is reached without: of two ways to a folder the plain one counts.
    while !level.is_empty() {
        let mut links = Vec::new();
        while !level.is_empty() {
            level = walk.step(level, &mut links);
        }
        links.sort_by_cached_key(|link| order(&link.path));
        level = links.into_iter().filter_map(|link| walk.follow(link)).collect();
    }
    walk.end()
}

/// The `SKILL.md` of a folder, if it has one; `skill.md` where there is no `SKILL.md`.
pub(super) fn manifest_path(folder: &Path) -> Option<PathBuf> {
    NAMES.into_iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

struct Walk<'a> {
    place: &'a Path,
    rules: &'a Rules,
    seen: HashSet<PathBuf>,
    too_deep: Option<PathBuf>,
    too_many: bool,
    found: Discovery,
}

/// A folder to look at, or a link that may lead to one.
struct Folder {
    path: PathBuf,
    real: PathBuf,
    depth: usize,
    in_skill: bool,
}

/// What one folder holds.
#[derive(Default)]
struct Listing {
    manifests: Vec<&'static str>,
    broken: Option<(&'static str, io::Error)>,
    folders: Vec<OsString>,
    links: Vec<OsString>,
    made: bool,
}

impl Walk<'_> {
    /// Looks at all folders of a level, and gives the next.
    fn step(&mut self, mut level: Vec<Folder>, links: &mut Vec<Folder>) -> Vec<Folder> {
        level.retain(|folder| !self.seen.contains(&folder.real));
        level.sort_by_cached_key(|folder| order(&folder.path));
        let left = self.rules.folders - self.seen.len();
        if level.len() > left {
            level.truncate(left);
            self.too_many = true;
        }
        level.retain(|folder| self.seen.insert(folder.real.clone()));
        let listings = in_parallel(&level, |folder| list(&folder.real, self.rules));
        let mut next = Vec::new();
        for (folder, listing) in level.into_iter().zip(listings) {
            match listing {
                Ok(listing) => self.take(&folder, listing, &mut next, links),
                Err(error) => self.unreadable(&folder.path, &error),
            }
        }
        next
    }

    fn take(&mut self, folder: &Folder, listing: Listing, next: &mut Vec<Folder>, links: &mut Vec<Folder>) {
        if listing.made && folder.depth > 0 && !self.rules.everything {
            return;
        }
        if let Some((name, error)) = listing.broken {
            self.unreadable(&folder.path.join(name), &error);
        }
        let names = if self.rules.everything { listing.manifests.len() } else { 1 };
        for name in listing.manifests.iter().take(names) {
            let path = folder.path.join(name);
            self.found.skills.push(Found { path, folder: folder.real.clone(), name });
        }
        let in_skill = folder.in_skill || !listing.manifests.is_empty();
        let child = |name: &OsString| Folder {
            path: folder.path.join(name),
            real: folder.real.join(name),
            depth: folder.depth + 1,
            in_skill,
        };
        let wanted = |name: &&OsString| self.rules.everything || !in_skill || !is_material(name);
        let mut folders: Vec<Folder> = listing.folders.iter().filter(wanted).map(child).collect();
        let mut linked: Vec<Folder> = listing.links.iter().filter(wanted).map(child).collect();
        if folder.depth >= self.rules.depth {
            if let Some(deepest) = folders.first().filter(|_| self.too_deep.is_none()) {
                self.too_deep = Some(deepest.path.clone());
            }
            return;
        }
        next.append(&mut folders);
        links.append(&mut linked);
    }

    /// The folder that a link leads to, unless it was seen, or the search is in it already.
    fn follow(&mut self, link: Folder) -> Option<Folder> {
        let real = match fs::canonicalize(&link.path) {
            Ok(real) => real,
            Err(error) => {
                let message = format!("the link leads nowhere: {error}");
                self.report(
                    &link.path,
                    "link-broken",
                    Severity::Note,
                    message,
                    "remove it, or put back what it names",
                );
                return None;
            }
        };
        let here = link.real.parent().unwrap_or(self.place);
        if here.starts_with(&real) || self.place.starts_with(&real) {
            let message = format!("the link leads back to `{}`, in which it lies", real.display());
            self.report(
                &link.path,
                "link-loop",
                Severity::Note,
                message,
                "remove the link; it is not followed",
            );
            return None;
        }
        if self.seen.contains(&real) || !real.is_dir() {
            return None;
        }
        if !real.starts_with(self.place) {
            let message = format!("the link leads out of the skills folder, to `{}`", real.display());
            self.report(
                &link.path,
                "link-leaves",
                Severity::Note,
                message,
                "it is followed: what is there is used, too",
            );
        }
        Some(Folder { real, ..link })
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let message = why_unreadable(path, error);
        self.report(path, "unreadable", Severity::Error, message, "see to its permissions, or remove it");
    }

    fn report(&mut self, path: &Path, code: &'static str, load: Severity, message: String, hint: &str) {
        let fault = fault(code, load, message, Some(hint));
        let refused = load == Severity::Error;
        self.found.faults.push(SkillFault { path: path.to_owned(), refused, faults: vec![fault] });
    }

    fn end(mut self) -> Discovery {
        if self.too_many {
            let most = self.rules.folders;
            let message = format!("it has more than {most} folders; those beyond are not searched");
            self.report(
                self.place,
                "too-many-folders",
                Severity::Error,
                message,
                "name the folders that hold the skills",
            );
        }
        if let Some(deepest) = self.too_deep.take() {
            let message = format!(
                "skills are searched {} folders deep; `{}` and its like lie deeper",
                self.rules.depth,
                deepest.display()
            );
            self.report(
                self.place,
                "too-deep",
                Severity::Error,
                message,
                "name the folders that hold the skills",
            );
        }
        self.found.skills.sort_by_cached_key(|found| order(&found.path));
        self.found.faults.sort_by_cached_key(|fault| order(&fault.path));
        self.found
    }
}

fn list(folder: &Path, rules: &Rules) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        if let Some(manifest) = NAMES.into_iter().find(|manifest| name == *manifest) {
            match fs::metadata(entry.path()) {
                Ok(metadata) if metadata.is_file() => listing.manifests.push(manifest),
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => listing.broken = Some((manifest, io::Error::other("it is not a file"))),
                Err(error) => listing.broken = Some((manifest, error)),
            }
        } else if kind.is_dir() && is_searched(&name, rules) {
            listing.folders.push(name);
        } else if kind.is_symlink() && is_searched(&name, rules) {
            listing.links.push(name);
        } else if kind.is_file() && MADE.iter().any(|made| name == *made) {
            listing.made = true;
        } else if !rules.everything && (kind.is_dir() || kind.is_symlink()) {
            listing.add_project_place(folder, &name);
        }
    }
    listing.manifests.sort_unstable();
    Ok(listing)
}

impl Listing {
    /// A hidden folder is skipped but for the skills that a project keeps there.
    fn add_project_place(&mut self, folder: &Path, hidden: &OsStr) {
        let places = PROJECT.into_iter().filter(|place| Path::new(place).parent() == Some(Path::new(hidden)));
        for place in places {
            match fs::symlink_metadata(folder.join(place)) {
                Ok(metadata) if metadata.is_symlink() => self.links.push(place.into()),
                Ok(metadata) if metadata.is_dir() => self.folders.push(place.into()),
                _ => {}
            }
        }
    }
}

fn is_searched(name: &OsStr, rules: &Rules) -> bool {
    let bytes = name.as_encoded_bytes();
    match rules.everything {
        true => !matches!(bytes, b".git" | b"node_modules"),
        false => !bytes.starts_with(b".") && !matches!(bytes, b"node_modules" | b"__pycache__"),
    }
}

pub(super) fn is_material(name: &OsStr) -> bool {
    MATERIAL.iter().any(|material| name == *material)
}

/// Sorts paths name by name, hidden names last.
fn order(path: &Path) -> Vec<u8> {
    let mut before = b'/';
    let key = path.as_os_str().as_encoded_bytes().iter().map(|byte| {
        let key = match (before, *byte) {
            (_, b'/') => 0,
            (b'/', b'.') => 0xFF,
            (_, byte) => byte,
        };
        before = *byte;
        key
    });
    key.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_bound_the_shallow_and_first_are_kept_and_that_is_said() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path().canonicalize().unwrap();
        for folder in ["a/deep", "b", "c"] {
            fs::create_dir_all(place.join(folder)).unwrap();
            fs::write(place.join(folder).join("SKILL.md"), "").unwrap();
        }
        let search = |folders| discover(&place, &Rules { folders, ..Rules::LOADED });
        let names = |found: &Discovery| {
            found.skills.iter().map(|skill| skill.folder.strip_prefix(&place).unwrap().to_owned()).collect()
        };
        let found = search(3);
        assert_eq!(names(&found), [Path::new("b")].map(Path::to_owned).to_vec());
        assert_eq!(found.faults.len(), 1, "{:?}", found.faults);
        assert_eq!((found.faults[0].faults[0].code, found.faults[0].refused), ("too-many-folders", true));
        let found = search(5);
        let all: Vec<PathBuf> = names(&found);
        assert_eq!(all, ["a/deep", "b", "c"].map(PathBuf::from));
        assert!(found.faults.is_empty(), "{:?}", found.faults);
    }

    #[test]
    fn paths_are_sorted_name_by_name_and_hidden_ones_last() {
        let mut paths = ["a b/c", "a/z", "a/.h/x", ".h/a", "a", "b", "a/ü"].map(Path::new);
        paths.sort_by_cached_key(|path| order(path));
        assert_eq!(paths, ["a", "a/z", "a/ü", "a/.h/x", "a b/c", "b", ".h/a"].map(Path::new));
    }
}
