//! A skill's world as a folder of WIT files, laid out as toolchains look for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use openskills_runtime::World;

use crate::exit::Complaint;

/// A world of the author's own, to begin with. What is said to the author stands before the package: a comment anywhere
/// else would be taken for what is said of the next item.
const FIRST: &str = "\
// What the component of this skill imports and exports. Functions of your own are added to the world, with types of your
// own beside them, and `openskills call` calls them:
//     export area: func(width: f64, height: f64) -> result<f64, string>;
package local:skill;

world skill {
    include openskills:skill/skill@0.1.0;
}
";

/// The same for a skill whose `execute` the SDK exports, as in Rust.
const FIRST_BESIDE_THE_SDK: &str = "\
// What the component of this skill exports beside its entry point, which is the SDK's. Functions of your own are added to
// the world, with types of your own beside them, and `openskills call` calls them:
//     export area: func(width: f64, height: f64) -> result<f64, string>;
package local:functions;

world functions {
}
";

/// Where the package lies below the folder.
const PACKAGE: &str = "deps/openskills-skill";

/// Writes the package below `folder`, and a first world of the author's where there is none. What the skill is no
/// longer entitled to goes. Returns the files that belong there.
pub(crate) fn write(folder: &Path, world: &World) -> Result<Vec<PathBuf>> {
    let package = folder.join(PACKAGE);
    let failed = |path: &Path, error: &io::Error| {
        Complaint::io(format!("`{}` cannot be written: {error}", path.display()))
    };
    fs::create_dir_all(&package).map_err(|error| failed(&package, &error))?;
    let mut written = Vec::new();
    for file in world.files() {
        let path = package.join(file.name);
        put(&path, &file.text).map_err(|error| failed(&path, &error))?;
        written.push(path);
    }
    for name in World::file_names() {
        let path = package.join(name);
        if !written.contains(&path) && path.exists() {
            fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
        }
    }
    if !has_world(folder) {
        let path = folder.join("world.wit");
        let is_crate = folder.parent().is_some_and(|skill| skill.join("Cargo.toml").is_file());
        put(&path, if is_crate { FIRST_BESIDE_THE_SDK } else { FIRST })
            .map_err(|error| failed(&path, &error))?;
        written.push(path);
    }
    Ok(written)
}

/// Whether a folder has WIT files of its author.
pub(crate) fn has_world(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| path.extension().is_some_and(|extension| extension == "wit"))
}

/// Leaves a file that has the text already as it is: what is built of it need not be built again.
fn put(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text)
}
