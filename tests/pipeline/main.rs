//! The whole way of a call, from a folder to a result and a record.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test cannot go on without")]

mod artifacts;
mod callers;
mod compiling;
mod discovery;
mod guide;
mod input;
mod instances;
mod records;
mod skills;
mod spec_page;
mod tracing;
