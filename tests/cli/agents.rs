//! What a program that talks to a model uses: `tools` and `handle`.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran, skills};

#[test]
fn tools_have_the_form_that_is_asked_for() {
    let bench = Bench::new();
    let tools = |options: &[&str]| {
        let all = skills();
        let arguments = ["tools", "--skills", &all].into_iter().chain(options.iter().copied());
        bench.run(arguments).ended_with(0).json()
    };
    let names = |tools: &Value, path: &str| -> Vec<String> {
        tools
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool.pointer(path).unwrap().as_str().unwrap().to_owned())
            .collect()
    };
    let all = names(&tools(&[]), "/function/name");
    assert!(
        all.contains(&"activate_skill".to_owned()) && all.contains(&"skill_text-stats".to_owned()),
        "{all:?}"
    );
    for format in ["openai-responses", "anthropic", "mcp"] {
        assert_eq!(names(&tools(&["--format", format]), "/name"), all, "{format}");
    }
    let general = names(&tools(&["--style", "general"]), "/function/name");
    assert!(general.contains(&"run_skill".to_owned()) && !general.contains(&"skill_text-stats".to_owned()));
    bench.run(["tools", "--format", "gpt"]).ended_with(2).says("openai-responses");
    let none = bench.run(["tools"]).ended_with(0).says("--skills DIR");
    assert_eq!(none.json(), json!([]));
}

#[test]
fn a_call_is_answered_in_its_form_and_a_message_with_a_list() {
    let bench = Bench::new();
    let all = skills();
    let input = json!({ "text": "Hello, world." });
    let block = json!({ "type": "tool_use", "id": "a", "name": "skill_text-stats", "input": input });
    let ran = bench.run(["handle", "--skills", &all, &block.to_string()]).ended_with(0);
    assert_eq!(
        (ran.json()["tool_use_id"].as_str(), ran.json()["is_error"].as_bool()),
        (Some("a"), Some(false))
    );
    let function = json!({ "name": "skill_text-stats", "arguments": input.to_string() });
    let message = json!({ "role": "assistant", "content": null, "tool_calls": [
        { "id": "a", "type": "function", "function": function },
        { "id": "b", "type": "function", "function": { "name": "no_such", "arguments": "{}" } },
    ] });
    let ran = bench.run_with_stdin(&["handle", "--skills", &all, "-"], &message.to_string()).ended_with(0);
    let answers = ran.json();
    assert_eq!(answers.as_array().unwrap().len(), 2);
    assert_eq!((&answers[0]["tool_call_id"], &answers[1]["tool_call_id"]), (&json!("a"), &json!("b")));
    assert!(answers[0]["content"].as_str().unwrap().contains("\"words\":2"), "{answers}");
    assert!(answers[1]["content"].as_str().unwrap().contains("no_such"), "{answers}");
    let quiet = json!({ "role": "assistant", "content": "Two words." });
    assert_eq!(bench.run(["handle", "--skills", &all, &quiet.to_string()]).ended_with(0).json(), json!([]));
    bench.run(["handle", "--skills", &all, "{oops"]).ended_with(2).says("JSON");
}

#[test]
fn what_would_grant_something_is_said_to_the_operator_alone() {
    let bench = Bench::new();
    let all = skills();
    let call = json!({ "name": "skill_env-card" }).to_string();
    let denied = ["handle", "--skills", &all, &call];
    let run = |options: &[&str]| {
        let mut command = bench.command(denied.iter().chain(options));
        Ran::from(command.env("LANG", "en_GB.UTF-8").output().unwrap())
    };
    let ran = run(&[]).ended_with(0).says("hint: ").says("--allow");
    assert_eq!(ran.json()["isError"], true);
    assert!(!ran.stdout.contains("--allow"), "{}", ran.stdout);
    let whole = run(&["--json"]).ended_with(0).json();
    assert_eq!(whole["kind"], "PermissionDenied");
    assert!(whole["hint"].as_str().unwrap().contains("--allow"), "{whole}");
    assert_eq!(whole["reply"]["isError"], true);
    assert_eq!(whole["audit"]["skill"], "env-card");
}
