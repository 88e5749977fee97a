//! What the authors of skills use: the world of a skill, the SDK held to it, skeletons and builds.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test cannot go on without")]

#[path = "../cli/bench.rs"]
#[expect(dead_code, reason = "what the tests of the command line use")]
mod bench;

mod build;
mod functions;
mod sdk;
mod typed;
mod world;
