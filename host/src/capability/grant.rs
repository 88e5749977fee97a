//! The one place where tool names gain a meaning.

use std::sync::Arc;

use super::capabilities::Capabilities;
use super::env_pattern::EnvPattern;
use super::network::HostPattern;
use super::path_pattern::{PathPattern, PathPatternError};
use super::policy::Policy;
use super::rule::{Reach, Rule};
use crate::manifest::ToolEntry;

/// What an entry of `allowed-tools` means here.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// It is a rule.
    Rule(Rule),
    /// It is known, and gives a component nothing. The text says why.
    Nothing(String),
    /// It is unknown or malformed, and grants nothing. In a policy this is an error.
    Invalid(String),
}

/// Something the author of a `SKILL.md` should hear about an entry that grants nothing.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Note {
    /// The entry as written.
    pub entry: String,
    /// Why it grants nothing.
    pub message: String,
}

/// What a skill may do under a policy, and what was noticed on the way.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The answer to every later question.
    pub capabilities: Capabilities,
    /// Entries that grant nothing, in the order of the manifest.
    pub notes: Vec<Note>,
}

/// Decides what a skill that lists `allowed` and `disallowed` may do under `policy`.
///
/// The manifest is the request and the ceiling; nothing that is not requested is ever granted. Unknown entries
/// grant nothing and are noted; an unknown entry in `disallowed` is noted too, since it subtracts nothing.
#[must_use]
pub fn grant(allowed: &[ToolEntry], disallowed: &[ToolEntry], policy: Arc<Policy>) -> Grant {
    let mut notes = Vec::new();
    let requested = rules(allowed, &mut notes)
        .into_iter()
        .filter(|rule| {
            let everything = matches!(rule.reach(), Reach::Env(EnvPattern::Every));
            if everything {
                notes.push(Note {
                    entry: rule.text().to_owned(),
                    message: "the whole environment is never granted: name the variables, `Env(NAME)` or `Env(PREFIX_*)`"
                        .to_owned(),
                });
            }
            !everything
        })
        .collect();
    // A malformed entry that was to take something away takes away all of its tool: more, never less.
    let disallowed: Vec<ToolEntry> = disallowed
        .iter()
        .map(|entry| match entry.error {
            Some(_) => ToolEntry::parse(&entry.tool).unwrap_or_else(|_| entry.clone()),
            None => entry.clone(),
        })
        .collect();
    let removed = rules(&disallowed, &mut notes);
    Grant { capabilities: Capabilities::new(requested, removed, policy), notes }
}

fn rules(entries: &[ToolEntry], notes: &mut Vec<Note>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for entry in entries {
        match meaning(entry) {
            Meaning::Rule(rule) => rules.push(rule),
            Meaning::Nothing(message) | Meaning::Invalid(message) => {
                notes.push(Note { entry: entry.text.clone(), message });
            }
        }
    }
    rules
}

/// What one entry means.
#[must_use]
pub fn meaning(entry: &ToolEntry) -> Meaning {
    if let Some(error) = entry.error {
        return Meaning::Invalid(error.to_string());
    }
    let specifier = entry.specifier.as_deref();
    match entry.tool.as_str() {
        "Read" | "Glob" | "Grep" | "LS" => files(entry, specifier, Reach::Read),
        "Write" | "Edit" | "MultiEdit" | "NotebookEdit" => files(entry, specifier, Reach::Write),
        "WebFetch" => match HostPattern::parse(specifier.unwrap_or("domain:*")) {
            Ok(pattern) => Meaning::Rule(Rule::new(entry.text.clone(), Reach::Http(pattern))),
            Err(error) => Meaning::Invalid(error.to_string()),
        },
        "Env" => match EnvPattern::parse(specifier.unwrap_or("*")) {
            Ok(pattern) => Meaning::Rule(Rule::new(entry.text.clone(), Reach::Env(pattern))),
            Err(error) => Meaning::Invalid(error.to_string()),
        },
        "Bash" | "PowerShell" => {
            Meaning::Nothing("commands of the machine do not exist inside a component".to_owned())
        }
        tool if tool.starts_with("mcp__") || AGENT_TOOLS.contains(&tool) => {
            Meaning::Nothing("a tool of the agent, not of the runtime".to_owned())
        }
        "*" => Meaning::Invalid("`*` is not a tool: list what the skill needs".to_owned()),
        tool => Meaning::Invalid(match nearest(tool) {
            Some(known) => format!("unknown tool `{tool}`: did you mean `{known}`?"),
            None => format!("unknown tool `{tool}`"),
        }),
    }
}

/// Tools that agents have and a component cannot use.
const AGENT_TOOLS: [&str; 18] = [
    "Agent",
    "AskUserQuestion",
    "BashOutput",
    "EnterPlanMode",
    "ExitPlanMode",
    "KillBash",
    "KillShell",
    "LSP",
    "ListMcpResources",
    "Monitor",
    "NotebookRead",
    "ReadMcpResource",
    "Skill",
    "SlashCommand",
    "Task",
    "TodoRead",
    "TodoWrite",
    "WebSearch",
];

const TOOLS: [&str; 10] =
    ["Read", "Glob", "Grep", "LS", "Write", "Edit", "MultiEdit", "NotebookEdit", "WebFetch", "Env"];

fn nearest(tool: &str) -> Option<&'static str> {
    super::policy_file::nearest(tool, &TOOLS)
}

fn files(entry: &ToolEntry, specifier: Option<&str>, reach: fn(PathPattern) -> Reach) -> Meaning {
    match PathPattern::parse(specifier.unwrap_or("**")) {
        Ok(pattern) => Meaning::Rule(Rule::new(entry.text.clone(), reach(pattern))),
        Err(error @ PathPatternError::SkillFolder(_)) => Meaning::Nothing(error.to_string()),
        Err(error) => Meaning::Invalid(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning_of(text: &str) -> Meaning {
        meaning(&ToolEntry::parse(text).unwrap())
    }

    #[test]
    fn tools_of_the_table_become_rules() {
        for text in [
            "Read",
            "Glob(**/*.rs)",
            "Grep",
            "LS",
            "Write",
            "Edit(notes/**)",
            "MultiEdit",
            "NotebookEdit(a.ipynb)",
        ] {
            assert!(matches!(meaning_of(text), Meaning::Rule(_)), "{text}");
        }
        assert!(matches!(meaning_of("WebFetch(domain:example.com)"), Meaning::Rule(_)));
        assert!(matches!(meaning_of("Env(LANG)"), Meaning::Rule(_)));
    }

    #[test]
    fn commands_and_tools_of_the_agent_grant_nothing() {
        for text in ["Bash", "Bash(git add:*)", "PowerShell", "mcp__github__search", "Task", "WebSearch"] {
            assert!(matches!(meaning_of(text), Meaning::Nothing(_)), "{text}");
        }
    }

    #[test]
    fn what_is_unknown_is_invalid_and_a_near_miss_is_named() {
        assert!(matches!(meaning_of("Raed"), Meaning::Invalid(_)));
        assert!(matches!(meaning_of("*"), Meaning::Invalid(_)));
        let Meaning::Invalid(message) = meaning_of("read") else { panic!("`read` must not be a rule") };
        assert!(message.contains("`Read`"), "{message}");
    }

    #[test]
    fn the_whole_environment_cannot_be_requested() {
        let entries = [ToolEntry::parse("Env").unwrap(), ToolEntry::parse("Env(*)").unwrap()];
        let grant = grant(&entries, &[], Arc::new(Policy::trust_skills()));
        assert_eq!(grant.notes.len(), 2);
        assert!(grant.capabilities.requested().is_empty());
    }
}
