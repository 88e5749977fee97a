//! From sources to `wasm/skill.wasm`: the compiler, the world it gets, the check of what it made.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use openskills_runtime::capability::Kind;
use openskills_runtime::{Import, ImportClass, SkillDetail, World};
use openskills_toolchain::compiler::{C, JavaScript, Pinned, Python, Sources};
use openskills_toolchain::{GuestBuild, GuestToolchain, ToolchainError, cache, component, place};
use serde_json::Value;

use super::language::{self, Language};
use crate::exit::{Complaint, Exit};
use crate::wit_folder;

/// What is built, and how.
pub(crate) struct Build<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) language: Language,
    pub(crate) skill: &'a SkillDetail,
    pub(crate) world: &'a World,
    /// Compilers that are missing are told, not installed.
    pub(crate) no_install: bool,
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

/// Files that are looked at to see whether anything changed.
const MAX_FILES: usize = 100_000;

impl Build<'_> {
    pub(crate) fn run(&self, progress: &mut dyn FnMut(&str)) -> Result<Built> {
        let work = self.work()?;
        let _lock = lock(&work)?;
        let target = self.folder.join("wasm/skill.wasm");
        let stamp = work.join("inputs");
        // cargo knows by itself whether anything changed, also in what lies elsewhere.
        let inputs = if self.language == Language::Rust { None } else { Some(self.inputs()?) };
        if let (Some(inputs), Ok(built), false) = (&inputs, fs::read(&target), self.force)
            && fs::read_to_string(&stamp).is_ok_and(|old| old == stamped(inputs, &built))
        {
            return Ok(Built { component: target, bytes: built.len(), changed: false });
        }
        let raw = self.compile(&work, progress)?;
        let raw = fs::read(&raw).with_context(|| format!("`{}` cannot be read", raw.display()))?;
        self.check(&raw)?;
        let own = self.folder.join("wit");
        let metadata = component::Metadata {
            name: &self.skill.descriptor.name,
            description: &self.skill.descriptor.description,
            version: self.skill.descriptor.version.as_deref(),
            built_by: ("openskills", env!("CARGO_PKG_VERSION")),
            docs: match wit_folder::has_world(&own) {
                true => component::docs(&self.wit(&work)?.0).ok(),
                false => None,
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
            Language::Javascript => Some(Pinned::JavaScript),
            Language::C => Some(Pinned::Zig),
        }
    }

    fn compile(&self, work: &Path, progress: &mut dyn FnMut(&str)) -> Result<PathBuf> {
        let Some(pinned) = self.compiler() else { return self.cargo(progress) };
        let compiler = match (pinned.find(), self.no_install) {
            (Some(folder), _) => folder,
            (None, true) => return Err(missing(&pinned.name(), pinned.origin()).into()),
            (None, false) => pinned.install(progress)?,
        };
        progress(&format!("building with {}", pinned.name()));
        let (wit, world) = self.wit(work)?;
        let sources = |folder| Sources { folder, wit: &wit, world: &world, work };
        let built = match self.language {
            Language::Rust => return self.cargo(progress),
            Language::Python => {
                let folder = language::python_folder(self.folder).unwrap_or_else(|| self.folder.to_owned());
                Python { module: "app", packages: &[] }.build(&sources(&folder), &compiler)
            }
            Language::Javascript => {
                let entry = main_module(self.folder)?;
                JavaScript { entry: &entry, tsconfig: None }.build(&sources(self.folder), &compiler)
            }
            Language::C => {
                let files = language::c_files(self.folder);
                C { files: &files }.build(&sources(self.folder), &compiler)
            }
        };
        built.map_err(|error| self.not_built(&error))
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
        progress("building with cargo");
        let manifest = self.folder.join("SKILL.md");
        let mut build = GuestBuild::new(self.folder).env("OPENSKILLS_MANIFEST", manifest);
        if !self.is_watched {
            build = build.arg("--quiet");
        }
        if !has_initial_memory(self.folder) {
            let flags = r#"target.wasm32-wasip2.rustflags=["-C", "link-arg=--initial-memory=2097152"]"#;
            build = build.arg("--config").arg(flags);
        }
        let built = build.run(&toolchain).map_err(|error| self.not_built(&error))?;
        let own: Vec<_> =
            built.iter().filter(|built| !built.example && built.package == self.folder).collect();
        match own.as_slice() {
            [one] => Ok(one.wasm.clone()),
            _ => Err(failed(&format!("the crate made {} components, and a skill has one", own.len())).into()),
        }
    }

    /// The WIT folder and the world for a compiler: the author's own with what the manifest entitles to, or that alone.
    fn wit(&self, work: &Path) -> Result<(PathBuf, String)> {
        let (own, wit) = (self.folder.join("wit"), work.join("wit"));
        match fs::remove_dir_all(&wit) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(unwritable(&wit, &error).into());
            }
            _ => fs::create_dir_all(&wit).map_err(|error| unwritable(&wit, &error))?,
        }
        if !wit_folder::has_world(&own) {
            for file in self.world.files() {
                let path = wit.join(file.name);
                fs::write(&path, file.text).map_err(|error| unwritable(&path, &error))?;
            }
            return Ok((wit, "skill".to_owned()));
        }
        copy(&own, &wit).map_err(|error| unwritable(&wit, &error))?;
        wit_folder::write(&wit, self.world)?;
        let world = component::only_world(&wit).map_err(|error| failed(&format!("{error:#}")))?;
        Ok((wit, world))
    }

    /// Refuses a component that would be refused when it is loaded.
    fn check(&self, bytes: &[u8]) -> Result<()> {
        let imports = component::imports(bytes).map_err(|error| failed(&format!("{error:#}")))?;
        let mut missing = Vec::new();
        for name in imports {
            let import = Import { name, functions: Vec::new() };
            match import.class() {
                ImportClass::Always => {}
                ImportClass::ByGrant(kind) if self.world.has(kind) => {}
                ImportClass::ByGrant(kind) => missing.push((import.name, entry(kind))),
                ImportClass::Unknown => missing.push((import.name, "")),
            }
        }
        if let Some((_, entry)) = missing.first() {
            let names: Vec<String> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
            let message = format!("the component imports what its skill may not have: {}", names.join(", "));
            let hint = match entry.is_empty() {
                false => format!("add to SKILL.md: `allowed-tools: {entry}`"),
                true => "no host has that interface: import only `openskills:skill` and WASI 0.2".to_owned(),
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
        Ok(work)
    }

    /// A digest of all that the component is made of.
    fn inputs(&self) -> Result<String> {
        let mut text = format!("{}\n{}\n", env!("CARGO_PKG_VERSION"), self.language.name());
        text.push_str(self.compiler().map_or("", Pinned::identity));
        text.push_str(&self.world.text());
        let mut files = Vec::new();
        list(self.folder, &mut files).map_err(|error| unreadable(self.folder, &error))?;
        files.sort();
        for file in files {
            let bytes = fs::read(&file).map_err(|error| unreadable(&file, &error))?;
            text.push_str(&format!("{} {}\n", file.display(), openskills_runtime::audit::sha256(&bytes)));
        }
        Ok(openskills_runtime::audit::sha256(text.as_bytes()))
    }

    fn not_built(&self, error: &ToolchainError) -> anyhow::Error {
        let lines = error.to_string();
        let mut lines = lines.lines();
        let first = lines.next().unwrap_or_default();
        let missing = [Kind::Files, Kind::Http, Kind::Env].into_iter().filter(|kind| !self.world.has(*kind));
        let entries: Vec<String> = missing.map(|kind| format!("`{}`", entry(kind))).collect();
        let complaint = failed(&crate::printer::plain(first));
        let complaint = complaint.more(lines.map(crate::printer::plain).collect());
        match entries.is_empty() {
            true => complaint.into(),
            false => complaint
                .hint(format!(
                    "what its `allowed-tools` does not ask for does not exist for the skill; it has no {}",
                    entries.join(", ")
                ))
                .into(),
        }
    }
}

/// An entry that asks for a kind of import.
fn entry(kind: Kind) -> &'static str {
    match kind {
        Kind::Files => "Read",
        Kind::Http => "WebFetch(domain:HOST)",
        Kind::Env => "Env(NAME)",
    }
}

fn stamped(inputs: &str, component: &[u8]) -> String {
    format!("{inputs} {}", openskills_runtime::audit::sha256(component))
}

fn missing(what: &str, origin: &str) -> Complaint {
    Complaint::io(format!("{what} is not installed"))
        .hint(format!("without `--no-install` it is installed into the cache folder, {origin}"))
}

fn failed(message: &str) -> Complaint {
    Complaint { exit: Exit::Failed, kind: "BuildFailed", ..Complaint::usage(message) }
}

fn unwritable(path: &Path, error: &io::Error) -> Complaint {
    Complaint::io(format!("`{}` cannot be written: {error}", path.display()))
}

fn unreadable(path: &Path, error: &io::Error) -> Complaint {
    Complaint::io(format!("`{}` cannot be read: {error}", path.display()))
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

/// The module that `package.json` names.
fn main_module(folder: &Path) -> Result<String> {
    let path = folder.join("package.json");
    let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
    let package: Value = serde_json::from_slice(&bytes)
        .map_err(|error| Complaint::input(format!("`{}` is not JSON: {error}", path.display())))?;
    Ok(package.get("main").and_then(Value::as_str).unwrap_or("src/skill.js").to_owned())
}

/// The files of a skill's folder but those that a build makes.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let made = ["wasm", "target", "node_modules", "__pycache__"];
        if name.to_string_lossy().starts_with('.') || made.iter().any(|made| *made == name) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
        if files.len() > MAX_FILES {
            return Err(io::Error::other(format!("it has more than {MAX_FILES} files")));
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => fs::copy(entry.path(), target).map(drop)?,
        }
    }
    Ok(())
}
