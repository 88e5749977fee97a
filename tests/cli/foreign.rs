//! A component of a public collection, which nobody here wrote, from the command line.

use openskills_tests::repository;
use serde_json::{Value, json};

use crate::bench::Bench;

#[test]
fn a_component_that_others_wrote_is_inspected_offered_and_called() {
    let bench = Bench::new();
    bench.file(
        "skills/calculator/SKILL.md",
        "---\nname: calculator\ndescription: Adds numbers.\n---\nCall it.\n",
    );
    let component = std::fs::read(repository().join("tests/foreign/calculator.composed.wasm")).unwrap();
    bench.file("skills/calculator/wasm/skill.wasm", component);
    bench
        .run(["inspect", "skills/calculator"])
        .ended_with(0)
        .shows("docs:calculator/calculate@0.1.0")
        .shows("called by `openskills call`, its functions by name")
        .shows("eval-expression: func(op: op, x: u32, y: u32) -> u32");
    // A file alone, without a skill around it.
    bench.run(["inspect", "skills/calculator/wasm/skill.wasm"]).ended_with(0).shows("eval-expression: func(");
    let inspected: Value = bench.run(["inspect", "skills/calculator", "--json"]).ended_with(0).json();
    let function = &inspected["functions"][0];
    assert_eq!(function["input_schema"]["properties"]["op"]["enum"], json!(["add"]));
    assert_eq!(function["input_schema"]["properties"]["x"]["maximum"], u32::MAX);
    assert_eq!(function["output_schema"]["type"], "integer");

    let call =
        |function: &str, arguments: &str| bench.run(["call", "skills/calculator", function, arguments]);
    let ran = call("eval-expression", r#"{"op": "add", "x": 40, "y": 2}"#).ended_with(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("42\n", ""));
    call("eval-expression", r#"{"op": "sub", "x": 40, "y": 2}"#).ended_with(2).says("`op`").says("`add`");
    call("eval-expression", r#"{"op": "add", "x": 4294967296, "y": 2}"#).ended_with(2).says("`x`");
    call("eval-expression", r#"{"op": "add", "x": 40}"#).ended_with(2).says("`y`");
    call("eval-expresion", "{}").ended_with(2).says("did you mean `");
    // Its world has no `execute`: what to do instead is said.
    bench
        .run(["run", "skills/calculator", "--input", "{}"])
        .ended_with(4)
        .says("such as `docs:calculator/calculate#eval-expression`");
}
