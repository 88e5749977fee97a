//! What is in a CSV file: what a skill looks like that reads a file of the workspace, with nothing but `std::fs`.
#![forbid(unsafe_code)]

mod cell;
mod column;
mod delimiter;
mod numbers;
mod table;

use std::fs::File;
use std::io::ErrorKind;

use openskills_sdk::prelude::*;
use serde::Deserialize;

use table::Table;

/// A CSV file, and how to read it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file's path in the workspace.
    path: String,
    /// The character between fields; found out if it is not given (comma, semicolon, tab or bar).
    #[serde(default)]
    delimiter: Option<char>,
    /// Whether the first row has the columns' names.
    #[serde(default = "yes")]
    header: bool,
    /// How many of the most frequent values to list for each column.
    #[serde(default = "five")]
    top: usize,
}

fn yes() -> bool {
    true
}

fn five() -> usize {
    5
}

#[skill]
fn run(input: Input) -> Result<Table, Error> {
    let delimiter = match input.delimiter {
        Some(given) if given.is_ascii() => Some(given as u8),
        Some(_) => return Err(Error::invalid_input("delimiter", "the delimiter is one ASCII character")),
        None => None,
    };
    let file = File::open(&input.path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::failed(format_args!("there is no `{}` in the workspace", input.path)),
        _ => Error::from(error).context(format_args!("cannot open `{}`", input.path)),
    })?;
    table::profile(file, delimiter, input.header, input.top)
        .with_context(|| format!("cannot read `{}`", input.path))
}
