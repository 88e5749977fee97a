//! Values of every type there and back: through a guest by the real toolchain, and through components of types that
//! were made up.

use std::collections::HashMap;

use openskills_runtime::{ErrorKind, ExecutionOptions, Function, OpenSkillError, RuntimeBuilder};
use openskills_tests::{Scenario, Stage, repository};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};
use wit_parser::{Resolve, WorldItem};

use crate::made_up::{MadeUp, made_up};
use crate::schemas::Schemas;
use crate::values::{changed, changes, values};

/// Values of each function of the guest; as many again are changed to what may be wrong.
const VALUES: u32 = 200;

/// Components of made-up types. Each has four functions, and each of them gets eight values and sixteen changed ones.
const COMPONENTS: u32 = 60;

/// What a run of a property keeps: nothing, since its seed is in its message.
fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() })
}

fn call(stage: &Stage, function: &Function, arguments: &Value) -> Result<Value, OpenSkillError> {
    let options = ExecutionOptions::default();
    stage
        .runtime
        .call_function("tried", &function.name, arguments.clone(), options)
        .map(|result| result.output)
}

/// A value goes in and comes out, and both are of their schemas.
fn comes_back(
    stage: &Stage,
    function: &Function,
    schemas: &Schemas,
    value: &Value,
) -> Result<(), TestCaseError> {
    let arguments = json!({ "v": value });
    prop_assert!(
        schemas.takes(&arguments),
        "{} {arguments}\n{:#}",
        function.signature,
        function.input_schema
    );
    let output = call(stage, function, &arguments);
    let output = output
        .map_err(|error| TestCaseError::fail(format!("{} {arguments}: {error}", function.signature)))?;
    prop_assert_eq!(&output, value, "{}", function.signature);
    prop_assert!(schemas.gives(&output), "{} {output}\n{:#}", function.signature, function.output_schema);
    Ok(())
}

/// What the schema refuses the host refuses, with a typed error and before any code runs; and nothing else.
fn agrees(
    stage: &Stage,
    function: &Function,
    schemas: &Schemas,
    arguments: &Value,
) -> Result<(), TestCaseError> {
    let is_taken = match call(stage, function, arguments) {
        Ok(output) => {
            prop_assert!(schemas.gives(&output), "{} {output}", function.signature);
            true
        }
        Err(error) => {
            prop_assert_eq!(error.kind(), ErrorKind::InvalidInput, "{} {}", arguments, error);
            false
        }
    };
    prop_assert_eq!(
        is_taken,
        schemas.takes(arguments),
        "{} {}\n{:#}",
        function.signature,
        arguments,
        function.input_schema
    );
    Ok(())
}

#[test]
fn every_type_comes_back_from_a_real_guest() {
    let stage = Scenario::new().guest("typed").ready();
    let functions: HashMap<String, Function> = stage
        .runtime
        .functions("tried")
        .unwrap()
        .into_iter()
        .map(|function| (function.name.clone(), function))
        .collect();
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(repository().join("tests/programs/wit/typed")).unwrap();
    let interface = resolve.packages[package].interfaces["kinds"];
    let mut count = 0;
    for (name, source) in &resolve.interfaces[interface].functions {
        if !name.starts_with("echo-") {
            continue;
        }
        count += 1;
        let function = &functions[&format!("tests:typed/kinds#{name}")];
        let schemas = Schemas::of(function);
        let strategy = (values(&resolve, &source.params[0].ty), changes(), changes());
        let outcome = runner(VALUES).run(&strategy, |(value, one, other)| {
            comes_back(&stage, function, &schemas, &value)?;
            let wrong = changed(&json!({ "v": value }), &one);
            agrees(&stage, function, &schemas, &wrong)?;
            agrees(&stage, function, &schemas, &changed(&wrong, &other))
        });
        outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert_eq!(count, 28);
}

#[test]
fn values_of_types_that_nobody_thought_of_come_back() {
    let outcome = runner(COMPONENTS).run(&made_up(), |MadeUp { wit, component, resolve, world }| {
        let stage = Scenario::new().component(&component).with(RuntimeBuilder::no_cache).ready();
        let functions = stage.runtime.functions("tried").unwrap();
        let exported = resolve.worlds[world].exports.values().find_map(|item| match item {
            WorldItem::Interface { id, .. } => Some(*id),
            _ => None,
        });
        let sources = &resolve.interfaces[exported.unwrap()].functions;
        prop_assert_eq!(functions.len(), sources.len());
        for (function, source) in functions.iter().zip(sources.values()) {
            prop_assert_eq!(&function.refused, &None);
            let schemas = Schemas::of(function);
            let strategy = (values(&resolve, &source.params[0].ty), changes(), changes());
            let outcome = runner(8).run(&strategy, |(value, one, other)| {
                comes_back(&stage, function, &schemas, &value)?;
                let wrong = changed(&json!({ "v": value }), &one);
                agrees(&stage, function, &schemas, &wrong)?;
                agrees(&stage, function, &schemas, &changed(&wrong, &other))
            });
            outcome.map_err(|error| TestCaseError::fail(format!("{error}\n{wit}")))?;
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
