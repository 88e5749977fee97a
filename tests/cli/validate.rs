//! `openskills validate`: verdicts, diagnostics and exit codes.

use serde_json::Value;

use crate::bench::{Bench, skills};

#[test]
fn our_own_skills_are_valid() {
    let ran = Bench::new().run(["validate", &skills()]).ended_with(0).says("all 5 are valid");
    assert_eq!(ran.stdout.matches("Valid skill: ").count(), 5, "{ran:#?}");
}

#[test]
fn a_fault_has_a_place_the_line_and_a_hint() {
    let bench = Bench::new();
    bench.file("skills/a/SKILL.md", "---\nname: Bad_Name\ndescription: D.\n---\n");
    let ran = bench.run(["validate", "skills"]).ended_with(4).says("    skills/a/SKILL.md:2:7 [");
    let ran =
        ran.says("2 │ name: Bad_Name").says("^^^^^^^^").says("hint: ").says("it is loaded all the same");
    assert_eq!(ran.stdout, "");
}

/// The lines of the specification's own validator, on the same streams: scripts carry over.
#[test]
fn the_lines_of_the_reference_validator_are_there_word_for_word() {
    let bench = Bench::new();
    bench.file("s/bad-one/SKILL.md", "---\nname: Bad_One\ndescription: \"\"\nfoo: 1\n---\nx\n");
    bench.file("s/good-one/SKILL.md", "---\nname: good-one\ndescription: D.\n---\n");
    let ran = bench.run(["validate", "s/bad-one", "s/good-one"]).ended_with(4);
    let lines = ran.stderr.lines().filter(|line| line.starts_with("  - ") || line.starts_with("Validation"));
    let expected = [
        "Validation failed for s/bad-one:",
        "  - Unexpected fields in frontmatter: foo. Only ['allowed-tools', 'compatibility', 'description', 'license', \
         'metadata', 'name'] are allowed.",
        "  - Skill name 'Bad_One' must be lowercase",
        "  - Skill name 'Bad_One' contains invalid characters. Only letters, digits, and hyphens are allowed.",
        "  - Directory name 'bad-one' must match skill name 'Bad_One'",
        "  - Field 'description' must be a non-empty string",
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
    assert_eq!(ran.stdout, "Valid skill: s/good-one\n");
    assert_eq!(bench.run(["validate", "s/good-one", "--quiet"]).ended_with(0).stdout, "");
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
        assert_eq!(ran.stdout.matches("Valid skill: ").count(), count, "{ran:#?}");
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

#[test]
fn every_file_below_a_folder_is_checked_wherever_it_lies() {
    let bench = Bench::new();
    let places = ["a", "a/nested", "a/tests/b", ".hidden/c", "node_modules/lost", ".git/lost", "target/d"];
    for place in places {
        let name = place.rsplit('/').next().unwrap();
        let text = format!("---\nname: {name}\ndescription: D.\n---\n");
        bench.file(&format!("tree/{place}/SKILL.md"), text);
    }
    bench.file("tree/a/skill.md", "---\nname: a\ndescription: D.\n---\n");
    bench.file(&format!("tree/{}e/SKILL.md", "d/".repeat(40)), "---\nname: e\ndescription: D.\n---\n");
    let ran = bench.run(["validate", "tree", "--json"]).ended_with(0);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let paths: Vec<&str> = lines.iter().filter_map(|line| line["path"].as_str()).collect();
    let deep = format!("tree/{}e/SKILL.md", "d/".repeat(40));
    let expected = [
        "tree/.hidden/c/SKILL.md",
        "tree/a/SKILL.md",
        "tree/a/nested/SKILL.md",
        "tree/a/skill.md",
        "tree/a/tests/b/SKILL.md",
        &deep,
        "tree/target/d/SKILL.md",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn a_file_that_cannot_be_read_is_a_verdict_and_the_others_are_checked() {
    let bench = Bench::new();
    bench.file("skills/a/SKILL.md", "---\nname: a\ndescription: D.\n---\n");
    bench.file("skills/b/note", "");
    std::os::unix::fs::symlink("nowhere", bench.workspace().join("skills/b/SKILL.md")).unwrap();
    let ran = bench.run(["validate", "skills", "--json"]).ended_with(4);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["valid"], &lines[1]["load"]), (&true.into(), &"refuse".into()));
    assert_eq!(lines[1]["errors"][0]["code"], "unreadable");
}

#[test]
fn a_link_to_a_file_that_is_not_there_is_a_warning() {
    let bench = Bench::new();
    bench.file("skills/a/references/there.md", "");
    let text =
        "---\nname: a\ndescription: D.\n---\n[here](references/there.md)\n[gone](references/gone.md)\n";
    bench.file("skills/a/SKILL.md", text);
    let ran = bench.run(["validate", "skills"]).ended_with(0);
    let ran = ran.says("skills/a/SKILL.md:6:1: warning: the link leads to `references/gone.md`");
    assert!(
        ran.stderr.contains("^^^^^^^^^^^^^^^^^^^^^^^^^^") && !ran.stderr.contains("there.md`"),
        "{ran:#?}"
    );
}

#[test]
fn many_files_come_in_order_and_are_counted_at_the_end() {
    let bench = Bench::new();
    for number in 0..700 {
        let name = if number % 7 == 0 { "other" } else { "right" };
        bench.file(
            &format!("skills/{number:03}/right/SKILL.md"),
            format!("---\nname: {name}\ndescription: D.\n---\n"),
        );
    }
    let ran = bench.run(["validate", "skills"]).ended_with(4).says("100 of 700 not valid");
    let ran = ran
        .says("600 fine, 100 with warnings, 0 not at all")
        .says("commonest errors, in files: name-folder 100");
    assert_eq!(bench.run(["validate", "skills"]).stdout, ran.stdout);
    let json = bench.run(["validate", "skills", "--json"]).ended_with(4);
    let paths: Vec<&str> = json.stdout.lines().map(|line| &line[..28]).collect();
    assert!(paths.is_sorted() && paths.len() == 700);
}
