//! Running other programs: bounded in time, their last lines kept for the error.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::ToolchainError;

/// How much of a failed program's output goes into the error: a compiler's first complaint is the one that matters.
const TAIL_BYTES: usize = 16_000;

/// The command as one would type it.
#[must_use]
pub fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        let text = argument.to_string_lossy();
        line.push(' ');
        if text.is_empty() || text.contains(|c: char| c.is_whitespace() || "'\"$&|;<>()*?[]{}\\".contains(c))
        {
            line.push_str(&format!("'{}'", text.replace('\'', "'\\''")));
        } else {
            line.push_str(&text);
        }
    }
    line
}

/// Runs a program to its end with its output captured and returns what it wrote to stdout.
///
/// # Errors
/// If it cannot be started, fails, or is not done after `limit` (it is killed then).
pub fn output(command: &mut Command, limit: Duration) -> Result<String, ToolchainError> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| ToolchainError::NotStarted { command: shown(command), source })?;
    let (stdout, stderr) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let Some(status) = wait(&mut child, limit) else {
        // Descendants may hold the pipes open, so what they still write is not waited for.
        let tail = stderr.try_recv().map(|bytes| tail(&bytes)).unwrap_or_default();
        return Err(ToolchainError::TooSlow { command: shown(command), limit, tail });
    };
    let (stdout, stderr) = (stdout.recv().unwrap_or_default(), stderr.recv().unwrap_or_default());
    let status = status.map_err(|source| ToolchainError::NotStarted { command: shown(command), source })?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let told = if stderr.trim_ascii().is_empty() { &stdout } else { &stderr };
    Err(ToolchainError::Failed { command: shown(command), status: status.to_string(), tail: tail(told) })
}

/// Runs a program to its end with its output going where ours goes.
///
/// # Errors
/// If it cannot be started or fails.
pub fn status(command: &mut Command) -> Result<(), ToolchainError> {
    let status =
        command.status().map_err(|source| ToolchainError::NotStarted { command: shown(command), source })?;
    if status.success() {
        return Ok(());
    }
    Err(ToolchainError::Failed { command: shown(command), status: status.to_string(), tail: String::new() })
}

fn wait(child: &mut Child, limit: Duration) -> Option<std::io::Result<std::process::ExitStatus>> {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(Ok(status)),
            Err(error) => return Some(Err(error)),
            Ok(None) if Instant::now() >= end => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
            Ok(None) => {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(50));
            }
        }
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}

fn tail(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end();
    let mut start = text.len().saturating_sub(TAIL_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    // From the start of a line, where one was cut.
    match text[start..].split_once('\n') {
        Some((_, rest)) if start > 0 => rest.to_owned(),
        _ => text[start..].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_is_returned_and_failure_tells_the_last_lines() {
        let limit = Duration::from_secs(20);
        assert_eq!(output(&mut sh("echo out; echo err >&2"), limit).unwrap(), "out\n");
        let error = output(&mut sh("echo out; echo why >&2; exit 3"), limit).unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.ends_with("why"), "{error}");
    }

    #[test]
    fn a_program_that_hangs_is_stopped() {
        let started = Instant::now();
        let error = output(&mut sh("exec sleep 30"), Duration::from_millis(200)).unwrap_err();
        assert!(matches!(error, ToolchainError::TooSlow { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_grandchild_that_keeps_the_pipe_does_not_hold_us() {
        let started = Instant::now();
        let error = output(&mut sh("sleep 30 & sleep 30"), Duration::from_millis(200)).unwrap_err();
        assert!(matches!(error, ToolchainError::TooSlow { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_long_tail_is_cut_at_a_line() {
        let long: String = (0..9_000).map(|n| format!("line {n} ä\n")).collect();
        let cut = tail(long.as_bytes());
        assert!(cut.len() <= TAIL_BYTES && cut.starts_with("line ") && cut.ends_with("line 8999 ä"));
    }

    #[test]
    fn commands_are_shown_as_typed() {
        let mut command = Command::new("cargo");
        command.args(["build", "--message", "a b", "it's"]);
        assert_eq!(shown(&command), r"cargo build --message 'a b' 'it'\''s'");
    }
}
