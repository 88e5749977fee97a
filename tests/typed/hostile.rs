//! Arguments that are wrong, large or deep, and guests that answer with too much: never more than a typed error.

use openskills_runtime::{ErrorKind, ExecutionOptions, LimitKind, Limits, OpenSkillError, Outcome};
use openskills_tests::{Scenario, Stage};
use serde_json::{Value, json};

fn call(stage: &Stage, name: &str, arguments: Value) -> Result<Value, OpenSkillError> {
    let result = stage.runtime.call_function("tried", name, arguments, ExecutionOptions::default());
    result.map(|result| result.output)
}

fn order() -> Value {
    json!({
        "name": "n", "tags": ["a", "b"], "amount": 3, "image": "", "urgency": "high", "rights": ["read", "run"],
        "drawn": [
            { "tag": "empty" },
            { "tag": "circle", "value": { "center": { "x": 0.5, "y": -0.5 }, "radius": 1.5 } },
            { "tag": "label", "value": ["t", { "x": 0.5, "y": 2.5 }] },
        ],
        "letters": ["a"], "measures": [1, 0.5, "m"], "ended": { "err": { "tag": "hint", "value": "h" } }, "note": null,
    })
}

/// One wrong thing in a list of orders: the change, where the error says it is, and what it says.
type Wrong = (fn(&mut Value), &'static str, &'static str);

#[test]
fn what_is_wrong_is_named_with_the_way_to_it() {
    let stage = Scenario::new().guest("typed").ready();
    let cases: [Wrong; 24] = [
        (|o| o["name"] = json!(3), "v[3].name", "expected a string, found 3"),
        (|o| o["name"] = json!(null), "v[3].name", "expected a string, found null"),
        (|o| drop(o.as_object_mut().unwrap().remove("name")), "v[3].name", "it is missing"),
        (|o| o["title"] = json!("x"), "v[3].title", "there is no such field; there are `name`, `tags`"),
        (|o| o["tags"] = json!(["a", 1]), "v[3].tags[1]", "expected a string, found 1"),
        (|o| o["tags"] = json!({}), "v[3].tags", "expected an array, found an empty object"),
        (|o| o["amount"] = json!(1.5), "v[3].amount", "or that as a decimal string, found 1.5"),
        (|o| o["amount"] = json!(9_007_199_254_740_992_u64), "v[3].amount", "in quotes"),
        (|o| o["amount"] = json!("9223372036854775808"), "v[3].amount", "found \"9223372036854775808\""),
        (|o| o["amount"] = json!("1e3"), "v[3].amount", "found \"1e3\""),
        (|o| o["image"] = json!("%"), "v[3].image", "base64"),
        (|o| o["image"] = json!([1, 2]), "v[3].image", "expected bytes as a string in base64"),
        (|o| o["urgency"] = json!("urgent"), "v[3].urgency", "expected one of `low`, `high`, `at-once`"),
        (|o| o["rights"] = json!(["read", "read"]), "v[3].rights[1]", "\"read\" is there already"),
        (|o| o["rights"] = json!(["fly"]), "v[3].rights[0]", "expected one of `read`, `write`, `run`"),
        (
            |o| o["drawn"][1]["value"]["center"]["x"] = json!("1"),
            "v[3].drawn[1].value.center.x",
            "expected a number",
        ),
        (|o| o["drawn"][1]["tag"] = json!("ring"), "v[3].drawn[1].tag", "expected one of `circle`, `path`"),
        (
            |o| drop(o["drawn"][1].as_object_mut().unwrap().remove("tag")),
            "v[3].drawn[1].tag",
            "it is missing",
        ),
        (
            |o| o["drawn"][0]["value"] = json!(null),
            "v[3].drawn[0].value",
            "there is no such field; there are `tag`",
        ),
        (|o| o["drawn"][2]["value"] = json!(["t"]), "v[3].drawn[2].value", "expected an array of 2 items"),
        (|o| o["letters"] = json!(["ab"]), "v[3].letters[0]", "expected one character, found \"ab\""),
        (|o| o["measures"][0] = json!(-1), "v[3].measures[0]", "expected an integer from 0 to 255"),
        (|o| o["measures"][1] = json!(1e39), "v[3].measures[1]", "expected a number within ±3.4028235e38"),
        (
            |o| o["ended"] = json!({ "ok": [], "err": null }),
            "v[3].ended",
            "expected `{\"ok\": …}` or `{\"err\": …}`",
        ),
    ];
    for (change, place, message) in cases {
        let mut wrong = order();
        change(&mut wrong);
        match call(&stage, "echo-orders", json!({ "v": [order(), order(), order(), wrong] })) {
            Err(OpenSkillError::InvalidInput { field, message: said, trace, .. }) => {
                assert_eq!(field, place, "{said}");
                assert!(said.contains(message), "{said}");
                assert_eq!((trace.audit.outcome, trace.audit.usage.memory_peak), (Outcome::InvalidInput, 0));
            }
            other => panic!("{place}: {other:?}"),
        }
    }
    assert_eq!(call(&stage, "echo-orders", json!({ "v": [order()] })).unwrap(), json!([order()]));
}

#[test]
fn what_nobody_could_mean_is_an_error_and_no_panic() {
    let stage = Scenario::new().guest("typed").ready();
    let mut deep = json!(0);
    for _ in 0..1_000 {
        deep = json!([deep]);
    }
    for value in
        [json!("NaN"), json!(1e308), json!({ "a": { "b": [] } }), json!("\u{0}".repeat(100_000)), deep]
    {
        for name in
            ["echo-u8", "echo-s64", "echo-char", "echo-urgency", "echo-tuple", "echo-option", "echo-shape"]
        {
            let error = call(&stage, name, json!({ "v": value })).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
            assert!(error.to_string().len() < 2_000, "{name}: {}", error.to_string().len());
        }
    }
    for arguments in
        [json!([]), json!("v"), json!(3), json!({ "v": 1, "w": 2 }), json!({ "": 1 }), json!(null)]
    {
        let error = call(&stage, "echo-u8", arguments.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{arguments}");
    }
    let long = json!({ "x".repeat(1 << 20): 1 });
    let error = call(&stage, "echo-u8", long).unwrap_err().to_string();
    assert!(error.len() < 1_000, "{}", error.len());
}

#[test]
fn a_text_of_ten_megabytes_goes_as_far_as_the_limits_do() {
    let text = "ä".repeat(5 << 20);
    let stage = Scenario::new().guest("typed").ready();
    match call(&stage, "echo-string", json!({ "v": text })) {
        Err(OpenSkillError::LimitExceeded { which, .. }) => assert_eq!(which, LimitKind::Input),
        other => panic!("{:?}", other.map(|_| ())),
    }
    let limits = Limits { input: 16 << 20, output: 16 << 20, ..Limits::default() };
    let stage = Scenario::new().guest("typed").limits(limits).ready();
    let output = call(&stage, "echo-string", json!({ "v": text })).unwrap();
    assert_eq!(output.as_str().map(str::len), Some(text.len()));
}

#[test]
fn an_answer_is_as_large_as_the_limits_let_it_be() {
    let stage = Scenario::new().guest("typed").ready();
    let mut outcomes = Vec::new();
    for (name, count) in [
        // Six of the eight MiB of an output in base64 are bytes; ten times `hostcall_bytes` has room for them.
        ("bytes", 5 << 20),
        ("bytes", 7 << 20),
        ("text", (8 << 20) - 100),
        ("text", 9 << 20),
        // Forty bytes each.
        ("numbers", 600_000),
        ("numbers", 700_000),
        ("empty-texts", 600_000),
        ("empty-texts", 700_000),
        // More than there is memory for.
        ("numbers", 40_000_000),
    ] {
        outcomes.push(match call(&stage, name, json!({ "count": count })) {
            Ok(output) => match output {
                Value::String(text) => format!("{name} {}", text.len()),
                Value::Array(items) => format!("{name} {}", items.len()),
                other => panic!("{other}"),
            },
            Err(OpenSkillError::LimitExceeded { which, .. }) => format!("{name} {which:?}"),
            Err(error) => format!("{name} {:?}", error.kind()),
        });
    }
    assert_eq!(
        outcomes,
        [
            "bytes 6990508",
            "bytes HostCall",
            "text 8388508",
            "text Output",
            "numbers 600000",
            "numbers HostCall",
            "empty-texts 600000",
            "empty-texts HostCall",
            "numbers Memory",
        ]
    );
    // The next call works.
    assert_eq!(call(&stage, "nothing", json!({})).unwrap(), Value::Null);
}

#[test]
fn bytes_have_ten_times_the_room_of_other_results_and_no_more() {
    let limits = Limits { hostcall_bytes: 1 << 20, ..Limits::default() };
    let stage = Scenario::new().guest("typed").limits(limits).ready();
    // What the engine makes of each takes forty bytes.
    for (name, most) in [("bytes", (10 << 20) / 40), ("numbers", (1 << 20) / 40)] {
        call(&stage, name, json!({ "count": most - 1_000 })).unwrap();
        match call(&stage, name, json!({ "count": most + 1_000 })) {
            Err(OpenSkillError::LimitExceeded { which, .. }) => {
                assert_eq!(which, LimitKind::HostCall, "{name}");
            }
            other => panic!("{name}: {:?}", other.map(|_| ())),
        }
    }
    // Arguments have as much as bytes.
    let numbers = |count: usize| json!({ "v": vec![7; count] });
    call(&stage, "echo-numbers", numbers(20_000)).unwrap();
    match call(&stage, "echo-numbers", numbers((10 << 20) / 40 + 1_000)) {
        Err(OpenSkillError::LimitExceeded { which, trace, .. }) => {
            assert_eq!(which, LimitKind::HostCall);
            assert_eq!(trace.audit.usage.memory_peak, 0, "no code ran");
        }
        other => panic!("{:?}", other.map(|_| ())),
    }
}
