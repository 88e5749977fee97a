//! What the standard library tells a program of its surroundings.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use openskills_sdk::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {}

#[skill]
fn run(_: Input) -> Result<Value, Error> {
    let directory = std::env::current_dir().map(|path| path.to_string_lossy().into_owned());
    Ok(json!({
        "variables": std::env::vars().collect::<BTreeMap<_, _>>(),
        "arguments": std::env::args().collect::<Vec<_>>(),
        "directory": directory.unwrap_or_else(|error| error.to_string()),
    }))
}
