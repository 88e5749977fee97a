//! What a skill may do under a policy, asked one concrete target at a time.

use std::borrow::Cow;
use std::sync::Arc;

use super::address::AddressClass;
use super::decision::{Basis, Decision, Denial, FileUse, Reason, Remedy, Verdict};
use super::network::Origin;
use super::path_pattern::{PathPattern, Target};
use super::policy::{Policy, Preset};
use super::protected::protected;
use super::rule::{Kind, Reach, Rule};
use super::source::Source;

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
        match self.policy.rules.deny.iter().find(|deny| deny.swallows(rule)) {
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
        self.judge_file(path, usage, directory).decision
    }

    /// As [`Capabilities::decide_file`], with the rules that it came from.
    #[must_use]
    pub fn judge_file(&self, path: &str, usage: FileUse, directory: bool) -> Verdict<'_> {
        let directory = directory || matches!(usage, FileUse::List | FileUse::MakeDirectory);
        let writes = matches!(usage, FileUse::Write | FileUse::MakeDirectory);
        let target = Target::new(path, directory);
        let Some(rule) = self.requested.iter().find(|rule| requests(rule, path, &target, usage)) else {
            return Verdict::not_requested(entry(path, writes));
        };
        if let Some(removed) = self.removed.iter().find(|rule| refuses(rule, &target, writes)) {
            return Verdict::disallowed(rule, removed);
        }
        let lists = &self.policy.rules;
        if let Some(deny) = lists.deny.iter().find(|rule| refuses(rule, &target, writes)) {
            return Verdict::denied(rule, deny);
        }
        if writes {
            for name in protected(path) {
                let lifted = lists.allow.iter().any(|rule| lifts(rule, name, &target));
                if !lifted {
                    let denial = Denial {
                        reason: Reason::Protected(name.to_owned()),
                        remedy: Remedy::Allow(entry(path, true)),
                    };
                    return Verdict {
                        decision: Decision::Deny(denial),
                        request: Some(rule),
                        basis: Basis::Protected,
                    };
                }
            }
        }
        // Whether something may be looked at follows from whether it, or what is below it, may be used.
        let remedy = || Remedy::Allow(entry(path, writes));
        let matching = |rule: &&Rule| requests(rule, path, &target, usage);
        if usage == FileUse::Look {
            let named = lists.allow.iter().chain(&lists.ask).find(matching);
            return match (named, self.policy.preset) {
                (Some(named), _) => Verdict::allowed(rule, Basis::Policy(named)),
                (None, Preset::Locked) => self.default_denial(rule, "files", remedy()),
                (None, Preset::Standard | Preset::Trust) => Verdict::allowed(rule, Basis::Preset),
            };
        }
        if let Some(asks) = lists.ask.iter().find(|ask| refuses(ask, &target, writes)) {
            return Verdict::asked(rule, asks, remedy());
        }
        if let Some(allow) = lists.allow.iter().find(matching) {
            return Verdict::allowed(rule, Basis::Policy(allow));
        }
        match self.policy.preset {
            Preset::Standard | Preset::Trust => Verdict::allowed(rule, Basis::Preset),
            Preset::Locked => self.default_denial(rule, "files", remedy()),
        }
    }

    /// Decides one request to a web server: before its name is looked up with no class, and again for the class of
    /// the addresses it resolved to, if that is not public.
    #[must_use]
    pub fn decide_http(&self, origin: &Origin, class: Option<AddressClass>) -> Decision {
        self.judge_http(origin, class).decision
    }

    /// As [`Capabilities::decide_http`], with the rules that it came from.
    #[must_use]
    pub fn judge_http(&self, origin: &Origin, class: Option<AddressClass>) -> Verdict<'_> {
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
            return Verdict::not_requested(entry);
        };
        let reaches = |rule: &&Rule| matches!(rule.reach(), Reach::Http(pattern) if pattern.refuses(origin));
        if let Some(removed) = self.removed.iter().find(reaches) {
            return Verdict::disallowed(rule, removed);
        }
        let lists = &self.policy.rules;
        if let Some(deny) = lists.deny.iter().find(reaches) {
            return Verdict::denied(rule, deny);
        }
        let remedy = Remedy::Allow(entry);
        if let Some(asks) = lists.ask.iter().find(reaches) {
            return Verdict::asked(rule, asks, remedy);
        }
        let allowed = lists.allow.iter().find(|allow| match allow.reach() {
            Reach::Http(pattern) if class == AddressClass::Public => pattern.matches(origin),
            Reach::Http(pattern) => {
                let reaches = pattern.reaches_non_public() && pattern.matches(origin);
                reaches && (class != AddressClass::Metadata || origin.is_literal())
            }
            _ => false,
        });
        if let Some(allow) = allowed {
            return Verdict::allowed(rule, Basis::Policy(allow));
        }
        let reads = self.granted().any(|rule| rule.kind() == Kind::Files);
        let ask = |reason| Verdict::open(rule, reason, remedy.clone());
        match (self.policy.preset, class) {
            (Preset::Locked, _) => self.default_denial(rule, "web servers", remedy),
            (_, AddressClass::Metadata) => self.default_denial(rule, "addresses of cloud metadata", remedy),
            (Preset::Trust, AddressClass::Public) => Verdict::allowed(rule, Basis::Preset),
            (Preset::Standard, AddressClass::Public) if any_host => ask("the skill asks for any host"),
            (Preset::Standard, AddressClass::Public) if reads => {
                ask("the skill can also read files, and could send them there")
            }
            (Preset::Standard, AddressClass::Public) => Verdict::allowed(rule, Basis::Preset),
            (Preset::Standard | Preset::Trust, _) => ask("the address is not a public one"),
        }
    }

    /// Decides whether a skill may read one environment variable.
    #[must_use]
    pub fn decide_env(&self, name: &str) -> Decision {
        self.judge_env(name).decision
    }

    /// As [`Capabilities::decide_env`], with the rules that it came from.
    #[must_use]
    pub fn judge_env(&self, name: &str) -> Verdict<'_> {
        let matching = |rule: &&Rule| matches!(rule.reach(), Reach::Env(pattern) if pattern.matches(name));
        let Some(rule) = self.requested.iter().find(matching) else {
            return Verdict::not_requested(format!("Env({name})"));
        };
        if let Some(removed) = self.removed.iter().find(matching) {
            return Verdict::disallowed(rule, removed);
        }
        let lists = &self.policy.rules;
        if let Some(deny) = lists.deny.iter().find(matching) {
            return Verdict::denied(rule, deny);
        }
        let remedy = Remedy::Allow(rule.text().to_owned());
        if let Some(asks) = lists.ask.iter().find(matching) {
            return Verdict::asked(rule, asks, remedy);
        }
        if let Some(allow) = lists.allow.iter().find(matching) {
            return Verdict::allowed(rule, Basis::Policy(allow));
        }
        match self.policy.preset {
            Preset::Standard => Verdict::open(rule, "environment variables often hold secrets", remedy),
            Preset::Trust => Verdict::allowed(rule, Basis::Preset),
            Preset::Locked => self.default_denial(rule, "environment variables", remedy),
        }
    }

    /// The rules that the skill's own `disallowed-tools` takes away.
    #[must_use]
    pub fn removed(&self) -> &[Rule] {
        &self.removed
    }

    /// The policy that decides.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    fn default_denial<'a>(&self, rule: &'a Rule, class: &'static str, remedy: Remedy) -> Verdict<'a> {
        let decision = Decision::Deny(Denial { reason: Reason::Default(class), remedy });
        Verdict { decision, request: Some(rule), basis: Basis::Preset }
    }

    /// Whether a rule about files names the directory `name` of the workspace literally: `notes` in `Edit(notes/**)`.
    #[must_use]
    pub fn names_directory(&self, name: &str) -> bool {
        self.requested.iter().any(|rule| match rule.reach() {
            Reach::Read(pattern) | Reach::Write(pattern) => pattern.implies(name),
            Reach::Http(_) | Reach::Env(_) => false,
        })
    }

    /// Whether one of the rules that have a chance gives a right to write files.
    #[must_use]
    pub fn writes(&self) -> bool {
        let stopped = |rule: &Rule| {
            self.removed.iter().chain(&self.policy.rules.deny).any(|refusal| refusal.stops_writing(rule))
        };
        self.granted().any(|rule| matches!(rule.reach(), Reach::Write(_)) && !stopped(rule))
    }

    fn has_chance(&self, rule: &Rule) -> bool {
        if self.removed.iter().chain(&self.policy.rules.deny).any(|refusal| refusal.swallows(rule)) {
            return false;
        }
        let named = |rules: &[Rule]| rules.iter().any(|policy| policy.kind() == rule.kind());
        self.policy.preset != Preset::Locked
            || named(&self.policy.rules.allow)
            || named(&self.policy.rules.ask)
    }
}

/// The entry that names this path: special characters of patterns escaped, and `?` for those that an entry cannot hold.
pub(super) fn entry(path: &str, writes: bool) -> String {
    let tool = if writes { "Edit" } else { "Read" };
    if path.is_empty() {
        return tool.to_owned();
    }
    let balanced = !path.contains(['(', ')']);
    let last = path.chars().count() - 1;
    let mut escaped = String::with_capacity(path.len());
    for (index, c) in path.chars().enumerate() {
        let edge = index == 0 || index == last;
        match c {
            '*' | '?' | '[' | ']' | '\\' => escaped.extend(['\\', c]),
            '!' | '~' | '$' if index == 0 => escaped.extend(['\\', c]),
            '(' | ')' if !balanced => escaped.push('?'),
            c if c.is_control() || c == '\u{fffd}' || (edge && c.is_whitespace()) => escaped.push('?'),
            c => escaped.push(c),
        }
    }
    format!("{tool}({escaped})")
}

fn requests(rule: &Rule, path: &str, target: &Target<'_>, usage: FileUse) -> bool {
    let leads = |pattern: &PathPattern| pattern.grants(target) || pattern.leads_to(path);
    match (rule.reach(), usage) {
        (Reach::Read(pattern) | Reach::Write(pattern), FileUse::Look | FileUse::List) => leads(pattern),
        (Reach::Read(pattern) | Reach::Write(pattern), FileUse::Read)
        | (Reach::Write(pattern), FileUse::Write) => pattern.grants(target),
        (Reach::Write(pattern), FileUse::MakeDirectory) => pattern.grants(target) || pattern.implies(path),
        _ => false,
    }
}

fn refuses(rule: &Rule, target: &Target<'_>, writes: bool) -> bool {
    match rule.reach() {
        // What may not be read may not be overwritten either.
        Reach::Read(pattern) => pattern.refuses(target),
        Reach::Write(pattern) => writes && pattern.refuses(target),
        Reach::Http(_) | Reach::Env(_) => false,
    }
}

fn lifts(rule: &Rule, name: &str, target: &Target<'_>) -> bool {
    matches!(rule.reach(), Reach::Write(pattern) if pattern.spells(name) && pattern.grants(target))
}

impl<'a> Verdict<'a> {
    fn allowed(request: &'a Rule, basis: Basis<'a>) -> Self {
        Self { decision: Decision::Allow, request: Some(request), basis }
    }

    fn not_requested(entry: String) -> Self {
        let denial = Denial { reason: Reason::NotRequested, remedy: Remedy::AllowedTools(entry) };
        Self { decision: Decision::Deny(denial), request: None, basis: Basis::Request }
    }

    fn disallowed(request: &'a Rule, removed: &'a Rule) -> Self {
        let decision = Decision::Deny(disallowed(removed));
        Self { decision, request: Some(request), basis: Basis::Disallowed(removed) }
    }

    fn denied(request: &'a Rule, deny: &'a Rule) -> Self {
        let decision = Decision::Deny(denied_by(deny));
        Self { decision, request: Some(request), basis: Basis::Policy(deny) }
    }

    /// A rule of the policy asks.
    fn asked(request: &'a Rule, asks: &'a Rule, remedy: Remedy) -> Self {
        let reason = Cow::Owned(format!("the policy asks for it: {}", asks.cited()));
        let decision = Decision::Ask { rule: request.text().to_owned(), reason, remedy };
        Self { decision, request: Some(request), basis: Basis::Policy(asks) }
    }

    /// The preset leaves it to the approver.
    fn open(request: &'a Rule, reason: &'static str, remedy: Remedy) -> Self {
        let decision =
            Decision::Ask { rule: request.text().to_owned(), reason: Cow::Borrowed(reason), remedy };
        Self { decision, request: Some(request), basis: Basis::Preset }
    }
}

fn denied_by(rule: &Rule) -> Denial {
    Denial {
        reason: Reason::Policy(rule.cited()),
        remedy: Remedy::Advice(match rule.source() {
            Source::File { .. } => format!("remove the deny rule `{rule}` from {}", rule.source()),
            Source::Flag(name) => format!("leave `{name} '{rule}'` out"),
            Source::Manifest | Source::Code => format!("remove the deny rule `{rule}` from the policy"),
        }),
    }
}

fn disallowed(rule: &Rule) -> Denial {
    Denial {
        reason: Reason::Disallowed(rule.text().to_owned()),
        remedy: Remedy::Advice(format!("remove `{rule}` from `disallowed-tools` in SKILL.md")),
    }
}
