//! From sources to `wasm/skill.wasm`: the compiler, the world it gets, the check of what it made.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use openskills_runtime::{Import, ImportClass, SkillDetail, World};
use openskills_toolchain::compiler::{C, JavaScript, Pinned, Python, Sources};
use openskills_toolchain::{GuestBuild, GuestToolchain, cache, cargo_component, component, place};

use super::fault::{entry, failed, missing, not_built, told, unwritable};
use super::inputs::inputs;
use super::language::{self, C_FOLDERS, Language};
use super::layout;
use super::python_imports::python_imports;
use super::requirements::Requirements;
use crate::exit::{Complaint, Exit};
use crate::kept::BUILT_OF;
use crate::printer::plain;
use crate::wit_folder;

/// What is built, and how.
pub(crate) struct Build<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) language: Language,
    pub(crate) skill: &'a SkillDetail,
    pub(crate) world: &'a World,
    /// Compilers that are missing are told, not installed.
    pub(crate) no_install: bool,
    /// A crate is built by `cargo component`, not by cargo alone.
    pub(crate) cargo_component: bool,
    /// cargo says what it is at.
    pub(crate) is_watched: bool,
    /// Also if nothing changed.
    pub(crate) force: bool,
}

/// What came of it.
pub(crate) struct Built {
    pub(crate) component: PathBuf,
    pub(crate) bytes: usize,
    /// Whether the component is another than before.
    pub(crate) changed: bool,
}

impl Build<'_> {
    pub(crate) fn run(&self, progress: &mut dyn FnMut(&str)) -> Result<Built> {
        self.make(progress).map_err(told)
    }

    fn make(&self, progress: &mut dyn FnMut(&str)) -> Result<Built> {
        let work = self.work()?;
        let _lock = lock(&work)?;
        let (wit, world) = self.wit(&work)?;
        layout::declare(self.folder, self.language, &wit, &world)?;
        let packages = match self.language {
            Language::Python => {
                Requirements { folder: self.folder, no_install: self.no_install }.get(progress)?
            }
            _ => None,
        };
        let packages: Vec<PathBuf> = packages.into_iter().collect();
        let target = self.folder.join("wasm/skill.wasm");
        let stamp = work.join("inputs");
        // cargo knows by itself whether anything changed, also in what lies elsewhere.
        let inputs = if self.language == Language::Rust { None } else { Some(inputs(self)?) };
        if let (Some(inputs), Ok(built), false) = (&inputs, fs::read(&target), self.force)
            && fs::read_to_string(&stamp).is_ok_and(|old| old == stamped(inputs, &built))
        {
            return Ok(Built { component: target, bytes: built.len(), changed: false });
        }
        let sources = Sources { folder: self.folder, wit: &wit, world: &world, work: &work };
        let raw = self.compile(&sources, &packages, progress)?;
        let raw = fs::read(&raw).with_context(|| format!("`{}` cannot be read", raw.display()))?;
        self.check(&raw)?;
        let own = self.folder.join("wit");
        let metadata = component::Metadata {
            name: &self.skill.descriptor.name,
            description: &self.skill.descriptor.description,
            version: self.skill.descriptor.version.as_deref(),
            built_by: ("openskills", env!("CARGO_PKG_VERSION")),
            docs: match wit_folder::has_world(&own) {
                true => component::docs(&wit).unwrap_or_default(),
                false => Vec::new(),
            },
        };
        let bytes = component::finish(&raw, &metadata).map_err(|error| failed(&format!("{error:#}")))?;
        let finished = work.join("skill.wasm");
        fs::write(&finished, &bytes).map_err(|error| unwritable(&finished, &error))?;
        let changed = place(&finished, &target)?;
        if let Some(inputs) = inputs {
            fs::write(&stamp, stamped(&inputs, &bytes)).map_err(|error| unwritable(&stamp, &error))?;
        }
        Ok(Built { component: target, bytes: bytes.len(), changed })
    }

    /// The compilers that it takes and that this program installs.
    pub(crate) fn compiler(&self) -> Option<Pinned> {
        match self.language {
            Language::Rust => None,
            Language::Python => Some(Pinned::ComponentizePy),
            Language::Javascript | Language::Typescript => Some(Pinned::JavaScript),
            Language::C => Some(Pinned::Zig),
        }
    }

    fn compile(
        &self,
        sources: &Sources<'_>,
        packages: &[PathBuf],
        progress: &mut dyn FnMut(&str),
    ) -> Result<PathBuf> {
        let Some(pinned) = self.compiler() else { return self.cargo(progress) };
        let compiler = match (pinned.find(), self.no_install) {
            (Some(folder), _) => folder,
            (None, true) => return Err(missing(&pinned.name(), pinned.origin()).into()),
            (None, false) => pinned.install(progress)?,
        };
        progress(&format!("building with {}", pinned.name()));
        let built = match self.language {
            Language::Rust => return self.cargo(progress),
            Language::Python => {
                let folder = language::python_folder(self.folder).unwrap_or_else(|| self.folder.to_owned());
                let sources = Sources { folder: &folder, ..*sources };
                Python { module: "app", packages }.build(&sources, &compiler)
            }
            Language::Javascript | Language::Typescript => {
                let entry = language::main_module(self.folder)?;
                let checked =
                    self.language == Language::Typescript && self.folder.join("tsconfig.json").is_file();
                let tsconfig = checked.then_some("tsconfig.json");
                JavaScript { entry: &entry, tsconfig }.build(sources, &compiler)
            }
            Language::C => {
                let files = language::c_files(self.folder);
                let includes = C_FOLDERS.map(PathBuf::from);
                C { files: &files, includes: &includes }.build(sources, &compiler)
            }
        };
        built.map_err(|error| {
            let imports = match self.language {
                Language::Python => python_imports(self.folder),
                _ => String::new(),
            };
            not_built(&error, self.world, &imports)
        })
    }

    fn cargo(&self, progress: &mut dyn FnMut(&str)) -> Result<PathBuf> {
        let toolchain = match (GuestToolchain::locate()?, self.no_install) {
            (Some(toolchain), _) => toolchain,
            (None, true) => {
                return Err(missing(
                    "a Rust toolchain for wasm32-wasip2",
                    "by rustup, or of Debian's packages",
                )
                .into());
            }
            (None, false) => GuestToolchain::ensure(progress)?,
        };
        let manifest = self.folder.join("SKILL.md");
        if self.cargo_component {
            let Some(program) = cargo_component::find() else {
                let complaint = Complaint::io("`cargo component` is not installed");
                let hint =
                    "install it: `cargo install cargo-component --locked`; or leave `--cargo-component` out";
                return Err(complaint.hint(hint).into());
            };
            progress("building with cargo component");
            let built = cargo_component::build(&program, &toolchain, self.folder, !self.is_watched);
            return built.map_err(|error| not_built(&error, self.world, ""));
        }
        progress("building with cargo");
        let mut build = GuestBuild::new(self.folder).env("OPENSKILLS_MANIFEST", manifest);
        if !self.is_watched {
            build = build.arg("--quiet");
        }
        if !has_initial_memory(self.folder) {
            let flags = r#"target.wasm32-wasip2.rustflags=["-C", "link-arg=--initial-memory=2097152"]"#;
            build = build.arg("--config").arg(flags);
        }
        let built = build.run(&toolchain).map_err(|error| not_built(&error, self.world, ""))?;
        let own: Vec<_> =
            built.iter().filter(|built| !built.example && built.package == self.folder).collect();
        match own.as_slice() {
            [one] => Ok(one.wasm.clone()),
            _ => Err(failed(&format!("the crate made {} components, and a skill has one", own.len())).into()),
        }
    }

    /// The WIT folder and the world for a compiler.
    fn wit(&self, work: &Path) -> Result<(PathBuf, String)> {
        let wit = work.join("wit");
        let world = layout::lay_out(self.folder, self.world, &wit)?;
        Ok((wit, world))
    }

    /// Refuses a component that would be refused when it is loaded.
    fn check(&self, bytes: &[u8]) -> Result<()> {
        let imports = component::imports(bytes).map_err(|error| failed(&format!("{error:#}")))?;
        let (mut missing, mut entries, mut absence) = (Vec::new(), Vec::new(), None);
        for name in imports {
            let import = Import { name, functions: Vec::new() };
            match import.class() {
                ImportClass::Always => continue,
                ImportClass::ByGrant(kind) if self.world.has(kind) => continue,
                ImportClass::ByGrant(kind) if entries.contains(&entry(kind)) => {}
                ImportClass::ByGrant(kind) => entries.push(entry(kind)),
                ImportClass::Unknown => absence = absence.or(Some(import.absence())),
            }
            missing.push(import.name);
        }
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|name| format!("`{}`", plain(name))).collect();
            let message = format!("the component imports what its skill may not have: {}", names.join(", "));
            let hint = match absence {
                None => format!("add to SKILL.md: `allowed-tools: {}`", entries.join(", ")),
                Some((reason, advice)) => format!("{reason}: {advice}"),
            };
            return Err(Complaint {
                exit: Exit::Denied,
                kind: "PermissionDenied",
                ..Complaint::usage(message)
            }
            .hint(hint)
            .into());
        }
        let exports = component::exports(bytes).map_err(|error| failed(&format!("{error:#}")))?;
        if exports.is_empty() {
            return Err(failed(
                "the component exports nothing: a skill has `execute`, or functions of its own",
            )
            .into());
        }
        Ok(())
    }

    /// Where what belongs to this skill is kept between builds.
    fn work(&self) -> Result<PathBuf> {
        let key = cache::key(&[&self.folder.to_string_lossy()]);
        let work = cache::folder()?.join("build").join(format!("{key:016x}"));
        fs::create_dir_all(&work).map_err(|error| unwritable(&work, &error))?;
        // What is kept for a skill that is gone can be told by this.
        let of = work.join(BUILT_OF);
        fs::write(&of, format!("{}\n", self.folder.display())).map_err(|error| unwritable(&of, &error))?;
        Ok(work)
    }
}

fn stamped(inputs: &str, component: &[u8]) -> String {
    format!("{inputs} {}", openskills_runtime::audit::sha256(component))
}

/// One build of a skill at a time; the other waits.
fn lock(work: &Path) -> Result<File> {
    let path = work.join("lock");
    let file = File::create(&path).map_err(|error| unwritable(&path, &error))?;
    file.lock().map_err(|error| unwritable(&path, &error))?;
    Ok(file)
}

/// Whether the linker's flags are set where cargo looks for them.
fn has_initial_memory(folder: &Path) -> bool {
    let mut places = folder.ancestors().map(|folder| folder.join(".cargo/config.toml"));
    places.any(|path| fs::read_to_string(path).is_ok_and(|text| text.contains("--initial-memory")))
}
