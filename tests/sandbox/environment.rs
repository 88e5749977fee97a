//! Environment variables: named, asked for, and never all of them.

use std::sync::{Arc, Mutex};

use openskills_runtime::{Answer, ErrorKind, Policy, Question};
use openskills_tests::Scenario;
use serde_json::{Value, json};

const HOST: [(&str, &str); 4] =
    [("APP_KEY", "k-value"), ("APP_MODE", "m-value"), ("LANG", "de_DE"), ("SECRET", "s-value")];

fn asking(tools: &str) -> Scenario {
    Scenario::new().allowed_tools(tools).environment(&HOST).guest("vars")
}

fn get(scenario: Scenario, names: &[&str]) -> Value {
    scenario.run(json!({ "get": names })).unwrap().output
}

#[test]
fn a_granted_variable_is_read() {
    let output =
        get(asking("Env(LANG), Env(APP_*)").allow("Env(LANG)").allow("Env(APP_*)"), &["LANG", "APP_KEY"]);
    assert_eq!(output["values"], json!([{ "ok": "de_DE" }, { "ok": "k-value" }]));
    assert_eq!(output["names"], json!(["APP_KEY", "APP_MODE", "LANG"]));
}

#[test]
fn a_variable_that_is_not_named_is_refused() {
    let stage = asking("Env(LANG)").allow("Env(LANG)").ready();
    let result = stage.run(json!({ "get": ["SECRET", "APP_KEY", "PATH"] })).unwrap();
    for value in result.output["values"].as_array().unwrap() {
        assert_eq!(value["error"], "Denied");
    }
    assert_eq!(result.output["names"], json!(["LANG"]));
    let refused: Vec<_> = result.audit.refusals.iter().map(|refusal| refusal.target.as_str()).collect();
    assert_eq!(refused, ["SECRET", "APP_KEY", "PATH"]);
    let error = stage.run(json!({ "get": ["SECRET"], "strict": true })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(error.hint().unwrap(), "add to SKILL.md: `allowed-tools: Env(SECRET)`");
}

#[test]
fn without_any_entry_the_import_is_refused_at_load() {
    let error = Scenario::new().environment(&HOST).guest("vars").run(json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("openskills:skill/env"), "{error}");
    assert!(error.hint().unwrap().contains("Env(NAME)"), "{:?}", error.hint());
}

#[test]
fn a_granted_variable_that_is_not_set_is_not_a_refusal() {
    let output = get(asking("Env(MISSING)"), &["MISSING"]);
    assert_eq!(output["values"][0]["error"], "NotPresent");
}

#[test]
fn the_whole_environment_is_never_granted() {
    for tools in ["Env", "Env(*)", "Env(LANG), Env(*)"] {
        let scenario = asking(tools).policy(Policy::trust_skills());
        match scenario.run(json!({ "get": ["SECRET"] })) {
            Ok(result) => {
                assert_eq!(result.output["values"][0]["error"], "Denied", "{tools}");
                assert_eq!(result.output["names"], json!(["LANG"]), "{tools}");
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{tools}"),
        }
    }
}

#[test]
fn a_yes_lets_it_through_and_a_no_ends_the_call_before_it_begins() {
    for (answer, allowed) in [(Answer::Once, true), (Answer::Session, true), (Answer::No, false)] {
        let stage = asking("Env(LANG)").approver(move |_: &Question| answer).ready();
        match stage.run(json!({ "get": ["LANG"] })) {
            Ok(result) => {
                assert!(allowed);
                assert_eq!(result.output["values"], json!([{ "ok": "de_DE" }]));
            }
            Err(error) => {
                assert!(!allowed, "{error}");
                assert_eq!(error.kind(), ErrorKind::PermissionDenied);
                assert_eq!(stage.last().usage.memory_peak, 0, "no guest code ran");
            }
        }
    }
}

#[test]
fn nobody_to_ask_is_a_no_and_the_error_names_the_rule() {
    let error = asking("Env(LANG)").run(json!({ "get": ["LANG"] })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.hint().unwrap().contains("--allow 'Env(LANG)'"), "{:?}", error.hint());
}

#[test]
fn a_question_shows_names_and_never_values() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let stage = asking("Env(APP_*)")
        .approver(move |question: &Question| {
            seen.lock().unwrap().push(question.clone());
            Answer::Once
        })
        .ready();
    stage.run(json!({ "get": ["APP_KEY"] })).unwrap();
    let asked = asked.lock().unwrap();
    let [question] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(question.target, "APP_KEY, APP_MODE");
    assert_eq!((question.skill.as_str(), question.rule.as_str()), ("tried", "Env(APP_*)"));
    assert!(!format!("{question:?}").contains("-value"));
    assert_eq!(question.component_digest, stage.last().component_sha256);
    assert_eq!(question.manifest_digest, stage.last().manifest_sha256);
}

#[test]
fn a_session_answer_holds_for_the_next_call_and_a_single_one_does_not() {
    for (answer, times) in [(Answer::Session, 1), (Answer::Once, 2)] {
        let asked = Arc::new(Mutex::new(0));
        let count = Arc::clone(&asked);
        let stage = asking("Env(LANG)")
            .approver(move |_: &Question| {
                *count.lock().unwrap() += 1;
                answer
            })
            .ready();
        stage.run(json!({ "get": ["LANG"] })).unwrap();
        stage.run(json!({ "get": ["LANG"] })).unwrap();
        assert_eq!(*asked.lock().unwrap(), times, "{answer:?}");
    }
}

#[test]
fn an_approver_that_panics_has_not_said_yes() {
    let error =
        asking("Env(LANG)").approver(|_: &Question| -> Answer { panic!("no") }).run(json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[test]
fn a_deny_beats_an_allow_and_an_approver() {
    let scenario =
        asking("Env(LANG), Env(APP_KEY)").allow("Env(LANG)").allow("Env(APP_KEY)").deny("Env(LANG)");
    let output = get(scenario.approver(|_: &Question| Answer::Once), &["LANG", "APP_KEY"]);
    assert_eq!(output["values"][0]["error"], "Denied");
    assert_eq!(output["values"][1]["ok"], "k-value");
}

#[test]
fn the_standard_library_sees_what_is_granted_and_nothing_else() {
    let around =
        |scenario: Scenario| scenario.environment(&HOST).guest("vars_std").run(json!({})).unwrap().output;
    let nothing = around(Scenario::new());
    assert_eq!(nothing["variables"], json!({}));
    assert_eq!(nothing["arguments"], json!([]));
    assert_eq!(nothing["directory"], "/");
    let some = around(Scenario::new().allowed_tools("Env(LANG)").allow("Env(LANG)"));
    assert_eq!(some["variables"], json!({ "LANG": "de_DE" }));
}

#[test]
fn the_process_environment_is_the_default_and_is_not_inherited() {
    // PATH is set wherever tests run.
    assert!(std::env::var_os("PATH").is_some());
    let builder = |scenario: Scenario| {
        let root = scenario.skills_folder();
        let stage = scenario.ready();
        let runtime = openskills_runtime::OpenSkillRuntime::builder().skills_dir(root).build().unwrap();
        runtime.load_skills().unwrap();
        let result = runtime.execute_skill("tried", json!({}), Default::default()).unwrap();
        drop(stage);
        result.output
    };
    assert_eq!(builder(Scenario::new().guest("vars_std"))["variables"], json!({}));
}
