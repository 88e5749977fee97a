//! Components of C: bindings by wit-bindgen, Zig's C compiler, and the adapter for WASI's first preview.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use wit_bindgen_core::Files;

use super::Sources;
use crate::component;
use crate::{ToolchainError, process, wit};

/// Zig builds its C library at first, which takes half a minute.
const LIMIT: Duration = Duration::from_secs(600);

/// What the linker says where a program's own data exceed the memory that it would start with.
const TOO_SMALL: &str = "initial memory too small";

/// A component of C files.
#[derive(Clone, Copy, Debug)]
pub struct C<'a> {
    /// The files, below the folder of the sources.
    pub files: &'a [PathBuf],
    /// Folders in which headers are looked for, below that folder.
    pub includes: &'a [PathBuf],
}

impl C<'_> {
    /// Builds it with the compiler in `compiler`. The header of the world, `WORLD.h`, is on the include path, and has
    /// what the world has: a call of anything else is an error.
    ///
    /// # Errors
    /// If the WIT is not valid or the compiler fails: its last lines.
    pub fn build(&self, sources: &Sources<'_>, compiler: &Path) -> Result<PathBuf, ToolchainError> {
        let bindings = sources.work.join("bindings");
        let made = bind(sources, &bindings)?;
        let module = self.module(sources.work);
        let link = |memory: Option<&str>| {
            let mut cc = zig(compiler, sources.work);
            cc.current_dir(sources.folder).args(["-std=gnu17", "-Wall", "-Wextra", "-mexec-model=reactor"]);
            cc.args(memory).arg("-I").arg(&bindings);
            for folder in self.includes {
                cc.arg("-I").arg(folder);
            }
            cc.arg("-o").arg(&module).args(self.files).args(&made);
            process::output(&mut cc, LIMIT).map(drop).map_err(|error| error.of("zig cc"))
        };
        // Room at the start for small inputs: the first growth costs about as much as the rest of a short call.
        match link(Some("-Wl,--initial-memory=2097152")) {
            Err(ToolchainError::Failed { tail, .. }) if tail.contains(TOO_SMALL) => link(None),
            linked => linked,
        }?;
        let module = fs::read(&module).map_err(ToolchainError::io("read", &module))?;
        let bytes = component::adapt(&module).map_err(unsuited)?;
        let component = sources.component();
        fs::write(&component, bytes).map_err(ToolchainError::io("write", &component))?;
        Ok(component)
    }

    /// Where [`build`](Self::build) leaves the core module that it makes a component of.
    #[must_use]
    pub fn module(&self, work: &Path) -> PathBuf {
        work.join("module.wasm")
    }
}

/// `zig cc` for WASI's first preview, with a stack of a mebibyte that lies below all data: what exceeds it traps.
/// `work` is for what the compiler keeps.
#[must_use]
pub fn zig(compiler: &Path, work: &Path) -> Command {
    let mut command = Command::new(compiler.join("ziglang/zig"));
    command.args(["cc", "-target", "wasm32-wasi", "-O2", "-s", "-Wl,-z,stack-size=1048576"]);
    // The C library is built once for a machine, what belongs to one skill stays with it.
    let shared = crate::cache::folder().map_or_else(|_| work.join("zig"), |cache| cache.join("zig"));
    command.env("ZIG_GLOBAL_CACHE_DIR", shared).env("ZIG_LOCAL_CACHE_DIR", work.join("zig"));
    command
}

/// The header of a world for C: its name, and its text.
///
/// # Errors
/// If the WIT is not valid or has no such world.
pub fn header(wit: &Path, world: &str) -> Result<(String, String), ToolchainError> {
    let files = generate(wit, world)?;
    let header = files.iter().find(|(name, _)| name.ends_with(".h"));
    let (name, contents) = header.ok_or_else(|| unsuited("the world has no header"))?;
    Ok((name.to_owned(), String::from_utf8_lossy(contents).into_owned()))
}

/// Writes the bindings of the world. Returns what of them is compiled and linked.
fn bind(sources: &Sources<'_>, folder: &Path) -> Result<Vec<PathBuf>, ToolchainError> {
    let files = generate(sources.wit, sources.world)?;
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

fn generate(wit: &Path, world: &str) -> Result<Files, ToolchainError> {
    let (mut resolve, package) = wit::read(wit)?;
    let world = wit::world(&resolve, package, world)?;
    let mut files = Files::default();
    let mut generator = wit_bindgen_c::Opts::default().build();
    generator.generate(&mut resolve, world, &mut files).map_err(unsuited)?;
    Ok(files)
}

fn unsuited(error: impl std::fmt::Display) -> ToolchainError {
    ToolchainError::Unsuited(format!("{error:#}"))
}
