//! A policy as a file: YAML with rules, a preset, limits and sections for single skills.

use std::fmt;
use std::sync::Arc;

use super::policy::{Effect, Pin, Policy, Preset, Rules, Section, parse};
use super::policy_limits::{PolicyLimit, PolicyLimits};
use super::rule::Rule;
use super::source::Source;
use crate::manifest::{Fault, Node, Severity, document};

/// Bytes that a policy file may have.
pub const MAX_POLICY_BYTES: usize = 256 << 10;

/// Faults of one file that are told; a file with more has other troubles.
const MAX_FAULTS: usize = 50;

const KEYS: [&str; 7] = ["preset", "allow", "ask", "deny", "limits", "skills", "lock"];

const SECTION_KEYS: [&str; 6] = ["folder", "sha256", "allow", "ask", "deny", "limits"];

/// Who wrote a policy file, and so what it may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The user: everything.
    User,
    /// Whoever wrote the project, which may have come from anywhere: it narrows. What would widen has no effect and is
    /// among [`Policy::notes`].
    Project,
    /// Whoever named the file on the command line or in code: everything that a lock does not forbid.
    Named,
}

/// Why a policy file cannot be used. A file with one bad rule is not used at all: a misspelt deny must not fail open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFileError {
    /// The file, as whoever read it calls it.
    pub name: String,
    /// What is wrong with it, all of it up to 50, in the order of the file.
    pub faults: Vec<Fault>,
}

impl fmt::Display for PolicyFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, rest)) = self.faults.split_first() else {
            return write!(f, "{} is not a policy", self.name);
        };
        write!(f, "{}:{}:{}: {}", self.name, first.line, first.column, first.message)?;
        match rest.len() {
            0 => Ok(()),
            more => write!(f, " (and {more} more)"),
        }
    }
}

impl std::error::Error for PolicyFileError {}

impl Policy {
    /// Adds the rules of a policy's text to this policy; `policy.yaml` stands for its name.
    ///
    /// ```
    /// use openskills_runtime::Policy;
    /// let policy = Policy::default().with_yaml("deny: [Read(.env)]\nallow:\n  - WebFetch(domain:example.com)\n")?;
    /// assert_eq!(policy.deny_rules().len(), 1);
    /// # Ok::<(), openskills_runtime::PolicyFileError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Policy::with_file`].
    pub fn with_yaml(self, text: &str) -> Result<Self, PolicyFileError> {
        self.with_file(Authority::Named, "policy.yaml", text)
    }

    /// Adds what a policy file says to this policy. `name` is what refusals and faults call it.
    ///
    /// Keys: `allow`, `ask`, `deny` (lists of rules), `preset` (`standard`, `trust` or `locked`), `limits`, `skills`
    /// (sections by name, with `folder`, `sha256`, `allow`, `ask`, `deny`, `limits`) and `lock`. An empty file adds
    /// nothing.
    ///
    /// # Errors
    /// For text that is not YAML or longer than 256 KiB, unknown keys, and rules that are unknown or malformed.
    pub fn with_file(self, authority: Authority, name: &str, text: &str) -> Result<Self, PolicyFileError> {
        let fail = |faults: Vec<Fault>| PolicyFileError { name: name.to_owned(), faults };
        if text.len() > MAX_POLICY_BYTES {
            let message = format!("it has {} bytes; a policy has at most {MAX_POLICY_BYTES}", text.len());
            return Err(fail(vec![error("policy-yaml", message)]));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let root = document(text).map_err(|fault| fail(vec![*fault]))?;
        let mut reader = Reader { policy: self, authority, name: Arc::from(name), faults: Vec::new() };
        if let Some(root) = root.filter(|root| !root.is_null()) {
            reader.root(&root);
        }
        match reader.faults.is_empty() {
            true => Ok(reader.policy),
            false => Err(fail(reader.faults)),
        }
    }
}

struct Reader {
    policy: Policy,
    authority: Authority,
    name: Arc<str>,
    faults: Vec<Fault>,
}

impl Reader {
    fn root(&mut self, root: &Node) {
        // Whether what is below widens depends on the lock that was there before, not on this file's own.
        let mut locks = None;
        for (key, value) in self.pairs(root, "a policy", &KEYS) {
            match key.as_str() {
                "preset" => self.preset(value),
                "lock" => locks = self.lock(value),
                "limits" => {
                    let limits = self.limits(value, false);
                    self.policy.limits.extend(&limits);
                }
                "skills" => self.skills(value),
                list => {
                    let rules = self.list(list, value, None);
                    for (effect, rule) in rules {
                        self.policy.rules.push(effect, rule);
                    }
                }
            }
        }
        if let Some(lock) = locks {
            self.policy.lock.get_or_insert(lock);
            self.policy.limits.lock();
        }
    }

    /// The pairs of a mapping whose keys are known, each once.
    fn pairs<'a>(&mut self, node: &'a Node, what: &str, known: &[&str]) -> Vec<(String, &'a Node)> {
        let Some(pairs) = node.as_mapping() else {
            let fault =
                error("policy-kind", format!("{what} has `key: value` lines, and this is {}", kind(node)));
            self.fault(fault.at_node(node).hint(format!("the keys are {}", known.join(", "))));
            return Vec::new();
        };
        let mut found: Vec<(String, &Node)> = Vec::new();
        for pair in pairs {
            let key = pair.key.as_str().unwrap_or_default().to_owned();
            if !known.is_empty() && !known.contains(&key.as_str()) {
                let hint = match nearest(&key, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the keys are {}", known.join(", ")),
                };
                let fault = error("policy-key", format!("{what} has no key `{key}`"));
                self.fault(fault.at_node(&pair.key).text(&key).hint(hint));
            } else if found.iter().any(|(other, _)| *other == key) {
                let fault = error("policy-key", format!("the key `{key}` occurs twice"));
                self.fault(fault.at_node(&pair.key).text(&key).hint("put both under one of them"));
            } else {
                found.push((key, &pair.value));
            }
        }
        found
    }

    fn preset(&mut self, node: &Node) {
        let presets = [Preset::Standard, Preset::Trust, Preset::Locked];
        let text = node.as_str().unwrap_or_default();
        let Some(preset) = presets.into_iter().find(|preset| preset.name() == text) else {
            let hint = match nearest(text, &presets.map(Preset::name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the presets are standard, trust and locked".to_owned(),
            };
            self.fault(
                error("policy-preset", format!("there is no preset `{text}`"))
                    .at_node(node)
                    .text(text)
                    .hint(hint),
            );
            return;
        };
        let now = self.policy.preset;
        let widens = preset.strictness() < now.strictness();
        if self.authority == Authority::Project && widens {
            self.without_effect(node, &format!("the preset `{text}` would widen `{}`", now.name()));
        } else if let (Some(by), true) = (self.policy.lock.clone(), widens) {
            self.locked(node, &by);
        } else if !(widens && (now == Preset::Locked || self.policy.preset_floor > preset.strictness())) {
            // What one file has locked, or a project has narrowed, another does not widen.
            self.policy.preset = preset;
            self.policy.preset_source = Some(self.source(node));
        }
        if self.authority == Authority::Project {
            self.policy.preset_floor = self.policy.preset_floor.max(preset.strictness());
        }
    }

    fn lock(&mut self, node: &Node) -> Option<Source> {
        match node.as_bool() {
            Some(true) if self.authority == Authority::Project => {
                self.without_effect(node, "`lock` stands in a project's file");
                None
            }
            Some(true) => Some(self.source(node)),
            Some(false) => None,
            None => {
                self.fault(
                    error("policy-kind", "`lock` is neither `true` nor `false`".to_owned())
                        .at_node(node)
                        .hint("write `lock: true`"),
                );
                None
            }
        }
    }

    /// The rules of one list. `pinned` is given for a section: whether it says which skill it means.
    fn list(&mut self, list: &str, node: &Node, pinned: Option<bool>) -> Vec<(Effect, Rule)> {
        let effect = match list {
            "allow" => Effect::Allow,
            "ask" => Effect::Ask,
            _ => Effect::Deny,
        };
        if node.is_null() {
            return Vec::new();
        }
        let Some(items) = node.as_sequence() else {
            self.fault(
                error("policy-kind", format!("`{list}` is {}, not a list of rules", kind(node)))
                    .at_node(node)
                    .hint(format!("write one rule a line, each after `- `, or `{list}: [\"RULE\"]`")),
            );
            return Vec::new();
        };
        let mut rules = Vec::new();
        for item in items {
            let Some(text) = item.as_str() else {
                let hint = "put the rule in quotes: a `: ` within makes a mapping of it, a `[` a list";
                self.fault(
                    error("policy-kind", format!("a rule is a text, and this is {}", kind(item)))
                        .at_node(item)
                        .hint(hint),
                );
                continue;
            };
            match parse(effect, text) {
                Err(fault) => {
                    let message = format!("`{text}` is not a rule: {}", fault.reason());
                    self.fault(error("policy-rule", message).at_node(item).text(text).hint(
                        "write `Tool` or `Tool(specifier)`, such as `Read(docs/**)`; a comma within `[…]` needs quotes",
                    ));
                }
                Ok(_) if effect == Effect::Allow && self.authority == Authority::Project => {
                    self.without_effect(item, &format!("`{text}` would allow"));
                }
                Ok(rule) if effect == Effect::Allow => match (self.policy.lock.clone(), pinned) {
                    (Some(by), _) => self.locked(item, &by),
                    (None, Some(false)) => {
                        let message = format!("`{text}` would be allowed to any skill that takes this name");
                        self.fault(error("policy-pin", message).at_node(item).text(text).hint(
                            "say which skill is meant, beside `allow`: `folder: /path/of/the/skill`, or the `sha256` of its component",
                        ));
                    }
                    (None, _) => rules.push((effect, rule.at(self.source(item)))),
                },
                Ok(rule) => rules.push((effect, rule.at(self.source(item)))),
            }
        }
        rules
    }

    fn limits(&mut self, node: &Node, capped: bool) -> PolicyLimits {
        let mut limits = PolicyLimits::default();
        // After a lock, and from a project, a limit can only lower.
        let cap = capped || self.authority == Authority::Project || self.policy.lock.is_some();
        if node.is_null() {
            return limits;
        }
        for (name, value) in self.pairs(node, "`limits`", &[]) {
            let text = value.as_str().unwrap_or_default();
            match PolicyLimit::parse(&name, text, cap, self.source(value)) {
                Ok(limit) => limits.push(limit),
                Err((message, hint)) => {
                    self.fault(error("policy-limit", message).at_node(value).text(text).hint(hint));
                }
            }
        }
        limits
    }

    fn skills(&mut self, node: &Node) {
        if node.is_null() {
            return;
        }
        for (skill, value) in self.pairs(node, "`skills`", &[]) {
            let what = format!("the section of `{skill}`");
            if value.is_null() {
                continue;
            }
            let pairs = self.pairs(value, &what, &SECTION_KEYS);
            let text = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, node)| *node);
            let (folder, sha256) = (text("folder"), text("sha256"));
            let pin = Pin {
                folder: folder.and_then(|node| self.folder(node)),
                sha256: sha256.and_then(|node| self.digest(node)),
            };
            let pinned = folder.is_some() || sha256.is_some();
            let mut section =
                Section { skill, pin, rules: Rules::default(), limits: PolicyLimits::default() };
            for (key, value) in pairs {
                match key.as_str() {
                    "folder" | "sha256" => {}
                    "limits" => section.limits = self.limits(value, !pinned),
                    list => {
                        for (effect, rule) in self.list(list, value, Some(pinned)) {
                            section.rules.push(effect, rule);
                        }
                    }
                }
            }
            self.policy.sections.push(section);
        }
    }

    fn folder(&mut self, node: &Node) -> Option<String> {
        let text = node.as_str().unwrap_or_default();
        if text.starts_with('/') || text.starts_with("~/") {
            return Some(text.to_owned());
        }
        let message = format!("`{text}` is not the path of a folder from the root");
        let hint = "write it from `/` or `~/`: a file that is used everywhere knows no current directory";
        self.fault(error("policy-pin", message).at_node(node).text(text).hint(hint));
        None
    }

    fn digest(&mut self, node: &Node) -> Option<String> {
        let text = node.as_str().unwrap_or_default().to_ascii_lowercase();
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Some(text);
        }
        let message = format!("`{text}` is not a SHA-256 in 64 hexadecimal digits");
        let hint = "`openskills inspect SKILL` prints it";
        self.fault(error("policy-pin", message).at_node(node).text(&text).hint(hint));
        None
    }

    fn source(&self, node: &Node) -> Source {
        Source::File { name: Arc::clone(&self.name), line: node.line }
    }

    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }

    fn locked(&mut self, node: &Node, by: &Source) {
        let text = node.as_str().unwrap_or_default().to_owned();
        let message = format!("`{text}` would widen the policy, and `lock: true` stands in {by}");
        let hint = "leave it out, or take the lock out of that file";
        self.fault(error("policy-locked", message).at_node(node).text(&text).hint(hint));
    }

    /// A project's file narrows; what else it holds is said and not done.
    fn without_effect(&mut self, node: &Node, what: &str) {
        let text = node.as_str().unwrap_or_default();
        let fault =
            Fault::new("policy-project", Severity::Warning, Severity::Warning, format!("{what}: no effect"))
                .at_node(node)
                .text(text)
                .hint("a project's policy only narrows; put it into your own policy file");
        if self.policy.notes.len() < MAX_FAULTS {
            self.policy.notes.push((Arc::clone(&self.name), fault));
        }
    }
}

fn error(code: &'static str, message: String) -> Fault {
    Fault::new(code, Severity::Error, Severity::Error, message)
}

fn kind(node: &Node) -> &'static str {
    match (node.as_sequence(), node.as_mapping()) {
        (Some(_), _) => "a list",
        (_, Some(_)) => "a mapping",
        _ => "a text",
    }
}

/// The name most like `text`, if one is.
pub(crate) fn nearest<'a>(text: &str, names: &[&'a str]) -> Option<&'a str> {
    let text: String = text.chars().take(64).collect::<String>().to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&text, &name.to_lowercase());
    let best = names.iter().map(|name| (distance(name), *name)).min_by_key(|(distance, _)| *distance)?;
    (best.0 <= 2 && best.0 < best.1.len().max(2)).then_some(best.1)
}
