//! What nearly every skill needs, for `use openskills_sdk::prelude::*;`.
//!
//! The module `schemars` is among it because the code that `#[derive(JsonSchema)]` writes names it.

pub use crate::{Context, Error, JsonSchema, bail, schemars, skill};
