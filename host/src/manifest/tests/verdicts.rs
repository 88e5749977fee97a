//! What each kind of file gets: strict verdict, load verdict, and what is read.

use super::{codes, errors, fault, front_matter, manifest};
use crate::manifest::{Load, Node, parse};

const GOOD: &str = "name: a\ndescription: d\n";

#[test]
fn a_good_file_has_no_faults() {
    let parsed = front_matter(
        "name: a\ndescription: d\nlicense: MIT\ncompatibility: any\nmetadata:\n  author: x\n  version: 1.0\n\
         allowed-tools: Read Bash(git add:*)",
    );
    assert_eq!(parsed.faults, []);
    assert_eq!((parsed.valid, parsed.load), (true, Load::Ok));
    let manifest = parsed.into_manifest().unwrap_or_default();
    assert_eq!(manifest.version.as_deref(), Some("1.0"));
    assert_eq!(manifest.metadata.get("author").map(String::as_str), Some("x"));
    assert!(manifest.is_model_invocable() && manifest.is_user_invocable());
}

#[test]
fn files_without_readable_front_matter_are_refused() {
    for (source, message) in [
        ("", "SKILL.md must start with YAML frontmatter (---)"),
        ("# Title\n", "SKILL.md must start with YAML frontmatter (---)"),
        ("\n---\nname: a\ndescription: d\n---\n", "SKILL.md must start with YAML frontmatter (---)"),
        ("---\nname: a\n", "SKILL.md frontmatter not properly closed with ---"),
        ("---\n---\n", "SKILL.md frontmatter must be a YAML mapping"),
        ("---\n- a\n---\n", "SKILL.md frontmatter must be a YAML mapping"),
        ("---\njust text\n---\n", "SKILL.md frontmatter must be a YAML mapping"),
    ] {
        let parsed = parse(source.as_bytes(), Some("a"));
        assert_eq!(errors(&parsed), [message], "{source:?}");
        assert_eq!(parsed.load, Load::Refuse);
        assert_eq!(parsed.manifest, None);
        assert!(parsed.faults.iter().all(|fault| fault.hint.is_some()));
        assert!(parsed.into_manifest().is_err());
    }
    let utf16 = parse(b"\xFF\xFE-\0-\0-\0", None);
    assert!(utf16.faults.iter().any(|f| f.hint.as_deref().is_some_and(|hint| hint.contains("UTF-16"))));
}

#[test]
fn without_a_description_a_skill_is_refused_and_still_shown() {
    for (yaml, code) in [
        ("name: a", "description-missing"),
        ("name: a\ndescription:", "description-empty"),
        ("name: a\ndescription: '  '", "description-empty"),
        ("name: a\ndescription:\n  - x", "description-empty"),
        ("name: a\ndescription: null", "description-null"),
        ("name: a\ndescription: ~", "description-null"),
    ] {
        let parsed = front_matter(yaml);
        assert_eq!(codes(&parsed), [code], "{yaml}");
        assert_eq!(parsed.load, Load::Refuse, "{yaml}");
        assert_eq!(parsed.manifest.map(|m| (m.name, m.description)), Some(("a".to_owned(), String::new())));
    }
}

#[test]
fn a_skill_with_an_odd_name_loads_under_its_folders() {
    for (line, code) in [
        ("", "name-missing"),
        ("name:", "name-empty"),
        ("name:\n  - x", "name-empty"),
        ("name: A Skill", "name-not-lowercase"),
        ("name: -a", "name-edge-hyphen"),
        ("name: a_b", "name-character"),
    ] {
        let parsed = front_matter(&format!("{line}\ndescription: d"));
        assert_eq!(codes(&parsed).first(), Some(&code), "{line}");
        assert_eq!((parsed.valid, parsed.load), (false, Load::Warn), "{line}");
        assert_eq!(parsed.manifest.map(|manifest| manifest.name).as_deref(), Some("a"), "{line}");
    }
    // A legal name that is not the folder's stays.
    assert_eq!(manifest("name: other\ndescription: d").name, "other");
    // Without a folder there is nothing else to take.
    let parsed = parse(b"---\nname: A b\ndescription: d\n---\n", None);
    let names = parsed.manifest.map(|manifest| (manifest.name, manifest.written_name));
    assert_eq!(names, Some(("A b".to_owned(), Some("A b".to_owned()))));
}

#[test]
fn yaml_that_needs_quotes_is_mended_once() {
    for (line, text) in [
        ("description: Use when: it's late", "Use when: it's late"),
        ("description: @home [x]", "@home [x]"),
        ("description: `x` and y", "`x` and y"),
        ("description: \"x\" and y", "\"x\" and y"),
        ("description: Use: this\n  and: that", "Use: this and: that"),
    ] {
        let parsed = front_matter(&format!("name: a\n{line}\nallowed-tools: *, Read(x)"));
        assert_eq!(codes(&parsed).first(), Some(&"yaml"), "{line}");
        assert_eq!((parsed.valid, parsed.load), (false, Load::Warn), "{line}");
        let hint = fault(&parsed, "yaml").and_then(|fault| fault.hint.clone()).unwrap_or_default();
        assert!(hint.contains("`description`, `allowed-tools`"), "{hint}");
        let manifest = parsed.manifest.unwrap_or_default();
        assert_eq!(manifest.description, text);
        let last = manifest.allowed_tools.last().map(|e| (e.to_string(), e.column));
        assert_eq!(last, Some(("Read(x)".to_owned(), 19)), "columns are the file's, without the quote");
    }
    let parsed = front_matter("name: a\ndescription: d\n\tallowed-tools: Read");
    assert_eq!((parsed.load, parsed.manifest), (Load::Refuse, None));
}

#[test]
fn yaml_beyond_the_reference_subset_is_invalid_and_loads() {
    for (line, code) in [
        ("metadata: {x: y}", "yaml-flow"),
        ("allowed-tools: [Read, Edit]", "yaml-flow"),
        ("license: &l MIT", "yaml-anchor"),
        ("license: !!str MIT", "yaml-tag"),
        ("name: a", "duplicate-key"),
        ("metadata:\n  x: 1\n  x: 2", "duplicate-key"),
    ] {
        let parsed = front_matter(&format!("{GOOD}{line}"));
        assert_eq!(codes(&parsed).first(), Some(&code), "{line}");
        assert!(errors(&parsed).iter().all(|message| message.starts_with("Invalid YAML in frontmatter: ")));
        assert!(!parsed.valid && parsed.load != Load::Refuse, "{line}");
    }
}

#[test]
fn of_a_key_that_occurs_twice_the_last_counts_but_bans_add_up() {
    let manifest = manifest(
        "name: a\nname: b\ndescription: d\nallowed-tools: Read\nallowed-tools: Edit\n\
         disallowed-tools: Bash\ndisallowed-tools: Write",
    );
    let texts =
        |entries: &[crate::manifest::ToolEntry]| entries.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(manifest.name, "b");
    assert_eq!(texts(&manifest.allowed_tools), ["Edit"]);
    assert_eq!(texts(&manifest.disallowed_tools), ["Bash", "Write"]);
}

#[test]
fn near_misses_of_allowed_tools_grant_nothing_and_say_the_key() {
    for key in ["allowed_tools", "allowedTools", "tools", "Allowed-Tools"] {
        let parsed = front_matter(&format!("{GOOD}{key}: Read"));
        let hint = fault(&parsed, "misspelt-field").and_then(|f| f.hint.as_deref());
        assert_eq!(hint, Some("write `allowed-tools`"), "{key}");
        assert_eq!(parsed.load, Load::Warn);
        assert!(parsed.manifest.is_some_and(|manifest| manifest.allowed_tools.is_empty()));
    }
    let other = front_matter(&format!("{GOOD}author: x"));
    assert_eq!((codes(&other), other.load), (vec!["unexpected-fields", "unknown-field"], Load::Ok));
}

#[test]
fn entries_know_their_places_in_the_file() {
    let places = |yaml: &str| -> Vec<(usize, usize)> {
        manifest(&format!("{GOOD}{yaml}")).allowed_tools.iter().map(|e| (e.line, e.column)).collect()
    };
    assert_eq!(places("allowed-tools: Read, Edit(é x) W"), [(4, 16), (4, 22), (4, 32)]);
    assert_eq!(places("allowed-tools: \"Read Edit\""), [(4, 17), (4, 22)]);
    assert_eq!(places("allowed-tools: >-\n  Read\n  Edit"), [(5, 3), (6, 3)]);
    assert_eq!(places("allowed-tools:\n  - Read\n  - 'Edit'"), [(5, 5), (6, 5)]);
    // `Edit` is written as an escape: it and all after it stand where the value starts.
    assert_eq!(places("allowed-tools: \"Read \\x45dit W\""), [(4, 17), (4, 16), (4, 16)]);
}

#[test]
fn entries_that_cannot_be_read_are_kept_and_grant_nothing() {
    let parsed = front_matter(&format!("{GOOD}allowed-tools: [Read, 'Write(a', \"Edit, Grep\", {{x: y}}]"));
    let faults: Vec<_> =
        parsed.faults.iter().filter(|f| matches!(f.code, "tool-entry" | "wrong-kind")).collect();
    assert_eq!(faults.len(), 3, "{faults:#?}");
    let manifest = parsed.manifest.unwrap_or_default();
    let valid: Vec<_> = manifest.allowed_tools.iter().map(|e| (e.text.as_str(), e.is_valid())).collect();
    assert_eq!(valid, [("Read", true), ("Write(a", false), ("Edit, Grep", false)]);
}

#[test]
fn the_fields_of_other_hosts_are_read() {
    let manifest = manifest(&format!(
        "{GOOD}version: 2\nwhen_to_use: now\nargument-hint: [file] # c\narguments: x y\npaths: '*.rs, *.md'\n\
         disable-model-invocation: yes\nuser-invocable: 'false'\ncontext: fork\nagent: Explore\nmodel: null\n\
         effort: high\nshell: bash\nhooks:\n  Stop:\n    - x\nmetadata:\n  a: {{b: c}}\n  n:"
    ));
    assert_eq!(manifest.version.as_deref(), Some("2"));
    assert_eq!(manifest.when_to_use.as_deref(), Some("now"));
    assert_eq!(manifest.argument_hint.as_deref(), Some("[file]"));
    assert_eq!(manifest.arguments, ["x", "y"]);
    assert_eq!(manifest.paths, ["*.rs", "*.md"]);
    assert!(!manifest.is_model_invocable() && !manifest.is_user_invocable());
    assert_eq!(manifest.context.as_deref(), Some("fork"));
    assert_eq!(manifest.agent.as_deref(), Some("Explore"));
    assert_eq!(manifest.model, None);
    assert_eq!(manifest.effort.as_deref(), Some("high"));
    assert_eq!(manifest.shell.as_deref(), Some("bash"));
    assert!(manifest.hooks().and_then(|hooks| hooks.get("Stop")).is_some());
    let nested = manifest.field("metadata").and_then(|m| m.get("a")?.get("b")).and_then(Node::as_str);
    assert_eq!(nested, Some("c"));
    assert!(manifest.metadata.keys().eq(["n"]));
}

#[test]
fn bytes_that_are_not_utf8_are_a_warning_with_a_place() {
    for (source, place) in [
        (&b"---\nname: a\ndescription: d\xE9\n---\n"[..], (3, 15)),
        (b"---\nname: a\ndescription: d\n---\nx\ny \xFF\n", (6, 3)),
    ] {
        let parsed = parse(source, Some("a"));
        assert_eq!(fault(&parsed, "not-utf8").map(|f| (f.line, f.column)), Some(place));
        assert_eq!((parsed.valid, parsed.load), (false, Load::Warn));
    }
}
