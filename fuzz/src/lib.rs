//! The pure stages of the host, built again for the fuzzers: their files, without the engine, in seconds.
#![allow(
    dead_code,
    missing_docs,
    unused_imports,
    unreachable_pub,
    reason = "the host's own lints check these files"
)]

#[path = "../../host/src/manifest/mod.rs"]
pub mod manifest;

#[path = "../../host/src/capability/mod.rs"]
pub mod capability;

#[path = "../../host/src/skill/instructions.rs"]
mod instructions;

pub use capability::{Limits, Policy};

/// `host/src/skill/instructions.rs` as the runtime uses it.
pub fn fill(body: &str, arguments: &str, names: &[String], folder: &str) -> Option<String> {
    instructions::Values::new(arguments, names, folder).fill(body)
}
