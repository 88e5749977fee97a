//! What the stubs of the Python package declare.

use std::fs;
use std::path::{Path, PathBuf};

use super::Declared;

/// The classes, their public members and the parameters of these, and the functions, of all `.pyi` files below
/// `bindings/python`. None as long as there is no such folder.
pub(super) fn declared() -> Option<Declared> {
    let folder = openskills_tests::repository().join("bindings/python");
    if !folder.join("Cargo.toml").is_file() {
        return None;
    }
    let mut files = Vec::new();
    stubs(&folder, &mut files);
    assert!(!files.is_empty(), "bindings/python has no stubs");
    let mut declared = Declared::new();
    for path in files {
        read(&fs::read_to_string(path).unwrap(), &mut declared);
    }
    Some(declared)
}

fn stubs(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir()
            && !name.starts_with('.')
            && !matches!(name.as_str(), "target" | "node_modules" | "build")
        {
            stubs(&path, found);
        } else if name.ends_with(".pyi") {
            found.push(path);
        }
    }
}

/// Reads one stub: classes begin at the margin, their members four blanks in.
fn read(text: &str, declared: &mut Declared) {
    let mut class: Option<String> = None;
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let code = line.trim_start();
        let depth = line.len() - code.len();
        let definition = code.strip_prefix("async ").unwrap_or(code).strip_prefix("def ");
        if let Some(name) = code.strip_prefix("class ").filter(|_| depth == 0) {
            class = Some(identifier(name).to_owned());
        } else if depth == 0 && !code.is_empty() && !code.starts_with(['@', '#', ')', '"']) {
            class = None;
        }
        let owner = match (&class, depth) {
            (Some(class), 4) => Some(format!("{class}.")),
            (None, 0) => Some(String::new()),
            _ => None,
        };
        if let (Some(owner), Some(definition)) = (&owner, definition) {
            let name = identifier(definition);
            if is_public(name) {
                declared.insert(format!("{owner}{name}"));
                let signature = signature(&rest[rest.find('(').unwrap_or(0)..]);
                for parameter in parameters(signature) {
                    declared.insert(format!("{owner}{name}({parameter})"));
                }
            }
        } else if let (Some(owner), Some((name, _))) =
            (owner.filter(|owner| !owner.is_empty()), code.split_once(':'))
            && name == identifier(name)
            && is_public(name)
        {
            declared.insert(format!("{owner}{name}"));
        }
        rest = after;
    }
}

fn is_public(name: &str) -> bool {
    !name.is_empty() && (!name.starts_with('_') || name == "__init__")
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

/// From an opening parenthesis to the one that closes it.
fn signature(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

/// The names of the parameters of a signature.
fn parameters(signature: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut start = 1;
    for (at, c) in signature.char_indices().chain([(signature.len(), ',')]) {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth <= 1 => {
                let name = identifier(signature.get(start..at).unwrap_or("").trim().trim_start_matches('*'));
                if !name.is_empty() && name != "self" {
                    found.push(name);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

#[test]
fn a_stub_is_read() {
    let mut declared = Declared::new();
    read(
        "class A:\n    x: int\n    _hidden: int\n    def __init__(\n        self,\n        first: dict[str, int] = ...,\n        *,\n        second: Callable[[int], str] | None = None,\n    ) -> None: ...\n    async def run(self, it: int) -> None: ...\n    @property\n    def y(self) -> int: ...\n\ndef free(a: str) -> str: ...\n__all__ = []\n",
        &mut declared,
    );
    let expected = [
        "A.__init__",
        "A.__init__(first)",
        "A.__init__(second)",
        "A.run",
        "A.run(it)",
        "A.x",
        "A.y",
        "free",
        "free(a)",
    ];
    assert_eq!(declared.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
