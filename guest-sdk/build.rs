//! Leaves out of the SDK what the skill's `SKILL.md` does not ask for, so that its use is an error of the compiler.
//!
//! The `SKILL.md` is the one that `OPENSKILLS_MANIFEST` names, or the one beside the `Cargo.toml` above the folder that
//! cargo builds into. Where there is none, as for a workspace of several skills, everything is there.

#[path = "build/allowed_tools.rs"]
mod allowed_tools;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=OPENSKILLS_MANIFEST");
    let entries = allowed_tools::Kind::ALL.map(|kind| format!("{:?}", kind.entry())).join(", ");
    println!("cargo::rustc-check-cfg=cfg(allowed_tools, values({entries}))");
    let source = manifest().and_then(|path| {
        let text = fs::read(&path).ok()?;
        println!("cargo::rerun-if-changed={}", path.display());
        Some(text)
    });
    for kind in allowed_tools::Kind::ALL {
        if source.as_ref().is_none_or(|source| allowed_tools::asks_for(source, kind)) {
            println!("cargo::rustc-cfg=allowed_tools={:?}", kind.entry());
        }
    }
}

/// The `SKILL.md` of the skill that is built.
fn manifest() -> Option<PathBuf> {
    if let Some(path) = env::var_os("OPENSKILLS_MANIFEST").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    let out = env::var_os("OUT_DIR")?;
    let folder = Path::new(&out).ancestors().find(|folder| folder.join("Cargo.toml").is_file())?;
    Some(folder.join("SKILL.md"))
}
