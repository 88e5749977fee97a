//! What the commands start from: where skills are, what policy holds, which skill is meant.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use etcetera::BaseStrategy;
use openskills_runtime::{
    OpenSkillError, OpenSkillRuntime, Policy, RuntimeBuilder, SkillDescriptor, is_broad, standard_places,
};

use crate::args::{Common, Permissions};
use crate::exit::{Complaint, Exit};
use crate::printer::Printer;
use crate::progress::Progress;

/// The surroundings of one command.
pub(crate) struct Context {
    pub(crate) common: Common,
    pub(crate) printer: Printer,
    pub(crate) progress: Progress,
    pub(crate) directory: PathBuf,
    pub(crate) home: Option<PathBuf>,
}

impl Context {
    pub(crate) fn new(common: Common, printer: Printer) -> Result<Self> {
        let directory = env::current_dir().context("the current directory cannot be found")?;
        let home = env::home_dir().filter(|home| home.is_absolute());
        Ok(Self { common, printer, progress: Progress::new(printer), directory, home })
    }

    /// The folders that are searched for skills.
    pub(crate) fn places(&self) -> Vec<PathBuf> {
        match self.common.skills.as_slice() {
            [] => {
                let variable = env::var("OPENSKILLS_PATH").ok();
                standard_places(&self.directory, variable.as_deref(), self.home.as_deref())
            }
            named => named.to_vec(),
        }
    }

    /// A runtime's settings: nothing granted but what the default policy grants.
    pub(crate) fn builder(&self) -> RuntimeBuilder {
        let builder = OpenSkillRuntime::builder().compile_watcher(self.progress.clone());
        // Skills in these places stay protected also when only one folder is loaded.
        let builder = self
            .places()
            .into_iter()
            .fold(builder, |builder, place| builder.protect(&place).skills_dir(place));
        user_policy().into_iter().fold(builder, RuntimeBuilder::protect)
    }

    /// The same with the policy of the user's file, the named file and the flags, in that order.
    pub(crate) fn builder_with(&self, permissions: &Permissions) -> Result<RuntimeBuilder> {
        let mut builder = self.builder();
        let mut policy = Policy::default();
        if let Some(path) = user_policy().filter(|path| path.exists()) {
            policy = read_policy(policy, &path)?;
        }
        if let Some(path) = &permissions.policy {
            policy = read_policy(policy, path)?;
            builder = builder.protect(path);
        }
        for rule in &permissions.allow {
            policy = policy.allow(rule)?;
        }
        for rule in &permissions.ask {
            policy = policy.ask(rule)?;
        }
        for rule in &permissions.deny {
            policy = policy.deny(rule)?;
        }
        Ok(builder.policy(policy))
    }

    /// Whether a folder is too much to be given to skills.
    pub(crate) fn is_broad(&self, folder: &Path) -> bool {
        is_broad(folder, self.home.as_deref())
    }

    /// Loads the skill that is meant, and says which it is. A path needs no skills folder at all.
    pub(crate) fn open(&self, runtime: &OpenSkillRuntime, skill: &str) -> Result<SkillDescriptor> {
        if is_path(skill) {
            return Ok(runtime.load_skill(folder(Path::new(skill))?)?);
        }
        let descriptors = runtime.load_skills()?;
        if let Some(descriptor) = descriptors.into_iter().find(|descriptor| descriptor.id == skill) {
            return Ok(descriptor);
        }
        // The library knows best why there is none: it may be there and not valid.
        Err(match (runtime.resources(skill).err(), nearby(skill)) {
            (Some(OpenSkillError::SkillNotFound { .. }) | None, Some(near)) => {
                let near = near.display();
                Complaint::not_found(format!("no skill in the skills folders is named `{skill}`"))
                    .hint(format!("the folder `{near}` is a skill; name it by its path: `{near}`"))
                    .into()
            }
            (Some(error), _) => error.into(),
            (None, None) => Complaint::not_found(format!("no skill is named `{skill}`")).into(),
        })
    }
}

/// Whether SKILL is a path and not a name.
pub(crate) fn is_path(skill: &str) -> bool {
    skill.contains('/') || skill.starts_with('.')
}

/// The user's own policy, whether it exists or not.
pub(crate) fn user_policy() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("openskills/policy.yaml"))
}

fn read_policy(policy: Policy, path: &Path) -> Result<Policy> {
    let text = fs::read_to_string(path)
        .map_err(|error| Complaint::io(format!("the policy `{}` cannot be read: {error}", path.display())))?;
    let read = policy.with_yaml(&text);
    Ok(read.map_err(|error| {
        Complaint::usage(format!("the policy `{}` is not valid: {error}", path.display()))
            .hint("a policy has the lists `allow`, `ask` and `deny`, such as `deny: [\"Read(.env)\"]`")
    })?)
}

/// The folder of a skill that is named by a path, also by that of its `SKILL.md`.
fn folder(path: &Path) -> Result<PathBuf> {
    let shown = path.display();
    if path.is_dir() {
        return Ok(path.to_owned());
    }
    if path.is_file() {
        return match path.file_name().and_then(|name| name.to_str()) {
            Some("SKILL.md" | "skill.md") => Ok(path.parent().unwrap_or(Path::new(".")).to_owned()),
            _ => Err(Complaint {
                exit: Exit::Usage,
                ..Complaint::usage(format!(
                    "`{shown}` is a file; a skill is the folder that holds a SKILL.md"
                ))
            }
            .hint("name the folder; `openskills inspect` takes component files too")
            .into()),
        };
    }
    let complaint = Complaint::not_found(format!("there is no folder `{shown}`"));
    Err(match sibling(path) {
        Some(near) => complaint.hint(format!("did you mean `{}`?", near.display())),
        None => {
            complaint.hint("name a folder that holds a SKILL.md, or a skill by its name: `openskills list`")
        }
    }
    .into())
}

/// A skill beside the folder that does not exist, with a name much like it.
fn sibling(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let parent = path.parent()?;
    let place = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    fs::read_dir(place)
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("SKILL.md").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .map(|other| (strsim::damerau_levenshtein(name, &other), other))
        .filter(|(distance, other)| *distance <= 2.max(other.len() / 3))
        .min()
        .map(|(_, other)| parent.join(other))
}

/// A skill of that name that is right here, but in none of the skills folders.
fn nearby(name: &str) -> Option<PathBuf> {
    [".", "skills"]
        .into_iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.join("SKILL.md").is_file())
}
