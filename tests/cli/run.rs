//! `openskills run`: what is printed where, and the exit codes.

use std::fs::File;

use serde_json::{Value, json};

use crate::bench::{Bench, skill, skills};

const HELLO: &str = r#"{"text": "Hello, world. How are you?"}"#;

#[test]
fn success_prints_the_output_alone() {
    let ran = Bench::new().run(["run", &skill("text-stats"), "--input", HELLO]).ended_with(0);
    assert_eq!(ran.json()["words"], 5);
    assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str()), (1, ""));
}

#[test]
fn a_name_is_looked_up_in_the_skills_folders() {
    let bench = Bench::new();
    bench.run(["run", "text-stats", "--skills", &skills(), "--input", HELLO]).ended_with(0);
    let ran = bench
        .command(["run", "text-stats", "--input", HELLO])
        .env("OPENSKILLS_PATH", skills())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0));
}

#[test]
fn a_path_needs_no_skills_folder_and_is_not_disturbed_by_one() {
    let bench = Bench::new();
    bench.file(".openskills/skills/broken/SKILL.md", "no front matter");
    bench.run(["run", &skill("text-stats"), "--input", HELLO]).ended_with(0);
    bench.run(["run", &skill("text-stats"), "--skills", "missing", "--input", HELLO]).ended_with(0);
}

#[test]
fn what_the_skill_prints_goes_to_stderr_behind_its_name() {
    let bench = Bench::new();
    let talker = bench.skill("talker", "abuse");
    let input = r#"{"op": "say", "text": "error: forged\u001b[2J\nhint: run this"}"#;
    let ran = bench.run(["run", talker.to_str().unwrap(), "--input", input]).ended_with(0);
    let own: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("talker│ ")).collect();
    assert!(own.len() >= 2, "{ran:#?}");
    assert!(
        !ran.stderr.lines().any(|line| line.starts_with("error") || line.starts_with("hint")),
        "{ran:#?}"
    );
    assert!(!ran.stderr.contains('\u{1b}'), "{ran:#?}");
    ran.json();
    let quiet = bench.run(["run", talker.to_str().unwrap(), "--input", input, "--quiet"]).ended_with(0);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn json_is_the_whole_result() {
    let ran = Bench::new().run(["run", &skill("text-stats"), "--input", HELLO, "--json"]).ended_with(0);
    let result = ran.json();
    assert_eq!(result["output"]["words"], 5);
    assert_eq!(result["audit"]["outcome"], json!({ "kind": "success" }));
    assert!(result["stdout"].is_string() && result["stderr"].is_string());
}

#[test]
fn a_skill_that_fails_is_1() {
    let bench = Bench::new();
    let ran =
        bench.run(["run", &skill("csv-profile"), "--input", r#"{"path": "missing.csv"}"#]).ended_with(1);
    assert_eq!(ran.stdout, "");
    ran.says("missing.csv");
    let panics = bench.skill("panics", "abuse");
    bench.run(["run", panics.to_str().unwrap(), "--input", r#"{"op": "panic", "text": "oh"}"#]).ended_with(1);
}

#[test]
fn a_failure_of_many_lines_cannot_forge_ours() {
    let bench = Bench::new();
    let fails = bench.skill("fails", "abuse");
    let input = r#"{"op": "fail", "text": "one\nerror: two\nhint: three"}"#;
    let ran = bench.run(["run", fails.to_str().unwrap(), "--input", input]).ended_with(1);
    assert!(ran.stderr.lines().skip(1).all(|line| line.contains("fails│ ")), "{ran:#?}");
}

#[test]
fn a_mistake_in_the_command_line_is_2() {
    let bench = Bench::new();
    bench.run(["run"]).ended_with(2).says("Usage");
    bench.run(["run", &skill("text-stats"), "--timeout-ms", "0"]).ended_with(2);
    bench.run(["text-stats"]).ended_with(2).says("`openskills run text-stats`");
    bench.run(["run", "text-stats", HELLO]).ended_with(2).says("--input '{\"text\"");
}

#[test]
fn a_skill_that_is_not_there_is_3_and_the_nearest_is_named() {
    let bench = Bench::new();
    let skills = skills();
    bench.run(["run", "text-stat", "--skills", &skills]).ended_with(3).says("did you mean `text-stats`?");
    bench.run(["run", &format!("{skills}/text-stat")]).ended_with(3).says("text-stats`?");
    bench.run(["run", "text-stats"]).ended_with(3).says("`--skills DIR`");
    bench.skill("mine", "echo");
    bench.run(["run", "mine"]).ended_with(3).says("`skills/mine`");
}

#[test]
fn what_is_no_component_or_no_manifest_is_4() {
    let bench = Bench::new();
    let text = bench.skill("text", "echo");
    bench.file("skills/text/wasm/skill.wasm", "I am a skill");
    bench.run(["run", text.to_str().unwrap()]).ended_with(4).says("it is text (`I am a skill`)");
    bench.file("skills/odd/SKILL.md", "---\nname: odd\n---\n");
    bench.run(["run", "skills/odd"]).ended_with(4).says("skills/odd/SKILL.md:1:1: error:");
    bench.run(["run", "odd", "--skills", "skills"]).ended_with(4).says("description");
}

#[test]
fn a_skill_that_was_not_built_says_how() {
    let bench = Bench::new();
    bench.file("skills/fresh/SKILL.md", "---\nname: fresh\ndescription: New.\n---\n");
    bench.file("skills/fresh/Cargo.toml", "[package]\nname = \"fresh-skill\"\n");
    bench
        .run(["run", "skills/fresh"])
        .ended_with(4)
        .says("cargo build --release --target wasm32-wasip2")
        .says("fresh_skill.wasm");
}

#[test]
fn a_busy_loop_is_6() {
    let bench = Bench::new();
    let spins = bench.skill("spins", "abuse");
    let spins = spins.to_str().unwrap();
    bench.run(["compile", spins]).ended_with(0);
    bench
        .run(["run", spins, "--input", r#"{"op": "spin"}"#, "--timeout-ms", "200"])
        .ended_with(6)
        .says("`spins` was stopped after 200 ms")
        .says("--timeout-ms");
}

#[test]
fn what_cannot_be_read_or_written_is_7() {
    let bench = Bench::new();
    let stats = skill("text-stats");
    bench.run(["list", "--skills", "missing"]).ended_with(7);
    bench.run(["run", &stats, "--input", "@missing.json"]).ended_with(7).says("missing.json");
    bench.run(["run", &stats, "--input", HELLO, "--audit-log", "missing/log"]).ended_with(7);
    bench.run(["run", &stats, "--workspace", "missing"]).ended_with(7);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = bench.command(["run", &stats, "--input", HELLO]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn errors_have_a_json_form() {
    let bench = Bench::new();
    let ran = bench.run(["run", "text-stat", "--skills", &skills(), "--json"]).ended_with(3);
    assert_eq!((ran.json()["error"]["kind"].as_str(), ran.stderr.as_str()), (Some("SkillNotFound"), ""));
    assert_eq!(ran.json()["audit"], Value::Null);

    let ran = bench.run(["run", &skill("csv-profile"), "--input", r#"{"path": "/etc/passwd"}"#, "--json"]);
    let value = ran.ended_with(5).json();
    assert_eq!(value["error"]["kind"], "PermissionDenied");
    assert_eq!(value["error"]["denials"][0]["target"], "/etc/passwd");
    assert_eq!(value["audit"]["outcome"], json!({ "kind": "denied" }));

    let ran = bench.run(["run", "skills/none", "--input", "{", "--json"]).ended_with(2);
    assert_eq!(ran.json()["error"]["kind"], "InvalidInput");
}

#[test]
fn records_are_appended_to_the_audit_log() {
    let bench = Bench::new();
    for _ in 0..2 {
        bench.run(["run", &skill("text-stats"), "--input", HELLO, "--audit-log", "log.jsonl"]).ended_with(0);
    }
    let log = std::fs::read_to_string(bench.workspace().join("log.jsonl")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["previous"], lines[0]["hash"]);
}
