//! What a skill may do and what it may not: each protection with what it lets through and what it stops.
#![expect(clippy::unwrap_used, reason = "what a test cannot go on without")]

mod approvals;
mod attacks;
mod environment;
mod fallback;
mod files;
mod http;
mod imports;
mod languages;
mod limits;
mod links;
mod names;
mod races;
mod sockets;
