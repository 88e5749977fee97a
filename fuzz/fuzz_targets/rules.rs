//! Any text as `allowed-tools`, as rules of a policy, and as what is asked of them. Lines: the first is the request,
//! each further one a target.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use openskills_fuzz::capability::{
    Capabilities, Decision, EnvPattern, FileUse, HostPattern, Meaning, Origin, PathPattern, Policy, Reach,
    Rule, grant, meaning,
};
use openskills_fuzz::manifest::{ToolEntry, parse_entries};

fuzz_target!(|text: &str| {
    let (request, targets) = text.split_once('\n').unwrap_or((text, ""));
    let entries = parse_entries(request);
    for entry in &entries {
        read_back(entry);
    }
    let trusted = grant(&entries, &[], Arc::new(Policy::trust_skills())).capabilities;
    let locked = grant(&entries, &[], Arc::new(Policy::locked())).capabilities;
    let removed = grant(&entries, &entries, Arc::new(Policy::trust_skills())).capabilities;
    let denied = grant(&entries, &[], Arc::new(denying(&entries))).capabilities;
    // A rule against writing leaves reading.
    for capabilities in [&removed, &denied] {
        let left = |rule: &Rule| matches!(rule.reach(), Reach::Write(_));
        assert!(
            !capabilities.writes() && capabilities.granted().all(left),
            "{request}: what is denied is granted"
        );
    }
    for target in targets.lines().take(8) {
        for capabilities in [&locked, &Capabilities::default()] {
            assert!(!allows(capabilities, target, FileUse::Read), "{request}: `{target}`");
        }
        for capabilities in [&locked, &removed, &denied, &Capabilities::default()] {
            assert!(!allows(capabilities, target, FileUse::Write), "{request}: `{target}`");
        }
        allows(&trusted, target, FileUse::Look);
    }
});

/// An entry and what it means survive being written and read.
fn read_back(entry: &ToolEntry) {
    if !entry.is_valid() {
        assert!(matches!(meaning(entry), Meaning::Invalid(_)), "{entry:?}");
        return;
    }
    let again = ToolEntry::parse(&entry.to_string()).expect("what is shown is an entry");
    assert_eq!((&again.tool, &again.specifier), (&entry.tool, &entry.specifier));
    let Meaning::Rule(rule) = meaning(entry) else { return };
    let Meaning::Rule(same) = meaning(&again) else { panic!("{entry} is no longer a rule") };
    assert_eq!(rule.reach(), same.reach());
    assert!(Policy::default().deny(&rule.to_string()).is_ok(), "{rule}");
    match rule.reach() {
        Reach::Read(path) | Reach::Write(path) => {
            assert_eq!(PathPattern::parse(path.text()).as_ref(), Ok(path))
        }
        Reach::Http(host) => assert_eq!(HostPattern::parse(&host.to_string()).as_ref(), Ok(host)),
        Reach::Env(name) => assert_eq!(EnvPattern::parse(&name.to_string()).as_ref(), Ok(name)),
    }
}

/// A policy that trusts skills and denies these.
fn denying(entries: &[ToolEntry]) -> Policy {
    entries.iter().fold(Policy::trust_skills(), |policy, entry| {
        match policy.clone().deny(&entry.to_string()) {
            Ok(policy) => policy,
            Err(_) => policy,
        }
    })
}

fn allows(capabilities: &Capabilities, target: &str, usage: FileUse) -> bool {
    let path = target.trim_start_matches('/');
    let files = [false, true].map(|directory| capabilities.decide_file(path, usage, directory));
    let http = Origin::parse(target).ok().map(|(origin, _)| capabilities.decide_http(&origin, None));
    let variable = capabilities.decide_env(target);
    files.into_iter().chain(http).chain([variable]).any(|decision| decision == Decision::Allow)
}
