//! `openskills test`: cases that pass, that fail and that cannot be read, and the files that are updated.

use std::fs;

use openskills_tests::{guest, repository};
use serde_json::{Value, json};

use crate::bench::{Bench, Ran, skills};

/// A skill named `files` that may read `data` and write `out`, with these cases.
fn with_cases(cases: &Value) -> Bench {
    let bench = Bench::new();
    let folder = bench.skill("files", "files_std");
    let manifest = "---\nname: files\ndescription: Files.\nallowed-tools: Read(data/**) Edit(out/**) Env(LANG)\n---\n\nText.\n";
    fs::write(folder.join("SKILL.md"), manifest).unwrap();
    bench.file("skills/files/tests/a.json", cases.to_string());
    bench
}

fn test(bench: &Bench, more: &[&str]) -> Ran {
    bench.run(["test", "skills/files"].iter().chain(more))
}

/// Asserts that a case with this call and expectation passes, or how it fails.
#[track_caller]
fn differs(case: &Value, what: &[&str]) {
    let bench = with_cases(case);
    let ran = test(&bench, &["--json"]).ended_with(i32::from(!what.is_empty()));
    let case = &ran.json()["skills"][0]["cases"][0];
    let differences = case["differences"].as_array().unwrap();
    let found: Vec<&str> = differences.iter().map(|one| one["what"].as_str().unwrap()).collect();
    assert_eq!(found, what, "{case:#}");
    assert_eq!(case["passed"], what.is_empty());
}

fn read(path: &str) -> Value {
    json!({ "ops": [{ "op": "read", "path": path }] })
}

#[test]
fn each_expectation_is_met_and_not_met() {
    let files = json!({ "data/a": "hello\n", "secret": "s", "empty/": null });
    let case = |input: Value, expect: Value| json!({ "files": files, "input": input, "expect": expect });
    let ok = json!([{ "ok": "hello\n" }]);
    differs(&json!({ "files": files, "input": read("data/a") }), &[]);
    differs(&case(read("data/a"), json!({ "output": ok, "refusals": [], "stdout": "" })), &[]);
    differs(&case(read("data/a"), json!({ "output": [{ "ok": "other" }] })), &["output"]);
    differs(&case(read("data/a"), json!({ "output": [{ "ok": { "$contains": "ell" } }] })), &[]);
    differs(&case(read("data/a"), json!({ "output": null })), &["output"]);
    differs(&case(read("data/a"), json!({ "stderr": { "$matches": "." } })), &["stderr"]);
    // Refused, and the guest goes on.
    differs(&case(read("secret"), json!({ "refusals": ["read secret"] })), &[]);
    differs(&case(read("secret"), json!({ "refusals": [{ "$matches": "^read " }] })), &[]);
    differs(&case(read("secret"), json!({ "refusals": [] })), &["refusals"]);
    differs(&case(read("data/a"), json!({ "refusals": ["read secret"] })), &["refusals"]);
    differs(&case(read("secret"), json!({})), &[]);
    // Errors.
    let strict = json!({ "ops": [{ "op": "read", "path": "secret", "strict": true }] });
    differs(
        &case(strict.clone(), json!({ "error": { "kind": "PermissionDenied", "message": "secret" } })),
        &[],
    );
    differs(&case(strict.clone(), json!({ "error": { "kind": "Timeout" } })), &["error"]);
    differs(&case(strict.clone(), json!({ "error": { "message": "other" } })), &["error"]);
    differs(&case(strict.clone(), json!({ "output": ok })), &["error"]);
    differs(&json!({ "files": files, "input": strict }), &["error"]);
    differs(&case(read("data/a"), json!({ "error": { "kind": "Timeout" } })), &["error", "output"]);
    differs(&case(json!([]), json!({ "error": { "kind": "InvalidInput", "field": "ops" } })), &["error"]);
    // Files afterwards.
    let write = json!({ "ops": [{ "op": "write", "path": "out/b", "text": "new" }] });
    let with_out =
        |expect: Value| json!({ "files": { "out/": null }, "input": write, "expect": { "files": expect } });
    differs(&with_out(json!({ "out/b": "new", "out/c": null, "out": {} })), &[]);
    differs(&with_out(json!({ "out/b": "old" })), &["files.out/b"]);
    differs(&with_out(json!({ "out/b": null })), &["files.out/b"]);
    differs(&with_out(json!({ "out/c": { "$any": true } })), &["files.out/c"]);
    let bytes = json!({ "files": { "data/b": { "base64": "/w==" } }, "expect": { "files": { "data/b": { "base64": "/w==" } } },
        "input": read("data/none") });
    differs(&bytes, &[]);
}

#[test]
fn a_case_can_call_a_typed_function() {
    let bench = Bench::new();
    bench.skill("files", "typed");
    let points = json!({ "a": { "x": 0, "y": 0 }, "b": { "x": 3, "y": 4 } });
    let cases = json!([
        { "function": "distance", "input": points, "expect": { "output": 5 } },
        { "function": "nothing", "expect": { "output": null } },
        { "function": "distance", "input": { "a": { "x": 0 } },
          "expect": { "error": { "kind": "InvalidInput", "field": "a.y" } } },
        { "function": "distanc", "expect": { "error": { "kind": "InvalidFunction", "message": "distanc" } } },
        { "function": "both", "input": { "v": { "err": "no" } },
          "expect": { "error": { "kind": "ExecutionFailure", "message": "\"no\"" } } },
        { "function": "distance", "input": points, "expect": { "output": 6 } },
        // Without a function its entry point is called, and this component has none.
        { "input": points }
    ]);
    bench.file("skills/files/tests/a.json", cases.to_string());
    let ran = test(&bench, &["--json"]).ended_with(1);
    let cases = ran.json()["skills"][0]["cases"].take();
    let passed: Vec<bool> = cases.as_array().unwrap().iter().map(|case| case["passed"] == true).collect();
    assert_eq!(passed, [true, true, true, true, true, false, false], "{cases:#}");
}

#[test]
fn the_policy_and_the_environment_are_the_cases_own() {
    let bench = with_cases(&json!([
        { "files": { "data/a": "x" }, "policy": { "deny": ["Read(data/a)"] }, "input": read("data/a"),
          "expect": { "refusals": ["read data/a"] } },
        { "policy": { "preset": "locked", "allow": ["Env(LANG)"] }, "env": { "LANG": "C", "OTHER": "x" },
          "input": { "ops": [] }, "expect": { "output": [] } },
        { "env": { "LANG": "C" }, "input": { "ops": [] }, "expect": { "error": { "kind": "PermissionDenied" } } },
        { "policy": { "allow": ["Env(LANG)"] }, "timeout_ms": 60_000, "input": { "ops": [] } }
    ]));
    // A policy file of the user's that would deny all of it.
    let folder = bench.home().join("config/openskills");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("policy.yaml"), "deny: [Read, Edit]\n").unwrap();
    test(&bench, &[]).ended_with(0).shows("4 cases: 4 passed, 0 failed");
}

#[test]
fn a_failure_shows_what_differs() {
    let bench = with_cases(&json!({ "files": { "data/a": "one\ntwo\nthree\n" }, "input": read("data/a"),
        "expect": { "files": { "data/a": "one\n2\nthree\n" } } }));
    let ran = test(&bench, &[]).ended_with(1).shows("FAILED a").shows("- 2").shows("+ two");
    assert!(ran.stdout.contains("  one\n") && ran.stdout.contains("1 case: 0 passed, 1 failed"), "{ran:#?}");
    // What a skill answers cannot drive a terminal.
    let bench = with_cases(&json!({ "files": { "data/a": "\u{1b}[2Jx\ny" }, "input": read("data/a"),
        "expect": { "output": 1, "files": { "data/a": "z" } } }));
    let ran = test(&bench, &[]).ended_with(1);
    assert!(!ran.stdout.contains("\u{1b}[2J"), "{ran:#?}");
}

#[test]
fn cases_are_chosen_by_their_names() {
    let bench =
        with_cases(&json!([{ "name": "first", "input": { "ops": [] } }, { "name": "second", "input": 1 }]));
    test(&bench, &["--filter", "first"]).ended_with(0).shows("1 case: 1 passed");
    test(&bench, &["--filter", "first", "--filter", "sec"])
        .ended_with(1)
        .shows("2 cases: 1 passed, 1 failed");
    test(&bench, &["--filter", "none"]).ended_with(2).says("no case has that text");
}

#[test]
fn what_is_wrong_with_a_file_is_said_before_anything_runs() {
    for (case, words) in [
        (json!({ "inptu": 1 }), vec!["no key `inptu`", "did you mean `input`?"]),
        (json!({ "expect": { "outptu": 1 } }), vec!["expect", "did you mean `output`?"]),
        (
            json!([{}, { "expect": { "error": { "kind": "Denied" } } }]),
            vec!["1.expect.error.kind", "PermissionDenied"],
        ),
        (json!({ "expect": { "output": { "$contain": 1 } } }), vec!["expect.output", "`$contains`"]),
        (json!({ "expect": { "refusals": ["secret"] } }), vec!["no refusal", "read data.csv"]),
        (json!({ "expect": { "output": 1, "error": {} } }), vec!["cannot both"]),
        (json!({ "files": { "../a": "x" } }), vec!["within the workspace"]),
        (json!({ "files": { "/a": "x" } }), vec!["within the workspace"]),
        (json!({ "files": { "a": 1 } }), vec!["files.a"]),
        (json!({ "policy": { "deny": ["Raed"] } }), vec!["policy.deny"]),
        (json!({ "policy": { "preset": "open" } }), vec!["standard, trust or locked"]),
        (json!({ "script": "scripts/x.py", "input": {} }), vec!["cannot stand together"]),
        (json!({ "script": "scripts/x.py", "function": "f" }), vec!["cannot stand together"]),
        (json!({ "function": 1 }), vec!["must be a text"]),
        (json!({ "args": ["x"] }), vec!["no `script` is named"]),
        (json!({ "timeout_ms": 0 }), vec!["timeout_ms"]),
        (json!("text"), vec!["must be an object"]),
    ] {
        let bench = with_cases(&case);
        bench.file("skills/files/tests/b.json", "{");
        let mut ran = test(&bench, &[]).ended_with(2).says("2 case files cannot be used").says("not JSON");
        for word in words {
            ran = ran.says(word);
        }
        assert_eq!(ran.stdout, "");
    }
    let bench = Bench::new();
    bench.skill("none", "echo");
    bench.run(["test", "skills/none"]).ended_with(2).says("has no cases").says("--update");
    bench.run(["test", "nowhere"]).ended_with(3);
    bench.run(["test"]).ended_with(2);
}

#[test]
fn an_update_writes_whole_values_and_leaves_forms() {
    let cases = json!([
        { "name": "new", "files": { "data/a": "x" }, "input": read("data/a") },
        { "name": "wrong", "files": { "data/a": "x" }, "input": read("data/a"), "expect": { "output": 1, "refusals": ["read b"] } },
        { "name": "form", "input": { "ops": [] }, "expect": { "output": { "$contains": "x" } } },
        { "name": "denied", "env": { "LANG": "C" }, "input": { "ops": [] } },
        { "name": "right", "input": { "ops": [] }, "expect": { "output": [] } }
    ]);
    let bench = with_cases(&cases);
    let file = bench.workspace().join("skills/files/tests/a.json");
    let ran = test(&bench, &["--update"]).ended_with(1);
    assert!(ran.stdout.contains("5 cases: 1 passed, 1 failed, 3 updated"), "{ran:#?}");
    let new: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let ok = json!([{ "ok": "x" }]);
    assert_eq!(new[0]["expect"], json!({ "output": ok }));
    assert_eq!(new[1]["expect"], json!({ "output": ok, "refusals": [] }));
    assert_eq!(new[2], cases[2]);
    assert_eq!(new[3]["expect"]["error"]["kind"], "PermissionDenied");
    assert_eq!(new[4], cases[4]);
    let again = fs::read_to_string(&file).unwrap();
    test(&bench, &["--update"]).ended_with(1).shows("4 passed, 1 failed");
    assert_eq!(fs::read_to_string(&file).unwrap(), again);
}

#[test]
fn a_skill_that_is_not_built_says_so() {
    let bench = with_cases(&json!({ "input": {} }));
    fs::remove_file(bench.workspace().join("skills/files/wasm/skill.wasm")).unwrap();
    test(&bench, &[]).ended_with(4);
}

#[test]
fn a_program_has_cases_like_every_skill() {
    let bench =
        with_cases(&json!({ "input": { "do": "say", "text": "hello" }, "expect": { "output": "hello" } }));
    fs::write(bench.workspace().join("skills/files/wasm/skill.wasm"), guest("plain_wasip1")).unwrap();
    let policy = json!([{ "input": { "do": "say", "text": "hello" }, "expect": { "output": "hello" } },
        { "input": { "do": "exit", "number": 3 }, "expect": { "error": { "kind": "ExecutionFailure", "message": "status 3" },
          "stderr": { "$contains": "ending" } } }]);
    bench.file("skills/files/tests/a.json", policy.to_string());
    test(&bench, &[]).ended_with(0);
}

#[test]
fn the_skills_of_the_repository_pass_their_cases() {
    let ran = Bench::new().run(["test".to_owned(), skills(), "--json".to_owned()]).ended_with(0);
    let tested = ran.json()["skills"].as_array().unwrap().len();
    assert_eq!(tested, 5, "each has cases");
    assert!(ran.json()["summary"]["cases"].as_u64().unwrap() >= 20);
}

#[test]
fn the_schema_has_the_keys_that_are_read() {
    let text = fs::read_to_string(repository().join("docs/test-case.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let keys = |pointer: &str| -> Vec<String> {
        schema.pointer(pointer).unwrap()["properties"].as_object().unwrap().keys().cloned().collect()
    };
    // Whatever is unknown is an error that lists the known keys: ask for them with a key that resembles none.
    let listed = |case: Value| -> Vec<String> {
        let ran = test(&with_cases(&case), &[]).ended_with(2);
        let list = ran.stderr.split("its keys are ").nth(1).unwrap().lines().next().unwrap();
        list.split(", ").map(str::to_owned).collect()
    };
    let far = "quite-another-name";
    for (pointer, case) in [
        ("/$defs/case", json!({ far: 1 })),
        ("/$defs/case/properties/policy", json!({ "policy": { far: 1 } })),
        ("/$defs/expect", json!({ "expect": { far: 1 } })),
        ("/$defs/expect/properties/error", json!({ "expect": { "error": { far: 1 } } })),
    ] {
        let (mut documented, mut read) = (keys(pointer), listed(case));
        documented.sort();
        read.sort();
        assert_eq!(documented, read, "{pointer}");
    }
}
