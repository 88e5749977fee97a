//! Any bytes as a `SKILL.md`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openskills_fuzz::manifest::{Load, Parsed, Severity, file_links, parse};

fuzz_target!(|source: &[u8]| {
    for folder in [None, Some("a"), Some("pdf-tools")] {
        check(source, &parse(source, folder));
    }
    let parsed = parse(source, None);
    let body = String::from_utf8_lossy(source.get(parsed.body_offset..).unwrap_or_default());
    for link in file_links(&body, parsed.body_line) {
        assert!(!link.path.starts_with('/') && !link.path.is_empty(), "{link:?}");
        assert!(body.contains(&link.written), "{link:?}");
    }
});

fn check(source: &[u8], parsed: &Parsed) {
    let lines = 1 + source.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    assert!(parsed.body_offset <= source.len());
    assert!(parsed.body_line <= lines + 1);
    for fault in &parsed.faults {
        assert!((1..=lines + 1).contains(&fault.line), "{fault:?}");
        assert!((1..=source.len() + 1).contains(&fault.column), "{fault:?}");
        assert!(!fault.message.is_empty() && !fault.code.is_empty(), "{fault:?}");
        assert!(fault.hint.is_some() || fault.code == "more-faults", "{fault:?}");
        assert!(fault.text.as_ref().is_none_or(|text| !text.contains(char::is_control)), "{fault:?}");
        if let Some(line) = fault.source_line(source) {
            assert!(line.mark.start < line.mark.end, "{line:?}");
            assert!(line.mark.start <= line.text.chars().count(), "{line:?}");
        }
        assert!(serde_json::to_string(fault).is_ok());
    }
    let worst = |of: fn(&openskills_fuzz::manifest::Fault) -> Severity| parsed.faults.iter().map(of).max();
    assert_eq!(parsed.valid, worst(|fault| fault.strict) < Some(Severity::Error));
    assert_eq!(parsed.load == Load::Refuse, worst(|fault| fault.load) == Some(Severity::Error));
    // What the specification calls valid, clients load; but for a description that its own parser reads as the text
    // `null`, and every other as none.
    let is_null = parsed.faults.iter().any(|fault| fault.code == "description-null");
    assert!(!parsed.valid || parsed.load != Load::Refuse || is_null, "{:?}", parsed.faults);
    match &parsed.manifest {
        None => assert_eq!(parsed.load, Load::Refuse),
        Some(manifest) => {
            assert!(parsed.load == Load::Refuse || !manifest.description.is_empty());
            for entry in manifest.allowed_tools.iter().chain(&manifest.disallowed_tools) {
                assert!((2..=lines).contains(&entry.line), "{entry:?}");
                assert!(entry.is_valid() || entry.specifier.is_none(), "{entry:?}");
            }
            assert!(serde_json::to_string(manifest).is_ok());
        }
    }
}
