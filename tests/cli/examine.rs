//! The commands that look at skills: list, show, inspect, compile, doctor, and the help.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use openskills_tests::cache;

use crate::bench::{Bench, Ran, skill, skills};

#[test]
fn list_names_the_skills_and_says_what_it_left_out() {
    let bench = Bench::new();
    let ran = bench.run(["list", "--skills", &skills()]).ended_with(0).shows("text-stats   Measures a text");
    assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str()), (5, ""));
    bench.file("skills/odd/SKILL.md", "---\nname: odd\n---\n");
    bench.file("skills/plain/SKILL.md", "---\nname: plain\ndescription: Words.\n---\n");
    let ran =
        bench.run(["list", "--skills", "skills"]).ended_with(0).says("skills/odd/SKILL.md` is left out");
    let ran = ran.says("none has a component: instructions only");
    assert_eq!(ran.stdout, "plain  Words.\n");
    let listing = bench.run(["list", "--skills", "skills", "--json"]).ended_with(0).json();
    assert_eq!(listing["skills"][0]["name"], "plain");
    assert_eq!(listing["faults"][0]["refused"], true);
}

#[test]
fn without_a_skills_folder_list_says_where_they_would_be() {
    let ran = Bench::new().run(["list"]).ended_with(0).says("--skills DIR").says(".claude/skills");
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let bench = Bench::new();
    for arguments in
        [vec!["list", "--skills", "SKILLS"], vec!["--help"], vec!["inspect", "SKILLS/text-stats"]]
    {
        let arguments = arguments.iter().map(|argument| argument.replace("SKILLS", &skills()));
        let mut child =
            bench.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Nobody reads at all.
        drop(child.stdout.take());
        let mut said = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
    }
}

#[test]
fn show_has_description_instructions_and_resources() {
    let bench = Bench::new();
    let stats = skill("text-stats");
    bench.run(["show", &stats]).ended_with(0).shows("Measures a text").shows("## Input").shows("src/lib.rs");
    let shown = bench.run(["show", &stats, "--json"]).ended_with(0).json();
    assert!(shown["instructions"].as_str().unwrap().contains("## Input"));
    let file = std::fs::read_to_string(format!("{stats}/Cargo.toml")).unwrap();
    assert_eq!(bench.run(["show", &stats, "--resource", "Cargo.toml"]).ended_with(0).stdout, file);
    bench.run(["show", &stats, "--resource", "../notes/SKILL.md"]).ended_with(7);
}

#[test]
fn inspect_shows_imports_exports_schema_and_rights() {
    let bench = Bench::new();
    let expected = [
        ("text-stats", "it asks for none"),
        ("csv-profile", "Read  requested, within the policy"),
        ("page-title", "openskills:skill/http@0.1.0  granted by `WebFetch(domain:…)`"),
        ("notes", "openskills:skill/fs@0.1.0  granted by `Read(…)` or `Edit(…)`"),
        ("env-card", "openskills:skill/env@0.1.0  granted by `Env(…)`"),
    ];
    for (name, text) in expected {
        bench
            .run(["inspect", &skill(name)])
            .ended_with(0)
            .shows(text)
            .shows("describe, execute")
            .shows("Input");
    }
    let json = bench.run(["inspect", &skill("text-stats"), "--json"]).ended_with(0).json();
    assert_eq!(json["schema"]["input"]["properties"]["text"]["type"], "string");
}

#[test]
fn inspect_shows_what_would_be_refused() {
    let bench = Bench::new();
    bench
        .run(["inspect", &skill("page-title"), "--deny", "WebFetch"])
        .ended_with(0)
        .shows("refused: denied by `--deny 'WebFetch'`")
        .shows("taken away by the policy");
    // A file has no rights; what it would need is shown all the same.
    let file = format!("{}/wasm/skill.wasm", skill("page-title"));
    bench.run(["inspect", &file]).ended_with(0).shows("needs `WebFetch(domain:…)`");
    bench.file("text.wasm", "text");
    bench.run(["inspect", "text.wasm"]).ended_with(4).says("it is text");
    bench.run(["inspect", "missing.wasm"]).ended_with(4).says("no such file");
}

#[test]
fn compile_says_whether_there_was_anything_to_do() {
    let bench = Bench::new();
    let echo = bench.skill("echo", "echo");
    let fresh = bench.home().join("cache");
    let compile = || {
        let mut command = bench.command(["compile", echo.to_str().unwrap()]);
        Ran::from(command.env("XDG_CACHE_HOME", &fresh).output().unwrap()).ended_with(0)
    };
    compile().shows("echo compiled in ");
    compile().shows("echo was compiled already");
    bench.run(["compile"]).ended_with(2);
    bench.run(["compile", "missing", echo.to_str().unwrap()]).ended_with(3).shows("echo");
    bench.run(["compile", "--all", "--skills", "skills"]).ended_with(0).shows("echo");
}

#[test]
fn doctor_reports_on_engine_cache_and_places() {
    let bench = Bench::new();
    bench.skill("echo", "echo");
    let ran = bench.run(["doctor", "--skills", "skills"]).ended_with(0);
    ran.shows("wasmtime")
        .shows("instance pool")
        .shows("openat2")
        .shows("(1 usable)")
        .shows(cache().to_str().unwrap());
    let report = bench.run(["doctor", "--json"]).ended_with(0).json();
    assert!(report["openat2"].is_boolean() && report["pagemap_scan"].is_boolean());
}

#[test]
fn every_command_has_help_with_examples() {
    let bench = Bench::new();
    bench.run(["--help"]).ended_with(0).shows("Exit codes");
    bench.run(["--version"]).ended_with(0).shows("wasmtime");
    for command in [
        "run",
        "list",
        "show",
        "prompt",
        "inspect",
        "validate",
        "compile",
        "doctor",
        "policy",
        "policy explain",
        "policy check",
        "wit",
        "new",
        "build",
    ] {
        bench
            .run(command.split(' ').chain(["--help"]))
            .ended_with(0)
            .shows(&format!("  openskills {command} "));
    }
}
