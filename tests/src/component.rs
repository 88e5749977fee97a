//! The components that the tests run.

use std::path::{Path, PathBuf};

/// The repository's folder.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A guest of `tests/programs`.
#[must_use]
pub fn guest(name: &str) -> Vec<u8> {
    let file = format!("guests/{name}.wasm");
    let elsewhere = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let folders = [Some(repository().join("target")), elsewhere];
    let path = folders.into_iter().flatten().map(|folder| folder.join(&file)).find(|path| path.is_file());
    let path = path.unwrap_or_else(|| panic!("there is no {file}: run `cargo xtask guests`"));
    std::fs::read(path).unwrap()
}

/// The component of a skill in `skills/`.
#[must_use]
pub fn skill_component(name: &str) -> Vec<u8> {
    let path = repository().join("skills").join(name).join("wasm/skill.wasm");
    std::fs::read(&path)
        .unwrap_or_else(|_| panic!("there is no {}: run `cargo xtask skills`", path.display()))
}

/// A component whose core module is given in WAT: `execute` has the parameters `(i32 i32)` and one result, the address
/// of the answer. The module needs `memory`, `realloc` and `execute`; `more` is put into the component before it.
#[must_use]
pub fn adapted(more: &str, module: &str) -> Vec<u8> {
    exporting(&format!("{more} (core module $m {module}) (core instance $i (instantiate $m))"), "$i")
}

/// A component whose inside is given in WAT: its core instance `$i` has `execute`, with the parameters `(i32 i32)` and one
/// result, and the core instance `memory` has `memory` and `realloc`.
#[must_use]
pub fn exporting(inside: &str, memory: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (type $fault (record (field "field" string) (field "message" string)))
            (type $types (instance
                (type $f (record (field "field" string) (field "message" string)))
                (export "input-fault" (type $fault (eq $f)))
                (type $e (variant (case "invalid-input" $fault) (case "denied" string) (case "failed" string)))
                (export "skill-error" (type (eq $e)))
            ))
            (import "openskills:skill/types@0.1.0" (instance $types (type $types)))
            (alias export $types "skill-error" (type $error))
            {inside}
            (func $execute (param "input" string) (result (result string (error $error)))
                (canon lift (core func $i "execute")
                    (memory (core memory {memory} "memory")) (realloc (core func {memory} "realloc"))))
            (export "execute" (func $execute))
        )"#
    );
    wat::parse_str(text).unwrap()
}
