//! What a guest by the real toolchain exports: listed, described in its author's words, called.

use openskills_runtime::{ErrorKind, ExecutionOptions, Function, OpenSkillError};
use openskills_tests::{Scenario, Stage};
use serde_json::{Value, json};

use crate::schemas::Schemas;

fn stage() -> Stage {
    Scenario::new().guest("typed").ready()
}

fn function(stage: &Stage, name: &str) -> Function {
    let functions = stage.runtime.functions("tried").unwrap();
    functions.into_iter().find(|function| function.name.rsplit('#').next() == Some(name)).unwrap()
}

fn call(stage: &Stage, name: &str, arguments: Value) -> Result<Value, OpenSkillError> {
    let result = stage.runtime.call_function("tried", name, arguments, ExecutionOptions::default());
    result.map(|result| result.output)
}

#[test]
fn functions_of_the_world_and_of_its_interfaces_are_there() {
    let stage = stage();
    let functions = stage.runtime.functions("tried").unwrap();
    let names: Vec<&str> = functions.iter().map(|function| function.name.as_str()).collect();
    for name in
        ["distance", "name-it", "nothing", "tests:typed/kinds#echo-order", "tests:typed/kinds#neither"]
    {
        assert!(names.contains(&name), "{names:?}");
    }
    assert_eq!(
        function(&stage, "name-it").signature,
        // What a world declares itself has its name, and what it takes from an interface.
        "name-it: func(at: point, name: option<string>, urgency: urgency) -> named"
    );
    assert_eq!(
        function(&stage, "err-only").signature,
        "err-only: func(v: result<_, order>) -> result<_, order>"
    );
    let mut tools: Vec<&str> = functions.iter().map(|function| function.tool_name.as_str()).collect();
    assert!(tools.contains(&"skill_tried_distance") && tools.contains(&"skill_tried_kinds_echo-order"));
    tools.sort_unstable();
    tools.dedup();
    assert_eq!(tools.len(), functions.len());
}

#[test]
fn what_compilers_leave_in_a_component_is_no_function_of_its_author() {
    for guest in ["echo", "errand_python", "errand_javascript", "files_c", "plain_wasip2"] {
        let stage = Scenario::new().guest(guest).ready();
        let functions = stage.runtime.functions("tried").unwrap();
        assert!(functions.is_empty(), "{guest}: {functions:#?}");
    }
}

#[test]
fn what_the_author_wrote_reaches_the_schema() {
    let stage = stage();
    let distance = function(&stage, "distance");
    assert_eq!(distance.description.as_deref(), Some("Measures how far two points are apart."));
    let order = function(&stage, "echo-order");
    assert_eq!(order.description.as_deref(), Some("Gives back what was ordered."));
    let v = &order.input_schema["properties"]["v"];
    assert_eq!((&v["title"], &v["description"]), (&json!("order"), &json!("Something ordered.")));
    assert_eq!(v["properties"]["name"]["description"], "What it is called.");
    let point = &order.input_schema["$defs"]["point"];
    assert_eq!(point["description"], "A point of the plane.");
    assert_eq!(point["properties"]["y"]["description"], "Upwards.");
    let shape = &order.input_schema["$defs"]["shape"];
    assert_eq!(shape["oneOf"][0]["description"], "All within a distance.");
    let urgency = &function(&stage, "echo-urgency").input_schema["properties"]["v"];
    assert_eq!(
        urgency["description"],
        "How urgent something is.\n\n- `low`: Some day.\n- `at-once`: Before anything else."
    );
    let rights = &function(&stage, "echo-rights").input_schema["properties"]["v"];
    assert!(rights["description"].as_str().unwrap().contains("- `run`: To start."), "{rights:#}");
    // A type that the world declares, with one that it takes from an interface.
    let named = &function(&stage, "name-it").output_schema;
    assert_eq!(
        (&named["title"], &named["description"]),
        (&json!("named"), &json!("A pair of a name and a place."))
    );
    let at = &named["properties"]["at"];
    assert_eq!(
        (&at["title"], &at["description"]),
        (&json!("point"), &json!("Where it is.\n\nA point of the plane."))
    );
}

#[test]
fn functions_have_several_parameters_or_none_and_options_may_be_left_out() {
    let stage = stage();
    let (a, b) = (json!({ "x": 0, "y": 0 }), json!({ "x": 3, "y": 4.0 }));
    assert_eq!(call(&stage, "distance", json!({ "a": a, "b": b })).unwrap(), json!(5.0));
    let named = function(&stage, "name-it");
    let schemas = Schemas::of(&named);
    for (arguments, name) in [
        (json!({ "at": b, "urgency": "at-once" }), "Urgency::AtOnce"),
        (json!({ "at": b, "urgency": "low", "name": null }), "Urgency::Low"),
        (json!({ "at": b, "urgency": "low", "name": "here" }), "here"),
    ] {
        assert!(schemas.takes(&arguments), "{arguments}");
        let output = call(&stage, "name-it", arguments).unwrap();
        assert_eq!(output, json!({ "name": name, "at": { "x": 3.0, "y": 4.0 } }));
        assert!(schemas.gives(&output));
    }
    assert_eq!(call(&stage, "nothing", json!({})).unwrap(), Value::Null);
    assert_eq!(call(&stage, "nothing", Value::Null).unwrap(), Value::Null);
    assert!(Schemas::of(&function(&stage, "nothing")).gives(&Value::Null));
    let result = stage
        .runtime
        .call_function("tried", "say", json!({ "text": "hello" }), ExecutionOptions::default())
        .unwrap();
    assert_eq!((result.output, result.stdout.as_str()), (Value::Null, "hello\n"));
}

#[test]
fn a_result_is_its_ok_or_ends_the_call_with_its_error() {
    let stage = stage();
    for (name, given, output) in [
        ("both", json!({ "ok": "18446744073709551615" }), json!("18446744073709551615")),
        ("both", json!({ "ok": "9007199254740991" }), json!(9_007_199_254_740_991_u64)),
        ("ok-only", json!({ "ok": 0 }), json!(0)),
        ("err-only", json!({ "ok": null }), Value::Null),
        ("neither", json!({ "ok": null }), Value::Null),
    ] {
        let found = call(&stage, name, json!({ "v": given })).unwrap();
        assert_eq!(found, output, "{name} {given}");
        assert!(Schemas::of(&function(&stage, name)).gives(&found), "{name}");
    }
    let order = json!({
        "name": "n", "tags": [], "amount": -1, "image": "AA==", "urgency": "low", "rights": [], "drawn": [],
        "letters": ["ä"], "measures": [1, 0.5, ""], "ended": { "ok": [] }, "note": null,
    });
    for (name, given, error) in [
        ("both", json!({ "err": "so \"it\" is" }), Some(json!("so \"it\" is"))),
        ("err-only", json!({ "err": order }), Some(order.clone())),
        ("ok-only", json!({ "err": null }), None),
        ("neither", json!({ "err": null }), None),
    ] {
        let failed = call(&stage, name, json!({ "v": given })).unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::ExecutionFailure, "{name}");
        let OpenSkillError::ExecutionFailure { message, .. } = failed else { unreachable!() };
        let function = function(&stage, name);
        match error {
            Some(error) => {
                let said: Value = serde_json::from_str(&message).unwrap();
                assert_eq!(said, error);
                assert!(Schemas::of(&function).fails_with(&said), "{:?}", function.error_schema);
            }
            None => {
                assert_eq!(message, "it answered with an error that says nothing");
                assert_eq!(function.error_schema, None);
            }
        }
    }
}

#[test]
fn what_lives_longer_than_a_call_is_refused_with_the_reason() {
    let stage = stage();
    for (name, reason) in [
        ("[constructor]counter", "it returns a resource, which ends with the call"),
        ("[method]counter.next", "its parameter `self` is or holds a resource, which JSON cannot give"),
        ("peek", "its parameter `counter` is or holds a resource, which JSON cannot give"),
        ("all", "it returns a resource, which ends with the call"),
    ] {
        let function = function(&stage, name);
        assert_eq!(function.refused.as_deref(), Some(reason), "{name}");
        assert_eq!((&function.input_schema, &function.output_schema), (&Value::Null, &Value::Null));
        let error = call(&stage, &function.name, json!({})).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidFunction, "{name}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    // This one needs none.
    assert_eq!(call(&stage, "counters#[static]counter.sum", json!({ "a": 1, "b": 2 })).unwrap(), json!(3));
}

#[test]
fn streams_and_flags_beyond_the_formats_are_refused_as_what_they_are() {
    let flags: String = (0..33).map(|index| format!("\"b{index}\" ")).collect();
    for (component, reason) in [
        (format!("(component (type $f (flags {flags})))"), "cannot have more than 32 flags"),
        ("(component (type (stream u8)))".to_owned(), "component model async"),
        ("(component (type (future u8)))".to_owned(), "component model async"),
    ] {
        let stage = Scenario::new().component(&wat::parse_str(component).unwrap()).ready();
        let error = stage.runtime.functions("tried").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArtifact, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn an_import_of_types_alone_needs_nothing_and_one_of_a_function_is_refused() {
    // `distance` takes `point` from `kinds`, and so the component imports that for its types.
    let stage = stage();
    let inspection = stage.runtime.inspect_skill("tried").unwrap();
    assert!(
        inspection.imports.iter().all(|import| !import.name.starts_with("tests:")),
        "{:?}",
        inspection.imports
    );
    let foreign = r#"(component (import "a:b/c" (instance (export "f" (func)))))"#;
    let stage = Scenario::new().component(&wat::parse_str(foreign).unwrap()).ready();
    let error = call(&stage, "f", json!({})).unwrap_err();
    assert!(error.to_string().contains("a:b/c"), "{error}");
    // A resource is something that somebody has to give, too.
    let foreign = r#"(component (import "a:b/c" (instance (export "r" (type (sub resource))))))"#;
    let stage = Scenario::new().component(&wat::parse_str(foreign).unwrap()).ready();
    let error = stage.run(json!({})).unwrap_err();
    assert!(error.to_string().contains("a:b/c"), "{error}");
}
