//! What the layout of the code promises, read from the code.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without")]

mod api;
mod bindings;
mod modules;
mod promises;
mod source;
mod wit;
