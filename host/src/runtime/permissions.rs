//! What the policy makes of a skill, for people: every rule that it requests, and concrete targets.
#![expect(
    clippy::disallowed_methods,
    reason = "looks at files that a question is about, as a call would find them"
)]

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::builder::RuntimeBuilder;
use super::catalogue::Entry;
use crate::capability::{
    AddressClass, Answered, FileUse, Limits, Meaning, Note, Origin, Policy, Reach, RuleExplanation, Source,
    TargetExplanation, meaning,
};
use crate::manifest::{Fault, ToolEntry};

/// What the policy makes of a skill's rules.
#[derive(Clone, Debug, Serialize)]
pub struct Permissions {
    /// The skill.
    pub skill: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The policy files that were read, in their order.
    pub files: Vec<PathBuf>,
    /// The preset, and where it stands.
    pub preset: String,
    /// Where a lock stands, if a file has one.
    pub lock: Option<Source>,
    /// The time limit of a call, in milliseconds, as the policy has it.
    pub timeout_ms: u64,
    /// The memory limit of a call, in bytes.
    pub memory: u64,
    /// Every rule that the skill requests.
    pub rules: Vec<RuleExplanation>,
    /// What the skill itself takes away.
    pub disallowed: Vec<String>,
    /// Its entries that grant nothing, and why.
    pub notes: Vec<Note>,
    /// Sections of the policy for skills of this name that do not hold for this one, by their pins.
    pub other_sections: Vec<String>,
    /// What the policy files hold that has no effect.
    pub without_effect: Vec<PolicyNote>,
}

/// Something in a policy file that has no effect.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyNote {
    /// The file.
    pub file: String,
    /// What, and where.
    #[serde(flatten)]
    pub fault: Fault,
}

impl Permissions {
    pub(super) fn new(entry: &Entry, settings: &RuntimeBuilder) -> Self {
        let rights = entry.rights();
        let policy: &Policy = rights.capabilities.policy();
        let name = &entry.skill.manifest.name;
        let is_for_another = |pin: &&crate::capability::Pin| {
            let folder = pin
                .folder
                .as_deref()
                .is_none_or(|it| super::policy_files::is_folder(it, &entry.skill.folder));
            !(folder && pin.sha256.as_ref().is_none_or(|it| rights.pinned.as_ref() == Some(it)))
        };
        let other_sections = policy.pins(name).filter(is_for_another).map(|pin| {
            let folder = pin.folder.iter().map(|folder| format!("folder: {folder}"));
            let digest = pin.sha256.iter().map(|digest| format!("sha256: {digest}"));
            folder.chain(digest).collect::<Vec<_>>().join(", ")
        });
        let limits: Limits = policy.limits(&settings.limits);
        Self {
            skill: name.clone(),
            folder: entry.skill.folder.clone(),
            files: settings.policy_files.clone(),
            preset: policy.preset_cited(),
            lock: policy.lock().cloned(),
            timeout_ms: u64::try_from(limits.timeout.as_millis()).unwrap_or(u64::MAX),
            memory: limits.memory as u64,
            rules: rights.capabilities.explain(),
            disallowed: rights.capabilities.removed().iter().map(ToString::to_string).collect(),
            notes: rights.notes.clone(),
            other_sections: other_sections.collect(),
            without_effect: policy
                .notes()
                .map(|(file, fault)| PolicyNote { file: file.to_owned(), fault: fault.clone() })
                .collect(),
        }
    }
}

/// A concrete thing that a skill might use: `Read(data/x.csv)`, `Edit(notes/a.md)`, `WebFetch(https://example.com/)`,
/// `Env(LANG)`. `Read:data/x.csv` means the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedTarget(Asked);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    File(FileUse, String),
    Http(Origin),
    Env(String),
}

/// Why a text is no [`AskedTarget`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}; write `Read(PATH)`, `Edit(PATH)`, `WebFetch(URL)` or `Env(NAME)`")]
pub struct UnknownTarget(String);

impl std::str::FromStr for AskedTarget {
    type Err = UnknownTarget;

    fn from_str(text: &str) -> Result<Self, UnknownTarget> {
        let fault = |message: &str| UnknownTarget(message.to_owned());
        let text = text.trim();
        let parts = match (text.strip_suffix(')').and_then(|rest| rest.split_once('(')), text.split_once(':'))
        {
            (Some(parts), _) if !parts.0.contains(':') => parts,
            (_, Some(parts)) => parts,
            _ => return Err(fault("this is no target")),
        };
        let (tool, target) = (parts.0.trim(), parts.1.trim());
        if target.is_empty() {
            return Err(fault("there is no target"));
        }
        let known = ToolEntry::parse(tool).map(|entry| meaning(&entry));
        let asked = match known {
            Ok(Meaning::Rule(rule)) => match rule.reach() {
                Reach::Read(_) => Asked::File(FileUse::Read, target.to_owned()),
                Reach::Write(_) => Asked::File(FileUse::Write, target.to_owned()),
                Reach::Http(_) => {
                    let host = target.strip_prefix("domain:").unwrap_or(target);
                    let url = if host.contains("://") { host.to_owned() } else { format!("https://{host}") };
                    let (origin, _) =
                        Origin::parse(&url).map_err(|error| UnknownTarget(error.to_string()))?;
                    Asked::Http(origin)
                }
                Reach::Env(_) => Asked::Env(target.to_owned()),
            },
            Ok(Meaning::Nothing(message) | Meaning::Invalid(message)) => return Err(UnknownTarget(message)),
            Err(error) => return Err(UnknownTarget(error.to_string())),
        };
        Ok(Self(asked))
    }
}

impl AskedTarget {
    /// The answers about the target, the path that a link leads to and the address that a name may have included.
    pub(super) fn explain(&self, entry: &Entry, settings: &RuntimeBuilder) -> Vec<TargetExplanation> {
        let capabilities = &entry.rights().capabilities;
        match &self.0 {
            Asked::Env(name) => vec![capabilities.explain_env(name)],
            Asked::Http(origin) if origin.is_literal() => vec![capabilities.explain_http(origin, None)],
            Asked::Http(origin) => [None, Some(AddressClass::Private)]
                .map(|class| capabilities.explain_http(origin, class))
                .into(),
            Asked::File(usage, path) => {
                let clean = clean(path);
                let workspace = settings.workspace.as_deref();
                let there = workspace.map(|workspace| workspace.join(clean.as_deref().unwrap_or_default()));
                let directory = there.as_deref().is_some_and(Path::is_dir);
                let usage = match usage {
                    FileUse::Read if directory => FileUse::List,
                    usage => *usage,
                };
                let Some(clean) = clean else { return vec![outside(usage, path)] };
                let mut answers = vec![capabilities.explain_file(&clean, usage)];
                match there.zip(workspace).and_then(|(there, workspace)| led(&there, workspace, &clean)) {
                    Some(Ok(led)) => answers.push(TargetExplanation {
                        condition: Some(format!("where the link `{clean}` leads")),
                        ..capabilities.explain_file(&led, usage)
                    }),
                    Some(Err(())) => answers.push(outside(usage, &clean)),
                    None => {}
                }
                answers
            }
        }
    }
}

/// A guest's path as one of the workspace, without `.` and `..`; `None` if it leads elsewhere.
fn clean(path: &str) -> Option<String> {
    let path = path
        .strip_prefix("/workspace")
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        .or_else(|| (!path.starts_with('/')).then(|| path.strip_prefix("workspace/").unwrap_or(path)))?;
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop()?;
            }
            name => names.push(name),
        }
    }
    Some(names.join("/"))
}

/// Where a path leads if there is a link on its way: a path of the workspace, or out of it.
fn led(there: &Path, workspace: &Path, clean: &str) -> Option<Result<String, ()>> {
    // What does not exist yet is made in its folder.
    let (real, name) = match (there.canonicalize(), there.parent(), there.file_name()) {
        (Ok(real), _, _) => (real, None),
        (Err(_), Some(parent), name) => (parent.canonicalize().ok()?, name),
        _ => return None,
    };
    let real = name.map_or_else(|| real.clone(), |name| real.join(name));
    let Ok(below) = real.strip_prefix(workspace.canonicalize().ok()?) else { return Some(Err(())) };
    let below = below.to_string_lossy().into_owned();
    (below != clean).then_some(Ok(below))
}

fn outside(usage: FileUse, path: &str) -> TargetExplanation {
    TargetExplanation {
        action: if usage == FileUse::Write { "write" } else { "read" },
        target: path.to_owned(),
        condition: None,
        answer: Answered::Deny,
        requested_by: None,
        because: crate::capability::Reason::Outside.to_string(),
        rule: None,
        source: None,
        change: "choose the workspace with `--workspace DIR`, or add a folder with `--mount HOST:GUEST`"
            .to_owned(),
    }
}

impl fmt::Display for AskedTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Asked::File(FileUse::Write, path) => write!(f, "Edit({path})"),
            Asked::File(_, path) => write!(f, "Read({path})"),
            Asked::Http(origin) => write!(f, "WebFetch({origin})"),
            Asked::Env(name) => write!(f, "Env({name})"),
        }
    }
}
