//! What the host permits: rules in the grammar of `allowed-tools`, and a default for what no rule names.

use super::grant::{Meaning, meaning};
use super::rule::Rule;
use crate::manifest::ToolEntry;

/// What happens to a request that no rule of the policy names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// Files of the workspace and public hosts named by the skill: allowed. A public host for a skill that may also
    /// read the workspace, any host, environment variables, non-public addresses: asked. Metadata addresses: denied.
    #[default]
    Standard,
    /// Whatever the skill requests within the sandbox is allowed; non-public addresses are still asked.
    Trust,
    /// Nothing is allowed that no rule allows.
    Locked,
}

/// The host's side of every decision.
///
/// A concrete target is allowed if and only if the skill requests it **and** the policy allows it. Among the
/// policy's rules an explicit deny comes first, then an explicit ask, then an explicit allow; only if none of them
/// matches, the preset's default for that class of target. Rules of a policy never widen what a skill requests.
///
/// ```
/// use openskills_runtime::Policy;
/// let policy = Policy::default().deny("Read(.env)")?.allow("Env(LANG)")?;
/// assert!(Policy::default().deny("Raed(.env)").is_err(), "a misspelt rule must not fail open");
/// # Ok::<(), openskills_runtime::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub(super) preset: Preset,
    pub(super) allow: Vec<Rule>,
    pub(super) ask: Vec<Rule>,
    pub(super) deny: Vec<Rule>,
}

/// A rule of a policy, a flag or a policy file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy rule `{rule}` is not valid: {reason}")]
pub struct PolicyError {
    /// The rule as written.
    pub rule: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Policy {
    /// Allows what skills request within the sandbox, without asking: files of the workspace, public hosts,
    /// environment variables. Non-public addresses are still asked for.
    #[must_use]
    pub fn trust_skills() -> Self {
        Self { preset: Preset::Trust, ..Self::default() }
    }

    /// Allows nothing but what its own `allow` rules name.
    #[must_use]
    pub fn locked() -> Self {
        Self { preset: Preset::Locked, ..Self::default() }
    }

    /// Adds a rule that allows, where the skill requests it and no deny or ask rule matches.
    ///
    /// # Errors
    /// If the rule is unknown, malformed or without a meaning for components.
    pub fn allow(mut self, rule: &str) -> Result<Self, PolicyError> {
        self.allow.push(parse(rule)?);
        Ok(self)
    }

    /// Adds a rule that puts the question to the approver; without an approver it is a denial.
    ///
    /// # Errors
    /// As [`Policy::allow`].
    pub fn ask(mut self, rule: &str) -> Result<Self, PolicyError> {
        self.ask.push(parse(rule)?);
        Ok(self)
    }

    /// Adds a rule that denies. Nothing overrides it.
    ///
    /// # Errors
    /// As [`Policy::allow`].
    pub fn deny(mut self, rule: &str) -> Result<Self, PolicyError> {
        self.deny.push(parse(rule)?);
        Ok(self)
    }

    /// The preset that the policy started from.
    #[must_use]
    pub fn preset(&self) -> Preset {
        self.preset
    }

    /// The rules that allow, in the order in which they were added.
    #[must_use]
    pub fn allow_rules(&self) -> &[Rule] {
        &self.allow
    }

    /// The rules that ask.
    #[must_use]
    pub fn ask_rules(&self) -> &[Rule] {
        &self.ask
    }

    /// The rules that deny.
    #[must_use]
    pub fn deny_rules(&self) -> &[Rule] {
        &self.deny
    }
}

fn parse(text: &str) -> Result<Rule, PolicyError> {
    let fault = |reason: String| PolicyError { rule: text.to_owned(), reason };
    let entry = ToolEntry::parse(text).map_err(|error| fault(error.to_string()))?;
    match meaning(&entry) {
        Meaning::Rule(rule) => Ok(rule),
        Meaning::Nothing(reason) | Meaning::Invalid(reason) => Err(fault(reason)),
    }
}
