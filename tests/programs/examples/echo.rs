//! Gives back what it gets, and how often this instance was called.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

use openskills_sdk::prelude::*;
use serde_json::{Value, json};

static CALLS: AtomicU64 = AtomicU64::new(0);

#[skill]
fn run(input: Value) -> Value {
    let count = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    json!({ "input": input, "count": count })
}
