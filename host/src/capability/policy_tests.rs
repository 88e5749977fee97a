//! Policy files: what each of them may do, and what is said of those that are wrong.

use std::sync::Arc;

use proptest::{
    collection::vec,
    prelude::*,
    sample::{select, subsequence},
};

use super::*;
use crate::manifest::{Severity, parse_entries};

const USER: &str = "~/.config/openskills/policy.yaml";

fn user(text: &str) -> Result<Policy, PolicyFileError> {
    Policy::default().with_file(Authority::User, USER, text)
}

fn project(policy: Policy, text: &str) -> Result<Policy, PolicyFileError> {
    policy.with_file(Authority::Project, ".openskills/policy.yaml", text)
}

fn skill(allowed: &str, policy: Policy) -> Capabilities {
    grant(&parse_entries(allowed), &[], Arc::new(policy)).capabilities
}

/// The only fault of a text, as line, column, code, message and hint.
fn fault(text: &str) -> (usize, usize, &'static str, String, String) {
    let faults = user(text).unwrap_err().faults;
    assert_eq!(faults.len(), 1, "{text}: {faults:#?}");
    let fault = faults[0].clone();
    assert_eq!(fault.load, Severity::Error);
    (fault.line, fault.column, fault.code, fault.message, fault.hint.unwrap())
}

#[test]
fn rules_are_read_in_their_order() {
    let policy =
        user("preset: locked\nallow:\n- Read(a b/**)\n- Env(LANG)\ndeny: [\"Read(.env)\"]\n").unwrap();
    let allow: Vec<&str> = policy.allow_rules().iter().map(Rule::text).collect();
    assert_eq!(allow, ["Read(a b/**)", "Env(LANG)"]);
    assert_eq!((policy.deny_rules().len(), policy.preset()), (1, Preset::Locked));
}

#[test]
fn an_empty_file_adds_nothing() {
    for text in ["", "# nothing yet\n", "\n\n", "\u{feff}", "allow:\ndeny:\nlimits:\nskills:\n", "~"] {
        assert!(user(text).unwrap().allow_rules().is_empty(), "{text:?}");
    }
}

#[test]
fn what_is_not_understood_is_an_error_with_its_place_and_a_hint() {
    for (text, line, column, code, message, hint) in [
        ("denny: [Read]", 1, 1, "policy-key", "no key `denny`", "`deny`"),
        ("deny:\n  - Read\n  - Raed(.env)", 3, 5, "policy-rule", "`Read`", "Read(docs/**)"),
        ("deny: Read", 1, 7, "policy-kind", "a text, not a list", "deny: [\"RULE\"]"),
        ("deny: [Bash]", 1, 8, "policy-rule", "do not exist inside", "Tool(specifier)"),
        ("allow: [Env]", 1, 9, "policy-rule", "name the variables", "Tool(specifier)"),
        ("preset: lockd", 1, 9, "policy-preset", "no preset `lockd`", "`locked`"),
        ("preset: yolo", 1, 9, "policy-preset", "no preset `yolo`", "standard, trust and locked"),
        ("limits:\n  timeot: 1s", 2, 11, "policy-limit", "no limit `timeot`", "`timeout`"),
        ("limits:\n  timeout: 10", 2, 12, "policy-limit", "is not a time", "timeout: 10s"),
        ("limits: {memory: lots}", 1, 18, "policy-limit", "is not a size", "memory: 128MiB"),
        ("lock: perhaps", 1, 7, "policy-kind", "neither `true` nor `false`", "lock: true"),
        ("skills: {a: {folder: here}}", 1, 22, "policy-pin", "from the root", "`~/`"),
        ("skills: {a: {sha256: 12}}", 1, 22, "policy-pin", "64 hexadecimal", "openskills inspect"),
        ("skills: {a: {allow: [Read]}}", 1, 22, "policy-pin", "any skill that takes this name", "folder: /"),
        ("skills: {a: {preset: trust}}", 1, 14, "policy-key", "no key `preset`", "folder, sha256"),
        ("skills: [a]", 1, 9, "policy-kind", "a list", ""),
        ("[Read]", 1, 1, "policy-kind", "this is a list", "preset, allow"),
        ("deny: [{a: b}]", 1, 8, "policy-kind", "a mapping", "quotes"),
        ("deny: [Read]\ndeny: []", 2, 1, "policy-key", "occurs twice", "one of them"),
        ("deny: &x [Read]\nask: *x", 1, 10, "policy-yaml", "anchors", "write the value out"),
    ] {
        let found = fault(text);
        assert_eq!((found.0, found.1, found.2), (line, column, code), "{text}: {found:?}");
        assert!(found.3.contains(message) && found.4.contains(hint), "{text}: {found:?}");
    }
    assert_eq!(user(": [").unwrap_err().faults[0].code, "policy-yaml");
    let long = user(&"#".repeat(MAX_POLICY_BYTES + 1)).unwrap_err();
    assert!(long.to_string().contains("at most"), "{long}");
}

#[test]
fn several_faults_are_told_at_once() {
    let error = user("denny: []\nallow: [Raed, Edit(a]\npreset: x\n").unwrap_err();
    assert_eq!(error.faults.len(), 4, "{error:#?}");
    assert!(error.to_string().starts_with(&format!("{USER}:1:1: ")), "{error}");
    assert!(error.to_string().ends_with("(and 3 more)"), "{error}");
}

#[test]
fn a_refusal_names_the_file_and_the_line() {
    let policy = user("# mine\ndeny:\n  - Read(.env)\nask: [Edit(src/**)]\n").unwrap();
    let reader = skill("Read, Edit", policy);
    let Decision::Deny(denial) = reader.decide_file(".env", FileUse::Read, false) else { panic!() };
    assert_eq!(denial.reason.to_string(), format!("denied by `Read(.env)`, {USER}:3"));
    assert_eq!(denial.remedy.to_string(), format!("remove the deny rule `Read(.env)` from {USER}:3"));
    let Decision::Ask { reason, .. } = reader.decide_file("src/a", FileUse::Write, false) else { panic!() };
    assert!(reason.contains(&format!("{USER}:4")), "{reason}");
    let flag = Policy::default().with_rule(Effect::Deny, "Read(x)", Source::Flag("--deny")).unwrap();
    let Decision::Deny(denial) = skill("Read", flag).decide_file("x", FileUse::Read, false) else { panic!() };
    assert_eq!(denial.reason.to_string(), "denied by `--deny 'Read(x)'`");
}

#[test]
fn a_projects_file_narrows_and_never_widens() {
    let mine = || user("allow: [Env(LANG)]\nlimits: {timeout: 20s}\n").unwrap();
    let theirs = "preset: trust\nlock: true\nallow: [Env(HOME)]\nask: [Env(LANG)]\ndeny: [Read(.env)]\n\
                  limits: {timeout: 60s, memory: 1MiB}\nskills: {a: {allow: [Env(HOME)], deny: [Env(X)]}}\n";
    let policy = project(mine(), theirs).unwrap();
    let env = |policy: &Policy, name: &str| skill("Env(LANG) Env(HOME)", policy.clone()).decide_env(name);
    assert!(matches!(env(&mine(), "LANG"), Decision::Allow));
    assert!(matches!(env(&policy, "LANG"), Decision::Ask { .. }));
    assert!(matches!(env(&policy, "HOME"), Decision::Ask { .. }), "what it allows has no effect");
    assert_eq!((policy.preset(), policy.lock()), (Preset::Standard, None));
    let limits = policy.limits(&Limits::default());
    assert_eq!((limits.timeout.as_secs(), limits.memory), (20, 1 << 20));
    let own = policy.for_skill("a", |_| true).unwrap();
    assert_eq!((own.allow_rules().len(), own.deny_rules().len()), (1, 2));
    let notes: Vec<usize> = policy.notes().map(|(_, fault)| fault.line).collect();
    assert_eq!(notes, [1, 2, 3, 7]);
    // Nothing that comes later undoes what it narrows.
    let narrowed = project(Policy::trust_skills(), "preset: standard").unwrap();
    assert_eq!(narrowed.preset(), Preset::Standard);
    assert_eq!(narrowed.with_yaml("preset: trust").unwrap().preset(), Preset::Standard);
    // One that is wrong is an error all the same: a misspelt deny must not fail open.
    assert!(project(Policy::default(), "deny: [Raed]").is_err());
    assert!(project(Policy::default(), "allow: [Raed]").is_err());
}

#[test]
fn a_lock_holds_against_what_comes_later_and_names_itself() {
    let locked = || user("lock: true\nallow: [Env(LANG)]\nlimits: {timeout: 10s}\n").unwrap();
    assert_eq!(locked().allow_rules().len(), 1, "the file's own rules count");
    for error in [
        locked().allow("Env(HOME)").unwrap_err().to_string(),
        locked().with_rule(Effect::Allow, "Read", Source::Flag("--allow")).unwrap_err().to_string(),
        locked().with_yaml("allow: [Read]").unwrap_err().to_string(),
        locked().with_yaml("preset: trust").unwrap_err().to_string(),
        locked().with_yaml("skills: {a: {folder: /a, allow: [Read]}}").unwrap_err().to_string(),
    ] {
        assert!(error.contains(&format!("{USER}:1")), "{error}");
    }
    assert!(locked().deny("Read").unwrap().ask("Edit").is_ok());
    assert!(locked().with_yaml("preset: locked\ndeny: [Read]").is_ok());
    let raised = locked().with_yaml("limits: {timeout: 60s}").unwrap();
    assert_eq!(raised.limits(&Limits::default()).timeout.as_secs(), 10);
    assert_eq!(raised.timeout_cap().map(|(cap, _)| cap.as_secs()), Some(10));
    // Without it all of these are fine.
    assert!(user("").unwrap().with_yaml("allow: [Read]\npreset: trust").unwrap().allow("Env(HOME)").is_ok());
}

#[test]
fn what_is_locked_stays_locked() {
    let policy = user("preset: locked").unwrap().with_yaml("preset: trust").unwrap();
    assert_eq!(policy.preset(), Preset::Locked);
}

#[test]
fn a_section_is_for_its_skill_and_what_it_allows_for_the_one_that_is_meant() {
    let text = "skills:\n  foo:\n    folder: /home/me/skills/foo\n    allow: [Env(GITHUB_TOKEN)]\n    limits: {timeout: 2m}\n";
    let policy =
        user(&format!("{text}  bar:\n    deny: [Read(.env)]\n    limits: {{timeout: 2m, memory: 1MiB}}\n"))
            .unwrap();
    let mine = |pin: &Pin| pin.folder.as_deref() == Some("/home/me/skills/foo");
    let own = policy.for_skill("foo", mine).unwrap();
    assert!(matches!(skill("Env(GITHUB_TOKEN)", own.clone()).decide_env("GITHUB_TOKEN"), Decision::Allow));
    assert_eq!(own.limits(&Limits::default()).timeout.as_secs(), 120);
    assert!(policy.for_skill("foo", |_| false).is_none(), "another skill that took the name");
    assert!(matches!(
        skill("Env(GITHUB_TOKEN)", policy.clone()).decide_env("GITHUB_TOKEN"),
        Decision::Ask { .. }
    ));
    // Without a pin a section only narrows.
    let bar = policy.for_skill("bar", |_| false).unwrap();
    assert!(matches!(
        skill("Read", bar.clone()).decide_file(".env", FileUse::Read, false),
        Decision::Deny(_)
    ));
    let limits = bar.limits(&Limits::default());
    assert_eq!((limits.timeout.as_secs(), limits.memory), (30, 1 << 20));
    assert!(policy.for_skill("Bar", |_| true).is_none());
}

/// The example of docs/policy.md, and what its comments say.
#[test]
fn the_example_of_the_documentation_does_what_its_comments_say() {
    let page = include_str!("../../../docs/policy.md");
    let text = page.split("```yaml\n# policy.yaml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let policy = user(text).unwrap();
    let meant = |pin: &Pin| pin.folder.as_deref() == Some("~/.config/openskills/skills/release-notes");
    let mut claims = 0;
    // Lines such as `#: Read(.env) by Read → deny`, and with `for NAME` of a skill with a section.
    for line in text.lines().filter_map(|line| line.trim().strip_prefix("#: ")) {
        let (claim, expected) = line.split_once(" → ").unwrap();
        let (claim, name) = claim.split_once(" for ").unwrap_or((claim, "any"));
        let (target, requested) = claim.split_once(" by ").unwrap();
        let own = policy.for_skill(name, meant).unwrap_or_else(|| policy.clone());
        let skill = skill(requested, own);
        let (tool, target) = target.strip_suffix(')').unwrap().split_once('(').unwrap();
        let decision = match tool {
            "Read" => skill.decide_file(target, FileUse::Read, false),
            "Edit" => skill.decide_file(target, FileUse::Write, false),
            "WebFetch" => skill.decide_http(&Origin::parse(target).unwrap().0, None),
            "Env" => skill.decide_env(target),
            other => panic!("{other}"),
        };
        let answer = match decision {
            Decision::Allow => "allow",
            Decision::Ask { .. } => "ask",
            Decision::Deny(_) => "deny",
        };
        assert_eq!(answer, expected, "{line}");
        claims += 1;
    }
    assert!(claims >= 12, "{claims}");
    let limits = policy.limits(&Limits::default());
    assert_eq!((limits.timeout.as_secs(), limits.memory), (20, 128 << 20));
}

#[test]
fn a_policy_reads_as_another_parser_reads_it() {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Lists {
        allow: Vec<String>,
        ask: Vec<String>,
        deny: Vec<String>,
    }
    for text in [
        "allow: [Read(a b/**), \"Env(LANG)\"]\ndeny:\n- 'Read(it''s)'\n",
        "ask:\n  - Edit(a#b)\n  - Edit(c) # a comment\n  - >-\n    Read(folded\n    text)\ndeny: []\n",
        "deny: [\n  Read(x), Read(y),\n]\nallow:\n  - \"Read(\\u00e9)\"\n",
    ] {
        let (ours, theirs) = (user(text).unwrap(), serde_yaml::from_str::<Lists>(text).unwrap());
        let texts = |rules: &[Rule]| rules.iter().map(|rule| rule.text().to_owned()).collect::<Vec<_>>();
        assert_eq!(texts(ours.allow_rules()), theirs.allow, "{text}");
        assert_eq!(texts(ours.ask_rules()), theirs.ask, "{text}");
        assert_eq!(texts(ours.deny_rules()), theirs.deny, "{text}");
    }
}

/// Pieces of policies, sound and broken.
const PIECES: &[&str] = &[
    "allow:",
    "deny:",
    "ask:",
    "limits:",
    "skills:",
    "preset:",
    "lock:",
    " true",
    "\n",
    "  ",
    "- ",
    "- Read(a)",
    "Read(a/**)",
    "Env(*)",
    "WebFetch(domain:*.x)",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ": ",
    "timeout: 1s",
    "memory: 9MiB",
    "foo:",
    "folder: /a",
    "sha256: ",
    "\"",
    "'",
    "&a ",
    "*a",
    "!t ",
    "|",
    ">",
    "#",
    "\t",
    "\0",
    "\u{1b}[2J",
    "é",
    "字",
    "---\n",
    "...\n",
    "? ",
    "~",
    "trust",
    "1e309h",
    "((",
    "\\",
    "\u{feff}",
    "\u{2028}",
];

/// Whole lines of a policy, all that can widen among them: few of the texts that are made of pieces can be read.
const LINES: &[&str] = &[
    "allow: [Read, \"WebFetch(domain:a.example)\"]\n",
    "ask: [Edit]\n",
    "deny: [\"Env(A)\"]\n",
    "preset: trust\n",
    "lock: true\n",
    "limits: {timeout: 9h, memory: 9GiB}\n",
    "skills: {foo: {folder: /a, allow: [\"Env(A)\"], limits: {timeout: 9h}}}\n",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn no_text_makes_a_policy_panic_or_a_project_widen(
        pieces in vec(select(PIECES), 0..40),
        other in any::<String>(),
        lines in subsequence(LINES, 0..=LINES.len()).prop_shuffle(),
    ) {
        for text in [pieces.concat(), other, lines.concat()] {
            let read = user(&text);
            if let Err(error) = &read {
                prop_assert!(!error.faults.is_empty() && !error.to_string().is_empty());
                for fault in &error.faults {
                    prop_assert!(fault.line >= 1 && fault.column >= 1, "{fault:?}");
                    prop_assert!(fault.hint.is_some() || fault.message.contains("bytes"), "{fault:?}");
                }
            }
            if let Ok(policy) = project(Policy::default(), &text) {
                prop_assert!(policy.allow_rules().is_empty() && policy.lock().is_none());
                prop_assert!(policy.preset() != Preset::Trust);
                let (base, now) = (Limits::default(), policy.limits(&Limits::default()));
                prop_assert!(now.timeout <= base.timeout && now.memory <= base.memory);
                if let Some(own) = policy.for_skill("foo", |_| true) {
                    prop_assert!(own.allow_rules().is_empty());
                }
            }
        }
    }
}
