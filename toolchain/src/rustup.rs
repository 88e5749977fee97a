//! The usual way to a target: rustup downloads it into the toolchain in use.

use std::process::Command;
use std::time::Duration;

use crate::{ToolchainError, WASIP1, WASIP2, process};

/// Enough for two downloads of 25 MB; where nothing answers, the other way is to get its turn.
const LIMIT: Duration = Duration::from_secs(120);

/// The command, for telling what was tried.
pub(crate) const COMMAND: &str = "rustup target add wasm32-wasip2 wasm32-wasip1";

pub(crate) fn add_targets() -> Result<(), ToolchainError> {
    let mut rustup = Command::new("rustup");
    // One retry: a mirror that cannot be reached is not reached by trying three times.
    rustup.args(["target", "add", WASIP2, WASIP1]).env("RUSTUP_MAX_RETRIES", "1").env("RUST_BACKTRACE", "0");
    process::output(&mut rustup, LIMIT).map(drop)
}
