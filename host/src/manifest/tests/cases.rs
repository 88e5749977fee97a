//! Files beside what is expected of them: `tests/cases/manifest/{valid,warn,refuse}/*.md`.
//!
//! A case is a `SKILL.md` in a folder called as the file without `.md`. Its directory names the
//! outcome: `valid` in both verdicts, or the load verdict. The `.json` beside it lists the faults;
//! with `OPENSKILLS_BLESS=1` it is written anew.

use std::{fs, path::Path};

use crate::manifest::{Load, Parsed, parse};

fn expectation(parsed: &Parsed) -> String {
    let faults: Vec<_> = parsed
        .faults
        .iter()
        .map(|f| serde_json::json!({ "code": f.code, "at": format!("{}:{}", f.line, f.column), "message": f.message }))
        .collect();
    let tools: Vec<_> =
        parsed.manifest.iter().flat_map(|m| &m.allowed_tools).map(ToString::to_string).collect();
    let all = serde_json::json!({
        "valid": parsed.valid,
        "load": parsed.load,
        "name": parsed.manifest.as_ref().map(|m| &m.name),
        "description": parsed.manifest.as_ref().map(|m| &m.description),
        "allowed_tools": tools,
        "body_line": parsed.body_line,
        "faults": faults,
    });
    format!("{all:#}\n")
}

#[test]
fn every_case_is_as_expected() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/manifest");
    let bless = std::env::var_os("OPENSKILLS_BLESS").is_some();
    let mut seen = 0;
    for (directory, valid, load) in
        [("valid", Some(true), Load::Ok), ("warn", None, Load::Warn), ("refuse", None, Load::Refuse)]
    {
        for entry in fs::read_dir(root.join(directory))? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let parsed = parse(&fs::read(&path)?, path.file_stem().and_then(|stem| stem.to_str()));
            let shown = path.display();
            assert_eq!(parsed.load, load, "{shown}: {:#?}", parsed.faults);
            assert_eq!(valid.unwrap_or(parsed.valid), parsed.valid, "{shown}: {:#?}", parsed.faults);
            let expected = path.with_extension("json");
            if bless {
                fs::write(&expected, expectation(&parsed))?;
            }
            assert_eq!(fs::read_to_string(&expected)?, expectation(&parsed), "{shown}");
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen} cases");
    Ok(())
}
