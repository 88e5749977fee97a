//! Components of public collections, which nobody here wrote: listed, described by schemas that somebody else's validator
//! reads, and called.

use openskills_runtime::audit::sha256;
use openskills_runtime::{ErrorKind, ExecutionOptions, Function, OpenSkillError};
use openskills_tests::{Scenario, Stage, repository};
use serde_json::{Value, json};

use crate::schemas::Schemas;

/// A component of `tests/foreign`, as it was taken from its collection.
fn stage(name: &str) -> Stage {
    let folder = repository().join("tests/foreign");
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let origins = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let line = origins.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap();
    assert!(line.contains(&sha256(&bytes)), "{name} is not what was taken");
    Scenario::new().component(&bytes).ready()
}

/// Its only function.
fn only(stage: &Stage) -> Function {
    let [function] = <[Function; 1]>::try_from(stage.runtime.functions("tried").unwrap()).unwrap();
    function
}

fn call(stage: &Stage, name: &str, arguments: &Value) -> Result<Value, OpenSkillError> {
    let result = stage.runtime.call_function("tried", name, arguments.clone(), ExecutionOptions::default());
    result.map(|result| result.output)
}

/// What its schema takes is what the host takes, and what it gives is what its schema says.
fn agrees(stage: &Stage, function: &Function, arguments: &Value, gives: Option<Value>) {
    let schemas = Schemas::of(function);
    assert_eq!(schemas.takes(arguments), gives.is_some(), "{arguments}: {:#}", function.input_schema);
    match (call(stage, &function.name, arguments), gives) {
        (Ok(output), Some(expected)) => {
            assert!(output == expected && schemas.gives(&output), "{arguments}: {output}");
        }
        (Err(error), None) => assert_eq!(error.kind(), ErrorKind::InvalidInput, "{arguments}: {error}"),
        (other, _) => panic!("{arguments}: {other:?}"),
    }
}

#[test]
fn the_tutorials_calculator_is_listed_described_and_called() {
    let stage = stage("calculator.composed.wasm");
    let function = only(&stage);
    assert_eq!(function.name, "docs:calculator/calculate#eval-expression");
    assert_eq!(function.tool_name, "skill_tried_calculate_eval-expression");
    assert_eq!(function.signature, "eval-expression: func(op: op, x: u32, y: u32) -> u32");
    assert_eq!(function.input_schema["properties"]["op"], json!({ "title": "op", "enum": ["add"] }));
    assert_eq!(function.input_schema["required"], json!(["op", "x", "y"]));
    assert_eq!(function.refused, None);
    for (arguments, gives) in [
        (json!({ "op": "add", "x": 40, "y": 2 }), Some(json!(42))),
        (json!({ "op": "add", "x": u32::MAX, "y": 0 }), Some(json!(u32::MAX))),
        (json!({ "op": "add", "x": u64::from(u32::MAX) + 1, "y": 0 }), None),
        (json!({ "op": "add", "x": -1, "y": 0 }), None),
        (json!({ "op": "add", "x": 1.5, "y": 0 }), None),
        (json!({ "op": "add", "x": "1", "y": 0 }), None),
        (json!({ "op": "sub", "x": 1, "y": 0 }), None),
        (json!({ "op": "add", "x": 1 }), None),
        (json!({ "op": "add", "x": 1, "y": 0, "z": 0 }), None),
        (json!([]), None),
    ] {
        agrees(&stage, &function, &arguments, gives);
    }
    // Whatever of its name is enough to tell what is meant.
    for name in
        ["eval-expression", "calculate#eval-expression", "docs:calculator/calculate@0.1.0#eval-expression"]
    {
        assert_eq!(call(&stage, name, &json!({ "op": "add", "x": 1, "y": 2 })).unwrap(), 3, "{name}");
    }
    assert!(stage.last().refusals.is_empty());
}

#[test]
fn an_adder_and_one_of_64_bits_lose_nothing() {
    let stage = stage("adder.component.wasm");
    let function = only(&stage);
    assert_eq!(function.signature, "add: func(x: u32, y: u32) -> u32");
    agrees(&stage, &function, &json!({ "x": 40, "y": 2 }), Some(json!(42)));
    agrees(&stage, &function, &json!({ "x": 40 }), None);

    let stage = self::stage("asmjs_bigint.component.wasm");
    let function = only(&stage);
    assert_eq!((function.name.as_str(), function.tool_name.as_str()), ("add", "skill_tried_add"));
    for (x, y, gives) in [
        (json!(40), json!(2), Some(json!(42))),
        (json!("9007199254740993"), json!(0), Some(json!("9007199254740993"))),
        (json!("9223372036854775807"), json!(-1), Some(json!("9223372036854775806"))),
        (json!(1_u64 << 60), json!(0), None),
        (json!("nine"), json!(0), None),
    ] {
        agrees(&stage, &function, &json!({ "x": x, "y": y }), gives);
    }
}

#[test]
fn what_needs_a_host_of_another_kind_is_described_and_refused_by_name() {
    let stage = stage("resource-borrow-simple.component.wasm");
    assert_eq!(only(&stage).signature, "test-imports: func()");
    let error = call(&stage, "test-imports", &json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    let told: Vec<String> = stage.last().refusals.into_iter().map(|refusal| refusal.target).collect();
    assert!(
        ["r", "test", "[constructor]r"].iter().all(|name| told.iter().any(|told| told == name)),
        "{told:?}"
    );
}
