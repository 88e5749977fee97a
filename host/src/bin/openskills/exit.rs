//! What the command ends with: one code for each way to end, and the errors that only a command line has.

use std::fmt;
use std::process::ExitCode;

use openskills_runtime::ErrorKind;

/// How the command ended. The numbers are a promise to scripts: `openskills --help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked to do.
    Success,
    /// The skill failed or trapped.
    Failed,
    /// The command line or the input is not valid.
    Usage,
    /// There is no such skill.
    NotFound,
    /// A manifest or a component is not valid.
    Invalid,
    /// Something was not permitted.
    Denied,
    /// Time or another limit was over.
    Limit,
    /// A file, a folder or a stream failed.
    Io,
    /// A signal ended the call: 128 and the number of Ctrl-C's, as shells have it.
    Cancelled,
    /// A script ended by itself, with this status.
    Script(u8),
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Invalid => 4,
            Self::Denied => 5,
            Self::Limit => 6,
            Self::Io => 7,
            Self::Cancelled => 130,
            Self::Script(status) => status,
        }
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::ExecutionFailure => Self::Failed,
            ErrorKind::InvalidInput | ErrorKind::InvalidFunction => Self::Usage,
            ErrorKind::SkillNotFound => Self::NotFound,
            ErrorKind::InvalidManifest | ErrorKind::InvalidArtifact => Self::Invalid,
            ErrorKind::PermissionDenied => Self::Denied,
            ErrorKind::Timeout | ErrorKind::LimitExceeded => Self::Limit,
            ErrorKind::Io => Self::Io,
            ErrorKind::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error of the command line itself, before or beside any call.
#[derive(Debug)]
pub(crate) struct Complaint {
    pub(crate) exit: Exit,
    /// Its name in `--json`: one of the library's kinds where it is the same thing, else `Usage`.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// What belongs to the message, already fit for a terminal.
    pub(crate) more: Vec<String>,
}

impl Complaint {
    /// The command line cannot be followed.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, kind: "Usage", message: message.into(), hint: None, more: Vec::new() }
    }

    /// The input is not JSON.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self { kind: "InvalidInput", ..Self::usage(message) }
    }

    /// There is no skill where one was named.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self { exit: Exit::NotFound, kind: "SkillNotFound", ..Self::usage(message) }
    }

    /// Something could not be read or written.
    pub(crate) fn io(message: impl Into<String>) -> Self {
        Self { exit: Exit::Io, kind: "Io", ..Self::usage(message) }
    }

    /// Adds lines that belong to the message, fit for a terminal.
    pub(crate) fn more(mut self, lines: Vec<String>) -> Self {
        self.more = lines;
        self
    }

    /// Adds what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Complaint {}
