//! What the host permits: rules in the grammar of `allowed-tools`, and a default for what no rule names.

use std::sync::Arc;

use serde::Serialize;

use super::grant::{Meaning, meaning};
use super::limits::Limits;
use super::policy_limits::PolicyLimits;
use super::rule::{Reach, Rule};
use super::source::Source;
use crate::capability::EnvPattern;
use crate::manifest::{Fault, ToolEntry};

/// What happens to a request that no rule of the policy names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
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

impl Preset {
    /// Its name in a policy file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Trust => "trust",
            Self::Locked => "locked",
        }
    }

    pub(super) fn strictness(self) -> u8 {
        match self {
            Self::Trust => 0,
            Self::Standard => 1,
            Self::Locked => 2,
        }
    }
}

/// Which list of a policy a rule is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It asks.
    Ask,
    /// It denies.
    Deny,
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
    pub(super) preset_source: Option<Source>,
    /// How strict a project's file wants the preset to be at least.
    pub(super) preset_floor: u8,
    pub(super) rules: Rules,
    pub(super) sections: Vec<Section>,
    pub(super) lock: Option<Source>,
    pub(super) limits: PolicyLimits,
    pub(super) notes: Vec<(Arc<str>, Fault)>,
}

/// The three lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) allow: Vec<Rule>,
    pub(super) ask: Vec<Rule>,
    pub(super) deny: Vec<Rule>,
}

/// What holds for skills of one name.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) skill: String,
    pub(super) pin: Pin,
    pub(super) rules: Rules,
    pub(super) limits: PolicyLimits,
}

/// What a section asks of a skill beside its name, which anybody can take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pin {
    /// The skill's folder, absolute or below `~/`.
    pub folder: Option<String>,
    /// SHA-256 of its component, in lower-case hexadecimal digits.
    pub sha256: Option<String>,
}

/// A rule of a policy, a flag or a policy file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is unknown, malformed, or without a meaning for components.
    #[error("the policy rule `{rule}` is not valid: {reason}")]
    Rule {
        /// The rule as written.
        rule: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The user's own policy forbids to widen it.
    #[error("{what} cannot widen the policy: `lock: true` stands in {by}")]
    Locked {
        /// What was tried, in words.
        what: String,
        /// Where the lock stands.
        by: Source,
    },
}

impl PolicyError {
    /// What is wrong, without the rule itself.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Rule { reason, .. } => reason.clone(),
            Self::Locked { .. } => self.to_string(),
        }
    }
}

impl Policy {
    /// Allows what skills request within the sandbox, without asking: files of the workspace, public hosts,
    /// environment variables. Non-public addresses are still asked for.
    #[must_use]
    pub fn trust_skills() -> Self {
        Self { preset: Preset::Trust, preset_source: Some(Source::Code), ..Self::default() }
    }

    /// Allows nothing but what its own `allow` rules name.
    #[must_use]
    pub fn locked() -> Self {
        Self { preset: Preset::Locked, preset_source: Some(Source::Code), ..Self::default() }
    }

    /// Adds a rule that allows, where the skill requests it and no deny or ask rule matches.
    ///
    /// # Errors
    /// If the rule is unknown, malformed or without a meaning for components, or if a policy file that was read
    /// before has a lock.
    pub fn allow(self, rule: &str) -> Result<Self, PolicyError> {
        self.with_rule(Effect::Allow, rule, Source::Code)
    }

    /// Adds a rule that puts the question to the approver; without an approver it is a denial.
    ///
    /// # Errors
    /// If the rule is unknown, malformed or without a meaning for components.
    pub fn ask(self, rule: &str) -> Result<Self, PolicyError> {
        self.with_rule(Effect::Ask, rule, Source::Code)
    }

    /// Adds a rule that denies. Nothing overrides it.
    ///
    /// # Errors
    /// As [`Policy::ask`].
    pub fn deny(self, rule: &str) -> Result<Self, PolicyError> {
        self.with_rule(Effect::Deny, rule, Source::Code)
    }

    /// Adds a rule and says where it stands: refusals name the place.
    ///
    /// # Errors
    /// As [`Policy::allow`].
    pub fn with_rule(mut self, effect: Effect, rule: &str, source: Source) -> Result<Self, PolicyError> {
        let rule = parse(effect, rule)?.at(source);
        if let (Effect::Allow, Some(by)) = (effect, &self.lock) {
            return Err(PolicyError::Locked { what: rule.cited(), by: by.clone() });
        }
        self.rules.push(effect, rule);
        Ok(self)
    }

    /// The preset that holds where no rule does.
    #[must_use]
    pub fn preset(&self) -> Preset {
        self.preset
    }

    /// The preset with the place that names it, for people.
    #[must_use]
    pub fn preset_cited(&self) -> String {
        match &self.preset_source {
            None => format!("the preset `{}`, which is the default", self.preset.name()),
            Some(Source::Code) => format!("the preset `{}`", self.preset.name()),
            Some(source) => format!("the preset `{}`, {source}", self.preset.name()),
        }
    }

    /// The rules that allow, in the order in which they were added.
    #[must_use]
    pub fn allow_rules(&self) -> &[Rule] {
        &self.rules.allow
    }

    /// The rules that ask.
    #[must_use]
    pub fn ask_rules(&self) -> &[Rule] {
        &self.rules.ask
    }

    /// The rules that deny.
    #[must_use]
    pub fn deny_rules(&self) -> &[Rule] {
        &self.rules.deny
    }

    /// Where the lock stands, if a file has one: then nothing that is added later widens the policy.
    #[must_use]
    pub fn lock(&self) -> Option<&Source> {
        self.lock.as_ref()
    }

    /// What the files hold that has no effect, with the name of the file.
    pub fn notes(&self) -> impl Iterator<Item = (&str, &Fault)> {
        self.notes.iter().map(|(name, fault)| (&**name, fault))
    }

    /// `base` with the limits of the policy: what its files set, within what a project's file or a lock caps.
    #[must_use]
    pub fn limits(&self, base: &Limits) -> Limits {
        self.limits.apply(base)
    }

    /// The longest timeout that a single call may choose for itself, and where that stands.
    #[must_use]
    pub fn timeout_cap(&self) -> Option<(std::time::Duration, &Source)> {
        self.limits.timeout_cap()
    }

    /// The policy for one skill: the sections that hold for it added. `None` if there is none.
    ///
    /// `is_pinned` says whether a skill is the one that a section means; it is called for sections of that name that
    /// have a pin.
    #[must_use]
    pub fn for_skill(&self, name: &str, is_pinned: impl Fn(&Pin) -> bool) -> Option<Self> {
        let holds = |section: &&Section| {
            section.skill == name && (section.pin == Pin::default() || is_pinned(&section.pin))
        };
        let mut policy: Option<Self> = None;
        for section in self.sections.iter().filter(holds) {
            let policy = policy.get_or_insert_with(|| self.clone());
            policy.rules.extend(&section.rules);
            policy.limits.extend(&section.limits);
        }
        policy
    }

    /// The pins of the sections for skills of that name, with the first line of each section's own rules or limits.
    pub fn pins<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Pin> {
        let named = move |section: &&'a Section| section.skill == name && section.pin != Pin::default();
        self.sections.iter().filter(named).map(|section| &section.pin)
    }
}

impl Rules {
    pub(super) fn push(&mut self, effect: Effect, rule: Rule) {
        match effect {
            Effect::Allow => self.allow.push(rule),
            Effect::Ask => self.ask.push(rule),
            Effect::Deny => self.deny.push(rule),
        }
    }

    fn extend(&mut self, other: &Self) {
        self.allow.extend_from_slice(&other.allow);
        self.ask.extend_from_slice(&other.ask);
        self.deny.extend_from_slice(&other.deny);
    }
}

/// A rule of a policy. What has no meaning is an error: a misspelt deny must not fail open.
pub(super) fn parse(effect: Effect, text: &str) -> Result<Rule, PolicyError> {
    let fault = |reason: String| PolicyError::Rule { rule: text.to_owned(), reason };
    let entry = ToolEntry::parse(text).map_err(|error| fault(error.to_string()))?;
    match meaning(&entry) {
        Meaning::Rule(rule) if effect == Effect::Allow && *rule.reach() == Reach::Env(EnvPattern::Every) => {
            Err(fault(
                "the whole environment is never granted: name the variables, `Env(NAME)` or `Env(PREFIX_*)`"
                    .to_owned(),
            ))
        }
        Meaning::Rule(rule) => Ok(rule),
        Meaning::Nothing(reason) | Meaning::Invalid(reason) => Err(fault(reason)),
    }
}
