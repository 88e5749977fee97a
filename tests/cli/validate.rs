//! `openskills validate`: verdicts, diagnostics and exit codes.

use serde_json::Value;

use crate::bench::{Bench, skills};

#[test]
fn our_own_skills_are_valid() {
    let ran = Bench::new().run(["validate", &skills()]).ended_with(0).says("all 5 are valid");
    assert_eq!(ran.stdout.matches(": valid\n").count(), 5, "{ran:#?}");
}

#[test]
fn a_fault_has_a_place_the_line_and_a_hint() {
    let bench = Bench::new();
    bench.file("skills/a/SKILL.md", "---\nname: Bad_Name\ndescription: D.\n---\n");
    let ran = bench.run(["validate", "skills"]).ended_with(4).shows("skills/a/SKILL.md:2:7: error: ");
    let ran = ran
        .shows("2 │ name: Bad_Name")
        .shows("^^^^^^^^")
        .shows("hint: ")
        .shows("skills/a/SKILL.md: not valid");
    assert_eq!(ran.stderr, "");
}

#[test]
fn folders_files_and_trees_are_taken() {
    let bench = Bench::new();
    for name in ["a", "b"] {
        let text = format!("---\nname: {name}\ndescription: D.\n---\n");
        bench.file(&format!("deep/er/{name}/SKILL.md"), text);
    }
    for (paths, count) in [
        (vec!["deep"], 2),
        (vec!["deep/er/a"], 1),
        (vec!["deep/er/a/SKILL.md", "deep/er/b"], 2),
        (vec!["."], 2),
    ] {
        let ran = bench.run([vec!["validate"], paths].concat()).ended_with(0);
        assert_eq!(ran.stdout.matches(": valid\n").count(), count, "{ran:#?}");
    }
    std::fs::create_dir(bench.workspace().join("empty")).unwrap();
    bench.run(["validate", "empty"]).ended_with(3);
    bench.run(["validate", "missing"]).ended_with(3);
}

#[test]
fn json_is_an_object_a_line() {
    let bench = Bench::new();
    bench.file("skills/a/SKILL.md", "---\nname: a\ndescription: D.\n---\n");
    bench.file("skills/b/SKILL.md", "---\nname: b\n---\n");
    let ran = bench.run(["validate", "skills", "--json"]).ended_with(4);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["valid"], &lines[0]["load"]), (&true.into(), &"ok".into()));
    assert_eq!((&lines[1]["valid"], &lines[1]["load"]), (&false.into(), &"refuse".into()));
    assert_eq!(lines[1]["errors"][0]["code"], "description-missing");
}
