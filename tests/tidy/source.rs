//! Rust files, without their comments, texts and tests.

use std::path::{Path, PathBuf};

/// One file.
pub(crate) struct Source {
    /// Its path below the folder that was read, with `/` between names.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
    /// Its code: comments, the contents of texts and the tests at its end are blank.
    pub(crate) code: String,
}

impl Source {
    /// The lines of code that contain something, each with its number.
    pub(crate) fn lines_with<'a>(&'a self, pattern: &'a str) -> impl Iterator<Item = String> + 'a {
        let lines = self.code.lines().zip(1..);
        lines
            .filter(move |(line, _)| word(line, pattern))
            .map(|(line, n)| format!("{}:{n}: {}", self.path, line.trim()))
    }
}

/// Whether a line contains `pattern` where no letter, digit or `_` goes on to its left or right.
fn word(line: &str, pattern: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(pattern).any(|(at, _)| {
        let goes_on_left = pattern.starts_with(|c: char| c.is_alphanumeric())
            && joins(line.get(..at).and_then(|before| before.chars().next_back()));
        let goes_on_right = pattern.ends_with(|c: char| c.is_alphanumeric())
            && joins(line.get(at + pattern.len()..).and_then(|after| after.chars().next()));
        !goes_on_left && !goes_on_right
    })
}

/// All Rust files below a folder of the repository, but those that are tests.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let root = openskills_tests::repository().join(folder);
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test(&path) {
                found.push(read(&root, &path));
            }
        }
    }
    assert!(!found.is_empty(), "nothing in {folder}");
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().unwrap().to_str().unwrap();
    stem == "tests" || stem.ends_with("_tests") || path.components().any(|part| part.as_os_str() == "tests")
}

fn read(root: &Path, path: &PathBuf) -> Source {
    let text = std::fs::read_to_string(path).unwrap();
    let code = blank(text.split("#[cfg(test)]\nmod tests {").next().unwrap());
    let path = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    Source { path, text, code }
}

/// Rust code with comments and the contents of texts made blank, line breaks kept.
fn blank(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let length = token(rest);
        if length == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    out
}

/// The length of the comment, text or character that the code begins with; 0 if it begins with something else.
fn token(code: &str) -> usize {
    if code.starts_with("//") {
        return code.find('\n').unwrap_or(code.len());
    }
    if code.starts_with("/*") {
        return code.find("*/").map_or(code.len(), |end| end + 2);
    }
    if let Some(raw) = code.strip_prefix("r#\"") {
        return raw.find("\"#").map_or(code.len(), |end| end + 5);
    }
    if code.starts_with("'\\") || code.starts_with('\'') && code.chars().nth(2) == Some('\'') {
        let skip = if code.starts_with("'\\") { 3 } else { 1 };
        return code[skip..].find('\'').map_or(code.len(), |end| skip + end + 1);
    }
    if !code.starts_with('"') {
        return 0;
    }
    let mut escaped = false;
    for (at, c) in code.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn code_is_told_from_what_only_looks_like_it() {
    let blanked =
        blank("a(); // unsafe\nlet b = \"unsafe \\\" x\"; /* unsafe */ let c = '\"'; d('a, '\\'');");
    assert!(!blanked.contains("unsafe"), "{blanked}");
    assert!(["a();", "let b =", "let c =", "d('a,"].iter().all(|code| blanked.contains(code)), "{blanked}");
    assert!(word("unsafe {", "unsafe") && !word("unsafe_code", "unsafe"));
}
