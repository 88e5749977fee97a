//! Answers to "may I?", and why not.

use std::borrow::Cow;
use std::fmt;

use super::rule::Rule;

/// What a component wants to do with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileUse {
    /// Learn whether it exists, and its kind, size and times.
    Look,
    /// Read a file's content, or a link's target.
    Read,
    /// List a directory. What is listed is looked at entry by entry.
    List,
    /// Change, create or remove a file, or anything else that changes a directory.
    Write,
    /// Make a directory, which a rule to write also permits on the literal way to its pattern.
    MakeDirectory,
}

/// The answer of the rules to one concrete target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A requested rule matches and the policy allows it.
    Allow,
    /// A requested rule matches and the policy leaves it to the approver.
    Ask {
        /// The skill's rule that requests it.
        rule: String,
        /// Why it is not simply allowed; part of what a session's answer holds for.
        reason: Cow<'static, str>,
        /// The policy rule that would allow it without asking.
        remedy: Remedy,
    },
    /// No.
    Deny(Denial),
}

/// A decision with what it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict<'a> {
    /// The answer.
    pub decision: Decision,
    /// The skill's rule that requests it.
    pub request: Option<&'a Rule>,
    /// What decided.
    pub basis: Basis<'a>,
}

/// What decided about a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Basis<'a> {
    /// That nothing requests it.
    Request,
    /// An entry of the skill's own `disallowed-tools`.
    Disallowed(&'a Rule),
    /// A rule of the policy.
    Policy(&'a Rule),
    /// The protection of places that no skill may change.
    Protected,
    /// The policy's preset.
    Preset,
}

/// Why something is refused, and what would permit it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Why.
    pub reason: Reason,
    /// The line that would permit it, if there is one.
    pub remedy: Remedy,
}

/// Why something is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No entry of `allowed-tools` requests it.
    NotRequested,
    /// An entry of the skill's own `disallowed-tools` subtracts it.
    Disallowed(String),
    /// A deny rule of the policy, with the place where it stands.
    Policy(String),
    /// The policy's default for this class of target.
    Default(&'static str),
    /// It needs an approval, and nobody is there to ask.
    NoApprover,
    /// The approver said no, or nothing in time.
    Declined,
    /// The call has asked too often already.
    TooManyPrompts,
    /// A place that no skill may change: its own folder, version control, an agent's settings.
    Protected(String),
    /// The path is neither in the workspace nor in the skill's folder.
    Outside,
    /// The skill's own folder cannot be written.
    SkillReadOnly,
    /// No workspace was given to this call.
    NoWorkspace,
    /// Something that no grant opens: links made by guests, devices, sockets.
    Never(&'static str),
}

/// What would permit a refused thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// An entry for `allowed-tools` of the skill's `SKILL.md`.
    AllowedTools(String),
    /// A rule for the policy, or for `--allow`.
    Allow(String),
    /// Something else to do, in words.
    Advice(String),
    /// Nothing.
    None,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRequested => f.write_str("no entry of `allowed-tools` requests it"),
            Self::Disallowed(rule) => write!(f, "`disallowed-tools: {rule}` takes it away"),
            Self::Policy(rule) => write!(f, "denied by {rule}"),
            Self::Default(class) => write!(f, "the policy does not allow {class}"),
            Self::NoApprover => f.write_str("it needs an approval and nobody is there to ask"),
            Self::Declined => f.write_str("it was not approved"),
            Self::TooManyPrompts => f.write_str("the call has asked for too many approvals"),
            Self::Protected(name) => write!(f, "`{name}` is protected from skills"),
            Self::Outside => f.write_str("it is outside the workspace"),
            Self::SkillReadOnly => f.write_str("the skill's own folder is read-only"),
            Self::NoWorkspace => f.write_str("this call has no workspace"),
            Self::Never(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllowedTools(entry) => write!(f, "add to SKILL.md: `allowed-tools: {entry}`"),
            Self::Allow(rule) => {
                write!(f, "allow it: `--allow '{rule}'`, or `allow: [\"{rule}\"]` in the policy")
            }
            Self::Advice(text) => f.write_str(text),
            Self::None => Ok(()),
        }
    }
}
