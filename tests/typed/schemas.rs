//! Schemas, as somebody else's validator reads them.

use jsonschema::Validator;
use openskills_runtime::Function;
use serde_json::Value;

/// A function's schemas, each a valid one of draft 2020-12.
pub(crate) struct Schemas {
    input: Validator,
    output: Validator,
    error: Option<Validator>,
}

impl Schemas {
    pub(crate) fn of(function: &Function) -> Self {
        let error = function.error_schema.as_ref().map(read);
        Self { input: read(&function.input_schema), output: read(&function.output_schema), error }
    }

    pub(crate) fn takes(&self, arguments: &Value) -> bool {
        self.input.is_valid(arguments)
    }

    pub(crate) fn gives(&self, output: &Value) -> bool {
        self.output.is_valid(output)
    }

    /// Whether that can be an error's value.
    pub(crate) fn fails_with(&self, error: &Value) -> bool {
        self.error.as_ref().is_some_and(|schema| schema.is_valid(error))
    }
}

#[track_caller]
fn read(schema: &Value) -> Validator {
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    if let Err(error) = jsonschema::meta::validate(schema) {
        panic!("{error}: {schema:#}");
    }
    jsonschema::draft202012::new(schema).unwrap()
}
