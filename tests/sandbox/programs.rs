//! Programs that know nothing of skills: `wasi:cli/run` components, and core modules for WASI's first preview, which
//! are adapted when they are loaded. JSON on stdin, an answer on stdout, the same rights and limits as everybody.

use openskills_runtime::{
    CancelToken, ErrorKind, LimitKind, Limits, OpenSkillError, OpenSkillRuntime, Outcome, Policy,
};
use openskills_tests::{Scenario, Stage, cache, guest};
use serde_json::{Value, json};

/// The same program of Rust's standard library, as compilers for both previews make it.
const BOTH: [&str; 2] = ["plain_wasip2", "plain_wasip1"];

fn on_both(scenario: impl Fn() -> Scenario, check: impl Fn(&str, &Stage)) {
    for guest in BOTH {
        check(guest, &scenario().guest(guest).ready());
    }
}

#[test]
fn what_it_prints_is_its_output_json_or_text() {
    on_both(Scenario::new, |guest, stage| {
        for (printed, output) in [
            ("{\"a\": [1, null]}\n", json!({ "a": [1, null] })),
            ("42", json!(42)),
            ("hello\n", json!("hello")),
            ("two\nlines\n", json!("two\nlines")),
            ("", json!("")),
            ("{\"not\": json}", json!("{\"not\": json}")),
        ] {
            let result = stage.run(json!({ "do": "say", "text": printed })).unwrap();
            assert_eq!(result.output, output, "{guest}: {printed:?}");
            assert_eq!(result.stdout, "", "{guest}: what is the output is not said twice");
            let usage = stage.last().usage;
            assert_eq!(usage.stdout_bytes, printed.len() as u64, "{guest}");
        }
        let bytes = stage.run(json!({ "do": "bytes" })).unwrap();
        assert_eq!(bytes.output, json!("a\u{fffd}b"), "{guest}");
    });
}

#[test]
fn its_exit_status_is_named_and_its_words_are_kept() {
    on_both(Scenario::new, |guest, stage| {
        assert_eq!(
            stage.run(json!({ "do": "exit", "text": "[1]", "number": 0 })).unwrap().output,
            json!([1])
        );
        assert_eq!(stage.run(json!({ "do": "return", "number": 0 })).unwrap().output, json!(""));
        for (what, status) in [("exit", 1), ("exit", 3), ("exit", 255), ("return", 7)] {
            let error = stage.run(json!({ "do": what, "text": "so far", "number": status })).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ExecutionFailure, "{guest}");
            // A component for WASI 0.2 may know success and failure only.
            let said = error.to_string();
            let named = said.ends_with(&format!("exited with status {status}"));
            let failed = said.ends_with("exited with status 1") && guest == "plain_wasip2";
            assert!(named || failed, "{guest}: {said}");
            if what == "exit" {
                assert_eq!(error.stdout().unwrap(), "so far\n", "{guest}");
                assert_eq!(error.stderr().unwrap(), format!("ending with {status}\n"), "{guest}");
            }
            assert!(matches!(stage.last().outcome, Outcome::Failed { .. }));
        }
        let error = stage.run(json!({ "do": "panic", "text": "oh no" })).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ExecutionFailure, "{guest}");
        assert!(error.stderr().unwrap().contains("oh no"), "{guest}");
        let error = stage.run(json!("text")).unwrap_err();
        assert!(error.stderr().unwrap().contains("not what I take"), "{guest}");
    });
}

#[test]
fn it_is_given_its_name_and_what_was_granted_and_nothing_else() {
    let scenario = || {
        let variables = [("GIVEN", "yes"), ("SECRET", "no"), ("PATH", "/bin")];
        Scenario::new().allowed_tools("Env(GIVEN)").allow("Env(GIVEN)").environment(&variables)
    };
    on_both(scenario, |guest, stage| {
        let input = json!({ "do": "about" });
        let about = stage.run(input.clone()).unwrap().output;
        let expected =
            json!({ "args": ["tried"], "vars": [["GIVEN", "yes"]], "stdin": input.to_string().len() });
        assert_eq!(about, expected, "{guest}");
    });
    on_both(Scenario::new, |guest, stage| {
        let about = stage.run(json!({ "do": "about" })).unwrap().output;
        assert_eq!(about["vars"], json!([]), "{guest}");
    });
}

#[test]
fn its_record_has_the_digest_of_the_file_as_it_lies_there() {
    on_both(Scenario::new, |name, stage| {
        stage.run(json!({ "do": "say", "text": "x" })).unwrap();
        let digest: String = ring::digest::digest(&ring::digest::SHA256, &guest(name))
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(stage.last().component_sha256, digest, "{name}");
        let inspection = stage.runtime.inspect_skill("tried").unwrap();
        assert_eq!((inspection.sha256, inspection.entry), (digest, Some("wasi:cli/run")), "{name}");
        assert_eq!(inspection.adapted.is_some(), name == "plain_wasip1");
        assert_eq!(inspection.bytes, guest(name).len());
    });
}

#[test]
fn limits_hold() {
    let small = Limits { output: 100_000, memory: 32 << 20, ..Limits::default() };
    on_both(
        || Scenario::new().limits(small.clone()),
        |guest, stage| {
            let which = |input: Value| match stage.run_within(1_000, input).unwrap_err() {
                OpenSkillError::LimitExceeded { which, .. } => which,
                error => panic!("{guest}: {error}"),
            };
            let exactly =
                stage.run(json!({ "do": "repeat", "text": "0123456789", "number": 9_999 })).unwrap();
            assert_eq!(exactly.output.as_str().map(str::len), Some(99_990), "{guest}");
            assert_eq!(
                which(json!({ "do": "repeat", "text": "x", "number": 100_001 })),
                LimitKind::Output,
                "{guest}"
            );
            let held = stage.run(json!({ "do": "hold", "number": 20 << 20 })).unwrap();
            assert_eq!(held.output, json!(20 << 20), "{guest}");
            assert_eq!(which(json!({ "do": "hold", "number": 40 << 20 })), LimitKind::Memory, "{guest}");
            let error = stage.run_within(300, json!({ "do": "spin" })).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{guest}");
            let error = stage
                .run_within(300, json!({ "do": "repeat", "text": "x", "number": u64::MAX }))
                .unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Timeout), "{guest}: {error}");
            // The next call works.
            assert_eq!(stage.run(json!({ "do": "say", "text": "1" })).unwrap().output, 1, "{guest}");
        },
    );
}

#[test]
fn it_can_be_cancelled() {
    on_both(Scenario::new, |guest, stage| {
        stage.run(json!({ "do": "say" })).unwrap();
        let token = CancelToken::new();
        let call = stage.runtime.call("tried").input(json!({ "do": "spin" })).cancel_token(&token);
        let running = std::thread::spawn(move || call.run());
        token.cancel();
        let error = running.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{guest}");
    });
}

#[test]
fn sockets_stay_shut() {
    on_both(Scenario::new, |guest, stage| {
        let result = stage.run(json!({ "do": "connect", "text": "127.0.0.1:9" }));
        match result {
            Ok(result) => assert!(result.output.get("Err").is_some(), "{guest}: {}", result.output),
            Err(error) => assert_ne!(error.kind(), ErrorKind::Timeout, "{guest}: {error}"),
        }
    });
}

#[test]
fn nothing_is_granted_to_an_adapted_program_that_others_do_not_get() {
    // Files of the workspace without a rule, and a rule that the policy denies.
    for (tools, policy) in [("", Policy::default()), ("Read", Policy::default().deny("Read").unwrap())] {
        let scenario = || Scenario::new().allowed_tools(tools).policy(policy.clone()).file("a.txt", "x");
        for guest in ["plain_wasip1", "plain_wasip2", "files_c_wasip1"] {
            let stage = scenario().guest(guest).ready();
            for path in ["a.txt", "/workspace/a.txt", "/etc/passwd", "../../etc/passwd"] {
                let answer = stage.op(json!({ "op": "read", "path": path }));
                // What climbs out of `/` a C library refuses by itself.
                let refused = answer["error"] == "PermissionDenied" || path.starts_with("..");
                assert!(refused && answer.get("ok").is_none(), "{guest}: {path}: {answer}");
                if !path.starts_with("..") {
                    assert_eq!(stage.last().refusals.len(), 1, "{guest}: {path}");
                }
            }
        }
    }
}

#[test]
fn a_refusal_that_ends_it_is_a_denial() {
    // The module exits with 1 once its one write was refused.
    let module = r#"(module
        (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "made")
        (func (export "_start") (call $exit (call $mkdir (i32.const 3) (i32.const 16) (i32.const 4)))))"#;
    let scenario =
        |tools| Scenario::new().allowed_tools(tools).component(&wat::parse_str(module).unwrap()).ready();
    let stage = scenario("Read");
    let error = stage.run(json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.hint().unwrap().contains("Edit(made)"), "{error:?}");
    let stage = scenario("Edit(made)");
    assert_eq!(stage.run(json!({})).unwrap().output, json!(""));
    assert!(stage.workspace.join("made").is_dir());
}

#[test]
fn an_adapted_program_is_compiled_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let stage = |cache: &std::path::Path| {
        Scenario::new().guest("plain_wasip1").with(|builder| builder.cache_dir(cache)).ready()
    };
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let compile = |stage: &Stage| format!("{:?}", stage.runtime.compile_skill("tried").unwrap());
    assert_eq!(compile(&stage(folder.path())), "Compiled");
    assert_eq!(compile(&stage(folder.path())), "Cached");
    let names: Vec<String> =
        walk(folder.path()).into_iter().filter(|name| name.ends_with(".cwasm")).collect();
    assert!(matches!(names.as_slice(), [one] if one.contains("-wasip1-")), "{names:?}");
    assert!(stage(folder.path()).run(json!({ "do": "say", "text": "1" })).is_ok());
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .flat_map(|entry| match entry.path().is_dir() {
            true => walk(&entry.path()),
            false => vec![entry.file_name().to_string_lossy().into_owned()],
        })
        .collect()
}

/// What a core module that cannot run ends with.
fn refused(module: &str) -> String {
    let stage = Scenario::new().component(&wat::parse_str(module).unwrap()).ready();
    let error = stage.run(json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArtifact, "{error}");
    assert!(matches!(stage.last().outcome, Outcome::InvalidArtifact { .. }));
    assert!(stage.runtime.inspect_skill("tried").is_err());
    error.to_string()
}

#[test]
fn modules_that_are_no_programs_are_told_what_they_are() {
    let start = r#"(memory (export "memory") 1) (func (export "_start"))"#;
    for (module, words) in [
        ("(module)".to_owned(), "wasm32-unknown-unknown"),
        (
            r#"(module (memory (export "memory") 1)
                (func (export "execute") (param i32 i32) (result i32) local.get 0))"#
                .to_owned(),
            "no longer run",
        ),
        (format!(r#"(module (import "evil" "steal" (func)) {start})"#), "`evil.steal`"),
        (
            format!(r#"(module (import "wasi_snapshot_preview1" "no_such_function" (func)) {start})"#),
            "no_such_function",
        ),
        (
            format!(r#"(module (import "wasi_snapshot_preview1" "fd_write" (func (param i64))) {start})"#),
            "fd_write",
        ),
        (
            format!(r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param f32))) {start})"#),
            "exit",
        ),
        (r#"(module (func (export "_start")))"#.to_owned(), "no `memory`"),
        (r#"(module (memory (export "memory") 1 1 shared) (func (export "_start")))"#.to_owned(), "threads"),
        (format!(r#"(module {start} (@custom "component-type:x" "\00\01"))"#), "cannot be adapted"),
    ] {
        let message = refused(&module);
        assert!(message.contains(words), "{words}: {message}");
        assert!(message.contains("core WebAssembly module"), "{message}");
    }
}

#[test]
fn a_program_that_only_starts_is_one() {
    for module in [
        r#"(module (memory (export "memory") 1) (func (export "_start")))"#,
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
            (memory (export "memory") 1) (func (export "_start") (call 0 (i32.const 0))))"#,
    ] {
        let result = Scenario::new().component(&wat::parse_str(module).unwrap()).run(json!({}));
        assert_eq!(result.unwrap().output, json!(""));
    }
    for (module, words) in [
        ("unreachable", "panicked"),
        ("(call $exit (i32.const 77))", "status 77"),
        // As a shell has it: of a status the low eight bits are passed on.
        ("(call $exit (i32.const -1))", "status 255"),
        ("(call $loop)", "call stack"),
    ] {
        let module = format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1) (func $loop (call $loop)) (func (export "_start") {module}))"#
        );
        let error = Scenario::new().component(&wat::parse_str(&module).unwrap()).run(json!({})).unwrap_err();
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

#[test]
fn a_module_with_the_types_of_a_component_needs_no_last_step() {
    // What a compiler makes of the SDK before it is made a component: here of the C guest and its world.
    let runtime = OpenSkillRuntime::builder().cache_dir(cache()).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("typed.wasm");
    std::fs::write(&path, guest("typed_module")).unwrap();
    let inspection = runtime.inspect_file(&path).unwrap();
    assert_eq!((inspection.entry, inspection.adapted.is_some()), (Some("execute"), true));
    let stage = Scenario::new().allowed_tools("Read").guest("typed_module").file("a.txt", "x").ready();
    assert_eq!(stage.op(json!({ "op": "read", "path": "a.txt" })), json!({ "ok": "x" }));
    assert_eq!(stage.op(json!({ "op": "read", "path": "/etc/passwd" }))["error"], "PermissionDenied");
}

#[test]
fn a_component_of_another_preview_is_told_what_it_exports() {
    let text = r#"(component (core module $m (func (export "f") (result i32) i32.const 0))
        (core instance $i (instantiate $m)) (func $f (result (result)) (canon lift (core func $i "f")))
        (instance $run (export "run" (func $f))) (export "wasi:cli/run@VERSION" (instance $run)))"#;
    let with = |version: &str| wat::parse_str(text.replace("VERSION", version)).unwrap();
    let error = Scenario::new().component(&with("0.3.0")).run(json!({})).unwrap_err();
    assert!(error.to_string().contains("wasi:cli/run@0.3.0"), "{error}");
    assert_eq!(error.kind(), ErrorKind::InvalidArtifact);
    for version in ["0.2.0", "0.2.6", "0.2.12"] {
        assert_eq!(
            Scenario::new().component(&with(version)).run(json!({})).unwrap().output,
            json!(""),
            "{version}"
        );
    }
    // A `run` of another type.
    let other = text.replace("(result (result))", "(result u32)").replace("VERSION", "0.2.0");
    let error = Scenario::new().component(&wat::parse_str(other).unwrap()).run(json!({})).unwrap_err();
    assert!(error.to_string().contains("is not that of `wasi:cli/run`"), "{error}");
}
