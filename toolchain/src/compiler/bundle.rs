//! One module of many, made by esbuild, held to the world that its component has. componentize-qjs looks at neither what
//! is exported nor, before it is done, at more than the first import; a function that is missing would be missing in a
//! call.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wit_parser::{Resolve, World, WorldItem};

use super::Sources;
use super::typescript::{camel, is_free, key_name};
use crate::{ToolchainError, wit};

/// The bundle, and what esbuild says of it.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) file: PathBuf,
    pub(super) outline: PathBuf,
}

impl Bundle {
    pub(super) fn in_folder(work: &Path) -> Self {
        Self { file: work.join("bundle.js"), outline: work.join("bundle.json") }
    }

    /// Refuses imports that the world does not have, and what it has and the bundle does not export: all at once.
    pub(super) fn check(&self, sources: &Sources<'_>, entry: &str) -> Result<(), ToolchainError> {
        let read = fs::read(&self.outline).map_err(ToolchainError::io("read", &self.outline))?;
        let outline: Value = serde_json::from_slice(&read).unwrap_or_default();
        let (resolve, package) = wit::read(sources.wit)?;
        let world = wit::world(&resolve, package, sources.world)?;
        let Some(world) = resolve.worlds.get(world) else { return Ok(()) };
        let missing = [
            told("it imports", "the skill's world has not", &foreign(&imports(&outline), &resolve, world)),
            told("it does not export", "the skill's world has", &unmet(&outline, &resolve, world)),
        ];
        let missing: Vec<String> = missing.into_iter().flatten().collect();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(ToolchainError::Unsuited(format!(
                "`{entry}` does not fit the skill's world:\n{}",
                missing.join("\n")
            ))),
        }
    }
}

fn told(what: &str, of: &str, names: &[String]) -> Option<String> {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("{what} {}, which {of}", names.join(", ")))
}

/// The entries of a list that the outline has of each output.
fn listed<'a>(outline: &'a Value, list: &'a str) -> impl Iterator<Item = &'a Value> {
    let outputs = outline["outputs"].as_object().into_iter().flat_map(|outputs| outputs.values());
    outputs.filter_map(move |output| output[list].as_array()).flatten()
}

/// The modules that are imported and not bundled.
fn imports(outline: &Value) -> Vec<&str> {
    let mut found: Vec<&str> =
        listed(outline, "imports").filter_map(|import| import["path"].as_str()).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Those that are no interface of the world. Versions may be left out.
fn foreign(imports: &[&str], resolve: &Resolve, world: &World) -> Vec<String> {
    let bare = |name: &str| name.split_once('@').map_or(name, |(name, _)| name).to_owned();
    let has: Vec<String> = world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
    let fits = |import: &str| match import.contains('@') {
        true => has.iter().any(|name| name == import),
        false => has.iter().any(|name| bare(name) == import),
    };
    imports.iter().filter(|import| !fits(import)).map(|import| (*import).to_owned()).collect()
}

/// What the world exports and the bundle does not.
fn unmet(outline: &Value, resolve: &Resolve, world: &World) -> Vec<String> {
    let exports: Vec<&str> = listed(outline, "exports").filter_map(Value::as_str).collect();
    let wanted = world.exports.iter().filter_map(|(key, item)| match item {
        WorldItem::Function(function) => is_free(function).then(|| camel(function.item_name())),
        WorldItem::Interface { .. } => Some(camel(&key_name(resolve, key))),
        WorldItem::Type { .. } => None,
    });
    wanted.filter(|name| !exports.contains(&name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const WIT: &str = "package a:b@1.0.0;\ninterface reads { read: func(); }\ninterface shape-sums { sum: func(); }\n\
                       world w {\n  import reads;\n  export shape-sums;\n  export add-pair: func();\n  record r { a: u8 }\n}\n";

    fn check(imports: &[&str], exports: &[&str]) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let (wit, work) = (folder.path().join("wit"), folder.path());
        fs::create_dir(&wit).unwrap();
        fs::write(wit.join("world.wit"), WIT).unwrap();
        let bundle = Bundle::in_folder(work);
        let imports: Vec<Value> =
            imports.iter().map(|path| json!({ "path": path, "external": true })).collect();
        let outline = json!({ "outputs": { "bundle.js": { "imports": imports, "exports": exports } } });
        fs::write(&bundle.outline, outline.to_string()).unwrap();
        let sources = Sources { folder: folder.path(), wit: &wit, world: "w", work };
        bundle.check(&sources, "src/skill.js").map_err(|error| error.to_string())
    }

    #[test]
    fn a_bundle_fits_its_world_or_is_told_all_that_does_not() {
        let exports = ["addPair", "shapeSums"];
        for imports in [&["a:b/reads@1.0.0"][..], &["a:b/reads"], &[]] {
            check(imports, &exports).unwrap();
        }
        check(&[], &["addPair", "more", "shapeSums"]).unwrap();
        let told = check(&["a:b/reads@2.0.0", "openskills:skill/http@0.1.0"], &["default"]).unwrap_err();
        let expected = "`src/skill.js` does not fit the skill's world:\n\
                        it imports `a:b/reads@2.0.0`, `openskills:skill/http@0.1.0`, which the skill's world has not\n\
                        it does not export `addPair`, `shapeSums`, which the skill's world has";
        assert_eq!(told, expected);
    }
}
