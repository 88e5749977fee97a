//! What can go wrong, said so that a reader knows what happened, to what, and what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why there is no guest toolchain, or why a guest was not built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolchainError {
    /// No way of getting a toolchain worked.
    #[error(
        "no Rust toolchain for wasm32-wasip2 was found and none could be made\n{}\
         To go on, do one of these:\n  \
         - with a network connection: rustup target add wasm32-wasip2 wasm32-wasip1\n  \
         - on Debian (x86-64, arm64): make the package mirror and crates.io reachable and run this again",
        Attempts(.0)
    )]
    Unavailable(Vec<Attempt>),

    /// The user's cache folder cannot be told.
    #[error("the user's cache folder is unknown: {reason}\nSet HOME or XDG_CACHE_HOME to an absolute path.")]
    NoCacheFolder {
        /// What was missing.
        reason: String,
    },

    /// A file or folder could not be used.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was to be done, as an infinitive: "create", "read".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },

    /// A program could not be started.
    #[error("cannot start `{}`: {source}{}", program(.command), Missing(.command, .source))]
    NotStarted {
        /// The command line.
        command: String,
        /// What the system answered.
        source: io::Error,
    },

    /// A program ran and failed.
    #[error("`{command}` failed ({status}){}", Tail(.tail))]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// The last lines it wrote, empty where they went to the terminal.
        tail: String,
    },

    /// cargo ran and failed. What its compiler says went to our stderr.
    #[error("`{command}` failed ({status})")]
    NotCompiled {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// All texts of the compiler's errors, a line each, for who looks for something in them; at most 256 KiB.
        said: String,
    },

    /// A program was stopped since it took too long.
    #[error("`{command}` was stopped: it took longer than {} s{}", .limit.as_secs(), Tail(.tail))]
    TooSlow {
        /// The command line.
        command: String,
        /// The time it had.
        limit: Duration,
        /// The last lines it wrote.
        tail: String,
    },

    /// The WIT of a skill is not valid, or has not the one world that a component has.
    #[error("{0}")]
    Wit(String),

    /// This machine is not one the recipe is for, or its packages are not what the recipe needs.
    #[error("{0}")]
    Unsuited(String),

    /// What was made is not complete or does not work.
    #[error("what was made in {} does not hold: {reason}", .path.display())]
    Incomplete {
        /// The folder.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },

    /// A build succeeded and made no component.
    #[error(
        "the build of {} made no .wasm file\n\
         A skill is a library with `crate-type = [\"cdylib\"]` under [lib] in its Cargo.toml, or has a main().",
        .path.display()
    )]
    NoComponent {
        /// The folder that was built.
        path: PathBuf,
    },
}

/// The first word of a command line.
fn program(command: &str) -> &str {
    command.split(' ').next().unwrap_or(command)
}

/// What to do about a program that is not there.
struct Missing<'a>(&'a str, &'a io::Error);

impl fmt::Display for Missing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1.kind() != io::ErrorKind::NotFound {
            return Ok(());
        }
        let what = match program(self.0) {
            "python3" => "Python 3.11 or newer with pip",
            "node" | "npm" => "Node.js 20 or newer with npm",
            "cargo" | "rustc" | "rustup" => "Rust by rustup",
            _ => "it",
        };
        write!(f, "\nInstall {what}, and put it on PATH.")
    }
}

impl ToolchainError {
    /// The failure of a program that is known by a shorter name than its command line.
    pub(crate) fn of(self, name: &str) -> Self {
        let command = || name.to_owned();
        match self {
            Self::Failed { status, tail, .. } => Self::Failed { command: command(), status, tail },
            Self::TooSlow { limit, tail, .. } => Self::TooSlow { command: command(), limit, tail },
            error => error,
        }
    }

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}

/// One way of getting a toolchain that did not work.
#[derive(Debug)]
pub struct Attempt {
    /// What was tried.
    pub tried: String,
    /// Why it did not work.
    pub reason: String,
}

struct Attempts<'a>(&'a [Attempt]);

impl fmt::Display for Attempts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for attempt in self.0 {
            writeln!(f, "  tried {}: {}", attempt.tried, attempt.reason.replace('\n', "\n    "))?;
        }
        Ok(())
    }
}

struct Tail<'a>(&'a str);

impl fmt::Display for Tail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.trim();
        if text.is_empty() { Ok(()) } else { write!(f, ":\n{text}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unavailable_says_what_was_tried_and_what_to_do() {
        let error = ToolchainError::Unavailable(vec![
            Attempt { tried: "rustup target add".into(), reason: "no route to host".into() },
            Attempt { tried: "Debian's packages".into(), reason: "first line\nsecond line".into() },
        ]);
        assert_eq!(
            error.to_string(),
            "no Rust toolchain for wasm32-wasip2 was found and none could be made
  tried rustup target add: no route to host
  tried Debian's packages: first line
    second line
To go on, do one of these:
  - with a network connection: rustup target add wasm32-wasip2 wasm32-wasip1
  - on Debian (x86-64, arm64): make the package mirror and crates.io reachable and run this again"
        );
    }

    #[test]
    fn failures_carry_the_command_and_its_last_lines() {
        let failed = ToolchainError::Failed {
            command: "apt-get download rustc-web".into(),
            status: "exit status: 100".into(),
            tail: "E: Unable to locate package rustc-web\n".into(),
        };
        assert_eq!(
            failed.to_string(),
            "`apt-get download rustc-web` failed (exit status: 100):\nE: Unable to locate package rustc-web"
        );
        let quiet = ToolchainError::Failed {
            command: "cargo build".into(),
            status: "exit status: 101".into(),
            tail: String::new(),
        };
        assert_eq!(quiet.to_string(), "`cargo build` failed (exit status: 101)");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = ToolchainError::NotStarted {
            command: "dpkg -x a b".into(),
            source: io::ErrorKind::NotFound.into(),
        };
        let text = error.to_string();
        assert!(text.contains("`dpkg`") && text.contains("Install it"), "{text}");
        for (command, needed) in [
            ("python3 -m pip", "Python 3.11 or newer with pip"),
            ("npm ci", "Node.js 20 or newer with npm"),
            ("rustc --print sysroot", "Rust by rustup"),
        ] {
            let missing = |kind: io::ErrorKind| {
                ToolchainError::NotStarted { command: command.into(), source: kind.into() }.to_string()
            };
            assert!(
                missing(io::ErrorKind::NotFound)
                    .ends_with(&format!("\nInstall {needed}, and put it on PATH."))
            );
            assert!(!missing(io::ErrorKind::PermissionDenied).contains("Install"));
        }
    }
}
