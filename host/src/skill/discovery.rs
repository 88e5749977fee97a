//! Finding skills: folders that hold a `SKILL.md`.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::stat;

/// How deep below a search place skills may lie.
const MAX_DEPTH: usize = 5;

/// How many folders one search place may have.
const MAX_FOLDERS: usize = 20_000;

/// Folders that never hold skills and often hold very much.
const SKIPPED: [&str; 3] = ["node_modules", "target", "__pycache__"];

/// The folders below `place` that are skills, sorted by path; `place` itself, if it is one.
///
/// A skill's own folder is not searched further, hidden folders and `node_modules` are not searched at all, and links
/// to folders are followed once.
pub(super) fn discover(place: &Path) -> Vec<PathBuf> {
    let mut search = Search { seen: HashSet::new(), found: Vec::new(), left: MAX_FOLDERS };
    search.visit(place, MAX_DEPTH);
    search.found
}

/// The `SKILL.md` of a folder, if it has one; `skill.md` where there is no `SKILL.md`.
pub(super) fn manifest_path(folder: &Path) -> Option<PathBuf> {
    ["SKILL.md", "skill.md"].into_iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

struct Search {
    seen: HashSet<(u64, u64)>,
    found: Vec<PathBuf>,
    left: usize,
}

impl Search {
    fn visit(&mut self, folder: &Path, depth: usize) {
        let Ok(stat) = stat(folder) else { return };
        if self.left == 0 || !self.seen.insert((stat.st_dev, stat.st_ino)) {
            return;
        }
        self.left -= 1;
        if manifest_path(folder).is_some() {
            self.found.push(folder.to_owned());
            return;
        }
        if depth == 0 {
            return;
        }
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut folders: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                !name.starts_with('.') && !SKIPPED.contains(&name.as_ref())
            })
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect();
        folders.sort();
        for folder in folders {
            self.visit(&folder, depth - 1);
        }
    }
}
