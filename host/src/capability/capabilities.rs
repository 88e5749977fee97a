//! What a skill may do under a policy, asked one concrete target at a time.

use std::sync::Arc;

use super::address::AddressClass;
use super::decision::{Decision, Denial, FileUse, Reason, Remedy};
use super::network::Origin;
use super::path_pattern::PathPattern;
use super::policy::{Policy, Preset};
use super::protected::protected;
use super::rule::{Kind, Reach, Rule};

/// The rights of one skill under one policy.
///
/// There is no algebra on patterns: the skill's rules and the policy's are both asked about the target itself, and
/// both must agree. The default value grants nothing.
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    requested: Vec<Rule>,
    removed: Vec<Rule>,
    policy: Arc<Policy>,
}

impl Capabilities {
    pub(super) fn new(requested: Vec<Rule>, removed: Vec<Rule>, policy: Arc<Policy>) -> Self {
        Self { requested, removed, policy }
    }

    /// The skill's rules, in the order of its `allowed-tools`.
    #[must_use]
    pub fn requested(&self) -> &[Rule] {
        &self.requested
    }

    /// The rules that have a chance: not taken away and not wholly denied. An import is linked if and only if one
    /// rule of its kind is here.
    pub fn granted(&self) -> impl Iterator<Item = &Rule> {
        self.requested.iter().filter(|rule| self.has_chance(rule))
    }

    /// Whether the import of that kind is linked.
    #[must_use]
    pub fn links(&self, kind: Kind) -> bool {
        self.granted().any(|rule| rule.kind() == kind)
    }

    /// Why a skill that imports `kind` is refused before its code runs.
    #[must_use]
    pub fn refusal(&self, kind: Kind) -> Denial {
        let Some(rule) = self.requested.iter().find(|rule| rule.kind() == kind) else {
            let example = match kind {
                Kind::Files => "Read",
                Kind::Http => "WebFetch(domain:HOST)",
                Kind::Env => "Env(NAME)",
            };
            return Denial { reason: Reason::NotRequested, remedy: Remedy::AllowedTools(example.to_owned()) };
        };
        if let Some(removed) = self.removed.iter().find(|removed| removed.swallows(rule)) {
            return disallowed(removed);
        }
        match self.policy.deny.iter().find(|deny| deny.swallows(rule)) {
            Some(deny) => denied_by(deny),
            None => Denial {
                reason: Reason::Default("anything that none of its rules names"),
                remedy: Remedy::Allow(rule.text().to_owned()),
            },
        }
    }

    /// Decides one use of a path of the workspace. `path` is relative to it, `/`-separated, without `.` and `..`;
    /// the workspace itself is the empty path. `directory` says that the target is known to be one.
    #[must_use]
    pub fn decide_file(&self, path: &str, usage: FileUse, directory: bool) -> Decision {
        let directory = directory || matches!(usage, FileUse::List | FileUse::MakeDirectory);
        let writes = matches!(usage, FileUse::Write | FileUse::MakeDirectory);
        let Some(rule) = self.requested.iter().find(|rule| requests(rule, path, usage, directory)) else {
            return Decision::Deny(Denial {
                reason: Reason::NotRequested,
                remedy: Remedy::AllowedTools(entry(path, writes)),
            });
        };
        if let Some(removed) = self.removed.iter().find(|rule| refuses(rule, path, writes, directory)) {
            return Decision::Deny(disallowed(removed));
        }
        if let Some(deny) = self.policy.deny.iter().find(|rule| refuses(rule, path, writes, directory)) {
            return Decision::Deny(denied_by(deny));
        }
        if writes {
            for name in protected(path) {
                let lifted = self.policy.allow.iter().any(|rule| lifts(rule, path, name, directory));
                if !lifted {
                    return Decision::Deny(Denial {
                        reason: Reason::Protected(name.to_owned()),
                        remedy: Remedy::Allow(entry(path, true)),
                    });
                }
            }
        }
        // Whether something may be looked at follows from whether it, or what is below it, may be used.
        let remedy = || Remedy::Allow(entry(path, writes));
        if usage == FileUse::Look {
            let named = |rules: &[Rule]| rules.iter().any(|rule| requests(rule, path, usage, directory));
            let locked = self.policy.preset == Preset::Locked;
            return match locked && !named(&self.policy.allow) && !named(&self.policy.ask) {
                true => default_denial("files", remedy()),
                false => Decision::Allow,
            };
        }
        if self.policy.ask.iter().any(|ask| refuses(ask, path, writes, directory)) {
            return ask(rule, "the policy asks for it", remedy());
        }
        if self.policy.allow.iter().any(|allow| requests(allow, path, usage, directory)) {
            return Decision::Allow;
        }
        match self.policy.preset {
            Preset::Standard | Preset::Trust => Decision::Allow,
            Preset::Locked => default_denial("files", remedy()),
        }
    }

    /// Decides one request to a web server: before its name is looked up with no class, and again for the class of
    /// the addresses it resolved to, if that is not public.
    #[must_use]
    pub fn decide_http(&self, origin: &Origin, class: Option<AddressClass>) -> Decision {
        let entry = format!("WebFetch(domain:{})", origin.pattern());
        let class = class.or_else(|| origin.literal_class()).unwrap_or(AddressClass::Public);
        // Only a rule that spells the scheme out, names an address or a local name allows what is not public.
        let entry = match class {
            AddressClass::Public => entry,
            _ => format!("WebFetch(domain:{}://{})", origin.scheme(), origin.authority()),
        };
        let Some((rule, any_host)) = self.requested.iter().find_map(|rule| match rule.reach() {
            Reach::Http(pattern) if pattern.matches_resolved(origin, class) => {
                Some((rule, pattern.is_every_host()))
            }
            _ => None,
        }) else {
            return Decision::Deny(Denial {
                reason: Reason::NotRequested,
                remedy: Remedy::AllowedTools(entry),
            });
        };
        let reaches = |rule: &&Rule| matches!(rule.reach(), Reach::Http(pattern) if pattern.refuses(origin));
        if let Some(removed) = self.removed.iter().find(reaches) {
            return Decision::Deny(disallowed(removed));
        }
        if let Some(deny) = self.policy.deny.iter().find(reaches) {
            return Decision::Deny(denied_by(deny));
        }
        let remedy = Remedy::Allow(entry);
        if self.policy.ask.iter().any(|rule| reaches(&rule)) {
            return ask(rule, "the policy asks for it", remedy);
        }
        let allowed = self.policy.allow.iter().any(|allow| match allow.reach() {
            Reach::Http(pattern) if class == AddressClass::Public => pattern.matches(origin),
            Reach::Http(pattern) => {
                let reaches = pattern.reaches_non_public() && pattern.matches(origin);
                reaches && (class != AddressClass::Metadata || origin.is_literal())
            }
            _ => false,
        });
        if allowed {
            return Decision::Allow;
        }
        let reads = self.granted().any(|rule| rule.kind() == Kind::Files);
        match (self.policy.preset, class) {
            (Preset::Locked, _) => default_denial("web servers", remedy),
            (_, AddressClass::Metadata) => default_denial("addresses of cloud metadata", remedy),
            (Preset::Trust, AddressClass::Public) => Decision::Allow,
            (Preset::Standard, AddressClass::Public) if any_host => {
                ask(rule, "the skill asks for any host", remedy)
            }
            (Preset::Standard, AddressClass::Public) if reads => {
                ask(rule, "the skill can also read files, and could send them there", remedy)
            }
            (Preset::Standard, AddressClass::Public) => Decision::Allow,
            (Preset::Standard | Preset::Trust, _) => ask(rule, "the address is not a public one", remedy),
        }
    }

    /// Decides whether a skill may read one environment variable.
    #[must_use]
    pub fn decide_env(&self, name: &str) -> Decision {
        let entry = format!("Env({name})");
        let matching = |rule: &&Rule| matches!(rule.reach(), Reach::Env(pattern) if pattern.matches(name));
        let Some(rule) = self.requested.iter().find(matching) else {
            return Decision::Deny(Denial {
                reason: Reason::NotRequested,
                remedy: Remedy::AllowedTools(entry),
            });
        };
        if let Some(removed) = self.removed.iter().find(matching) {
            return Decision::Deny(disallowed(removed));
        }
        if let Some(deny) = self.policy.deny.iter().find(matching) {
            return Decision::Deny(denied_by(deny));
        }
        let remedy = Remedy::Allow(rule.text().to_owned());
        if self.policy.ask.iter().any(|rule| matching(&rule)) {
            return ask(rule, "the policy asks for it", remedy);
        }
        if self.policy.allow.iter().any(|rule| matching(&rule)) {
            return Decision::Allow;
        }
        match self.policy.preset {
            Preset::Standard => ask(rule, "environment variables often hold secrets", remedy),
            Preset::Trust => Decision::Allow,
            Preset::Locked => default_denial("environment variables", remedy),
        }
    }

    /// Whether a rule about files names the directory `name` of the workspace literally: `notes` in `Edit(notes/**)`.
    #[must_use]
    pub fn names_directory(&self, name: &str) -> bool {
        self.requested.iter().any(|rule| match rule.reach() {
            Reach::Read(pattern) | Reach::Write(pattern) => pattern.implies(name),
            Reach::Http(_) | Reach::Env(_) => false,
        })
    }

    fn has_chance(&self, rule: &Rule) -> bool {
        if self.removed.iter().chain(&self.policy.deny).any(|refusal| refusal.swallows(rule)) {
            return false;
        }
        let named = |rules: &[Rule]| rules.iter().any(|policy| policy.kind() == rule.kind());
        self.policy.preset != Preset::Locked || named(&self.policy.allow) || named(&self.policy.ask)
    }
}

/// The entry that names exactly this path: special characters of patterns escaped.
fn entry(path: &str, writes: bool) -> String {
    let tool = if writes { "Edit" } else { "Read" };
    if path.is_empty() {
        return tool.to_owned();
    }
    let mut escaped = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    format!("{tool}({escaped})")
}

fn requests(rule: &Rule, path: &str, usage: FileUse, directory: bool) -> bool {
    let leads = |pattern: &PathPattern| pattern.covers(path, directory) || pattern.leads_to(path);
    match (rule.reach(), usage) {
        (Reach::Read(pattern) | Reach::Write(pattern), FileUse::Look | FileUse::List) => leads(pattern),
        (Reach::Read(pattern) | Reach::Write(pattern), FileUse::Read)
        | (Reach::Write(pattern), FileUse::Write) => pattern.covers(path, directory),
        (Reach::Write(pattern), FileUse::MakeDirectory) => {
            pattern.covers(path, true) || pattern.implies(path)
        }
        _ => false,
    }
}

fn refuses(rule: &Rule, path: &str, writes: bool, directory: bool) -> bool {
    match rule.reach() {
        // What may not be read may not be overwritten either.
        Reach::Read(pattern) => pattern.touches(path, directory),
        Reach::Write(pattern) => writes && pattern.touches(path, directory),
        Reach::Http(_) | Reach::Env(_) => false,
    }
}

fn lifts(rule: &Rule, path: &str, name: &str, directory: bool) -> bool {
    matches!(rule.reach(), Reach::Write(pattern) if pattern.spells(name) && pattern.covers(path, directory))
}

fn ask(rule: &Rule, reason: &'static str, remedy: Remedy) -> Decision {
    Decision::Ask { rule: rule.text().to_owned(), reason, remedy }
}

fn default_denial(class: &'static str, remedy: Remedy) -> Decision {
    Decision::Deny(Denial { reason: Reason::Default(class), remedy })
}

fn denied_by(rule: &Rule) -> Denial {
    Denial {
        reason: Reason::Policy(rule.text().to_owned()),
        remedy: Remedy::Advice(format!("remove the deny rule `{rule}` from the policy")),
    }
}

fn disallowed(rule: &Rule) -> Denial {
    Denial {
        reason: Reason::Disallowed(rule.text().to_owned()),
        remedy: Remedy::Advice(format!("remove `{rule}` from `disallowed-tools` in SKILL.md")),
    }
}
