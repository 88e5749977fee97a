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

#[test]
fn both_doors_show_the_same_names_and_values() {
    let tools = "Env(LANG), Env(APP_*)";
    let scenario = |guest| {
        Scenario::new()
            .allowed_tools(tools)
            .environment(&HOST)
            .guest(guest)
            .allow("Env(LANG)")
            .allow("Env(APP_*)")
    };
    let std = scenario("vars_std").run(json!({})).unwrap();
    let sdk = scenario("vars").run(json!({ "get": ["APP_KEY", "APP_MODE", "LANG"] })).unwrap();
    let names: Vec<_> = std.output["variables"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(sdk.output["names"], json!(names));
    for (name, value) in names.iter().zip(sdk.output["values"].as_array().unwrap()) {
        assert_eq!(value["ok"], std.output["variables"][name], "{name}");
    }
    assert_eq!(std.audit.uses, sdk.audit.uses, "and the record does not tell the doors apart");
}

#[test]
fn each_variable_of_a_prefix_is_on_record_by_its_name() {
    let uses = |stage: &openskills_tests::Stage| -> Vec<String> {
        stage.last().uses.iter().map(|used| used.target.clone()).collect()
    };
    let stage = asking("Env(APP_*)").approver(|_: &Question| Answer::Once).ready();
    stage.run(json!({})).unwrap();
    assert_eq!(uses(&stage), ["APP_KEY", "APP_MODE"]);
    assert_eq!(stage.last().usage.prompts, 1, "asked once for all of them");
    let stage = asking("Env(APP_*)").approver(|_: &Question| Answer::No).ready();
    assert_eq!(stage.run(json!({})).unwrap_err().kind(), ErrorKind::PermissionDenied);
    let record = stage.last();
    let refused: Vec<_> = record.refusals.iter().map(|refusal| refusal.target.as_str()).collect();
    assert_eq!(refused, ["APP_KEY", "APP_MODE"]);
    assert!(record.uses.is_empty());
}

#[test]
fn names_are_compared_by_case_and_as_a_whole() {
    let host =
        [("Lang", "1"), ("LANG_X", "2"), ("XLANG", "3"), ("APP", "4"), ("APP_", "5"), ("app_key", "6")];
    let output = Scenario::new()
        .allowed_tools("Env(LANG), Env(APP_*)")
        .environment(&host)
        .policy(Policy::trust_skills())
        .guest("vars_std")
        .run(json!({}))
        .unwrap()
        .output;
    assert_eq!(output["variables"], json!({}));
}

#[test]
fn an_empty_value_is_a_value_and_a_long_one_is_whole() {
    let long = "x".repeat(1 << 20);
    let scenario = |guest| {
        let host = [("EMPTY", ""), ("LONG", long.as_str())];
        let scenario = Scenario::new().allowed_tools("Env(EMPTY), Env(LONG)").environment(&host);
        scenario.policy(Policy::trust_skills()).guest(guest)
    };
    let sdk = scenario("vars").run(json!({ "get": ["EMPTY", "LONG"] })).unwrap().output;
    assert_eq!(sdk["values"][0], json!({ "ok": "" }));
    assert_eq!(sdk["values"][1]["ok"].as_str().unwrap().len(), 1 << 20);
    let std = scenario("vars_std").run(json!({})).unwrap().output;
    assert_eq!(std["variables"]["EMPTY"], "");
    assert_eq!(std["variables"]["LONG"].as_str().unwrap().len(), 1 << 20);
}

#[test]
fn a_value_beyond_the_memory_is_a_limit_and_the_host_goes_on() {
    let huge = "x".repeat(64 << 20);
    for guest in ["vars", "vars_std"] {
        let limits = openskills_runtime::Limits { memory: 32 << 20, ..Default::default() };
        let scenario =
            Scenario::new().allowed_tools("Env(HUGE)").environment(&[("HUGE", &huge)]).limits(limits);
        let input = if guest == "vars" { json!({ "get": ["HUGE"] }) } else { json!({}) };
        let error = scenario.policy(Policy::trust_skills()).guest(guest).run(input).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{guest}: {error}");
        assert!(format!("{error:?}").len() < 10_000, "the value is not in the error");
    }
}

#[test]
fn what_no_process_can_have_is_refused_when_the_runtime_is_built() {
    let build = |name: &str, value: &str| {
        let builder = openskills_runtime::OpenSkillRuntime::builder();
        builder.environment([(name.to_owned(), value.to_owned())]).build().map(drop)
    };
    assert!(build("NAME", "value").is_ok() && build("NAME", "a=b").is_ok());
    for (name, value) in [("", "v"), ("A=B", "v"), ("=C", "v"), ("A\0", "v"), ("A", "v\0w")] {
        let error = build(name, value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{name:?}");
        assert!(error.to_string().contains("environment variable"), "{error}");
    }
}

#[test]
fn of_two_with_one_name_the_last_counts() {
    let scenario = Scenario::new().allowed_tools("Env(A)").environment(&[("A", "1"), ("A", "2")]);
    let output = scenario.policy(Policy::trust_skills()).guest("vars_std").run(json!({})).unwrap().output;
    assert_eq!(output["variables"], json!({ "A": "2" }));
}
