//! Files through the standard library.
#![forbid(unsafe_code)]

use openskills_sdk::prelude::*;
use serde_json::Value;
use test_programs::{Input, each, std_files};

#[skill]
fn run(input: Input) -> Result<Value, Error> {
    each(&input, std_files::one)
}
