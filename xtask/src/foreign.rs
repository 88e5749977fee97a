//! The tests' guests that are not Rust, by the compilers that `openskills build` uses, too. What was built is kept in
//! the user's cache by content, so that it is built once.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use openskills_toolchain::cache::{self, Entry};
use openskills_toolchain::compiler::{self, C, JavaScript, Pinned, Python, Sources};
use openskills_toolchain::{ToolchainError, place, process};

use crate::checkout::{Checkout, say};

/// How these are asked: what was built in another way is built again.
const RECIPE: [&str; 5] = [
    include_str!("foreign.rs"),
    include_str!("../../toolchain/src/compiler/bundle.rs"),
    include_str!("../../toolchain/src/compiler/c.rs"),
    include_str!("../../toolchain/src/compiler/javascript.rs"),
    include_str!("../../toolchain/src/compiler/python.rs"),
];

/// Zig builds its C library at first, which takes half a minute.
const LIMIT: Duration = Duration::from_secs(600);

/// A library of C that the errand and new skills use.
const CJSON: &str = "host/skeletons/c";

/// A guest: its name, the world that it has, and the files that it is made of, below the checkout.
struct Guest {
    name: &'static str,
    world: &'static str,
    compiler: Pinned,
    files: &'static [&'static str],
}

const GUESTS: [Guest; 6] = [
    Guest {
        name: "files_python",
        world: "base",
        compiler: Pinned::ComponentizePy,
        files: &["tests/programs/python/files.py"],
    },
    Guest { name: "files_c", world: "base", compiler: Pinned::Zig, files: &[FILES_C] },
    Guest {
        name: "errand_python",
        world: "skill",
        compiler: Pinned::ComponentizePy,
        files: &["tests/programs/python/errand.py"],
    },
    Guest {
        name: "errand_javascript",
        world: "skill",
        compiler: Pinned::JavaScript,
        files: &["tests/programs/javascript/errand.js"],
    },
    Guest {
        name: "errand_typescript",
        world: "skill",
        compiler: Pinned::JavaScript,
        files: &["tests/programs/typescript/errand.ts", TSCONFIG],
    },
    Guest {
        name: "errand_c",
        world: "skill",
        compiler: Pinned::Zig,
        files: &["tests/programs/c/errand.c", "host/skeletons/c/cJSON.c"],
    },
];

/// The settings with which new skills in TypeScript are checked.
const TSCONFIG: &str = "host/skeletons/typescript/tsconfig.json";

const FILES_C: &str = "tests/programs/c/files.c";

/// Builds them to `target/guests`. Returns how many there are and how many of them changed.
pub(crate) fn build(checkout: &Checkout) -> Result<(usize, usize)> {
    let (mut count, mut changed) = (0, 0);
    for guest in &GUESTS {
        let made = guest.build(checkout)?;
        let mut placed = vec![("component.wasm", guest.name)];
        if guest.files == [FILES_C] {
            // The core module that this component is made of, with its types in it; and the program that knows none.
            placed.extend([("module.wasm", "typed_module"), ("program.wasm", "files_c_wasip1")]);
        }
        for (file, name) in placed {
            count += 1;
            let target = checkout.path("target/guests").join(name).with_extension("wasm");
            changed += usize::from(place(&made.join(file), &target)?);
        }
    }
    Ok((count, changed))
}

impl Guest {
    /// The folder with what was built of it.
    fn build(&self, checkout: &Checkout) -> Result<PathBuf> {
        let compiler = self.compiler.install(&mut say)?;
        let name = format!("{}-{:016x}", self.name, self.key(checkout)?);
        let entry = Entry::new(cache::folder()?.join("guests"), name)
            .tried_by(|folder| folder.join("component.wasm").is_file());
        Ok(entry.find_or_make(&mut say, |work, progress| {
            progress(&format!("building the tests' guest {}, once", self.name));
            self.compile(checkout, &compiler, work)
        })?)
    }

    fn compile(&self, checkout: &Checkout, compiler: &Path, work: &Path) -> Result<(), ToolchainError> {
        let root = checkout.path("");
        let first = root.join(self.files.first().copied().unwrap_or_default());
        let folder = first.parent().unwrap_or(&root);
        let wit = checkout.path("wit");
        let sources = |folder| Sources { folder, wit: &wit, world: self.world, work };
        match self.compiler {
            Pinned::ComponentizePy => {
                let module = first.file_stem().unwrap_or_default().to_string_lossy();
                Python { module: &module, packages: &[] }.build(&sources(folder), compiler).map(drop)
            }
            Pinned::JavaScript => {
                let entry = first.file_name().unwrap_or_default().to_string_lossy();
                let tsconfig = match self.files.contains(&TSCONFIG) {
                    true => Some(self.settings(checkout, &first, work)?),
                    false => None,
                };
                let tsconfig = tsconfig.as_ref().and_then(|path| path.to_str());
                JavaScript { entry: &entry, tsconfig }.build(&sources(folder), compiler).map(drop)
            }
            Pinned::Zig => {
                let files: Vec<PathBuf> = self.files.iter().map(PathBuf::from).collect();
                let c = C { files: &files, includes: &[CJSON.into()] };
                c.build(&sources(&root), compiler)?;
                if self.files == [FILES_C] {
                    let mut cc = compiler::zig(compiler, work);
                    cc.args(["-Wall", "-Wextra", "-Werror", "-DPROGRAM", "-o"])
                        .arg(work.join("program.wasm"));
                    process::output(cc.arg(&first), LIMIT)?;
                }
                // What only the compiler reads again.
                let kept = work.join("zig");
                fs::remove_dir_all(&kept).map_err(|source| ToolchainError::Io {
                    action: "remove",
                    path: kept,
                    source,
                })
            }
        }
    }

    /// The settings for the types of a guest, which sees what its world has.
    fn settings(&self, checkout: &Checkout, source: &Path, work: &Path) -> Result<PathBuf, ToolchainError> {
        let (name, text) = compiler::declarations(&checkout.path("wit"), self.world)?;
        let declarations = work.join(name);
        write(&declarations, &text)?;
        let path = checkout.path(TSCONFIG);
        let settings = fs::read_to_string(&path).map_err(|source| ToolchainError::Io {
            action: "read",
            path: path.clone(),
            source,
        })?;
        let settings = settings.replace(
            r#""include": ["src", "bindings"]"#,
            &format!(r#""include": [{source:?}, {declarations:?}]"#),
        );
        let path = work.join("tsconfig.json");
        write(&path, &settings)?;
        Ok(path)
    }

    /// A number for all that it is made of.
    fn key(&self, checkout: &Checkout) -> Result<u64> {
        let mut texts = vec![self.compiler.identity().to_owned()];
        texts.extend(RECIPE.map(str::to_owned));
        let mut files: Vec<PathBuf> = self.files.iter().map(|file| checkout.path(file)).collect();
        let wit = fs::read_dir(checkout.path("wit"))?.map(|entry| Ok(entry?.path()));
        files.extend(wit.collect::<std::io::Result<Vec<_>>>()?);
        files.sort();
        for file in files.iter().filter(|file| file.is_file()) {
            texts.push(fs::read_to_string(file).with_context(|| file.display().to_string())?);
        }
        Ok(cache::key(&texts.iter().map(String::as_str).collect::<Vec<_>>()))
    }
}

fn write(path: &Path, text: &str) -> Result<(), ToolchainError> {
    fs::write(path, text).map_err(|source| ToolchainError::Io {
        action: "write",
        path: path.to_owned(),
        source,
    })
}
