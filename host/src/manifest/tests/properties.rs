//! Properties that hold for every input.

use proptest::{collection::vec, prelude::*, sample::select};

use crate::manifest::{Load, Parsed, Severity, ToolEntry, parse, parse_entries};

/// Pieces of front matter, sound and broken.
const PIECES: &[&str] = &[
    "---\n",
    "---",
    "name: a\n",
    "description: d\n",
    "description: x: y\n",
    "allowed-tools: ",
    "allowed-tools:\n",
    "disallowed-tools: Bash\n",
    "  - Read\n",
    "Read(a b), Edit\n",
    "metadata:\n",
    "  version: 1.0\n",
    "hooks: {x: [y]}\n",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "!!str ",
    "|\n",
    ">-\n",
    "  text\n",
    "\"",
    "'",
    "`",
    "@",
    "#",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    ":",
    ": ",
    "- ",
    "? ",
    ",",
    "(",
    ")",
    "\\x41",
    "\u{FEFF}",
    "\0",
    "\u{1b}",
    "é",
    "字",
    "...\n",
    "%YAML 1.2\n",
    "<<: *a\n",
    "~",
    "null",
    "version: 1.0\n",
    "argument-hint: [x]\n",
    "tools: x\n",
    "\u{2028}",
    "\u{85}",
];

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

fn check(source: &[u8], parsed: &Parsed) -> Result<(), TestCaseError> {
    prop_assert!(parsed.body_offset <= source.len());
    let lines = 1 + source.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    prop_assert!(parsed.body_line <= lines + 1);
    for fault in &parsed.faults {
        prop_assert!(fault.line >= 1 && fault.line <= lines + 1, "{fault:?}");
        prop_assert!(fault.column >= 1 && fault.column <= source.len() + 1, "{fault:?}");
        prop_assert!(fault.text.as_ref().is_none_or(|text| !text.contains(char::is_control)), "{fault:?}");
        prop_assert!(fault.hint.is_some() || fault.code == "more-faults", "{fault:?}");
    }
    let worst = |of: fn(&crate::manifest::Fault) -> Severity| parsed.faults.iter().map(of).max();
    prop_assert_eq!(parsed.valid, worst(|fault| fault.strict) < Some(Severity::Error));
    prop_assert_eq!(parsed.load == Load::Refuse, worst(|fault| fault.load) == Some(Severity::Error));
    match &parsed.manifest {
        None => prop_assert_eq!(parsed.load, Load::Refuse),
        Some(manifest) => {
            prop_assert_eq!(manifest.description.is_empty(), parsed.load == Load::Refuse);
            prop_assert!(serde_json::to_string(manifest).is_ok());
            for entry in manifest.allowed_tools.iter().chain(&manifest.disallowed_tools) {
                prop_assert!(entry.line >= 2 && entry.line <= lines);
                prop_assert!(entry.is_valid() || entry.specifier.is_none());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_parse(bytes in vec(any::<u8>(), 0..400)) {
        check(&bytes, &parse(&bytes, Some("a")))?;
        let framed = [b"---\n", &bytes[..], b"\n---\n"].concat();
        check(&framed, &parse(&framed, None))?;
    }

    #[test]
    fn any_pieces_parse(pieces in vec(select(PIECES), 0..40), framed in any::<bool>()) {
        let text = pieces.concat();
        let text = if framed { format!("---\nname: a\ndescription: d\n{text}\n---\n") } else { text };
        let parsed = parse(text.as_bytes(), Some("a"));
        check(text.as_bytes(), &parsed)?;
        prop_assert_eq!(parse(text.as_bytes(), Some("a")), parsed);
    }

    #[test]
    fn a_mutated_file_parses(at in 0_usize..220, byte in any::<u8>(), cut in 0_usize..3) {
        let mut source = b"---\nname: a\ndescription: >-\n  Long: text\n  [x] 'y'\nmetadata:\n  version: \"1.0\"\n  \
            nested: {a: [b, c], d: &e f}\nallowed-tools: Bash(git add:*) Read(docs/**), Edit\n---\n# Body\n".to_vec();
        let at = at.min(source.len());
        let end = (at + cut).min(source.len());
        source.splice(at..end, [byte]);
        check(&source, &parse(&source, Some("a")))?;
    }

    #[test]
    fn entries_survive_being_joined_and_split(
        entries in vec(("[A-Za-z_*][A-Za-z0-9_:*-]{0,8}", prop::option::of("[a-z/*:, '\"é]{0,6}[a-z][a-z (]{0,2}")), 0..8),
        separator in select(&[" ", ",", ", ", "\n", " ,\t"][..]),
    ) {
        let written: Vec<String> = entries.iter().map(|(tool, specifier)| match specifier {
            None => tool.clone(),
            Some(specifier) => format!("{tool}({specifier}{})", ")".repeat(specifier.matches('(').count())),
        }).collect();
        let read = parse_entries(&written.join(separator));
        prop_assert!(read.iter().map(|entry| &entry.text).eq(&written));
        for (entry, (tool, specifier)) in read.iter().zip(&entries) {
            prop_assert!(entry.is_valid(), "{entry:?}");
            prop_assert_eq!(&entry.tool, tool);
            prop_assert_eq!(entry.specifier.is_some(), specifier.is_some());
            let again = ToolEntry::parse(&entry.to_string());
            prop_assert_eq!(again.map(|e| (e.tool, e.specifier)), Ok((entry.tool.clone(), entry.specifier.clone())));
        }
    }

    #[test]
    fn any_text_splits_into_entries_in_order(text in "[A-C() ,\\n\"]{0,60}") {
        let entries = parse_entries(&text);
        let mut rest = text.as_str();
        for entry in &entries {
            let (before, after) = rest.split_once(entry.text.as_str()).unwrap_or((rest, ""));
            prop_assert!(before.chars().all(|c| c == ',' || c.is_whitespace()), "{before:?}");
            rest = after;
        }
        prop_assert!(rest.chars().all(|c| c == ',' || c.is_whitespace()), "{rest:?}");
    }
}
