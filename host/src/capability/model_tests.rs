//! Decisions beside a plain model of them, over random rules and targets.

use std::sync::Arc;

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::manifest::parse_entries;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// A rule of the model: the whole workspace, a folder with all below it, or one file.
#[derive(Clone, Debug)]
struct Plain {
    writes: bool,
    place: Option<(&'static str, bool)>,
}

const FOLDERS: [&str; 4] = ["a", "b", "a/c", "D"];
const FILES: [&str; 8] = ["a/x", "a/c/x", "b/x", "x", "D/x", "d/x", "A/x", "ab/x"];

impl Plain {
    fn text(&self) -> String {
        let tool = if self.writes { "Edit" } else { "Read" };
        match self.place {
            None => tool.to_owned(),
            Some((folder, true)) => format!("{tool}(/{folder}/**)"),
            Some((file, false)) => format!("{tool}(/{file})"),
        }
    }

    /// Whether it means the file: `folded` where case does not count.
    fn means(&self, file: &str, folded: bool) -> bool {
        let same = |text: &str| if folded { text.to_lowercase() } else { text.to_owned() };
        match self.place {
            None => true,
            Some((folder, true)) => same(file).starts_with(&(same(folder) + "/")),
            Some((other, false)) => same(other) == same(file),
        }
    }
}

fn plain() -> impl Strategy<Value = Plain> {
    let place = option::of(prop_oneof![
        select(FOLDERS.as_slice()).prop_map(|folder| (folder, true)),
        select(FILES.as_slice()).prop_map(|file| (file, false)),
    ]);
    (any::<bool>(), place).prop_map(|(writes, place)| Plain { writes, place })
}

/// The order, written down once more: the request, what it takes away, deny, ask, allow, default.
fn expected(lists: &[Vec<Plain>; 5], preset: Preset, file: &str, writes: bool) -> &'static str {
    let [requested, removed, deny, ask, allow] = lists;
    let grants = |rule: &Plain| rule.means(file, false) && (rule.writes || !writes);
    let refuses = |rule: &Plain| rule.means(file, true) && (writes || !rule.writes);
    if !requested.iter().any(grants) || removed.iter().any(refuses) || deny.iter().any(refuses) {
        "deny"
    } else if ask.iter().any(refuses) {
        "ask"
    } else if allow.iter().any(grants) || preset != Preset::Locked {
        "allow"
    } else {
        "deny"
    }
}

fn answer(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Ask { .. } => "ask",
        Decision::Deny(_) => "deny",
    }
}

fn policy(preset: Preset, deny: &[String], ask: &[String], allow: &[String]) -> Policy {
    let mut policy = match preset {
        Preset::Standard => Policy::default(),
        Preset::Trust => Policy::trust_skills(),
        Preset::Locked => Policy::locked(),
    };
    for (effect, rules) in [(Effect::Deny, deny), (Effect::Ask, ask), (Effect::Allow, allow)] {
        for rule in rules {
            policy = policy.with_rule(effect, rule, Source::Code).unwrap();
        }
    }
    policy
}

fn presets() -> impl Strategy<Value = Preset> {
    select([Preset::Standard, Preset::Trust, Preset::Locked].as_slice())
}

proptest! {
    #![proptest_config(config(3_000))]

    #[test]
    fn files_are_decided_in_the_order_of_the_model(
        lists in [vec(plain(), 0..4), vec(plain(), 0..2), vec(plain(), 0..3), vec(plain(), 0..3), vec(plain(), 0..4)],
        preset in presets(),
    ) {
        let texts = lists.clone().map(|list| list.iter().map(Plain::text).collect::<Vec<_>>());
        let [requested, removed, deny, ask, allow] = &texts;
        let policy = policy(preset, deny, ask, allow);
        let granted =
            grant(&parse_entries(&requested.join(", ")), &parse_entries(&removed.join(", ")), Arc::new(policy));
        for file in FILES {
            for (writes, usage) in [(false, FileUse::Read), (true, FileUse::Write)] {
                let verdict = granted.capabilities.judge_file(file, usage, false);
                prop_assert_eq!(answer(&verdict.decision), expected(&lists, preset, file, writes), "{} {}", file, writes);
                // What is shown to people is what is decided.
                let shown = granted.capabilities.explain_file(file, usage);
                prop_assert_eq!(shown.answer.name(), answer(&verdict.decision));
                // Writing needs what reading needs.
                if writes && answer(&verdict.decision) == "allow" {
                    let reads = granted.capabilities.decide_file(file, FileUse::Read, false);
                    prop_assert_eq!(answer(&reads), "allow");
                }
            }
        }
    }

    #[test]
    fn a_deny_beats_everything_and_an_allow_never_widens(
        requested in vec(select(RULES.as_slice()), 0..4),
        deny in vec(select(RULES.as_slice()), 1..3),
        ask in vec(select(RULES.as_slice()), 0..2),
        allow in vec(select(RULES.as_slice()), 0..6),
        preset in presets(),
    ) {
        let strings = |rules: &[&str]| rules.iter().map(|rule| (*rule).to_owned()).collect::<Vec<_>>();
        let allow: Vec<String> = strings(&allow).into_iter().filter(|rule| rule != "Env").collect();
        let with = |deny: &[String], allow: &[String]| {
            let policy = policy(preset, deny, &strings(&ask), allow);
            grant(&parse_entries(&requested.join(", ")), &[], Arc::new(policy)).capabilities
        };
        let (deny, free) = (strings(&deny), with(&[], &[]));
        let (denied, open) = (with(&deny, &allow), with(&[], &allow));
        let trusted = |rules: &[String]| {
            grant(&parse_entries(&rules.join(", ")), &[], Arc::new(Policy::trust_skills())).capabilities
        };
        let alone = trusted(&deny);
        // A deny of writing leaves reading.
        let writing = |rule: &String| ["Edit", "Write", "MultiEdit"].iter().any(|tool| rule.starts_with(tool));
        let reading = trusted(&deny.iter().filter(|rule| !writing(rule)).cloned().collect::<Vec<_>>());
        for target in TARGETS {
            let asked = |skill: &Capabilities| match target.split_once(' ').unwrap() {
                ("read", path) => skill.decide_file(path, FileUse::Read, false),
                ("write", path) => skill.decide_file(path, FileUse::Write, false),
                ("fetch", url) => skill.decide_http(&Origin::parse(url).unwrap().0, None),
                (_, name) => skill.decide_env(name),
            };
            // What a rule would grant where everything is trusted, it takes away as a deny.
            let taken = if target.starts_with("read") { &reading } else { &alone };
            if answer(&asked(taken)) != "deny" {
                prop_assert_eq!(answer(&asked(&denied)), "deny", "{}", target);
            }
            // More allow rules open nothing that is not requested.
            if let Decision::Deny(Denial { reason: Reason::NotRequested, .. }) = asked(&free) {
                prop_assert_eq!(answer(&asked(&open)), "deny", "{}", target);
            }
        }
    }

    #[test]
    fn the_line_that_a_refusal_names_grants_just_that(
        names in vec("[^/\0]{1,8}", 1..4),
        writes in any::<bool>(),
    ) {
        let path = names.join("/");
        prop_assume!(!names.iter().any(|name| name == "." || name == ".."));
        let usage = if writes { FileUse::Write } else { FileUse::Read };
        let none = Capabilities::default();
        let Decision::Deny(Denial { remedy: Remedy::AllowedTools(entry), .. }) = none.decide_file(&path, usage, false)
        else { return Err(TestCaseError::fail("not denied")) };
        let granted = grant(&parse_entries(&entry), &[], Arc::new(Policy::trust_skills()));
        let decision = granted.capabilities.decide_file(&path, usage, false);
        let is_protected = matches!(&decision, Decision::Deny(Denial { reason: Reason::Protected(_), .. }));
        prop_assert!(is_protected || decision == Decision::Allow, "{:?} for {:?}: {:?}", entry, path, decision);
    }

    #[test]
    fn hosts_are_told_apart_as_the_model_does(
        pattern in hosts(),
        target in hosts(),
        below in any::<bool>(),
        scheme in option::of(any::<bool>()),
        port in option::of(select([443_u16, 80, 8080].as_slice())),
        https in any::<bool>(),
        to in option::of(select([443_u16, 80, 8080].as_slice())),
    ) {
        let name = |secure: bool| if secure { "https" } else { "http" };
        let stated = scheme.map(|secure| format!("{}://", name(secure))).unwrap_or_default();
        let suffix = |port: Option<u16>| port.map(|port| format!(":{port}")).unwrap_or_default();
        let (written, canonical) = &pattern;
        let star = if below { "*." } else { "" };
        let Ok(rule) = HostPattern::parse(&format!("domain:{stated}{star}{written}{}", suffix(port))) else {
            // Only names have something below them.
            prop_assert!(below && !canonical.ends_with("example"), "{}", written);
            return Ok(());
        };
        let (origin, _) = Origin::parse(&format!("{}://{}{}/", name(https), target.0, suffix(to))).unwrap();
        let host = match below {
            true => target.1.ends_with(&format!(".{canonical}")),
            false => target.1 == *canonical,
        };
        let real_port = to.unwrap_or(if https { 443 } else { 80 });
        let secure = scheme.unwrap_or(true);
        let allows = host && https == secure && real_port == port.unwrap_or(if secure { 443 } else { 80 });
        let refuses = host && scheme.is_none_or(|secure| secure == https) && port.is_none_or(|port| port == real_port);
        prop_assert_eq!(rule.matches(&origin), allows, "{} {}", rule, origin);
        prop_assert_eq!(rule.refuses(&origin), refuses, "{} {}", rule, origin);
        prop_assert!(!allows || refuses);
    }

    #[test]
    fn variables_are_told_apart_as_the_model_does(
        pattern in "[A-B]{1,2}(_|_\\*|\\*)?",
        name in "[A-Ba]{1,2}_?[A-B]{0,2}",
    ) {
        let read = EnvPattern::parse(&pattern).unwrap();
        let expected = match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix) && name != prefix,
            None => name == pattern,
        };
        prop_assert_eq!(read.matches(&name), expected);
    }
}

const RULES: [&str; 16] = [
    "Read",
    "Edit",
    "Write(a/**)",
    "Read(a/**)",
    "Read(*.env)",
    "Edit(b)",
    "MultiEdit(/a/x)",
    "Glob(b/**)",
    "WebFetch",
    "WebFetch(domain:x.example)",
    "WebFetch(domain:*.example)",
    "WebFetch(domain:x.example:8443)",
    "Env",
    "Env(A)",
    "Env(A_*)",
    "Read(**/x)",
];

const TARGETS: [&str; 16] = [
    "read a/x",
    "write a/x",
    "read b",
    "write b",
    "read a/b/x",
    "read p.env",
    "write p.env",
    "read a/p.env",
    "fetch https://x.example/",
    "fetch https://y.x.example/",
    "fetch https://x.example:8443/",
    "fetch https://example/",
    "env A",
    "env A_B",
    "env B",
    "write b/x",
];

/// Ways to write a host, and the host that is meant.
fn hosts() -> impl Strategy<Value = (&'static str, &'static str)> {
    select(
        [
            ("x.example", "x.example"),
            ("X.Example", "x.example"),
            ("x.example.", "x.example"),
            ("y.x.example", "y.x.example"),
            ("z.y.x.example", "z.y.x.example"),
            ("xx.example", "xx.example"),
            ("notx.example", "notx.example"),
            ("b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("B\u{dc}CHER.example", "xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("[2001:DB8:0:0::1]", "[2001:db8::1]"),
            ("[::ffff:1.2.3.4]", "1.2.3.4"),
            ("1.2.3.4", "1.2.3.4"),
            ("0x01020304", "1.2.3.4"),
        ]
        .as_slice(),
    )
}

#[test]
fn a_thousand_rules_are_read_and_asked_in_little_work() {
    let many: String =
        (0..1_000).map(|n| format!("  - Read(secret{n}/**/*.k?y)\n  - Edit(/data{n}/[a-c]*)\n")).collect();
    let policy = Policy::default().with_yaml(&format!("deny:\n{many}")).unwrap();
    let skill = grant(&parse_entries("Read, Edit"), &[], Arc::new(policy)).capabilities;
    for n in 0..200 {
        let path = format!("some/where/deep/file{n}.txt");
        assert_eq!(skill.decide_file(&path, FileUse::Write, false), Decision::Allow);
    }
    assert_eq!(answer(&skill.decide_file("x/secret999/a/b.key", FileUse::Read, false)), "deny");
    assert_eq!(skill.explain().len(), 2);
}
