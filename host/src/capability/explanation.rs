//! What becomes of each of a skill's rules, shown on concrete targets and decided by the code that decides in a call.

use serde::Serialize;

use super::address::AddressClass;
use super::capabilities::Capabilities;
use super::decision::{Basis, Decision, FileUse, Remedy, Verdict};
use super::env_pattern::EnvPattern;
use super::network::Origin;
use super::rule::{Reach, Rule};
use super::source::Source;

/// Parts that are shown of one rule; a policy may have thousands of rules.
const MAX_PARTS: usize = 40;

/// What becomes of one rule of a skill.
#[derive(Clone, Debug, Serialize)]
pub struct RuleExplanation {
    /// The rule, as the skill's `allowed-tools` has it.
    pub rule: String,
    /// `allow`, `ask`, `deny`, or `depends` where the parts differ.
    pub answer: Answered,
    /// What the policy does with it, each on a target that stands for others like it. The first stands for the rest.
    pub parts: Vec<TargetExplanation>,
    /// Parts that are not shown.
    pub more: usize,
}

/// What would be answered about one target.
#[derive(Clone, Debug, Serialize)]
pub struct TargetExplanation {
    /// What would be done: `read`, `write`, `send a request to`, `read the variable`.
    pub action: &'static str,
    /// With what.
    pub target: String,
    /// What has to hold for this answer, if it is more than the target: `if its address is private`.
    pub condition: Option<String>,
    /// The answer.
    pub answer: Answered,
    /// The skill's rule that requests it, if one does.
    pub requested_by: Option<String>,
    /// What decided, in words.
    pub because: String,
    /// The rule that decided, if it was one.
    pub rule: Option<String>,
    /// Where that rule stands.
    pub source: Option<Source>,
    /// What would change the answer; empty if nothing would.
    pub change: String,
}

/// An answer of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answered {
    /// It happens.
    Allow,
    /// The approver is asked; without one it is a denial.
    Ask,
    /// It does not happen.
    Deny,
    /// The parts have different answers.
    Depends,
}

impl Answered {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
            Self::Depends => "depends",
        }
    }
}

impl Capabilities {
    /// What becomes of each of the skill's rules, in their order.
    #[must_use]
    pub fn explain(&self) -> Vec<RuleExplanation> {
        self.requested().iter().map(|rule| self.explain_rule(rule)).collect()
    }

    fn explain_rule(&self, rule: &Rule) -> RuleExplanation {
        let mut parts: Vec<TargetExplanation> = Vec::new();
        let mut more = 0;
        let policy = self.policy();
        let others = self.removed().iter().chain(policy.deny_rules()).chain(policy.ask_rules());
        let others: Vec<&Rule> =
            others.chain(policy.allow_rules()).filter(|other| other.kind() == rule.kind()).collect();
        for part in self.parts(rule, &others) {
            // A part says something new if another rule decides it, or it gets another answer.
            let known = parts.iter().any(|shown| {
                shown.action == part.action
                    && shown.answer == part.answer
                    && (shown.because == part.because)
                    && (shown.condition == part.condition || part.condition.is_some())
            });
            match known {
                true => {}
                false if parts.len() < MAX_PARTS => parts.push(part),
                false => more += 1,
            }
        }
        let first = parts.first().map_or(Answered::Deny, |part| part.answer);
        let same = parts.iter().all(|part| part.answer == first);
        let answer = if same { first } else { Answered::Depends };
        RuleExplanation { rule: rule.text().to_owned(), answer, parts, more }
    }

    fn parts(&self, rule: &Rule, others: &[&Rule]) -> Vec<TargetExplanation> {
        match rule.reach() {
            Reach::Read(pattern) | Reach::Write(pattern) => {
                let mut paths = vec![pattern.example("x")];
                for other in others {
                    if let Reach::Read(theirs) | Reach::Write(theirs) = other.reach() {
                        let theirs = [theirs.example("x"), theirs.example("y.z")];
                        let mine =
                            pattern.text().trim_end_matches('/').trim_end_matches("**").trim_end_matches('*');
                        let base = mine.trim_matches('/');
                        for example in &theirs {
                            paths.push(example.clone());
                            if !base.is_empty() {
                                paths.push(format!("{base}/{example}"));
                            }
                            let name = example.rsplit('/').next().unwrap_or(example);
                            paths.push(pattern.example(name));
                            if let Some((stem, _)) = name.rsplit_once('.') {
                                paths.push(pattern.example(stem));
                            }
                            // The directory itself may be meant, and something in it may be requested.
                            paths.push(format!("{example}/{}", pattern.example("x")));
                        }
                    }
                }
                let uses: &[FileUse] = match rule.reach() {
                    Reach::Write(_) => &[FileUse::Write, FileUse::Read],
                    _ => &[FileUse::Read],
                };
                let asked = paths.iter().filter(|path| pattern.covers(path, false));
                asked.flat_map(|path| uses.iter().map(move |usage| self.explain_file(path, *usage))).collect()
            }
            Reach::Http(pattern) => {
                let mut urls = vec![pattern.example()];
                for other in others {
                    if let Reach::Http(theirs) = other.reach() {
                        urls.push(theirs.example());
                        urls.push(pattern.with_scheme_and_port_of(theirs));
                        urls.push(theirs.with_scheme_and_port_of(pattern));
                    }
                }
                let origins = urls.iter().filter_map(|url| Some(Origin::parse(url).ok()?.0));
                let asked: Vec<Origin> = origins.filter(|origin| pattern.matches(origin)).collect();
                let mut parts: Vec<_> = asked.iter().map(|origin| self.explain_http(origin, None)).collect();
                let names = asked.iter().filter(|origin| !origin.is_literal());
                if let Some(origin) = names.clone().next().filter(|_| !pattern.is_every_host()) {
                    parts.push(self.explain_http(origin, Some(AddressClass::Private)));
                }
                parts
            }
            Reach::Env(pattern) => {
                let mut names = vec![env_example(pattern)];
                names.extend(others.iter().filter_map(|other| match other.reach() {
                    Reach::Env(theirs) => Some(env_example(theirs)),
                    _ => None,
                }));
                let asked = names.iter().filter(|name| pattern.matches(name));
                asked.map(|name| self.explain_env(name)).collect()
            }
        }
    }

    /// What would be answered if the skill used that path of the workspace. `path` as in
    /// [`Capabilities::decide_file`].
    #[must_use]
    pub fn explain_file(&self, path: &str, usage: FileUse) -> TargetExplanation {
        let action = match usage {
            FileUse::Look => "look at",
            FileUse::Read => "read",
            FileUse::List => "list",
            FileUse::Write => "write",
            FileUse::MakeDirectory => "make the directory",
        };
        let shown = if path.is_empty() { "." } else { path };
        self.explained(action, shown.to_owned(), None, &self.judge_file(path, usage, false))
    }

    /// What would be answered if the skill sent a request to that origin, and its addresses were of that class: public
    /// ones if none is given and it is not written as an address.
    #[must_use]
    pub fn explain_http(&self, origin: &Origin, class: Option<AddressClass>) -> TargetExplanation {
        let condition = class.map(|class| format!("if its address is {class}"));
        self.explained("send a request to", origin.to_string(), condition, &self.judge_http(origin, class))
    }

    /// What would be answered if the skill asked for that environment variable.
    #[must_use]
    pub fn explain_env(&self, name: &str) -> TargetExplanation {
        self.explained("read the variable", name.to_owned(), None, &self.judge_env(name))
    }

    fn explained(
        &self,
        action: &'static str,
        target: String,
        condition: Option<String>,
        verdict: &Verdict<'_>,
    ) -> TargetExplanation {
        let rule = match verdict.basis {
            Basis::Policy(rule) | Basis::Disallowed(rule) => Some(rule),
            Basis::Request | Basis::Protected | Basis::Preset => None,
        };
        let (answer, because, remedy) = match &verdict.decision {
            Decision::Allow => {
                let because = match (verdict.basis, rule) {
                    (_, Some(rule)) => format!("allowed by {}", rule.cited()),
                    _ => self.policy().preset_cited(),
                };
                (Answered::Allow, because, None)
            }
            Decision::Ask { reason, remedy, .. } => {
                let because = match rule {
                    Some(_) => reason.to_string(),
                    None => format!("{reason}; {}", self.policy().preset_cited()),
                };
                // An allow rule does not get past an ask rule.
                let remedy = match rule {
                    Some(rule) => {
                        Remedy::Advice(format!("remove the ask rule `{rule}` from {}", place(rule)))
                    }
                    None => remedy.clone(),
                };
                (Answered::Ask, because, Some(remedy))
            }
            Decision::Deny(denial) => {
                let because = match verdict.basis {
                    Basis::Preset => format!("{}; {}", denial.reason, self.policy().preset_cited()),
                    _ => denial.reason.to_string(),
                };
                (Answered::Deny, because, Some(denial.remedy.clone()))
            }
        };
        let change = match answer {
            Answered::Allow => {
                format!("deny it: `--deny '{}'`, or `deny` in a policy", self.denying(action, &target))
            }
            _ => remedy.map(|remedy| remedy.to_string()).unwrap_or_default(),
        };
        TargetExplanation {
            action,
            target,
            condition,
            answer,
            requested_by: verdict.request.map(|rule| rule.text().to_owned()),
            because,
            rule: rule.map(|rule| rule.text().to_owned()),
            source: rule.map(|rule| rule.source().clone()),
            change,
        }
    }

    fn denying(&self, action: &str, target: &str) -> String {
        match action {
            "send a request to" => match Origin::parse(target) {
                Ok((origin, _)) => format!("WebFetch(domain:{})", origin.host()),
                Err(_) => "WebFetch".to_owned(),
            },
            "read the variable" => format!("Env({target})"),
            _ => super::capabilities::entry(
                if target == "." { "" } else { target },
                action.starts_with(['w', 'm']),
            ),
        }
    }
}

fn place(rule: &Rule) -> String {
    match rule.source() {
        Source::Manifest | Source::Code => "the policy".to_owned(),
        Source::Flag(_) => "the command line".to_owned(),
        source @ Source::File { .. } => source.to_string(),
    }
}

fn env_example(pattern: &EnvPattern) -> String {
    match pattern {
        EnvPattern::Exact(name) => name.clone(),
        EnvPattern::Prefix(prefix) => format!("{prefix}X"),
        EnvPattern::Every => "X".to_owned(),
    }
}
