//! What the guests have in common: a list of operations in, an answer for each out.
#![forbid(unsafe_code)]

pub mod std_files;

use std::io;

use openskills_sdk::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

/// Operations on files, done one after the other.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The operations.
    pub ops: Vec<Op>,
}

/// One operation on a file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Op {
    /// Which one.
    pub op: String,
    /// On what.
    pub path: String,
    /// The other path of a rename, copy or link.
    #[serde(default)]
    pub to: String,
    /// What to write.
    #[serde(default)]
    pub text: String,
    /// A length, or a time in seconds.
    #[serde(default)]
    pub number: u64,
    /// Whether an error of the operation is the skill's error, and not its answer.
    #[serde(default)]
    pub strict: bool,
}

/// Does all of them. A strict one that fails ends the call.
pub fn each(input: &Input, run: impl Fn(&Op) -> io::Result<Value>) -> Result<Value, Error> {
    let mut answers = Vec::new();
    for op in &input.ops {
        answers.push(match run(op) {
            Ok(value) => json!({ "ok": value }),
            Err(error) if op.strict => return Err(error.into()),
            Err(error) => json!({ "error": format!("{:?}", error.kind()), "message": error.to_string() }),
        });
    }
    Ok(Value::Array(answers))
}

/// An operation that there is not.
pub fn unknown(op: &Op) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, format!("no operation `{}` here", op.op))
}

/// Does it so many times, and adds up what it gives.
pub fn repeated(times: u64, mut run: impl FnMut() -> io::Result<usize>) -> io::Result<Value> {
    let mut sum = 0;
    for _ in 0..times {
        sum += run()?;
    }
    Ok(sum.into())
}
