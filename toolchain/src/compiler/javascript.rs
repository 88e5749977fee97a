//! Components of JavaScript and TypeScript: bundled by esbuild, with QuickJS, by componentize-qjs.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Sources;
use super::bundle::Bundle;
use crate::{ToolchainError, process};

/// Five seconds on an idle machine.
const LIMIT: Duration = Duration::from_secs(600);

/// What the engine lacks and nearly every skill needs.
const TEXT: &str = include_str!("../../js/text.js");

/// A component of JavaScript or TypeScript modules.
#[derive(Clone, Copy, Debug)]
pub struct JavaScript<'a> {
    /// The module that exports the functions of the world, below the folder of the sources.
    pub entry: &'a str,
    /// The settings with which types are checked first, below the folder of the sources; none for JavaScript.
    pub tsconfig: Option<&'a str>,
}

impl JavaScript<'_> {
    /// Builds it with the compilers in `compiler`. Modules are bundled; an interface that the world does not have is
    /// an error, and so is a function of the world that the entry does not export.
    ///
    /// # Errors
    /// If a compiler fails: its last lines.
    pub fn build(&self, sources: &Sources<'_>, compiler: &Path) -> Result<PathBuf, ToolchainError> {
        let modules = compiler.join("node_modules");
        if let Some(tsconfig) = self.tsconfig {
            let mut tsc = node(&modules.join("typescript/bin/tsc"));
            tsc.args(["--noEmit", "--pretty", "false", "--project"]).arg(sources.folder.join(tsconfig));
            run("tsc", tsc.current_dir(sources.folder))?;
        }
        let text = sources.work.join("text.js");
        fs::write(&text, TEXT).map_err(ToolchainError::io("write", &text))?;
        let bundle = Bundle::in_folder(sources.work);
        let mut esbuild = esbuild(&modules);
        esbuild.arg(self.entry).args([
            "--bundle",
            "--format=esm",
            "--platform=neutral",
            "--main-fields=module,main",
            "--target=es2022",
            "--external:openskills:*",
            "--external:wasi:*",
            "--external:local:*",
            "--log-level=warning",
        ]);
        esbuild.arg(flag("--inject:", &text)).arg(flag("--outfile=", &bundle.file));
        esbuild.arg(flag("--metafile=", &bundle.outline)).current_dir(sources.folder);
        run("esbuild", &mut esbuild)?;
        bundle.check(sources, self.entry)?;
        let component = sources.component();
        let mut componentize = node(&modules.join("componentize-qjs/bin/componentize-qjs"));
        componentize.arg("--wit").arg(sources.wit).args(["--world", sources.world]);
        componentize.arg("--js").arg(&bundle.file).arg("--sync").arg("--output").arg(&component);
        run("componentize-qjs", componentize.current_dir(sources.work))?;
        Ok(component)
    }
}

/// The program itself, where the package for this machine is there: what starts it says more than it does.
fn esbuild(modules: &Path) -> Command {
    let packages = fs::read_dir(modules.join("@esbuild")).into_iter().flatten().flatten();
    let mut programs = packages.map(|package| package.path().join("bin/esbuild"));
    match programs.find(|program| program.is_file()) {
        Some(program) => Command::new(program),
        None => node(&modules.join("esbuild/bin/esbuild")),
    }
}

/// A program of a package, run by node: the links in `.bin` need not be there.
fn node(program: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(program).env_remove("NODE_OPTIONS");
    // A backtrace would take the place of the error.
    command.env_remove("RUST_BACKTRACE").env_remove("RUST_LIB_BACKTRACE");
    command
}

fn run(name: &str, command: &mut Command) -> Result<(), ToolchainError> {
    process::output(command, LIMIT).map(drop).map_err(|error| error.of(name))
}

fn flag(name: &str, value: &Path) -> OsString {
    let mut flag = OsStr::new(name).to_owned();
    flag.push(value);
    flag
}
