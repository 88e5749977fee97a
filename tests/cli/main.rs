//! The command `openskills` as a person or a script meets it: the real binary, its output and its exit codes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test cannot go on without")]

mod agents;
mod audit;
mod bench;
mod cache;
mod call;
mod catalogue;
mod examine;
mod foreign;
mod input;
mod permissions;
mod policy;
mod prompt;
mod run;
mod scripts;
mod testing;
mod validate;
