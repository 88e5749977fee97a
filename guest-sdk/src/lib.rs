#![doc = include_str!("../README.md")]

#[cfg(allowed_tools = "Env(NAME)")] // to be added to SKILL.md
pub mod env;
#[cfg(allowed_tools = "Read(PATTERN)")] // to be added to SKILL.md; for writing, Edit(PATTERN)
pub mod fs;
#[cfg(allowed_tools = "WebFetch(domain:HOST)")] // to be added to SKILL.md
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
