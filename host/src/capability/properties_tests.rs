//! What holds for every rule and every target. The fuzz target `rules` asserts the same of any bytes.

use std::sync::Arc;

use proptest::{collection::vec, prelude::*, sample::select};

use super::{Capabilities, Decision, FileUse, Meaning, Origin, Policy, Reach, Rule, grant, meaning};
use crate::manifest::{ToolEntry, parse_entries};

/// Pieces of `allowed-tools`, sound and broken.
const PIECES: &[&str] = &[
    "Read",
    "Edit",
    "Write",
    "Grep",
    "WebFetch",
    "Env",
    "Bash",
    "Raed",
    "(",
    ")",
    " ",
    ", ",
    "*",
    "**",
    "/",
    "//",
    "~/",
    "..",
    "a",
    "data",
    "[a",
    "]",
    "{",
    "!",
    "\\",
    "?",
    "é",
    ".env",
    "domain:",
    "example.com",
    "*.",
    "http://",
    ":80",
    ":0",
    "[::1]",
    "127.0.0.1",
    "HOME",
    "LC_",
    "${SKILL_DIR}",
    "\u{FFFD}",
    "\u{202E}",
];

const TARGETS: &[&str] = &[
    "",
    "a",
    "data/a",
    ".//a",
    "a//b",
    ".env",
    ".git/config",
    "https://example.com/",
    "http://127.0.0.1:80/",
    "http://[::1]/",
    "HOME",
    "LC_ALL",
];

fn allows(capabilities: &Capabilities, target: &str, usage: FileUse) -> bool {
    let files = [false, true].map(|directory| capabilities.decide_file(target, usage, directory));
    let http = Origin::parse(target).ok().map(|(origin, _)| capabilities.decide_http(&origin, None));
    files.into_iter().chain(http).chain([capabilities.decide_env(target)]).any(|one| one == Decision::Allow)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_entry_and_what_it_means_survive_being_shown_and_read(pieces in vec(select(PIECES), 0..12)) {
        for entry in parse_entries(&pieces.concat()) {
            let first = meaning(&entry);
            if !entry.is_valid() {
                prop_assert!(matches!(first, Meaning::Invalid(_)), "{entry:?}");
                continue;
            }
            let again = ToolEntry::parse(&entry.to_string()).unwrap();
            prop_assert_eq!((&again.tool, &again.specifier), (&entry.tool, &entry.specifier));
            if let Meaning::Rule(rule) = first {
                prop_assert!(matches!(meaning(&again), Meaning::Rule(same) if same.reach() == rule.reach()), "{rule}");
                prop_assert!(Policy::default().deny(&rule.to_string()).is_ok(), "{rule}");
            }
        }
    }

    #[test]
    fn what_nobody_allows_or_somebody_takes_away_is_not_allowed(
        pieces in vec(select(PIECES), 0..12),
        target in select(TARGETS),
    ) {
        let entries = parse_entries(&pieces.concat());
        let locked = grant(&entries, &[], Arc::new(Policy::locked())).capabilities;
        let removed = grant(&entries, &entries, Arc::new(Policy::trust_skills())).capabilities;
        let denying = entries.iter().fold(Policy::trust_skills(), |policy, entry| {
            policy.clone().deny(&entry.to_string()).unwrap_or(policy)
        });
        let denied = grant(&entries, &[], Arc::new(denying)).capabilities;
        prop_assert!(!removed.writes() && !denied.writes());
        let reads = |rule: &Rule| matches!(rule.reach(), Reach::Write(_));
        prop_assert!(removed.granted().chain(denied.granted()).all(reads), "a refusal to write leaves reading");
        for capabilities in [&locked, &Capabilities::default()] {
            prop_assert!(!allows(capabilities, target, FileUse::Read), "{target}");
        }
        // A rule against writing leaves reading.
        for capabilities in [&locked, &removed, &denied, &Capabilities::default()] {
            prop_assert!(!allows(capabilities, target, FileUse::Write), "{target}");
        }
    }
}
