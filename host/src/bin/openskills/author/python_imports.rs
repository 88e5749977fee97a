//! What modules of Python import of their skill's world. CPython stops at the first import that is not there.

use std::fs;
use std::path::Path;

use super::language::python_folder;

/// Files that are looked into, and the bytes of one.
const MAX_FILES: usize = 200;
const MAX_BYTES: u64 = 1 << 20;

/// Where the world is.
const WORLD: &str = "wit_world.imports";

/// The interfaces of the world that the modules beside `app.py` import, as `name 'fs'`, one a line.
pub(super) fn python_imports(skill: &Path) -> String {
    let Some(folder) = python_folder(skill) else { return String::new() };
    let mut found = String::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().take(MAX_FILES) {
        let path = entry.path();
        let is_module = path.extension().is_some_and(|extension| extension == "py")
            && entry.metadata().is_ok_and(|file| file.is_file() && file.len() <= MAX_BYTES);
        if let (true, Ok(text)) = (is_module, fs::read_to_string(&path)) {
            imports(&text, &mut found);
        }
    }
    found
}

fn imports(text: &str, found: &mut String) {
    for (at, _) in text.match_indices(WORLD) {
        let rest = text.get(at + WORLD.len()..).unwrap_or_default();
        // To the end of the line; in brackets, to the closing one.
        let line = rest.lines().next().unwrap_or_default();
        let end = if line.contains('(') { rest.find(')') } else { Some(line.len()) };
        let named = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        for name in named.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()) {
            found.push_str(&format!("name '{name}'\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::imports;

    #[test]
    fn imports_are_found_however_they_are_written() {
        for text in [
            "from wit_world.imports import fs, http\n",
            "from wit_world.imports import (\n    fs,\n    http as web,\n)\nenv = 1\n",
            "import wit_world.imports.fs\nfrom wit_world.imports.http import fetch\n",
        ] {
            let mut found = String::new();
            imports(text, &mut found);
            let has = |name: &str| found.contains(&format!("name '{name}'"));
            assert!(has("fs") && has("http") && !has("env"), "{text}: {found}");
        }
    }
}
