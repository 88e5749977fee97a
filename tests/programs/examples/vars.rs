//! Environment variables through the SDK.
#![forbid(unsafe_code)]

use openskills_sdk::env;
use openskills_sdk::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The variables to get.
    #[serde(default)]
    get: Vec<String>,
    /// Whether a refusal is the skill's error, and not its answer.
    #[serde(default)]
    strict: bool,
}

#[skill]
fn run(input: Input) -> Result<Value, Error> {
    let mut values = Vec::new();
    for name in &input.get {
        values.push(match env::var(name) {
            Ok(value) => json!({ "ok": value }),
            Err(error) if input.strict => return Err(error.into()),
            Err(error @ env::VarError::NotPresent { .. }) => {
                json!({ "error": "NotPresent", "message": error.to_string() })
            }
            Err(error @ env::VarError::Denied { .. }) => {
                json!({ "error": "Denied", "message": error.to_string() })
            }
        });
    }
    Ok(json!({ "values": values, "names": env::names() }))
}
