//! The types of the Python package: mypy and pyright over the package, the example and a file that uses it; stubtest
//! compares the stub of the native half with what was built.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use openskills_toolchain::cache::{self, Entry};
use openskills_toolchain::{ToolchainError, process};

use crate::checkout::{Checkout, say, show_and_run};

/// pyright and what it needs, with digests.
const PACKAGE: &str = include_str!("../python/pyright/package.json");
const LOCK: &str = include_str!("../python/pyright/package-lock.json");

/// Some twenty megabytes over a slow line.
const LIMIT: Duration = Duration::from_secs(600);

/// `tools` is the Python that has mypy, `installed` where the package is installed.
pub(crate) fn check(checkout: &Checkout, tools: &Path, installed: &Path) -> Result<()> {
    let folder = checkout.path("bindings/python");
    let cache = checkout.target().join("python/mypy");
    let mypy = |arguments: &[&str]| {
        let mut command = Command::new(tools);
        command.arg("-m").args(arguments).current_dir(&folder).env("MYPY_CACHE_DIR", &cache);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    let files = ["python/openskills", "examples/agent.py", "tests/typed_use.py"];
    show_and_run(mypy(&["mypy", "--strict"]).args(files).env("MYPYPATH", "python"))?;
    let mut stubtest = mypy(&["mypy.stubtest", "openskills._native"]);
    show_and_run(stubtest.env("MYPYPATH", installed).env("PYTHONPATH", installed))?;
    show_and_run(Command::new("node").arg(pyright()?).args(["-p", "."]).current_dir(&folder))
}

/// The program of pyright, installed if it was not.
fn pyright() -> Result<std::path::PathBuf> {
    let name = format!("pyright-{:016x}", cache::key(&[PACKAGE, LOCK]));
    let folder =
        Entry::new(cache::folder()?.join("tools"), name).find_or_make(&mut say, |folder, progress| {
            progress("installing pyright from npm");
            for (name, text) in [("package.json", PACKAGE), ("package-lock.json", LOCK)] {
                let file = folder.join(name);
                fs::write(&file, text).map_err(|source| ToolchainError::Io {
                    action: "write",
                    path: file,
                    source,
                })?;
            }
            let mut npm = Command::new("npm");
            npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
                .current_dir(folder);
            process::output(&mut npm, LIMIT).map(drop)
        })?;
    Ok(folder.join("node_modules/pyright/index.js"))
}
