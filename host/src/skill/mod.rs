//! A skill's folder, opened: the one place where the library reads what skills are made of.
#![expect(
    clippy::disallowed_methods,
    reason = "this room reads the folders of skills for the host, and answers no guest"
)]

mod check;
mod detail;
mod discovery;
mod docstring;
mod excerpt;
mod instructions;
mod parallel;
mod places;
mod prompt;
mod prompt_format;
mod resource;
mod script;
mod token_estimate;

#[cfg(test)]
mod instructions_tests;
#[cfg(test)]
mod prompt_tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use self::parallel::in_parallel;
use crate::audit::sha256;
use crate::error::OpenSkillError;
use crate::instance::Artifact;
use crate::manifest::{Fault, Load, MAX_FILE_BYTES, Manifest, Severity, parse};

pub use check::{CheckedManifest, check_manifests};
pub use detail::SkillDetail;
pub(crate) use docstring::docstring;
pub(crate) use instructions::{MAX_BYTES as MAX_FILLED_BYTES, Values};
pub use places::{is_broad, standard_places};
pub(crate) use prompt::Subject;
pub use prompt::{Prompt, PromptOptions};
pub use prompt_format::PromptFormat;
pub use resource::Resource;
pub(crate) use resource::{list as resource_list, read as resource_read};
pub use script::{Script, ScriptHelp};
pub use token_estimate::estimate_tokens;

/// What an agent sees of a skill before it is used: tier 1 of progressive disclosure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkillDescriptor {
    /// The name by which it is called. From `SKILL.md`; the folder's name if that has none.
    pub id: String,
    /// The same name, as the field of `SKILL.md`.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// Its version, if it states one.
    pub version: Option<String>,
    /// Its folder, absolute.
    pub path: PathBuf,
    /// Whether it has a component at `wasm/skill.wasm`.
    pub has_component: bool,
    /// What its author wants an agent to know: it may be used by a model on its own.
    pub model_invocable: bool,
}

/// A folder with a `SKILL.md` that is not, or not quite, usable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkillFault {
    /// The `SKILL.md`; or a folder or link that was not, or not wholly, searched.
    pub path: PathBuf,
    /// Whether a skill was left out, or may have been.
    pub refused: bool,
    /// What is odd about it.
    pub faults: Vec<Fault>,
}

/// A skill as it was when it was loaded.
#[derive(Debug)]
pub(crate) struct Skill {
    pub(crate) folder: PathBuf,
    pub(crate) manifest_path: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) manifest_digest: String,
}

/// What a search place holds.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    pub(crate) skills: Vec<Skill>,
    pub(crate) faults: Vec<SkillFault>,
}

/// Reads all skills of a search place. One that cannot be used is reported and does not hide the others.
pub(crate) fn load_place(place: &Path) -> Result<Discovered, OpenSkillError> {
    let place = fs::canonicalize(place).map_err(|source| OpenSkillError::Io {
        context: format!("the skills folder `{}` cannot be read", place.display()),
        source,
        trace: None,
    })?;
    if !place.is_dir() {
        return Err(OpenSkillError::Io {
            context: format!("the skills folder `{}` cannot be read", place.display()),
            source: io::ErrorKind::NotADirectory.into(),
            trace: None,
        });
    }
    let found = discovery::discover(&place, &discovery::Rules::LOADED);
    let mut discovered = Discovered { skills: Vec::with_capacity(found.skills.len()), faults: found.faults };
    let files: Vec<PathBuf> = found.skills.iter().map(|skill| skill.folder.join(skill.name)).collect();
    let read = in_parallel(&files, |path| read(path.parent().unwrap_or(&place), path));
    for (path, read) in files.into_iter().zip(read) {
        match read {
            Ok((skill, faults)) => {
                if !faults.is_empty() {
                    discovered.faults.push(SkillFault { path, refused: false, faults });
                }
                discovered.skills.push(skill);
            }
            Err(faults) => discovered.faults.push(SkillFault { path, refused: true, faults }),
        }
    }
    Ok(discovered)
}

/// Every `SKILL.md` and `skill.md` in and below a folder, for checking: in folders too that are not searched for
/// skills to use (hidden ones, a skill's own material), without bounds, but not in `.git` and `node_modules`. Links to
/// folders are followed once.
///
/// In the order of paths, hidden names last, each beginning with `folder` as it is given. With what could not be read.
///
/// # Errors
/// If there is no such folder.
pub fn find_manifests(folder: &Path) -> io::Result<(Vec<PathBuf>, Vec<SkillFault>)> {
    let root = fs::canonicalize(folder)?;
    let found = discovery::discover(&root, &discovery::Rules::EVERYTHING);
    let named = |path: &Path| path.strip_prefix(&root).map_or(path.to_owned(), |below| folder.join(below));
    let files = found.skills.iter().map(|skill| named(&skill.path)).collect();
    let faults =
        found.faults.into_iter().map(|fault| SkillFault { path: named(&fault.path), ..fault }).collect();
    Ok((files, faults))
}

/// Reads the skill in one folder.
pub(crate) fn open(folder: &Path) -> Result<(Skill, Vec<Fault>), OpenSkillError> {
    let folder = fs::canonicalize(folder).map_err(|source| OpenSkillError::Io {
        context: format!("the skill's folder `{}` cannot be read", folder.display()),
        source,
        trace: None,
    })?;
    let Some(path) = discovery::manifest_path(&folder) else {
        return Err(OpenSkillError::InvalidManifest {
            path: folder.join("SKILL.md"),
            faults: vec![fault(
                "missing",
                Severity::Error,
                "there is no SKILL.md in this folder".to_owned(),
                Some(
                    "name the folder that holds one; `openskills list --skills FOLDER` finds those below a folder",
                ),
            )],
        });
    };
    read(&folder, &path).map_err(|faults| OpenSkillError::InvalidManifest { path, faults })
}

fn read(folder: &Path, path: &Path) -> Result<(Skill, Vec<Fault>), Vec<Fault>> {
    let source = source(path).map_err(|message| vec![unreadable("unreadable", message)])?;
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let parsed = parse(&source, name.as_deref());
    match parsed.manifest {
        Some(manifest) if parsed.load != Load::Refuse => {
            let (folder, manifest_path) = (folder.to_owned(), path.to_owned());
            Ok((Skill { folder, manifest_path, manifest, manifest_digest: sha256(&source) }, parsed.faults))
        }
        _ => Err(parsed.faults),
    }
}

fn source(path: &Path) -> Result<Vec<u8>, String> {
    let size = fs::metadata(path).map_err(|error| why_unreadable(path, &error))?.len();
    if size > MAX_FILE_BYTES as u64 {
        return Err(format!("it has {size} bytes; a SKILL.md has at most {MAX_FILE_BYTES}"));
    }
    fs::read(path).map_err(|error| why_unreadable(path, &error))
}

/// Why a file cannot be read, in words that say more of a link that leads nowhere.
fn why_unreadable(path: &Path, error: &io::Error) -> String {
    match fs::read_link(path) {
        Ok(target) if error.kind() == io::ErrorKind::NotFound => {
            format!("it is a link to `{}`, which is not there", target.display())
        }
        _ => format!("it cannot be read: {error}"),
    }
}

fn unreadable(code: &'static str, message: String) -> Fault {
    fault(code, Severity::Error, message, None)
}

/// A fault of a file or folder as a whole.
fn fault(code: &'static str, load: Severity, message: String, hint: Option<&str>) -> Fault {
    let hint = hint.map(str::to_owned);
    Fault { code, message, line: 1, column: 1, text: None, hint, strict: load, load }
}

impl Skill {
    pub(crate) fn descriptor(&self) -> SkillDescriptor {
        SkillDescriptor {
            id: self.manifest.name.clone(),
            name: self.manifest.name.clone(),
            description: self.manifest.description.clone(),
            version: self.manifest.version.clone(),
            path: self.folder.clone(),
            has_component: self.artifact().is_file(),
            model_invocable: self.manifest.is_model_invocable(),
        }
    }

    /// Where the component is.
    pub(crate) fn artifact(&self) -> PathBuf {
        self.folder.join("wasm/skill.wasm")
    }

    /// The component's bytes, if there are not more than `limit`.
    pub(crate) fn read_artifact(&self, limit: u64) -> Result<Artifact, String> {
        read_artifact(&self.artifact(), limit).map_err(|message| match message {
            Some(message) => message,
            None if self.folder.join("scripts").is_dir() => {
                "there is no such file; this skill has scripts: run one with `--script scripts/NAME.py`"
                    .to_owned()
            }
            None => "there is no such file: build the skill, or use it for its instructions only".to_owned(),
        })
    }

    /// The instructions: tier 2, the Markdown after the front matter.
    pub(crate) fn instructions(&self) -> Result<String, OpenSkillError> {
        let source = source(&self.manifest_path).map_err(|message| OpenSkillError::Io {
            context: format!("`{}` cannot be read", self.manifest_path.display()),
            source: io::Error::other(message),
            trace: None,
        })?;
        let body = parse(&source, None).body_offset;
        Ok(String::from_utf8_lossy(source.get(body..).unwrap_or_default()).into_owned())
    }
}

/// The bytes of a component file. The error is none if there is no such file.
pub(crate) fn read_artifact(path: &Path, limit: u64) -> Result<Artifact, Option<String>> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(None),
        Err(error) => return Err(Some(error.to_string())),
    };
    if !metadata.is_file() {
        return Err(Some("it is not a file".to_owned()));
    }
    if metadata.len() > limit {
        return Err(Some(format!("it has {} bytes; a component has at most {limit}", metadata.len())));
    }
    fs::read(path).map(Artifact::new).map_err(|error| Some(error.to_string()))
}
