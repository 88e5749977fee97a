//! Files named `skill.wasm` that are no component, or none of ours: what they are, and what was expected.

use openskills_runtime::{ErrorKind, OpenSkillError, Outcome};
use openskills_tests::{Scenario, guest};
use serde_json::json;

fn message(bytes: &[u8]) -> String {
    let stage = Scenario::new().component(bytes).ready();
    let error = stage.run(json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArtifact, "{error}");
    let is_called = error.to_string().contains("called by name");
    let hint = if is_called { "`openskills call SKILL FUNCTION JSON`" } else { "`openskills build`" };
    assert!(error.hint().unwrap().contains(hint), "{error}");
    assert_eq!(stage.records.records().len(), 1);
    let record = stage.last();
    assert!(matches!(record.outcome, Outcome::InvalidArtifact { .. }));
    assert_eq!(record.component_sha256.len(), 64);
    // The second call says the same.
    assert_eq!(stage.run(json!({})).unwrap_err().to_string(), error.to_string());
    let OpenSkillError::InvalidArtifact { path, message, .. } = error else { unreachable!() };
    assert!(path.ends_with("tried/wasm/skill.wasm"));
    message
}

#[test]
fn text_and_other_files_are_told_by_what_they_are() {
    let module = wat::parse_str("(module)").unwrap();
    for (bytes, words) in [
        (&b""[..], "empty"),
        (b"#!/usr/bin/env python3\nprint('hello')\n", "text (`#!/usr/bin/env python3"),
        (b"(component)", "text"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00", "native code"),
        (b"PK\x03\x04............", "zip"),
        (b"\x1f\x8b............", "gzip"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        (&module, "core WebAssembly module"),
        (b"\0asm", "cut off"),
        (b"\0asm\x0d\0\x02\0", "unknown version"),
        (&[0x80, 0x90, 0xff, 0, 1, 2], "not WebAssembly"),
    ] {
        let message = message(bytes);
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[test]
fn a_truncated_component_is_told_at_every_length() {
    let whole = guest("echo");
    for length in [5, 7, 9, 20, 100, 1_000, whole.len() / 2, whole.len() - 1_000, whole.len() - 1] {
        let message = message(&whole[..length]);
        assert!(message.contains("cut off") || message.contains("damaged"), "{length}: {message}");
    }
}

#[test]
fn a_damaged_component_is_an_error_and_no_crash() {
    let whole = guest("echo");
    for at in (100..whole.len()).step_by(whole.len() / 12) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        // Damage in data or in a name may leave a component that runs.
        let _ = Scenario::new().component(&bytes).ready().run_within(20_000, json!({}));
    }
}

#[test]
fn a_component_without_execute_says_what_it_exports() {
    let empty = message(&wat::parse_str("(component)").unwrap());
    assert!(empty.contains("no function `execute`") && empty.contains("nothing"), "{empty}");
    assert!(empty.contains("openskills:skill/base"), "{empty}");
    let other = "(component (core module $m (func (export \"f\"))) (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i \"f\"))) (export \"run-me\" (func $f)))";
    let other = message(&wat::parse_str(other).unwrap());
    assert!(other.contains("its functions are called by name, such as `run-me`"), "{other}");
}

#[test]
fn a_component_whose_functions_cannot_be_called_says_why() {
    let module = r#"(core module $m (func (export "f") (result i32) unreachable))
        (core instance $i (instantiate $m)) (type $r (resource (rep i32))) (export $e "r" (type $r))
        (func $f (result (own $e)) (canon lift (core func $i "f")))"#;
    let told =
        message(&wat::parse_str(format!(r#"(component {module} (export "make" (func $f)))"#)).unwrap());
    assert!(told.contains("none of its functions can be called: it returns a resource"), "{told}");
    let server = r#"(component
        (import "wasi:http/types@0.2.0" (instance $t
            (export "incoming-request" (type (sub resource))) (export "response-outparam" (type (sub resource)))))
        (alias export $t "incoming-request" (type $request)) (alias export $t "response-outparam" (type $out))
        (core module $m (func (export "f") (param i32 i32)))
        (core instance $i (instantiate $m))
        (func $f (param "request" (own $request)) (param "response-out" (own $out)) (canon lift (core func $i "f")))
        (instance $h (export "handle" (func $f))) (export "wasi:http/incoming-handler@0.2.0" (instance $h)))"#;
    let stage = Scenario::new()
        .allowed_tools("WebFetch(domain:example.com)")
        .component(&wat::parse_str(server).unwrap())
        .ready();
    let told = stage.run(json!({})).unwrap_err().to_string();
    assert!(told.contains("it is a web server"), "{told}");
}

#[test]
fn names_of_a_component_do_not_fill_a_message() {
    let long = "a".repeat(5_000);
    let exports: String = (0..100).map(|at| format!(r#"(export "{long}{at}" (func $f))"#)).collect();
    let told = message(
        &wat::parse_str(format!(
            r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f"))) {exports})"#
        ))
        .unwrap(),
    );
    assert!(told.len() < 8_000 && told.contains("and 80 more"), "{}", told.len());
}

#[test]
fn what_this_host_has_switched_off_is_named_and_what_is_to_be_composed_is() {
    for (component, words) in [
        (r#"(component (import "a" (func async (result (future u8)))))"#, "build it for WASI 0.2"),
        ("(component (core module (tag)))", "`-fno-exceptions`"),
        (r#"(component (import "a:b/c" (component)))"#, "such as `a:b/c`, which belong into it"),
    ] {
        let told = message(&wat::parse_str(component).unwrap());
        assert!(told.contains(words) && !told.contains("not a valid"), "{told}");
    }
}

#[test]
fn an_execute_of_another_type_is_refused_before_it_is_called() {
    let component = "(component (core module $m (func (export \"f\") (result i32) unreachable))
        (core instance $i (instantiate $m))
        (func $f (result u32) (canon lift (core func $i \"f\"))) (export \"execute\" (func $f)))";
    let message = message(&wat::parse_str(component).unwrap());
    assert!(message.contains("func(input: string) -> result<string, skill-error>"), "{message}");
}

#[test]
fn an_execute_that_is_no_function_is_none() {
    let component =
        "(component (component $c) (instance $i (instantiate $c)) (export \"execute\" (instance $i)))";
    let message = message(&wat::parse_str(component).unwrap());
    assert!(message.contains("no function `execute`"), "{message}");
}

#[test]
fn a_missing_component_says_what_can_be_done() {
    let stage = Scenario::new().ready();
    let error = stage.run(json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArtifact);
    assert!(error.to_string().contains("build the skill"), "{error}");
    assert_eq!(stage.last().component_sha256, "");
}

#[test]
fn a_folder_or_a_pipe_in_its_place_is_no_component() {
    let stage = Scenario::new().skill_file("wasm/skill.wasm/inside", "").ready();
    assert_eq!(stage.run(json!({})).unwrap_err().kind(), ErrorKind::InvalidArtifact);
    let stage = Scenario::new().skill_file("wasm/other", "").ready();
    let path = stage.skill.join("wasm/skill.wasm");
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .unwrap();
    assert_eq!(stage.run(json!({})).unwrap_err().kind(), ErrorKind::InvalidArtifact);
}

#[test]
fn a_component_that_is_too_large_is_not_read() {
    let limits = openskills_runtime::Limits { component: 1_000, ..Default::default() };
    let error = Scenario::new().limits(limits).guest("echo").run(json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArtifact);
    assert!(error.to_string().contains("at most 1000"), "{error}");
}

#[test]
fn a_compiled_file_beside_the_component_is_never_used() {
    let stage = Scenario::new().guest("echo").skill_file("wasm/skill.cwasm", "\x7fELF").ready();
    assert_eq!(stage.run(json!(1)).unwrap().output["input"], 1);
}
