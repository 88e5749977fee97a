//! Inputs that a skill does not take: which field, and what was expected there.

use openskills_runtime::{ErrorKind, OpenSkillError, Outcome};
use openskills_tests::{Scenario, skill_component};
use serde_json::{Value, json};

fn fault(component: &[u8], input: Value) -> (String, String) {
    let error = Scenario::new().allowed_tools("Read").component(component).run(input).unwrap_err();
    assert_eq!(error.audit().unwrap().outcome, Outcome::InvalidInput, "{error:?}");
    match error {
        OpenSkillError::InvalidInput { field, message, .. } => (field, message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_field_at_fault_is_named() {
    let text_stats = skill_component("text-stats");
    for (input, expected) in [
        (json!({}), "text"),
        (json!({ "text": 7 }), "text"),
        (json!({ "text": "a", "top": "many" }), "top"),
        (json!({ "text": "a", "top": -1 }), "top"),
        (json!({ "text": "a", "colour": "red" }), "colour"),
        (json!([]), ""),
        (json!("text"), ""),
        (json!(null), ""),
    ] {
        let (field, message) = fault(&text_stats, input.clone());
        assert_eq!(field, expected, "{input}: {message}");
        assert!(!message.is_empty());
    }
}

#[test]
fn a_field_within_a_list_is_named_by_its_path() {
    let files = openskills_tests::guest("files_std");
    let input = json!({ "ops": [{ "op": "read", "path": "a" }, { "op": "read", "path": 7 }] });
    assert_eq!(fault(&files, input).0, "ops[1].path");
    let (field, _) = fault(&files, json!({ "ops": [{ "op": "read" }] }));
    assert_eq!(field, "ops[0].path");
}

#[test]
fn a_skill_can_blame_a_field_itself() {
    let (field, message) =
        fault(&skill_component("text-stats"), json!({ "text": "a", "words_per_minute": 0 }));
    assert_eq!(field, "words_per_minute");
    assert!(message.contains("0 words"), "{message}");
}

#[test]
fn the_right_input_is_taken() {
    let scenario = Scenario::new().component(&skill_component("text-stats"));
    let output = scenario.run(json!({ "text": "One two. Three!" })).unwrap().output;
    assert_eq!((&output["words"], &output["sentences"]), (&json!(3), &json!(2)));
}

#[test]
fn every_json_value_arrives_as_it_is() {
    let stage = Scenario::new().guest("echo").ready();
    for value in [
        json!(null),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.1),
        json!("\u{0}\u{1f600}\u{2028}\"\\"),
        json!({ "": [], "a": { "b": [1, [2, [3]]] } }),
    ] {
        assert_eq!(stage.run(value.clone()).unwrap().output["input"], value);
    }
}

#[test]
fn a_denial_that_no_host_made_is_a_failure() {
    let error = Scenario::new().guest("abuse").run(json!({ "op": "deny", "text": "no" })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExecutionFailure);
    assert!(error.to_string().contains("this host did not do"), "{error}");
}
