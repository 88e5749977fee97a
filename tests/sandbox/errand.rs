//! One errand through files, a web server and variables, in each language by its real compiler: the same answers, the
//! same refusals, the same records.

use openskills_runtime::{ErrorKind, OpenSkillError};
use openskills_tests::server::{PAGE, Server};
use openskills_tests::{Scenario, Stage};
use serde_json::{Value, json};

/// Rust with the SDK, Python by componentize-py, JavaScript and TypeScript by componentize-qjs, C by Zig and wit-bindgen.
const LANGUAGES: [&str; 5] =
    ["errand", "errand_python", "errand_javascript", "errand_typescript", "errand_c"];

const TOOLS: &str = "Read(data/**) Edit(out/**) WebFetch(domain:http://127.0.0.1:PORT) Env(LANG) Env(UNSET)";

fn each(server: &Server, check: impl Fn(&str, &Stage)) {
    for language in LANGUAGES {
        let tools = TOOLS.replace("PORT", &server.port().to_string());
        let stage = Scenario::new()
            .allowed_tools(&tools)
            .allow(&format!("WebFetch(domain:http://127.0.0.1:{})", server.port()))
            .allow("Env(LANG)")
            .allow("Env(UNSET)")
            .environment(&[("LANG", "de"), ("SECRET", "no")])
            .guest(language)
            .file("data/a.csv", "a,ü\n")
            .file("data/deep/b.csv", "b")
            .file("out/old.txt", "old")
            .file("out/full/x", "x")
            .file("secret.txt", "secret")
            .ready();
        // Interpreters take a machine that is busy longer to compile than a call may.
        stage.runtime.compile_skill("tried").unwrap();
        check(language, &stage);
    }
}

fn answers(stage: &Stage, steps: &Value) -> Value {
    stage.run(json!({ "steps": steps })).unwrap().output
}

#[test]
fn each_language_does_what_is_granted() {
    let server = Server::start().unwrap();
    let steps = json!([
        { "do": "read", "path": "data/a.csv" },
        { "do": "read", "path": "/workspace/data/a.csv", "offset": 0, "length": 2 },
        { "do": "stat", "path": "data/a.csv" },
        { "do": "stat", "path": "data" },
        { "do": "list", "path": "data" },
        { "do": "make-dir", "path": "out/new" },
        { "do": "write", "path": "out/new/f", "text": "ö" },
        { "do": "append", "path": "out/new/f", "text": "x" },
        { "do": "read", "path": "out/new/f" },
        { "do": "rename", "path": "out/new/f", "to": "out/g" },
        { "do": "remove", "path": "out/new" },
        { "do": "write", "path": "/tmp/t", "text": "mine" },
        { "do": "read", "path": "/tmp/t" },
        { "do": "get", "name": "LANG" },
        { "do": "get", "name": "UNSET" },
        { "do": "names" },
        { "do": "log", "text": "on its way" },
        { "do": "fetch", "url": server.url("/ok") },
        { "do": "fetch", "url": server.url("/status/404") }
    ]);
    let page = json!({ "status": 200, "type": "text/html; charset=utf-8", "body": PAGE });
    let expected = json!([
        { "ok": "a,ü\n" }, { "ok": "a," }, { "ok": { "kind": "file", "size": 5 } },
        { "ok": { "kind": "directory", "size": 0 } }, { "ok": ["directory deep", "file a.csv"] },
        { "ok": null }, { "ok": null }, { "ok": null }, { "ok": "öx" }, { "ok": null }, { "ok": null },
        { "ok": null }, { "ok": "mine" }, { "ok": "de" }, { "ok": null }, { "ok": ["LANG"] }, { "ok": null },
        { "ok": page }, { "ok": { "status": 404, "type": null, "body": "" } }
    ]);
    each(&server, |language, stage| {
        assert_eq!(answers(stage, &steps), expected, "{language}");
        assert_eq!(stage.read("out/g").unwrap(), "öx", "{language}");
        assert_eq!(stage.last().refusals, [], "{language}");
        let result = stage.run(json!({ "steps": [{ "do": "log", "text": "on its way" }] })).unwrap();
        assert!(result.stderr.contains("on its way"), "{language}");
    });
}

#[test]
fn each_language_is_refused_the_same_and_told_the_same() {
    let server = Server::start().unwrap();
    let elsewhere = Server::start().unwrap();
    let steps = [
        (json!({ "do": "read", "path": "secret.txt" }), "denied", Some("read secret.txt")),
        (json!({ "do": "read", "path": "/etc/passwd" }), "denied", Some("read /etc/passwd")),
        (json!({ "do": "write", "path": "data/a.csv", "text": "x" }), "denied", Some("write data/a.csv")),
        (
            json!({ "do": "write", "path": "/skill/SKILL.md", "text": "x" }),
            "denied",
            Some("write /skill/SKILL.md"),
        ),
        (json!({ "do": "remove", "path": "data/a.csv" }), "denied", Some("write data/a.csv")),
        (json!({ "do": "fetch", "url": elsewhere.url("/ok") }), "denied", Some("fetch")),
        (
            json!({ "do": "fetch", "url": "https://example.org/" }),
            "denied",
            Some("fetch https://example.org"),
        ),
        (json!({ "do": "get", "name": "SECRET" }), "denied", Some("env SECRET")),
        (json!({ "do": "read", "path": "data/none" }), "not-found", None),
        (json!({ "do": "read", "path": "data" }), "is-directory", None),
        (json!({ "do": "list", "path": "data/a.csv" }), "not-directory", None),
        (json!({ "do": "make-dir", "path": "out/full" }), "exists", None),
        (json!({ "do": "remove", "path": "out/full" }), "not-empty", None),
        (json!({ "do": "fetch", "url": "no address" }), "invalid-request", None),
    ];
    each(&server, |language, stage| {
        for (step, error, refusal) in &steps {
            assert_eq!(answers(stage, &json!([step])), json!([{ "error": error }]), "{language}: {step}");
            let refusals = stage.last().refusals;
            let told: Vec<String> =
                refusals.iter().map(|one| format!("{} {}", action(one.action), one.target)).collect();
            match refusal {
                Some(refusal) => {
                    assert!(told.len() == 1 && told[0].starts_with(refusal), "{language}: {step}: {told:?}");
                }
                None => assert!(told.is_empty(), "{language}: {step}: {told:?}"),
            }
        }
        assert_eq!(stage.read("data/a.csv").unwrap(), "a,ü\n", "{language}");
    });
    assert!(elsewhere.requests().is_empty(), "what is refused is not sent");
}

fn action(action: openskills_runtime::audit::Action) -> &'static str {
    action.name()
}

#[test]
fn each_language_ends_a_call_in_its_own_words() {
    let server = Server::start().unwrap();
    each(&server, |language, stage| {
        let end = |tag: &str, steps: Value| {
            stage
                .run(json!({ "steps": steps, "end": { "tag": tag, "field": "a.b", "text": "my words" } }))
                .unwrap_err()
        };
        match end("invalid-input", json!([])) {
            OpenSkillError::InvalidInput { field, message, .. } => {
                assert_eq!((field.as_str(), message.as_str()), ("a.b", "my words"), "{language}");
            }
            error => panic!("{language}: {error}"),
        }
        let failed = end("failed", json!([]));
        assert_eq!(failed.kind(), ErrorKind::ExecutionFailure, "{language}");
        assert!(failed.to_string().contains("my words"), "{language}");
        // A denial that nobody made is none; one that the host made is.
        assert_eq!(end("denied", json!([])).kind(), ErrorKind::ExecutionFailure, "{language}");
        let denied = end("denied", json!([{ "do": "read", "path": "secret.txt" }]));
        assert_eq!(denied.kind(), ErrorKind::PermissionDenied, "{language}");
        assert!(denied.hint().unwrap().contains("Read(secret.txt)"), "{language}");
    });
}

#[test]
fn each_language_is_refused_at_load_what_it_did_not_ask_for() {
    for language in LANGUAGES {
        let stage = Scenario::new().allowed_tools("Read").guest(language).ready();
        stage.runtime.compile_skill("tried").unwrap();
        let error = stage.run(json!({ "steps": [] })).unwrap_err();
        let OpenSkillError::PermissionDenied { refusals, .. } = error else { panic!("{language}: {error}") };
        let mut told: Vec<&str> = refusals.iter().map(|one| one.target.split('@').next().unwrap()).collect();
        told.sort_unstable();
        assert_eq!(told, ["openskills:skill/env", "openskills:skill/http"], "{language}");
    }
}
