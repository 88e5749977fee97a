//! Where a rule stands, so that whoever meets its effect can find it.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// Where a rule or a setting stands. As text: `~/.config/openskills/policy.yaml:7`, `--deny`, `code`, `SKILL.md`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Source {
    /// In the skill's own `SKILL.md`.
    #[default]
    Manifest,
    /// In the program that embeds the runtime.
    Code,
    /// A flag of the command line, by its name: `--deny`.
    Flag(&'static str),
    /// A line of a policy file.
    File {
        /// The file, as whoever read it calls it.
        name: Arc<str>,
        /// The line, from 1.
        line: usize,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str("SKILL.md"),
            Self::Code => f.write_str("code"),
            Self::Flag(name) => f.write_str(name),
            Self::File { name, line } => write!(f, "{name}:{line}"),
        }
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
