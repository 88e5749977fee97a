//! What the commands start from: where skills are, what policy holds, which skill is meant.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use openskills_runtime::{
    Effect, OpenSkillError, OpenSkillRuntime, PolicyLoadError, RuntimeBuilder, SkillDescriptor, Source,
    is_broad, standard_places, user_policy_path,
};

use crate::args::{Common, Permissions};
use crate::exit::{Complaint, Exit};
use crate::printer::Printer;
use crate::progress::Progress;
use crate::render::diagnostic;

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
        user_policy_path().into_iter().fold(builder, RuntimeBuilder::protect)
    }

    /// The same with the policy of the user's file, the project's, the named file and the flags, in that order.
    /// `workspace` is the folder that skills would use; its project's file counts, too.
    pub(crate) fn builder_with(
        &self,
        permissions: &Permissions,
        workspace: Option<&Path>,
    ) -> Result<RuntimeBuilder> {
        let mut builder = self.builder().user_policy().map_err(|error| refused_policy(&error))?;
        for folder in [Some(self.directory.as_path()), workspace].into_iter().flatten() {
            builder = builder.project_policy(folder).map_err(|error| refused_policy(&error))?;
        }
        if let Some(path) = &permissions.policy {
            builder = builder.policy_file(path).map_err(|error| refused_policy(&error))?;
        }
        let flags = [
            (Effect::Allow, "--allow", &permissions.allow),
            (Effect::Ask, "--ask", &permissions.ask),
            (Effect::Deny, "--deny", &permissions.deny),
        ];
        for (effect, flag, rules) in flags {
            for rule in rules {
                builder =
                    builder.change_policy(|policy| policy.with_rule(effect, rule, Source::Flag(flag)))?;
            }
        }
        if let Some(url) = &permissions.http_proxy {
            builder = builder.http_proxy(url).map_err(|_| {
                Complaint::usage("the proxy cannot be used")
                    .hint("write `--http-proxy http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`")
            })?;
        }
        Ok(builder)
    }

    /// Says once what the policy files hold that has no effect.
    pub(crate) fn tell_policy(&self, runtime: &OpenSkillRuntime) {
        let mut notes = runtime.policy().notes();
        if let Some((file, fault)) = notes.next() {
            let more = match notes.count() {
                0 => String::new(),
                more => format!(" (and {more} more: `openskills policy check`)"),
            };
            let message = format!("{file}:{}: {}{more}", fault.line, fault.message);
            self.printer.warning(&crate::printer::plain(&message));
        }
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

/// A policy file that stops the command: with all its faults, as a compiler shows them.
pub(crate) fn refused_policy(error: &PolicyLoadError) -> anyhow::Error {
    match error {
        PolicyLoadError::Io { .. } => Complaint::io(error.to_string()).into(),
        PolicyLoadError::Invalid { path, text, error } => {
            let faults = error.faults.iter().map(|fault| diagnostic(path, Some(text.as_bytes()), fault));
            let first = error.faults.first().map_or("", |fault| fault.message.as_str());
            Complaint::usage(format!("the policy `{}` is not valid: {first}", crate::render::path(path)))
                .more(faults.collect())
                .into()
        }
    }
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
