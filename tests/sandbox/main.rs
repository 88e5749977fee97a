//! What a skill may do and what it may not: each protection with what it lets through and what it stops.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without")]
#![expect(clippy::print_stdout, reason = "attacks and operations are counted, and shown with `--nocapture`")]

mod approvals;
mod attacks;
mod doors;
mod environment;
mod errand;
mod fallback;
mod files;
mod http;
mod imports;
mod languages;
mod limits;
mod links;
mod names;
mod programs;
mod races;
mod sockets;
mod wasi_http;
