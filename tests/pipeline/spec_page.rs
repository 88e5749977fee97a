//! docs/spec.md says what is so: its examples are run.

use std::sync::Arc;

use openskills_runtime::Policy;
use openskills_runtime::capability::{Meaning, PathPattern, grant, meaning};
use openskills_runtime::manifest::{Load, Severity, ToolEntry, parse, parse_entries};
use openskills_tests::repository;

fn page() -> String {
    std::fs::read_to_string(repository().join("docs/spec.md")).unwrap()
}

/// The fenced blocks: what stands after the dashes, and the text.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let text =
                lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
            blocks.push((info, text));
        }
    }
    blocks
}

/// The rows of the table below a heading row, as cells.
fn table<'a>(page: &'a str, head: &str) -> Vec<Vec<&'a str>> {
    let table = page.split_once(head).unwrap_or_else(|| panic!("there is no table {head}")).1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// What stands between backticks.
fn code(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_example_has_the_verdict_that_stands_beside_it() {
    let page = page();
    let mut checked = 0;
    for (info, text) in blocks(&page) {
        // The prompt's are checked with the command, WIT below; the others are pictures.
        let Some(expected) = info.strip_prefix("yaml ") else {
            assert!(
                ["text", "wit"].contains(&info) || info.ends_with(" prompt"),
                "nothing checks a block of `{info}`"
            );
            continue;
        };
        let (verdicts, codes) = expected.split_once(": ").unwrap_or((expected, ""));
        let folder =
            text.lines().find_map(|line| line.strip_prefix("name: ")).filter(|name| *name != "My Skill");
        let parsed = parse(text.as_bytes(), Some(folder.unwrap_or("my-skill")));
        let load = match parsed.load {
            Load::Ok => "ok",
            Load::Warn => "warn",
            Load::Refuse => "refuse",
        };
        let valid = if parsed.is_valid() { "valid" } else { "not valid" };
        assert_eq!(verdicts, format!("{valid}, load {load}"), "{text}{:#?}", parsed.faults);
        let errors = parsed.faults.iter().filter(|fault| fault.strict == Severity::Error);
        assert_eq!(errors.map(|fault| fault.code).collect::<Vec<_>>().join(", "), codes, "{text}");
        checked += 1;
    }
    assert!(checked >= 7, "{checked}");
}

#[test]
fn the_wit_that_is_shown_is_the_wit() {
    let files = ["world", "types"]
        .map(|name| std::fs::read_to_string(repository().join(format!("wit/{name}.wit"))).unwrap());
    let page = page();
    let shown = blocks(&page).into_iter().filter(|(info, _)| *info == "wit").map(|(_, text)| text);
    for line in shown.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()) {
        let line = line.split("//").next().unwrap_or_default().trim();
        assert!(files.iter().any(|file| file.contains(line)), "{line}");
    }
}

#[test]
fn path_patterns_cover_what_the_table_says() {
    let page = page();
    let rows = table(&page, "| pattern | | covers | does not cover |");
    assert!(rows.len() >= 6, "{rows:?}");
    for row in rows {
        for pattern in code(row[0]) {
            let pattern = PathPattern::parse(pattern).unwrap();
            for path in code(row[2]) {
                assert!(pattern.covers(path, false), "{pattern:?} covers {path}");
            }
            for path in row.get(3).map(|cell| code(cell)).unwrap_or_default() {
                assert!(!pattern.covers(path, false), "{pattern:?} does not cover {path}");
            }
        }
    }
}

#[test]
fn entries_mean_what_the_table_says() {
    let page = page();
    let section = page.split_once("### Meanings").unwrap().1;
    let mut checked = 0;
    for row in table(section, "| entry | meaning |") {
        for text in code(row[0]) {
            if text == "(pattern)" {
                continue;
            }
            let entry = text.replace('…', "x").replace("HOST", "example.com").replace(":PORT", ":8443");
            let entry = ToolEntry::parse(&entry).unwrap();
            let granted = grant(std::slice::from_ref(&entry), &[], Arc::new(Policy::trust_skills()));
            let rules = granted.capabilities.requested().len();
            assert_eq!(rules == 0, row[1].starts_with("nothing"), "{text}: {}", row[1]);
            let valid = !matches!(meaning(&entry), Meaning::Invalid(_));
            assert_eq!(valid, !row[1].ends_with("it is an error"), "{text}: {}", row[1]);
            checked += 1;
        }
    }
    assert!(checked >= 25, "{checked}");
}

#[test]
fn the_grammar_splits_as_it_says() {
    let page = page();
    let line = page.lines().find(|line| line.contains("is three entries")).unwrap();
    assert_eq!(parse_entries(code(line)[0]).len(), 3);
    assert!(parse_entries("Read (a)").iter().all(|entry| !entry.is_valid()));
}

#[test]
fn every_field_of_the_table_is_known_and_every_known_field_is_in_it() {
    let page = page();
    let rows = table(&page, "| field | open specification | Claude Code | here |");
    let fields: Vec<&str> =
        rows.iter().filter(|row| row[0] != "anything else").flat_map(|row| code(row[0])).collect();
    for field in &fields {
        let text = format!("---\nname: a\ndescription: d\n{field}: x\n---\n");
        let parsed = parse(text.as_bytes(), Some("a"));
        assert!(
            parsed.faults.iter().all(|fault| fault.code != "unknown-field"),
            "{field}: {:?}",
            parsed.faults
        );
    }
    let row = |field: &str| rows.iter().find(|row| code(row[0]).contains(&field)).unwrap();
    for field in ["name", "description", "license", "compatibility", "metadata", "allowed-tools"] {
        assert_ne!(row(field)[1], "–", "{field} is the specification's");
    }
    assert!(fields.len() >= 20, "{fields:?}");
}
