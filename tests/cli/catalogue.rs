//! What agents read of skills: `prompt`, and `show` with arguments.

use openskills_runtime::estimate_tokens;
use openskills_tests::repository;

use crate::bench::{Bench, skill, skills};

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("skills/greet/SKILL.md", "---\nname: greet\ndescription: Greets <people> & says \"hello\".\narguments: who how\n---\nSay $how to $who from ${SKILL_DIR}, all of $ARGUMENTS.\n");
    bench.file(
        "skills/plain/SKILL.md",
        "---\nname: plain\ndescription: Words. More of them, in a second sentence.\n---\nDo it.\n",
    );
    bench.file(
        "skills/manual/SKILL.md",
        "---\nname: manual\ndescription: For people.\ndisable-model-invocation: true\n---\nDo it.\n",
    );
    bench
}

#[test]
fn prompt_prints_what_the_reference_implementation_prints() {
    let bench = bench();
    let place = bench.workspace().join("skills");
    let place = place.canonicalize().unwrap();
    let expected = format!(
        "<available_skills>\n<skill>\n<name>\ngreet\n</name>\n<description>\nGreets &lt;people&gt; &amp; says &quot;hello&quot;.\n</description>\n<location>\n{place}/greet/SKILL.md\n</location>\n</skill>\n<skill>\n<name>\nplain\n</name>\n<description>\nWords. More of them, in a second sentence.\n</description>\n<location>\n{place}/plain/SKILL.md\n</location>\n</skill>\n</available_skills>\n",
        place = place.display()
    );
    let ran = bench
        .run(["prompt", "--skills", "skills"])
        .ended_with(0)
        .says("`disable-model-invocation`")
        .says("manual");
    assert_eq!(ran.stdout, expected);
    let named = bench.run(["prompt", "skills/greet", "plain", "--skills", "skills", "--quiet"]).ended_with(0);
    assert_eq!((named.stdout.as_str(), named.stderr.as_str()), (expected.as_str(), ""));
    bench.run(["prompt", "--skills", "skills", "--all"]).ended_with(0).shows("\nmanual\n");
}

#[test]
fn the_prompt_of_the_documentation_is_the_prompt() {
    let page = std::fs::read_to_string(repository().join("docs/spec.md")).unwrap();
    let place = format!("{}/", std::fs::canonicalize(skills()).unwrap().display());
    for (language, format) in [("xml", "xml"), ("markdown", "markdown"), ("json", "json")] {
        let ran = Bench::new().run(["prompt", &skill("text-stats"), "--format", format]).ended_with(0);
        let block = format!("```{language} prompt\n{}```\n", ran.stdout.replace(&place, "/home/me/skills/"));
        assert!(page.contains(&block), "docs/spec.md does not have\n{block}");
    }
}

#[test]
fn a_prompt_keeps_to_its_budget_and_says_what_it_left_out() {
    let bench = bench();
    let ran =
        bench.run(["prompt", "--skills", "skills", "--format", "markdown", "--budget", "45"]).ended_with(0);
    let ran = ran.says("1 of 2 skills left out to keep to 45 tokens: plain");
    assert!(estimate_tokens(ran.stdout.trim_end()) <= 45, "{}", ran.stdout);
    let json = bench.run(["prompt", "--skills", "skills", "--budget", "12", "--json"]).ended_with(0).json();
    assert_eq!(json["left_out"], serde_json::json!(["greet", "plain"]));
    assert_eq!(json["hidden"], serde_json::json!(["manual"]));
    assert_eq!(
        (&json["tokens"], &json["text"]),
        (&10.into(), &"<available_skills>\n</available_skills>".into())
    );
    let list = bench.run(["prompt", "--skills", "skills", "--format", "json"]).ended_with(0).json();
    assert_eq!(list[1]["name"], "plain");
    bench.run(["prompt", "--skills", "skills", "--budget", "few"]).ended_with(2);
    bench.run(["prompt", "--format", "yaml"]).ended_with(2).says("markdown");
}

#[test]
fn a_prompt_without_skills_is_an_empty_catalogue_and_says_why() {
    let bench = Bench::new();
    let ran = bench.run(["prompt"]).ended_with(0).says("--skills DIR");
    assert_eq!(ran.stdout, "<available_skills>\n</available_skills>\n");
    bench.run(["prompt", "missing"]).ended_with(3);
    bench.file("skills/odd/SKILL.md", "---\nname: odd\n---\n");
    bench.run(["prompt", "--skills", "skills"]).ended_with(0).says("1 skill is left out");
}

#[test]
fn show_puts_arguments_into_the_instructions() {
    let bench = bench();
    let greet = bench.workspace().join("skills/greet").canonicalize().unwrap();
    let arguments = "'Ada $how' -loudly";
    let expected = format!("Say -loudly to Ada $how from {}, all of {arguments}.\n", greet.display());
    bench.run(["show", "skills/greet", "--arguments", arguments]).ended_with(0).shows(&expected);
    bench
        .run(["show", "skills/plain", "--arguments", "now"])
        .ended_with(0)
        .shows("Do it.\n\nARGUMENTS: now\n");
    // Without the flag they are shown as written.
    bench.run(["show", "skills/greet"]).ended_with(0).shows("Say $how to $who").shows("arguments  who how");
}

#[test]
fn show_as_json_has_every_field_for_the_embedder() {
    let bench = Bench::new();
    bench.file(
        "skills/full/SKILL.md",
        "---\nname: full\ndescription: All fields.\nlicense: MIT\ncompatibility: Needs git\nmetadata:\n  author: Ada\n  deep: {a: b}\nallowed-tools: Read(data/**) Bash(git *)\ndisallowed-tools: Read(data/x)\nuser-invocable: false\nargument-hint: [file]\narguments: [file, mode]\ncontext: fork\nagent: Explore\nmodel: small\neffort: high\nshell: bash\nwhen_to_use: Often.\npaths: \"*.rs, *.md\"\nhooks:\n  PreToolUse:\n    - matcher: Bash\n---\nDo it.\n",
    );
    let shown = bench.run(["show", "skills/full", "--json"]).ended_with(0).json();
    for (field, expected) in [
        ("license", serde_json::json!("MIT")),
        ("compatibility", serde_json::json!("Needs git")),
        ("metadata", serde_json::json!({"author": "Ada", "deep": {"a": "b"}})),
        ("allowed_tools", serde_json::json!(["Read(data/**)", "Bash(git *)"])),
        ("disallowed_tools", serde_json::json!(["Read(data/x)"])),
        ("user_invocable", serde_json::json!(false)),
        ("model_invocable", serde_json::json!(true)),
        ("argument_hint", serde_json::json!("[file]")),
        ("arguments", serde_json::json!(["file", "mode"])),
        ("context", serde_json::json!("fork")),
        ("agent", serde_json::json!("Explore")),
        ("model", serde_json::json!("small")),
        ("effort", serde_json::json!("high")),
        ("shell", serde_json::json!("bash")),
        ("when_to_use", serde_json::json!("Often.")),
        ("paths", serde_json::json!(["*.rs", "*.md"])),
        ("hooks", serde_json::json!({"PreToolUse": [{"matcher": "Bash"}]})),
        ("id", serde_json::json!("full")),
    ] {
        assert_eq!(shown[field], expected, "{field}");
    }
    bench
        .run(["show", "skills/full"])
        .ended_with(0)
        .shows("asks for   Read(data/**), Bash(git *)")
        .shows("by models only");
}

#[test]
fn a_long_list_of_what_is_left_out_is_short_and_a_taken_name_is_used_by_its_path() {
    let bench = Bench::new();
    for number in 0..8 {
        let text =
            |says: &str| format!("---\nname: twin-{number}\ndescription: {says}\n---\nDo it {says}.\n");
        bench.file(&format!("skills/a/twin-{number}/SKILL.md"), text("first"));
        bench.file(&format!("skills/b/twin-{number}/SKILL.md"), text("second"));
        bench.file(&format!("skills/c/twin-{number}/SKILL.md"), text("first"));
        bench.file(&format!("skills/d/bad-{number}/SKILL.md"), "no front matter");
    }
    let ran = bench.run(["list", "--skills", "skills"]).ended_with(0).says("skills/a/twin-0`");
    let ran = ran.says("… and 3 more: `openskills validate`").says("… and 3 more: `--json`");
    let ran = ran.says("by its path").says("note: 8 copies of skills above are not listed");
    assert_eq!((ran.stdout.lines().count(), ran.stderr.matches("is left out").count()), (8, 10), "{ran:#?}");
    let json = bench.run(["list", "--skills", "skills", "--json"]).ended_with(0).json();
    assert_eq!(json["faults"].as_array().unwrap().len(), 24);
    bench.run(["show", "twin-1", "--skills", "skills"]).ended_with(0).shows("Do it first.");
    bench.run(["show", "skills/b/twin-1", "--skills", "skills"]).ended_with(0).shows("Do it second.");
    bench.run(["prompt", "--skills", "skills"]).ended_with(0).says("16 skills are left out");
}

#[test]
fn show_lists_what_a_skill_comes_with_and_says_what_cannot_be_read() {
    let bench = Bench::new();
    bench.file("skills/rich/SKILL.md", "---\nname: rich\ndescription: Has much.\n---\nDo it.\n");
    bench.file("skills/rich/inner/SKILL.md", "---\nname: inner\ndescription: Its own.\n---\nDo it.\n");
    for number in 0..25 {
        bench.file(&format!("skills/rich/data/{number:02}.bin"), [0xFF, 0, number]);
    }
    std::os::unix::fs::symlink("/etc/passwd", bench.workspace().join("skills/rich/a-link")).unwrap();
    let ran = bench.run(["show", "skills/rich"]).ended_with(0).shows("leads out of the skill's folder");
    let ran = ran.shows("data/18.bin 3 B").shows("… and 6 more: `--json` lists them");
    assert!(!ran.stdout.contains("inner"), "{ran:#?}");
    let json = bench.run(["show", "skills/rich", "--json"]).ended_with(0).json();
    assert_eq!(json["resources"].as_array().unwrap().len(), 26);
    assert_eq!(json["resources"][1], serde_json::json!({"path": "data/00.bin", "bytes": 3}));
    bench.run(["show", "skills/rich", "--resource", "a-link"]).ended_with(7);
    bench.run(["show", "skills/rich", "--resource", "data/00.bin", "--json"]).ended_with(2).shows("not text");
    let raw = bench.command(["show", "skills/rich", "--resource", "data/07.bin"]).output().unwrap();
    assert_eq!(raw.stdout, [0xFF, 0, 7]);
}
