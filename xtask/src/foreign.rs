//! The tests' guests that are not Rust: Python by componentize-py, C by Zig's compiler, both pinned wheels. What was
//! built is kept in the user's cache by content, so that it is built once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use openskills_toolchain::cache::{self, Entry};
use openskills_toolchain::{ToolchainError, place, process};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

use crate::checkout::{Checkout, say};
use crate::wheels::{self, Requirement};

/// The compilers.
pub(crate) const COMPILERS: &str = include_str!("../../toolchain/pins/wheels.txt");

/// Zig builds its C library at first, which takes half a minute.
const LIMIT: Duration = Duration::from_secs(600);

/// Builds them to `target/guests`. Returns how many there are and how many of them changed.
pub(crate) fn build(checkout: &Checkout) -> Result<(usize, usize)> {
    let guests = checkout.path("target/guests");
    let python = place(&python(checkout)?, &guests.join("files_python.wasm"))?;
    let made = c(checkout)?;
    let c = place(&made.join("files.wasm"), &guests.join("files_c.wasm"))?;
    let program = place(&made.join("program.wasm"), &guests.join("files_c_wasip1.wasm"))?;
    let typed = place(&made.join("typed.wasm"), &guests.join("typed_module.wasm"))?;
    Ok((4, usize::from(python) + usize::from(c) + usize::from(program) + usize::from(typed)))
}

/// A component of CPython and our script, for the world `base`.
fn python(checkout: &Checkout) -> Result<PathBuf> {
    let compiler = compiler("componentize-py")?;
    let source = checkout.path("tests/programs/python");
    let wit = checkout.path("wit");
    let key =
        key(&compiler.text, &[&source.join("files.py"), &wit.join("world.wit"), &wit.join("types.wit")])?;
    let entry = Entry::new(cache::folder()?.join("guests"), format!("files-python-{key:016x}"));
    let made = entry.find_or_make(&mut say, |folder, progress| {
        progress("componentizing the tests' Python program, once: about 10 s");
        let mut command = Command::new("python3");
        command.args(["-c", "import sys, componentize_py; sys.exit(componentize_py.script())", "-d"]);
        command.arg(&wit).args(["-w", "base", "componentize", "files", "-p"]).arg(&source).arg("-o");
        command.arg(folder.join("files.wasm")).env("PYTHONPATH", &compiler.folder);
        // No bytecode beside the source.
        process::output(command.env("PYTHONDONTWRITEBYTECODE", "1"), LIMIT).map(drop)
    })?;
    Ok(made.join("files.wasm"))
}

/// A component of a C program, for the same world; and the program as it is, for WASI's first preview.
fn c(checkout: &Checkout) -> Result<PathBuf> {
    let compiler = compiler("ziglang")?;
    let source = checkout.path("tests/programs/c/files.c");
    let wit = checkout.path("wit");
    let key = key(&compiler.text, &[&source, &wit.join("world.wit"), &wit.join("types.wit")])?;
    let entry = Entry::new(cache::folder()?.join("guests"), format!("files-c-{key:016x}"))
        .tried_by(|folder| folder.join("typed.wasm").is_file());
    let made = entry.find_or_make(&mut say, |folder, progress| {
        progress("compiling the tests' C program, once: about 15 s");
        let module = folder.join("files.core.wasm");
        for (made, kind) in [(&module, "-mexec-model=reactor"), (&folder.join("program.wasm"), "-DPROGRAM")] {
            let mut command = Command::new(compiler.folder.join("ziglang/zig"));
            command.args(["cc", "-target", "wasm32-wasi", "-Os", "-s", "-Wall", "-Wextra", "-Werror", kind]);
            command.arg("-o").arg(made).arg(&source);
            for name in ["ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"] {
                command.env(name, folder.join("zig-cache"));
            }
            process::output(&mut command, LIMIT)?;
        }
        let unsuited = |error: anyhow::Error| ToolchainError::Unsuited(format!("{error:#}"));
        let typed = typed(&module, &wit).map_err(unsuited)?;
        let component = encode(&typed).map_err(unsuited)?;
        fs::write(folder.join("files.wasm"), component)
            .and_then(|()| fs::write(folder.join("typed.wasm"), typed))
            .and_then(|()| fs::remove_dir_all(folder.join("zig-cache")))
            .map_err(|source| ToolchainError::Io { action: "write", path: folder.to_owned(), source })
    })?;
    Ok(made)
}

/// A component of such a module, for WASI's first preview.
fn encode(module: &[u8]) -> Result<Vec<u8>> {
    let adapter = wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER;
    let name = wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;
    ComponentEncoder::default().validate(true).module(module)?.adapter(name, adapter)?.encode()
}

/// A core module that was written for the world `base`, with its types in it.
fn typed(module: &Path, wit: &Path) -> Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some("base"))?;
    let mut module = fs::read(module)?;
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    Ok(module)
}

pub(crate) struct Compiler {
    pub(crate) folder: PathBuf,
    /// Its version and hashes.
    pub(crate) text: String,
}

pub(crate) fn compiler(name: &str) -> Result<Compiler> {
    let all = wheels::requirements(COMPILERS);
    let found = all.iter().find(|requirement| requirement.name == name);
    let requirement: &Requirement<'_> =
        found.with_context(|| format!("toolchain/pins/wheels.txt has no {name}"))?;
    Ok(Compiler { folder: wheels::program(requirement)?, text: requirement.text.to_owned() })
}

fn key(compiler: &str, files: &[&Path]) -> Result<u64> {
    let mut texts = vec![compiler.to_owned()];
    for file in files {
        texts.push(fs::read_to_string(file).with_context(|| file.display().to_string())?);
    }
    Ok(cache::key(&texts.iter().map(String::as_str).collect::<Vec<_>>()))
}
