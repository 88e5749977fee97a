//! Everything that can go wrong, as one enum that callers match on and bindings map.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::audit::{AuditRecord, Refusal};
use crate::capability::LimitKind;
use crate::manifest::Fault;

/// What is said of a component that has functions and no entry point.
pub(crate) const BY_NAME: &str = "its functions are called by name";

/// Why a skill could not be loaded or a call did not succeed.
///
/// The first five names are those of the developer guide. A call that began carries its [`AuditRecord`] and what
/// the guest had written so far, whatever the error.
#[derive(Debug)]
pub enum OpenSkillError {
    /// No skill has that name.
    SkillNotFound {
        /// The name that was asked for.
        id: String,
        /// The names most like it, best first; at most three.
        nearest: Vec<String>,
        /// The folders that were searched.
        searched: Vec<PathBuf>,
    },
    /// A `SKILL.md` cannot be used.
    InvalidManifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, all of it.
        faults: Vec<Fault>,
    },
    /// Something that the skill needs is not granted.
    PermissionDenied {
        /// The skill's name.
        skill: String,
        /// What was refused, in the order in which it was asked for, from the host's own record.
        refusals: Vec<Refusal>,
        /// What the skill itself said, if it ran.
        message: Option<String>,
        /// The call.
        trace: Box<CallTrace>,
    },
    /// The call took longer than it may.
    Timeout {
        /// The skill's name.
        skill: String,
        /// The limit in milliseconds.
        limit_ms: u64,
        /// Whether the time went into compiling the component, which goes on for the next call.
        compiling: bool,
        /// The call.
        trace: Box<CallTrace>,
    },
    /// The skill said that it failed, trapped, or answered something that is not JSON.
    ExecutionFailure {
        /// The skill's name.
        skill: String,
        /// What happened.
        message: String,
        /// The call.
        trace: Box<CallTrace>,
    },
    /// The input is not what the skill takes.
    InvalidInput {
        /// The skill's name.
        skill: String,
        /// The field at fault, as a path from the input's root; empty for the input as a whole.
        field: String,
        /// What was expected and what was found.
        message: String,
        /// The call.
        trace: Box<CallTrace>,
    },
    /// The skill has no such function, or it has one that cannot be called.
    InvalidFunction {
        /// The skill's name.
        skill: String,
        /// The function that was asked for.
        function: String,
        /// Why it cannot be called; of a wrong name, which there are.
        message: String,
        /// The names most like a wrong one, best first; at most three.
        nearest: Vec<String>,
        /// The call.
        trace: Box<CallTrace>,
    },
    /// The skill's `wasm/skill.wasm` is missing or is no component that can run here.
    InvalidArtifact {
        /// The file.
        path: PathBuf,
        /// What it is, and what was expected.
        message: String,
        /// The call, if it was a call that loaded it.
        trace: Option<Box<CallTrace>>,
    },
    /// The caller gave the call up, by a [`CancelToken`](crate::CancelToken).
    Cancelled {
        /// The skill's name.
        skill: String,
        /// The call.
        trace: Box<CallTrace>,
    },
    /// A limit other than wall clock was exceeded.
    LimitExceeded {
        /// The skill's name.
        skill: String,
        /// Which limit.
        which: LimitKind,
        /// The limit in words, with its value.
        limit: String,
        /// The call.
        trace: Box<CallTrace>,
    },
    /// The host's own system failed, or a setting of the embedder's cannot be used.
    Io {
        /// What was being done, to what.
        context: String,
        /// What the system said.
        source: io::Error,
        /// The call, if there was one.
        trace: Option<Box<CallTrace>>,
    },
}

/// What a failed call leaves behind.
#[derive(Clone, Debug)]
pub struct CallTrace {
    /// The call's record.
    pub audit: AuditRecord,
    /// What the guest wrote to stdout.
    pub stdout: String,
    /// What the guest wrote to stderr.
    pub stderr: String,
    /// Why the sink could not keep the record, if the runtime goes on in that case
    /// ([`OnAuditFailure::GoOn`](crate::OnAuditFailure::GoOn)).
    pub audit_error: Option<String>,
}

/// The kind of an [`OpenSkillError`], for callers that only need to tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// [`OpenSkillError::SkillNotFound`]
    SkillNotFound,
    /// [`OpenSkillError::InvalidManifest`]
    InvalidManifest,
    /// [`OpenSkillError::PermissionDenied`]
    PermissionDenied,
    /// [`OpenSkillError::Timeout`]
    Timeout,
    /// [`OpenSkillError::ExecutionFailure`]
    ExecutionFailure,
    /// [`OpenSkillError::InvalidInput`]
    InvalidInput,
    /// [`OpenSkillError::InvalidFunction`]
    InvalidFunction,
    /// [`OpenSkillError::InvalidArtifact`]
    InvalidArtifact,
    /// [`OpenSkillError::Cancelled`]
    Cancelled,
    /// [`OpenSkillError::LimitExceeded`]
    LimitExceeded,
    /// [`OpenSkillError::Io`]
    Io,
}

impl ErrorKind {
    /// All of them.
    pub(crate) const ALL: [Self; 11] = [
        Self::SkillNotFound,
        Self::InvalidManifest,
        Self::PermissionDenied,
        Self::Timeout,
        Self::ExecutionFailure,
        Self::InvalidInput,
        Self::InvalidFunction,
        Self::InvalidArtifact,
        Self::Cancelled,
        Self::LimitExceeded,
        Self::Io,
    ];

    /// The kind's name, as in the enum.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SkillNotFound => "SkillNotFound",
            Self::InvalidManifest => "InvalidManifest",
            Self::PermissionDenied => "PermissionDenied",
            Self::Timeout => "Timeout",
            Self::ExecutionFailure => "ExecutionFailure",
            Self::InvalidInput => "InvalidInput",
            Self::InvalidFunction => "InvalidFunction",
            Self::InvalidArtifact => "InvalidArtifact",
            Self::Cancelled => "Cancelled",
            Self::LimitExceeded => "LimitExceeded",
            Self::Io => "Io",
        }
    }
}

impl OpenSkillError {
    /// Which error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::SkillNotFound { .. } => ErrorKind::SkillNotFound,
            Self::InvalidManifest { .. } => ErrorKind::InvalidManifest,
            Self::PermissionDenied { .. } => ErrorKind::PermissionDenied,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::ExecutionFailure { .. } => ErrorKind::ExecutionFailure,
            Self::InvalidInput { .. } => ErrorKind::InvalidInput,
            Self::InvalidFunction { .. } => ErrorKind::InvalidFunction,
            Self::InvalidArtifact { .. } => ErrorKind::InvalidArtifact,
            Self::Cancelled { .. } => ErrorKind::Cancelled,
            Self::LimitExceeded { .. } => ErrorKind::LimitExceeded,
            Self::Io { .. } => ErrorKind::Io,
        }
    }

    /// What the call left behind, if a call began.
    #[must_use]
    pub fn trace(&self) -> Option<&CallTrace> {
        match self {
            Self::SkillNotFound { .. } | Self::InvalidManifest { .. } => None,
            Self::PermissionDenied { trace, .. }
            | Self::Timeout { trace, .. }
            | Self::ExecutionFailure { trace, .. }
            | Self::InvalidInput { trace, .. }
            | Self::InvalidFunction { trace, .. }
            | Self::Cancelled { trace, .. }
            | Self::LimitExceeded { trace, .. } => Some(trace),
            Self::InvalidArtifact { trace, .. } | Self::Io { trace, .. } => trace.as_deref(),
        }
    }

    /// The call's record, if a call began.
    #[must_use]
    pub fn audit(&self) -> Option<&AuditRecord> {
        self.trace().map(|trace| &trace.audit)
    }

    /// What the guest wrote to stdout before the call failed.
    #[must_use]
    pub fn stdout(&self) -> Option<&str> {
        self.trace().map(|trace| trace.stdout.as_str())
    }

    /// What the guest wrote to stderr before the call failed.
    #[must_use]
    pub fn stderr(&self) -> Option<&str> {
        self.trace().map(|trace| trace.stderr.as_str())
    }

    /// What to do about it, on one line, if the error itself can say: for a refusal the exact line to add.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::SkillNotFound { nearest, searched, .. } => Some(match nearest.as_slice() {
                [] if searched.is_empty() => "no skills are loaded: load them first".to_owned(),
                [] => format!("searched {}; name others with `--skills DIR`", list(searched)),
                names => format!("did you mean {}?", quoted(names)),
            }),
            Self::InvalidManifest { faults, .. } => faults.iter().find_map(|fault| fault.hint.clone()),
            Self::PermissionDenied { refusals, .. } => {
                let remedies: Vec<&str> = refusals
                    .iter()
                    .map(|refusal| refusal.remedy.as_str())
                    .filter(|text| !text.is_empty())
                    .collect();
                merged(&remedies)
            }
            Self::Timeout { skill, compiling: true, .. } => {
                Some(format!("compile it beforehand: `openskills compile {skill}`"))
            }
            Self::Timeout { .. } => Some("give it more time: `--timeout-ms N`".to_owned()),
            Self::LimitExceeded { which: LimitKind::Queue | LimitKind::Compiling, .. } => {
                Some("call again when others are done, or call less at a time".to_owned())
            }
            Self::InvalidFunction { nearest, .. } if !nearest.is_empty() => {
                Some(format!("did you mean {}?", quoted(nearest)))
            }
            Self::ExecutionFailure { .. }
            | Self::InvalidFunction { .. }
            | Self::InvalidInput { .. }
            | Self::Cancelled { .. }
            | Self::LimitExceeded { .. }
            | Self::Io { .. } => None,
            Self::InvalidArtifact { message, .. } if message.contains(BY_NAME) => Some(
                "call one: `openskills call SKILL FUNCTION JSON`; `openskills inspect SKILL` lists them"
                    .to_owned(),
            ),
            Self::InvalidArtifact { .. } => Some(
                "build the skill with `openskills build`, or place its component at wasm/skill.wasm"
                    .to_owned(),
            ),
        }
    }
}

/// One line of remedies: several entries for `allowed-tools` become one line to add, several rules one set of flags.
fn merged(remedies: &[&str]) -> Option<String> {
    const ADD: &str = "add to SKILL.md: `allowed-tools: ";
    let mut entries = distinct(remedies.iter().filter_map(|text| text.strip_prefix(ADD)?.strip_suffix('`')));
    // Whoever may write may read.
    let writes: Vec<String> =
        entries.iter().filter_map(|entry| Some(format!("Read{}", entry.strip_prefix("Edit")?))).collect();
    entries.retain(|entry| !writes.iter().any(|read| read == entry));
    if !entries.is_empty() {
        return Some(format!("{ADD}{}`", entries.join(", ")));
    }
    let flag = |text: &&'_ str| {
        text.strip_prefix("allow it: `")?.split_once("`, or ").map(|(flag, _)| flag.to_owned())
    };
    let flags = distinct(remedies.iter().filter_map(flag));
    match flags.as_slice() {
        [] | [_] => remedies.first().map(|text| (*text).to_owned()),
        flags => Some(format!("allow them: `{}`", flags.join(" "))),
    }
}

fn distinct<T: PartialEq>(texts: impl Iterator<Item = T>) -> Vec<T> {
    texts.fold(Vec::new(), |mut all, text| {
        if !all.contains(&text) {
            all.push(text);
        }
        all
    })
}

impl fmt::Display for OpenSkillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SkillNotFound { id, .. } => write!(f, "no skill is named `{id}`"),
            Self::InvalidManifest { path, faults } => {
                write!(f, "`{}` cannot be used: ", path.display())?;
                match faults.as_slice() {
                    [] => f.write_str("it is not a skill's manifest"),
                    [fault] => f.write_str(&fault.message),
                    [fault, rest @ ..] => write!(f, "{} (and {} more)", fault.message, rest.len()),
                }
            }
            Self::PermissionDenied { skill, refusals, message, .. } => {
                write!(f, "`{skill}` was refused ")?;
                match refusals.as_slice() {
                    [] => f.write_str(message.as_deref().unwrap_or("something it needs")),
                    [refusal] => write!(f, "{refusal}"),
                    [refusal, rest @ ..] => write!(f, "{refusal} (and {} more)", rest.len()),
                }
            }
            Self::Timeout { skill, limit_ms, compiling: true, .. } => {
                write!(f, "`{skill}` was still being compiled when its {limit_ms} ms were over")
            }
            Self::Timeout { skill, limit_ms, .. } => write!(f, "`{skill}` was stopped after {limit_ms} ms"),
            Self::ExecutionFailure { skill, message, .. } => write!(f, "`{skill}` failed: {message}"),
            Self::InvalidInput { skill, field, message, .. } if field.is_empty() => {
                write!(f, "the input of `{skill}` is not valid: {message}")
            }
            Self::InvalidInput { skill, field, message, .. } => {
                write!(f, "the input of `{skill}` is not valid at `{field}`: {message}")
            }
            Self::InvalidFunction { skill, function, message, .. } => {
                write!(f, "the function `{function}` of `{skill}` cannot be called: {message}")
            }
            Self::InvalidArtifact { path, message, .. } => {
                write!(f, "`{}` cannot be run: {message}", path.display())
            }
            Self::Cancelled { skill, .. } => write!(f, "`{skill}` was cancelled"),
            Self::LimitExceeded { skill, which: LimitKind::Queue | LimitKind::Compiling, limit, .. } => {
                write!(f, "`{skill}` was turned away: {limit} are there already")
            }
            Self::LimitExceeded { skill, limit, .. } => write!(f, "`{skill}` exceeded {limit}"),
            Self::Io { context, source, .. } => write!(f, "{context}: {source}"),
        }
    }
}

impl std::error::Error for OpenSkillError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}

fn list(paths: &[PathBuf]) -> String {
    match paths {
        [] => "no folder".to_owned(),
        paths => paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::merged;

    #[test]
    fn several_remedies_are_one_line() {
        let add = |entry: &str| format!("add to SKILL.md: `allowed-tools: {entry}`");
        let allow =
            |rule: &str| format!("allow it: `--allow '{rule}'`, or `allow: [\"{rule}\"]` in the policy");
        let hint = |texts: &[String]| {
            merged(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap_or_default()
        };
        assert_eq!(hint(&[]), "");
        assert_eq!(hint(&[add("Read(a)"), add("Edit"), add("Read(a)")]), add("Read(a), Edit"));
        assert_eq!(hint(&[add("Edit(a)"), add("Read(a)"), add("Read(b)")]), add("Edit(a), Read(b)"));
        assert_eq!(hint(&[allow("Env(A)")]), allow("Env(A)"));
        assert_eq!(
            hint(&[allow("Env(A)"), allow("Env(B)")]),
            "allow them: `--allow 'Env(A)' --allow 'Env(B)'`"
        );
        assert_eq!(hint(&[allow("Env(A)"), add("Read")]), add("Read"));
        assert_eq!(hint(&["something else".to_owned(), allow("Env(B)")]), "something else");
    }
}
