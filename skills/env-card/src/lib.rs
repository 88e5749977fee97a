//! Which settings a skill finds: what a skill looks like that reads environment variables.
#![forbid(unsafe_code)]

mod mask;

use openskills_sdk::env::{self, VarError};
use openskills_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// Listed even when it is not set. The other settings are those that begin with `OPENSKILLS_`.
const ALWAYS: &str = "LANG";

/// Nothing needs to be said.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {}

/// The settings, by name.
#[derive(Serialize, JsonSchema)]
struct Card {
    settings: Vec<Setting>,
}

/// A setting that this skill may read.
#[derive(Serialize, JsonSchema)]
struct Setting {
    name: String,
    state: State,
    /// The first two characters of the value and its length, never the whole; absent if it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    masked: Option<String>,
}

/// What became of the question for the value.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    Set,
    Unset,
    /// The host's policy does not grant it.
    Denied,
}

#[skill]
fn run(_: Input) -> Card {
    let mut names = env::names();
    if !names.iter().any(|name| name == ALWAYS) {
        names.insert(0, ALWAYS.to_owned());
    }
    Card { settings: names.into_iter().map(setting).collect() }
}

fn setting(name: String) -> Setting {
    match env::var(&name) {
        Ok(value) => Setting { name, state: State::Set, masked: Some(mask::of(&value)) },
        Err(VarError::NotPresent { .. }) => Setting { name, state: State::Unset, masked: None },
        Err(VarError::Denied { .. }) => Setting { name, state: State::Denied, masked: None },
    }
}
