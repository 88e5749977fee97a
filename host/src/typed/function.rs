//! A function that a skill exports, as others see it.

use serde::Serialize;
use serde_json::Value;

use super::docs::Docs;
use super::names::Names;
use super::schema::Schemas;
use super::shape::Shape;
use super::signature::signature;
use super::table::Functions;

/// A typed function that a skill's component exports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Function {
    /// The name to call it by: `add`, or `example:math/sums#add` for one of an exported interface. Where nothing else
    /// could be meant, `sums#add` and `add` do, too.
    pub name: String,
    /// A name for agents: letters, digits, `_` and `-`, at most 64 characters, its own among all skills.
    pub tool_name: String,
    /// What its author says of it, if the component tells.
    pub description: Option<String>,
    /// It as WIT writes it: `add: func(a: u32, b: u32) -> u32`.
    pub signature: String,
    /// JSON Schema (draft 2020-12) of its arguments, an object by the names of its parameters. Null if it is refused.
    pub input_schema: Value,
    /// JSON Schema of its output: of a `result`, of what is `ok`. Null if it is refused.
    pub output_schema: Value,
    /// JSON Schema of what is `err`, if it returns a `result` that says something then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_schema: Option<Value>,
    /// Why it cannot be called, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl Functions {
    /// The functions with all that is known of them; their names for agents are left empty. `head` is what the
    /// component's file begins with.
    pub(crate) fn describe(
        &self,
        engine: &wasmtime::Engine,
        component: &wasmtime::component::Component,
        head: &[u8],
        docs: &Docs,
    ) -> Vec<Function> {
        let names = Names::of(engine, component, head);
        self.iter()
            .map(|export| {
                let interface = export.interface.as_deref();
                let mut function = Function {
                    name: export.name.clone(),
                    tool_name: String::new(),
                    description: docs.function(interface, &export.function),
                    signature: format!("{}: func(…)", export.function),
                    input_schema: Value::Null,
                    output_schema: Value::Null,
                    error_schema: None,
                    refused: None,
                };
                match &export.callable {
                    Err(reason) => function.refused = Some(reason.clone()),
                    Ok(callable) => {
                        let schemas = Schemas { names: &names, docs, interface };
                        let (output, error) = match &callable.result {
                            Some(Shape::Result(ok, err)) => (ok.as_deref(), err.as_deref()),
                            other => (other.as_ref(), None),
                        };
                        function.signature = signature(&export.function, callable, interface, &names);
                        function.input_schema = schemas.of_parameters(&callable.parameters);
                        function.output_schema = schemas.of_value(output);
                        function.error_schema = error.map(|shape| schemas.of_value(Some(shape)));
                    }
                }
                function
            })
            .collect()
    }
}
