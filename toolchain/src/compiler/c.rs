//! Components of C: bindings by wit-bindgen, Zig's C compiler, and the adapter for WASI's first preview.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use wit_bindgen_core::Files;
use wit_parser::Resolve;

use super::Sources;
use crate::component;
use crate::{ToolchainError, process};

/// Zig builds its C library at first, which takes half a minute.
const LIMIT: Duration = Duration::from_secs(600);

/// A component of C files.
#[derive(Clone, Copy, Debug)]
pub struct C<'a> {
    /// The files, below the folder of the sources.
    pub files: &'a [PathBuf],
}

impl C<'_> {
    /// Builds it with the compiler in `compiler`. The header of the world, `WORLD.h`, is on the include path.
    ///
    /// # Errors
    /// If the WIT is not valid or the compiler fails: its last lines.
    pub fn build(&self, sources: &Sources<'_>, compiler: &Path) -> Result<PathBuf, ToolchainError> {
        let bindings = sources.work.join("bindings");
        let made = bind(sources, &bindings)?;
        let module = sources.work.join("module.wasm");
        let mut cc = zig(compiler, sources.work);
        cc.current_dir(sources.folder).args(["-std=c17", "-Wall", "-Wextra"]);
        cc.arg("-I").arg(&bindings).arg("-o").arg(&module).args(self.files).args(made);
        process::output(&mut cc, LIMIT)?;
        let module = fs::read(&module).map_err(ToolchainError::io("read", &module))?;
        let bytes = component::adapt(&module).map_err(unsuited)?;
        let component = sources.component();
        fs::write(&component, bytes).map_err(ToolchainError::io("write", &component))?;
        Ok(component)
    }
}

/// `zig cc` for a module that is called and does not run by itself, with room for small inputs at the start. `work` is
/// for what the compiler keeps.
#[must_use]
pub fn zig(compiler: &Path, work: &Path) -> Command {
    let mut command = Command::new(compiler.join("ziglang/zig"));
    command.args(["cc", "-target", "wasm32-wasi", "-mexec-model=reactor", "-Os", "-s"]);
    command.arg("-Wl,--initial-memory=2097152");
    // The C library is built once for a machine, what belongs to one skill stays with it.
    let shared = crate::cache::folder().map_or_else(|_| work.join("zig"), |cache| cache.join("zig"));
    command.env("ZIG_GLOBAL_CACHE_DIR", shared).env("ZIG_LOCAL_CACHE_DIR", work.join("zig"));
    command
}

/// Writes the bindings of the world. Returns what of them is compiled and linked.
fn bind(sources: &Sources<'_>, folder: &Path) -> Result<Vec<PathBuf>, ToolchainError> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(sources.wit).map_err(unsuited)?;
    let world = resolve.select_world(&[package], Some(sources.world)).map_err(unsuited)?;
    let mut files = Files::default();
    let mut generator = wit_bindgen_c::Opts::default().build();
    generator.generate(&mut resolve, world, &mut files).map_err(unsuited)?;
    fs::create_dir_all(folder).map_err(ToolchainError::io("create", folder))?;
    let mut made = Vec::new();
    for (name, contents) in files.iter() {
        let path = folder.join(name);
        fs::write(&path, contents).map_err(ToolchainError::io("write", &path))?;
        if !name.ends_with(".h") {
            made.push(path);
        }
    }
    Ok(made)
}

fn unsuited(error: impl std::fmt::Display) -> ToolchainError {
    ToolchainError::Unsuited(format!("{error:#}"))
}
