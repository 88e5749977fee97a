//! Environment variables, in the manner of [`std::env`](mod@std::env).
//!
//! A component that uses this module imports `openskills:skill/env`, so its `allowed-tools` must have an
//! `Env(NAME)` or `Env(PREFIX_*)` entry. What is granted is settled before the call begins.
//!
//! ```no_run
//! use openskills_sdk::{Error, env};
//!
//! fn greeting() -> Result<&'static str, Error> {
//!     match env::var("LANG") {
//!         Ok(lang) if lang.starts_with("de") => Ok("Guten Tag"),
//!         Ok(_) | Err(env::VarError::NotPresent { .. }) => Ok("Good day"),
//!         Err(denied) => Err(denied.into()),
//!     }
//! }
//! ```

use std::fmt;

use crate::bindings::openskills::skill::env as host;

/// The value of a variable.
///
/// # Errors
/// If the name is not granted, or it is and the variable is not set.
pub fn var(name: impl AsRef<str>) -> Result<String, VarError> {
    let name = name.as_ref();
    match host::get(name) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(VarError::NotPresent { name: name.to_owned() }),
        Err(host::Error::Denied(reason)) => Err(VarError::Denied { name: name.to_owned(), reason }),
    }
}

/// The names of the granted variables that are set, sorted.
#[must_use]
pub fn names() -> Vec<String> {
    host::names()
}

/// The granted variables that are set, sorted by name.
pub fn vars() -> impl Iterator<Item = (String, String)> {
    names().into_iter().filter_map(|name| var(&name).ok().map(|value| (name, value)))
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VarError {
    /// The variable is granted and not set.
    NotPresent {
        /// The variable.
        name: String,
    },
    /// The variable is not granted to this skill.
    Denied {
        /// The variable.
        name: String,
        /// The host's reason, which names the entry that would permit it.
        reason: String,
    },
}

impl fmt::Display for VarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPresent { name } => write!(f, "the variable `{name}` is not set"),
            Self::Denied { name, reason } => write!(f, "cannot read the variable `{name}`: {reason}"),
        }
    }
}

impl std::error::Error for VarError {}
