//! Faults that were found in systems like this one; one test a fault.

use super::{errors, fault, front_matter, manifest};
use crate::manifest::{Load, parse};

const ALLOWED: &str = "allowed-tools: Bash(git add:*) Read";

fn tools(yaml: &str) -> Vec<String> {
    manifest(yaml).allowed_tools.iter().map(|entry| entry.text.clone()).collect()
}

#[test]
fn a_field_of_an_unexpected_kind_does_not_drop_the_others() {
    for odd in [
        "compatibility: a text",
        "compatibility:\n  node: '>=20'",
        "hooks:\n  PreToolUse:\n    - matcher: Bash\n      hooks:\n        - type: command",
        "metadata:\n  tags:\n    - x\n    - y",
        "metadata:\n  - x",
        "metadata: text",
        "license:\n  - MIT",
        "version:\n  major: 1",
        "arguments:\n  x: y",
        "paths:\n  - x: y",
        "disable-model-invocation: perhaps",
        "user-invocable:\n  - x",
        "model: [x]",
        "argument-hint: [file]",
        "disallowed-tools:\n  x: y",
        "name:\n  - x",
        "? [x]\n: y",
        "unheard-of: {x: [y]}",
    ] {
        for yaml in [format!("description: d\n{odd}\n{ALLOWED}"), format!("{ALLOWED}\n{odd}\ndescription: d")]
        {
            assert_eq!(tools(&yaml), ["Bash(git add:*)", "Read"], "{yaml}");
            assert_eq!(manifest(&yaml).description, "d", "{yaml}");
            assert_ne!(front_matter(&yaml).load, Load::Refuse, "{yaml}");
        }
    }
}

#[test]
fn an_entry_is_not_split_at_a_blank_inside_its_parentheses() {
    assert_eq!(tools("name: a\ndescription: d\nallowed-tools: Bash(git add:*)"), ["Bash(git add:*)"]);
    assert_eq!(
        tools("name: a\ndescription: d\nallowed-tools:\n  - Bash(git add:*)\n  - Read(a, b)"),
        ["Bash(git add:*)", "Read(a, b)"]
    );
}

#[test]
fn lengths_count_characters_not_bytes() {
    let described = |count: usize| front_matter(&format!("name: a\ndescription: {}", "字".repeat(count)));
    assert!(described(342).valid);
    assert!(described(1024).valid);
    let long = described(1025);
    assert_eq!(errors(&long), ["Description exceeds 1024 character limit (1025 chars)"]);
    assert_eq!(long.load, Load::Warn);
    assert_eq!(long.manifest.map(|manifest| manifest.description.chars().count()), Some(1025));

    let compatible = |count: usize| {
        front_matter(&format!("name: a\ndescription: d\ncompatibility: {}", "字".repeat(count)))
    };
    assert!(compatible(500).valid);
    assert_eq!(errors(&compatible(501)), ["Compatibility exceeds 500 character limit (501 chars)"]);
}

#[test]
fn three_dashes_inside_a_value_do_not_cut_it() {
    let parsed = front_matter("name: a\ndescription: this --- and that\nlicense: |\n  x\n  ---\n  y");
    assert!(parsed.valid, "{:?}", parsed.faults);
    let manifest = parsed.manifest.unwrap_or_default();
    assert_eq!(manifest.description, "this --- and that");
    assert_eq!(manifest.license.as_deref(), Some("x\n---\ny"));
}

#[test]
fn a_byte_order_mark_is_no_error() {
    let parsed = parse("\u{FEFF}---\nname: a\ndescription: é x\n---\nb".as_bytes(), Some("a"));
    assert!(parsed.valid);
    assert_eq!(parsed.load, Load::Ok);
    assert_eq!(fault(&parsed, "byte-order-mark").map(|f| (f.line, f.column)), Some((1, 1)));
    assert_eq!(parsed.body_offset, 3 + 34);
    let places = parsed.manifest.map(|m| m.fields.iter().map(|f| (f.line, f.column)).collect());
    assert_eq!(places, Some(vec![(2, 1), (3, 1)]));
}

#[test]
fn a_dot_as_folder_is_not_compared_with_the_name() {
    let source = b"---\nname: pdf-tools\ndescription: d\n---\n";
    for folder in [None, Some("."), Some(".."), Some(""), Some("pdf-tools")] {
        assert!(parse(source, folder).valid, "{folder:?}");
    }
    assert!(!parse(source, Some("other")).valid);
}

#[test]
fn control_characters_do_not_crash_or_hide_what_follows() {
    for byte in (0..32).chain([127]).filter(|byte| !matches!(byte, 9 | 10 | 13)) {
        let mut source = b"---\nname: a\ndescription: d".to_vec();
        source.push(byte);
        source.extend_from_slice(b"e\ndisallowed-tools: Bash\n---\n");
        let parsed = parse(&source, Some("a"));
        assert_eq!(fault(&parsed, "control-character").map(|f| (f.line, f.column)), Some((3, 15)), "{byte}");
        assert_eq!((parsed.valid, parsed.load), (false, Load::Warn), "{byte}");
        let manifest = parsed.manifest.unwrap_or_default();
        assert_eq!(manifest.description, "d\u{FFFD}e", "{byte}");
        assert_eq!(manifest.disallowed_tools.len(), 1, "{byte}");
    }
}

#[test]
fn order_is_the_order_of_the_file() {
    let keys = ["z", "description", "m", "name", "a", "k", "b"];
    let yaml: String = keys.iter().map(|key| format!("{key}: a\n")).collect();
    let manifest = manifest(&yaml);
    assert!(manifest.fields.iter().map(|field| field.key.as_str()).eq(keys));
    assert_eq!(
        errors(&front_matter(&yaml)),
        ["Unexpected fields in frontmatter: a, b, k, m, z. Only ['allowed-tools', 'compatibility', \
          'description', 'license', 'metadata', 'name'] are allowed."]
    );
}
