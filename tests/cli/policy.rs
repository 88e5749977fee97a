//! `openskills policy`, and the policy files that every call reads.

use std::fs;

use crate::bench::{Bench, Ran, skill};

fn card(bench: &Bench, arguments: &[&str]) -> Ran {
    let mut command = bench.command(["run", &skill("env-card"), "--no-input"]);
    Ran::from(command.args(arguments).env("LANG", "de_DE.UTF-8").output().unwrap())
}

/// Writes the user's own policy.
fn mine(bench: &Bench, text: &str) {
    let folder = bench.home().join("config/openskills");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("policy.yaml"), text).unwrap();
}

#[test]
fn explain_names_what_decides_each_rule_and_what_would_change_it() {
    let bench = Bench::new();
    bench.file("policy.yaml", "deny:\n  - Read(.env)\n  - Edit(notes/private/**)\n");
    let notes = skill("notes");
    bench
        .run(["policy", "explain", &notes, "--policy", "policy.yaml"])
        .ended_with(0)
        .shows("Edit(notes/**)  depends")
        .shows("write `notes/private/x`  deny")
        .shows("denied by `Edit(notes/private/**)`, policy.yaml:3")
        .shows("remove the deny rule `Read(.env)` from policy.yaml:2")
        .shows("the preset `standard`, which is the default");
    let json =
        bench.run(["policy", "explain", &notes, "--policy", "policy.yaml", "--json"]).ended_with(0).json();
    assert_eq!(json["rules"][0]["answer"], "depends");
    assert_eq!(json["rules"][0]["parts"][0]["answer"], "allow");
    let denied =
        json["rules"][0]["parts"].as_array().unwrap().iter().find(|part| part["source"] == "policy.yaml:3");
    assert_eq!(denied.unwrap()["rule"], "Edit(notes/private/**)");
}

#[test]
fn a_target_gets_the_answer_that_a_call_would_get() {
    let bench = Bench::new();
    let notes = skill("notes");
    let ask = |target: &str, more: &[&str]| {
        let mut command = bench.command(["policy", "explain", &notes, "--target", target, "--json"]);
        let json = Ran::from(command.args(more).output().unwrap()).ended_with(0).json();
        json["targets"][0]["answers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["answer"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ask("Edit(notes/a.md)", &[]), ["allow"]);
    assert_eq!(ask("Edit:./notes/../notes/a.md", &[]), ["allow"]);
    assert_eq!(ask("Edit(/workspace/notes/a.md)", &["--deny", "Edit(*.md)"]), ["deny"]);
    assert_eq!(ask("Read(other)", &[]), ["deny"]);
    assert_eq!(ask("Read(/etc/passwd)", &[]), ["deny"]);
    assert_eq!(ask("WebFetch(https://example.com/)", &[]), ["deny", "deny"]);
    assert_eq!(ask("Env:HOME", &[]), ["deny"]);
    // What a link leads to is asked about, too.
    bench.file("notes/a.md", "");
    bench.file("secret", "");
    std::os::unix::fs::symlink("../secret", bench.workspace().join("notes/link")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", bench.workspace().join("notes/out")).unwrap();
    assert_eq!(ask("Read(notes/a.md)", &[]), ["allow"]);
    assert_eq!(ask("Read(notes/link)", &[]), ["allow", "deny"]);
    assert_eq!(ask("Read(notes/out)", &[]), ["allow", "deny"]);
    for wrong in ["notes/a.md", "Bash(ls)", "Raed(x)", "Read()"] {
        bench.run(["policy", "explain", &notes, "--target", wrong]).ended_with(2);
    }
}

#[test]
fn explain_and_run_agree() {
    let bench = Bench::new();
    for (flags, answer) in
        [(&["--allow", "Env(LANG)"][..], "allow"), (&[], "ask"), (&["--deny", "Env(LANG)"], "deny")]
    {
        let mut command =
            bench.command(["policy", "explain", &skill("env-card"), "--target", "Env(LANG)", "--json"]);
        let told = Ran::from(command.args(flags).output().unwrap()).ended_with(0).json();
        assert_eq!(told["targets"][0]["answers"][0]["answer"], answer);
        let ran = card(&bench, flags);
        assert_eq!(ran.code, Some(if answer == "ask" { 5 } else { 0 }), "{ran:#?}");
        assert_eq!(ran.stdout.contains("\"set\""), answer == "allow", "{ran:#?}");
    }
}

#[test]
fn check_shows_all_faults_as_a_compiler_would() {
    let bench = Bench::new();
    bench.file("policy.yaml", "denny: []\ndeny:\n  - Raed(.env)\nlimits:\n  timeout: 10\n");
    bench
        .run(["policy", "check", "policy.yaml"])
        .ended_with(2)
        .shows("policy.yaml:1:1: error: a policy has no key `denny`")
        .shows("did you mean `deny`?")
        .shows("policy.yaml:3:5: error")
        .shows("did you mean `Read`?")
        .shows("write `timeout: 10s`")
        .shows("not valid");
    let json = bench.run(["policy", "check", "policy.yaml", "--json"]).ended_with(2).json();
    assert_eq!(json["files"][0]["errors"].as_array().unwrap().len(), 3);
    // The same faults stop a call.
    card(&bench, &["--policy", "policy.yaml"])
        .ended_with(2)
        .says("policy.yaml:3:5")
        .says("did you mean `deny`?");
    bench.file("good.yaml", "deny: [Read(.env)]\n");
    bench.run(["policy", "check", "good.yaml"]).ended_with(0).shows("valid as a user's policy");
    bench.run(["policy", "check", "missing.yaml"]).ended_with(7);
    bench.run(["policy", "check"]).ended_with(0).says("there is no policy file here");
    bench.run(["policy"]).ended_with(2);
}

#[test]
fn a_projects_policy_narrows_and_what_would_widen_is_said() {
    let bench = Bench::new();
    mine(&bench, "allow: [Env(LANG)]\n");
    fs::create_dir(bench.workspace().join(".git")).unwrap();
    let inner = bench.workspace().join("inner");
    fs::create_dir(&inner).unwrap();
    let from_inner = || {
        let mut command = bench.command(["run", &skill("env-card"), "--no-input"]);
        Ran::from(command.current_dir(&inner).env("LANG", "de_DE.UTF-8").output().unwrap())
    };
    assert!(from_inner().ended_with(0).stdout.contains("\"set\""));
    bench.file(".openskills/policy.yaml", "deny:\n  - Env(LANG)\n");
    assert!(!from_inner().ended_with(0).stdout.contains("\"set\""), "the root of the repository counts");
    // A project cannot allow what the user did not.
    mine(&bench, "");
    bench.file(".openskills/policy.yaml", "preset: trust\nallow:\n  - Env(LANG)\n");
    from_inner()
        .ended_with(5)
        .says("policy.yaml:1: the preset `trust` would widen `standard`: no effect (and 1 more");
    bench
        .run(["policy", "check"])
        .ended_with(0)
        .shows("would allow: no effect")
        .shows("valid as a project's policy");
    // And one that is wrong stops the call: a misspelt deny must not fail open.
    bench.file(".openskills/policy.yaml", "deny: [Raed]\n");
    from_inner().ended_with(2).says("did you mean `Read`?");
}

#[test]
fn a_lock_names_its_line_and_holds() {
    let bench = Bench::new();
    mine(&bench, "allow: [Env(LANG)]\nlock: true\n");
    card(&bench, &[]).ended_with(0);
    let locked = |arguments: &[&str]| card(&bench, arguments).ended_with(2).says("openskills/policy.yaml:2");
    locked(&["--allow", "Env(OPENSKILLS_*)"]);
    locked(&["--allow-broad-workspace"]);
    locked(&["--mount", "/usr:/usr"]);
    bench.file("wide.yaml", "preset: trust\n");
    locked(&["--policy", "wide.yaml"]).says("wide.yaml:1:9");
    bench.file("narrow.yaml", "deny: [Env(LANG)]\n");
    let ran = card(&bench, &["--policy", "narrow.yaml", "--ask", "Read"]).ended_with(0);
    assert!(!ran.stdout.contains("\"set\""), "{ran:#?}");
}

#[test]
fn a_section_is_for_the_skill_in_its_folder_alone() {
    let bench = Bench::new();
    let section =
        |folder: &str| format!("skills:\n  env-card:\n    folder: {folder}\n    allow: [Env(LANG)]\n");
    mine(&bench, &section(&skill("env-card")));
    card(&bench, &[]).ended_with(0);
    mine(&bench, &section("/somewhere/else"));
    card(&bench, &[]).ended_with(5);
    bench
        .run(["policy", "explain", &skill("env-card")])
        .ended_with(0)
        .shows("folder: /somewhere/else")
        .shows("another skill of this name");
    mine(&bench, "skills: {env-card: {allow: [Env(LANG)]}}\n");
    card(&bench, &[]).ended_with(2).says("any skill that takes this name");
    let digest = bench.run(["inspect", &skill("env-card"), "--json"]).ended_with(2);
    assert!(digest.stdout.contains("any skill that takes this name"));
    mine(&bench, "");
    let digest = bench.run(["inspect", &skill("env-card"), "--json"]).ended_with(0).json()["sha256"].clone();
    let by_digest =
        |digest: &str| format!("skills:\n  env-card:\n    sha256: {digest}\n    allow: [Env(LANG)]\n");
    mine(&bench, &by_digest(digest.as_str().unwrap()));
    card(&bench, &[]).ended_with(0);
    mine(&bench, &by_digest(&"0".repeat(64)));
    card(&bench, &[]).ended_with(5);
}

#[test]
fn limits_of_a_policy_hold_and_a_project_only_lowers_them() {
    let bench = Bench::new();
    mine(&bench, "allow: [Env(LANG)]\nlimits: {timeout: 12s, memory: 64MiB}\n");
    let limits = |arguments: &[&str]| {
        let usage =
            card(&bench, &[arguments, &["--json"]].concat()).ended_with(0).json()["audit"]["usage"].clone();
        (usage["timeout_ms"].as_u64().unwrap(), usage["memory_limit"].as_u64().unwrap() >> 20)
    };
    assert_eq!(limits(&[]), (12_000, 64));
    assert_eq!(limits(&["--timeout-ms", "20000"]), (20_000, 64));
    bench.file(".openskills/policy.yaml", "limits: {timeout: 10s, memory: 1GiB}\n");
    assert_eq!(limits(&[]), (10_000, 64));
    assert_eq!(limits(&["--timeout-ms", "20000"]), (10_000, 64));
    card(&bench, &["--timeout-ms", "20000"]).ended_with(0).says("lowers the time to 10000 ms");
}

#[test]
fn inspect_says_what_is_needed_and_what_is_of_no_use() {
    let bench = Bench::new();
    let folder = bench.skill("greedy", "files_sdk");
    let manifest = |tools: &str| {
        fs::write(
            folder.join("SKILL.md"),
            format!(
                "---\nname: greedy\ndescription: A skill of the tests.\nallowed-tools: {tools}\n---\nDo it.\n"
            ),
        )
        .unwrap();
    };
    manifest("Read, WebFetch(domain:example.com), Env(A)");
    bench
        .run(["inspect", folder.to_str().unwrap()])
        .ended_with(0)
        .shows("Needs and may not have")
        .shows("add to SKILL.md: `allowed-tools: Edit(…)`")
        .shows("May have and cannot use")
        .shows("drop `WebFetch(domain:example.com)` from `allowed-tools`")
        .shows("cannot be told");
    manifest("Edit");
    let needs =
        bench.run(["inspect", folder.to_str().unwrap(), "--json"]).ended_with(0).json()["needs"].clone();
    assert_eq!(
        (needs["missing"].as_array().unwrap().len(), needs["unused"].as_array().unwrap().len()),
        (0, 0)
    );
    let denied =
        bench.run(["inspect", folder.to_str().unwrap(), "--json", "--deny", "Edit"]).ended_with(0).json();
    assert!(denied["needs"]["missing"][0].to_string().contains("--deny 'Edit'"), "{denied}");
}
