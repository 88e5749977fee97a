//! What the Python package declares.

use std::collections::BTreeSet;
use std::fs;

use super::Declared;

/// The classes and functions in the package's `__all__`, the public members of the classes, and the parameters of all.
///
/// The types are in the sources themselves; what is native is in `_native.pyi`.
pub(super) fn declared() -> Declared {
    let folder = openskills_tests::repository().join("bindings/python/python/openskills");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py" || extension == "pyi"))
        .collect();
    // `_native.pyi` comes last, so that classes of Python's own are read first.
    files.sort_by_key(|path| (path.extension().unwrap().to_owned(), path.clone()));
    let public = exported(&fs::read_to_string(folder.join("__init__.py")).unwrap());
    assert!(public.len() > 40, "{public:?}");
    let mut declared = Declared::new();
    let mut seen = BTreeSet::new();
    for path in files {
        let mut found = Declared::new();
        read(&without_texts(&fs::read_to_string(path).unwrap()), &mut found);
        let owner = |name: &str| name.split(['.', '(']).next().unwrap_or_default().to_owned();
        let owners: BTreeSet<_> = found.iter().map(|name| owner(name)).collect();
        declared.extend(
            found.into_iter().filter(|name| public.contains(&owner(name)) && !seen.contains(&owner(name))),
        );
        seen.extend(owners);
    }
    declared
}

/// The names in `__all__`.
fn exported(text: &str) -> BTreeSet<String> {
    let list = text.split_once("__all__ = [").unwrap().1.split_once(']').unwrap().0;
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The same without what is between three quotation marks.
fn without_texts(text: &str) -> String {
    text.split("\"\"\"").step_by(2).collect()
}

/// Reads one file: classes begin at the margin, their members four blanks in.
fn read(text: &str, declared: &mut Declared) {
    let mut class: Option<String> = None;
    let (mut is_data, mut decorated) = (false, false);
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let code = line.trim_start();
        let depth = line.len() - code.len();
        let definition = code.strip_prefix("async ").unwrap_or(code).strip_prefix("def ");
        if let Some(name) = code.strip_prefix("class ").filter(|_| depth == 0) {
            class = Some(identifier(name).to_owned());
            is_data = decorated;
        } else if depth == 0 && !code.is_empty() && !code.starts_with(['@', '#', ')']) {
            class = None;
        }
        if depth == 0 && !code.is_empty() {
            decorated = code.starts_with("@dataclass");
        }
        let owner = match (&class, depth) {
            (Some(class), 4) => Some(format!("{class}.")),
            (None, 0) => Some(String::new()),
            _ => None,
        };
        if let (Some(owner), Some(definition)) = (&owner, definition) {
            let name = match identifier(definition) {
                "__new__" => "__init__",
                name => name,
            };
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
            if is_data {
                declared.insert(format!("{owner}__init__({name})"));
            }
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
                if !name.is_empty() && !matches!(name, "self" | "cls") {
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
fn a_module_is_read() {
    let mut declared = Declared::new();
    let text = "class A:\n    \"\"\"About:\n    no: member\n    \"\"\"\n    x: int\n    _hidden: int\n    def __init__(\n        self,\n        first: dict[str, int] = ...,\n        *,\n        second: Callable[[int], str] | None = None,\n    ) -> None: ...\n    async def run(self, it: int) -> None:\n        it: int\n    @property\n    def y(self) -> int: ...\n\ndef free(a: str) -> str: ...\n__all__ = []\n\n@dataclass(frozen=True)\nclass B:\n    z: int\n";
    read(&without_texts(text), &mut declared);
    let expected = [
        "A.__init__",
        "A.__init__(first)",
        "A.__init__(second)",
        "A.run",
        "A.run(it)",
        "A.x",
        "A.y",
        "B.__init__(z)",
        "B.z",
        "free",
        "free(a)",
    ];
    assert_eq!(declared.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    assert_eq!(exported("__all__ = [\n    \"A\",\n    \"free\",\n]\n").len(), 2);
}
