//! Which function is called, with what, and how that ends.

use openskills_runtime::{ErrorKind, ExecutionOptions, OpenSkillError, Outcome};
use openskills_tests::{Scenario, Stage};
use serde_json::{Value, json};

/// Three functions that need no memory: `add` and `half` of the world, and `add` of two interfaces.
const SUMS: &str = r#"(component
    (core module $m
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "half") (param i32) (result i32) (i32.shr_u (local.get 0) (i32.const 1)))
        (func (export "spin") (loop (br 0)))
        (func (export "trap") unreachable))
    (core instance $i (instantiate $m))
    (func $add (param "a" u8) (param "b" u32) (result u32) (canon lift (core func $i "add")))
    (func $half (param "of" u32) (result u32) (canon lift (core func $i "half")))
    (func $spin (canon lift (core func $i "spin")))
    (func $trap (canon lift (core func $i "trap")))
    (instance $sums (export "add" (func $add)) (export "half-of" (func $half)))
    (instance $more (export "add" (func $add)))
    (export "half" (func $half))
    (export "spin" (func $spin))
    (export "trap" (func $trap))
    (export "example:math/sums@1.2.0" (instance $sums))
    (export "example:math/more@1.2.0" (instance $more))
)"#;

fn sums() -> Stage {
    Scenario::new().component(&wat::parse_str(SUMS).unwrap()).ready()
}

fn call(stage: &Stage, function: &str, arguments: Value) -> Result<Value, OpenSkillError> {
    let result = stage.runtime.call_function("tried", function, arguments, ExecutionOptions::default());
    result.map(|result| result.output)
}

#[test]
fn functions_are_listed_with_their_names_and_schemas() {
    let stage = sums();
    let functions = stage.runtime.functions("tried").unwrap();
    let names: Vec<(&str, &str)> =
        functions.iter().map(|function| (function.name.as_str(), function.tool_name.as_str())).collect();
    assert_eq!(
        names,
        [
            ("half", "skill_tried_half"),
            ("spin", "skill_tried_spin"),
            ("trap", "skill_tried_trap"),
            ("example:math/sums#add", "skill_tried_sums_add"),
            ("example:math/sums#half-of", "skill_tried_sums_half-of"),
            ("example:math/more#add", "skill_tried_more_add"),
        ]
    );
    assert_eq!(functions[3].signature, "add: func(a: u8, b: u32) -> u32");
    assert_eq!(
        functions[3].input_schema["properties"]["a"],
        json!({ "type": "integer", "minimum": 0, "maximum": 255 })
    );
    assert_eq!(functions[1].output_schema["type"], "null");
}

#[test]
fn a_function_is_called_by_its_name_and_by_what_can_mean_nothing_else() {
    let stage = sums();
    let arguments = || json!({ "a": 2, "b": 40 });
    for name in ["example:math/sums#add", "example:math/sums@1.2.0#add", "sums#add"] {
        assert_eq!(call(&stage, name, arguments()).unwrap(), json!(42), "{name}");
        assert_eq!(stage.last().function.as_deref(), Some("example:math/sums#add"));
        assert_eq!(stage.last().outcome, Outcome::Success);
    }
    assert_eq!(call(&stage, "half-of", json!({ "of": 9 })).unwrap(), json!(4));
    assert_eq!(call(&stage, "half", json!({ "of": 9 })).unwrap(), json!(4));
    let unclear = call(&stage, "add", arguments()).unwrap_err();
    assert_eq!(unclear.kind(), ErrorKind::InvalidFunction);
    let text = unclear.to_string();
    assert!(text.contains("`example:math/sums#add`, `example:math/more#add`"), "{text}");
}

#[test]
fn a_wrong_name_gets_the_nearest_and_those_that_there_are() {
    let stage = sums();
    let error = call(&stage, "hafl", json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidFunction);
    assert_eq!(error.hint().unwrap(), "did you mean `half`?");
    assert!(
        error.to_string().contains("there are `half`, `spin`, `trap`, `example:math/sums#add`"),
        "{error}"
    );
    let record = stage.last();
    assert_eq!((record.function.as_deref(), record.outcome), (Some("hafl"), Outcome::InvalidInput));
    let error = call(&stage, "summs#half-off", json!({})).unwrap_err();
    assert_eq!(error.hint().unwrap(), "did you mean `example:math/sums#half-of`?");
    // What somebody asks for can be long.
    let long = "x".repeat(1 << 20);
    call(&stage, &long, json!({})).unwrap_err();
    assert_eq!(stage.last().function.unwrap().len(), 256);
}

#[test]
fn arguments_at_fault_are_named_before_anything_runs() {
    let stage = sums();
    for (arguments, field, message) in [
        (json!({ "a": 256, "b": 1 }), "a", "expected an integer from 0 to 255, found 256"),
        (json!({ "a": 1.5, "b": 1 }), "a", "expected an integer from 0 to 255, found 1.5"),
        (json!({ "a": "1", "b": 1 }), "a", "expected an integer from 0 to 255, found \"1\""),
        (json!({ "b": 1 }), "a", "it is missing"),
        (json!({ "a": 1, "b": 1, "c": 1 }), "c", "there is no such parameter; there are `a`, `b`"),
        (json!([1, 2]), "", "expected an object of the parameters `a`, `b`, found an array of 2 items"),
    ] {
        match call(&stage, "sums#add", arguments) {
            Err(OpenSkillError::InvalidInput { field: found, message: said, trace, .. }) => {
                assert_eq!((found.as_str(), said.as_str()), (field, message));
                assert_eq!(trace.audit.usage.memory_peak, 0);
                assert_eq!(trace.audit.outcome, Outcome::InvalidInput);
            }
            other => panic!("{other:?}"),
        }
    }
    // JSON Schema takes this for an integer, too.
    assert_eq!(call(&stage, "sums#add", json!({ "a": 1.0, "b": 1 })).unwrap(), json!(2));
}

#[test]
fn a_call_of_a_function_has_a_deadline_and_traps_like_any_other() {
    let stage = sums();
    let options = ExecutionOptions { timeout_ms: Some(50) };
    let error = stage.runtime.call_function("tried", "spin", json!({}), options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let error = call(&stage, "trap", json!({})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ExecutionFailure);
    assert_eq!(stage.last().function.as_deref(), Some("trap"));
    assert_eq!(call(&stage, "half", json!({ "of": 2 })).unwrap(), json!(1));
}

#[test]
fn a_component_without_an_entry_point_says_how_it_is_called() {
    let error = sums().run(json!({})).unwrap_err();
    assert!(error.to_string().contains("called by name, such as `half`"), "{error}");
}
