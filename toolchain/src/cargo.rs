//! What cargo says while it builds: the files that it made, and what its compiler finds wrong.

use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::{ToolchainError, process};

/// How much of what the compiler says is kept beside being shown.
const MAX_SAID: usize = 256 << 10;

/// What came of a build.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// The messages about what was made, each a JSON object.
    pub(crate) artifacts: Vec<Value>,
    /// All texts of the compiler's errors, in no form for people.
    said: String,
}

/// Runs a cargo command that takes `--message-format`. What cargo and its compiler say goes to our stderr.
///
/// # Errors
/// If it cannot be started or fails.
pub(crate) fn build(command: &mut Command) -> Result<Messages, ToolchainError> {
    let is_coloured =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
    let form = if is_coloured { "json-diagnostic-rendered-ansi" } else { "json" };
    command.arg(format!("--message-format={form}")).stdin(Stdio::null()).stdout(Stdio::piped());
    let shown = process::shown(command);
    let not_run = |source| ToolchainError::NotStarted { command: shown.clone(), source };
    let mut child = command.spawn().map_err(not_run)?;
    let read = Messages::read(&mut child, is_coloured);
    let status = child.wait();
    let messages = read.map_err(not_run)?;
    let status = status.map_err(not_run)?;
    match status.success() {
        true => Ok(messages),
        false => Err(ToolchainError::NotCompiled {
            command: "cargo build".to_owned(),
            status: status.to_string(),
            said: messages.said,
        }),
    }
}

impl Messages {
    fn read(child: &mut Child, is_coloured: bool) -> std::io::Result<Self> {
        let mut messages = Self::default();
        let Some(pipe) = child.stdout.take() else { return Ok(messages) };
        for line in BufReader::new(pipe).lines() {
            if let Some(shown) = messages.take(&line?) {
                // cargo's own display of how far it is may stand in this line.
                let clear = if is_coloured { "\r\u{1b}[K" } else { "" };
                write!(std::io::stderr(), "{clear}{shown}")?;
            }
        }
        Ok(messages)
    }

    /// Keeps one message; returns what is to be shown of it.
    fn take(&mut self, line: &str) -> Option<String> {
        let message: Value = serde_json::from_str(line).ok()?;
        match message["reason"].as_str()? {
            "compiler-artifact" => {
                self.artifacts.push(message);
                None
            }
            "compiler-message" => {
                let diagnostic = &message["message"];
                if diagnostic["level"] == "error" {
                    collect(diagnostic, &mut self.said);
                }
                diagnostic["rendered"].as_str().map(str::to_owned)
            }
            _ => None,
        }
    }
}

/// All texts within a value, a line each.
fn collect(value: &Value, said: &mut String) {
    match value {
        Value::String(text) if said.len() + text.len() < MAX_SAID => {
            said.push_str(text);
            said.push('\n');
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, said)),
        Value::Object(members) => members.values().for_each(|value| collect(value, said)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_shown_and_kept_warnings_are_shown() {
        let mut messages = Messages::default();
        let of = |level: &str, text: &str| {
            format!(
                r#"{{"reason":"compiler-message","message":{{"level":"{level}","rendered":"{text}\n","children":[
                {{"spans":[{{"text":[{{"text":"allowed_tools = \"Env(NAME)\""}}]}}]}}]}}}}"#
            )
        };
        assert_eq!(messages.take(&of("warning", "unused")).as_deref(), Some("unused\n"));
        assert_eq!(messages.said, "");
        assert_eq!(messages.take(&of("error", "no env")).as_deref(), Some("no env\n"));
        assert!(messages.said.contains("no env") && messages.said.contains("allowed_tools = \"Env(NAME)\""));
        assert_eq!(messages.take("no JSON"), None);
        assert_eq!(messages.take(r#"{"reason":"build-finished","success":false}"#), None);
        assert!(messages.artifacts.is_empty());
    }

    #[test]
    fn what_is_kept_has_an_end() {
        let mut messages = Messages::default();
        let long = "x".repeat(MAX_SAID / 4);
        for _ in 0..9 {
            let line = format!(
                r#"{{"reason":"compiler-message","message":{{"level":"error","rendered":"{long}"}}}}"#
            );
            assert!(messages.take(&line).is_some());
        }
        assert!(messages.said.len() <= MAX_SAID);
    }
}
