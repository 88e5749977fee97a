//! `openskills:skill/log`: levelled lines in the captured stderr.

use super::host_state::HostState;
use crate::bindings::openskills::skill::log::{Host, Level};

impl Host for HostState {
    async fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        let clean: String =
            message.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
        self.stderr.push(format!("[{level}] {clean}\n").as_bytes());
        Ok(())
    }
}
