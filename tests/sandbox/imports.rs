//! Imports: what is not granted, and what does not exist, is refused before any code of the guest runs.

use openskills_runtime::{ErrorKind, OpenSkillError, Outcome};
use openskills_tests::{Scenario, adapted};
use serde_json::json;

/// A module whose start function never ends: whatever refuses it did so before any of its code ran.
const STARTS_FOREVER: &str = r#"
    (memory (export "memory") 1)
    (func $forever (loop $l (br $l)))
    (start $forever)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "execute") (param i32 i32) (result i32) unreachable)
"#;

fn refused(component: &[u8], tools: &str) -> (OpenSkillError, Vec<String>) {
    let stage = Scenario::new().allowed_tools(tools).component(component).ready();
    let error = stage.run(json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    let records = stage.records.records();
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].usage.memory_peak, &records[0].outcome), (0, &Outcome::Denied));
    let targets = records[0].refusals.iter().map(|refusal| refusal.target.clone()).collect();
    (error, targets)
}

fn importing(names: &[&str]) -> Vec<u8> {
    let imports: String =
        names.iter().map(|name| format!("(import \"{name}\" (instance (export \"f\" (func))))\n")).collect();
    adapted(&imports, STARTS_FOREVER)
}

#[test]
fn an_unknown_interface_is_refused_by_name() {
    let (error, targets) =
        refused(&importing(&["acme:rockets/launch@1.0.0"]), "Read, Edit, WebFetch, Env(X)");
    assert_eq!(targets, ["acme:rockets/launch@1.0.0"]);
    assert!(error.to_string().contains("`acme:rockets/launch@1.0.0`"), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn all_that_is_missing_is_named_at_once() {
    let names = ["openskills:skill/fs@0.1.0", "acme:rockets/launch@1.0.0", "openskills:skill/http@0.1.0"];
    let (error, targets) = refused(&importing(&names), "Env(X)");
    assert_eq!(targets, names);
    let hint = error.hint().unwrap();
    assert!(hint.contains("Read") && hint.contains("WebFetch(domain:HOST)"), "{hint}");
}

#[test]
fn an_interface_is_the_same_in_every_version_and_no_other_by_a_longer_name() {
    for name in ["openskills:skill/fs", "openskills:skill/fs@9.0.0", "openskills:skill/fs-more@0.1.0"] {
        let (_, targets) = refused(&importing(&[name]), "Env(X)");
        assert_eq!(targets, [name]);
    }
}

#[test]
fn the_http_of_wasi_is_refused_at_load_without_a_grant_and_its_server_side_always() {
    let names = ["wasi:http/types@0.2.6", "wasi:http/outgoing-handler@0.2.6"];
    let (error, targets) = refused(&importing(&names), "Read");
    assert_eq!(targets, names);
    assert_eq!(error.hint().unwrap(), "add to SKILL.md: `allowed-tools: WebFetch(domain:HOST)`");
    for name in ["wasi:http/incoming-handler@0.2.6", "wasi:http/types-more@0.2.6", "wasi:http/proxy@0.2.6"] {
        let (_, targets) = refused(&importing(&[name]), "WebFetch(domain:example.com)");
        assert_eq!(targets, [name]);
    }
}

#[test]
fn what_the_policy_denies_wholly_is_not_linked() {
    let stage =
        Scenario::new().allowed_tools("WebFetch(domain:example.com)").deny("WebFetch").guest("net").ready();
    let error = stage.run(json!({ "url": "https://example.com/" })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("`openskills:skill/http"), "{error}");
    assert!(error.hint().unwrap().contains("deny"), "{:?}", error.hint());
    assert_eq!(stage.last().usage.memory_peak, 0);
}

#[test]
fn what_is_granted_is_linked() {
    let stage = Scenario::new().allowed_tools("WebFetch(domain:example.com)").guest("net").ready();
    let result = stage.run(json!({ "url": "ftp://example.com/" })).unwrap();
    assert_eq!(result.output[0]["error"], "InvalidRequest");
}

#[test]
fn another_wasi_than_0_2_is_refused_by_its_name_whatever_it_imports_of_it() {
    for (name, words) in [
        ("wasi:cli/environment@0.3.0", "WASI 0.3"),
        ("wasi:io/streams@0.2.0-rc-2023-11-10", "a draft of WASI 0.2"),
        ("wasi:clocks/wall-clock", "another version of WASI"),
    ] {
        let (error, targets) = refused(&importing(&[name]), "Read");
        assert_eq!(targets, [name]);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn bare_functions_are_refused_like_interfaces() {
    let component = adapted(r#"(import "give-me-root" (func))"#, STARTS_FOREVER);
    let (_, targets) = refused(&component, "Read");
    assert_eq!(targets, ["give-me-root"]);
}

#[test]
fn an_interface_of_ours_with_another_function_is_no_skill_of_this_host() {
    let stage =
        Scenario::new().allowed_tools("Read").component(&importing(&["openskills:skill/fs@0.1.0"])).ready();
    let error = stage.run(json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArtifact, "{error}");
    assert_eq!(stage.last().usage.memory_peak, 0);
}
