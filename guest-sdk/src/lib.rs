#![doc = include_str!("../README.md")]

pub mod env;
pub mod fs;
pub mod http;
pub mod log;
pub mod prelude;

mod error;
mod input;

#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod entry;

#[doc(inline)]
pub use error::{Context, Error};
pub use openskills_sdk_macros::skill;
pub use schemars::{self, JsonSchema};
pub use serde_json;
