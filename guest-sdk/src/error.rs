//! What a skill answers when it cannot do what it was asked.

use std::error::Error as StdError;
use std::fmt::{self, Display};
use std::io;

#[cfg(allowed_tools = "Env(NAME)")]
use crate::env;
#[cfg(allowed_tools = "Read(PATTERN)")]
use crate::fs;
#[cfg(allowed_tools = "WebFetch(domain:HOST)")]
use crate::http;

/// Why a call of the skill failed.
///
/// `?` turns every [`std::error::Error`] into one. An error that is, or was caused by, a refusal (of
/// [`fs`], [`http`] or [`env`](mod@env), or an [`io::Error`] of kind `PermissionDenied`) becomes [`Error::Denied`], any
/// other becomes [`Error::Failed`], with the messages of its causes.
///
/// ```
/// use openskills_sdk::{Context, Error, bail};
///
/// fn port(text: &str) -> Result<u16, Error> {
///     let (_, port) = text.rsplit_once(':').context("no port is named")?;
///     let port = port.parse().context("the port is no number")?;
///     if port == 0 {
///         bail!("port 0 cannot be asked for");
///     }
///     Ok(port)
/// }
///
/// assert_eq!(port("host:80"), Ok(80));
/// assert_eq!(port("host"), Err(Error::failed("no port is named")));
/// ```
///
/// As in other crates that convert every error, this type is no [`std::error::Error`] itself. A function that
/// returns text as its error needs `.map_err(Error::failed)`; to blame the input use [`Error::invalid_input`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The caller's input is not what this skill takes; trying again with the same input cannot help.
    InvalidInput {
        /// The field at fault as a path from the input's root: `rows[2].name`; empty for the whole input.
        field: String,
        /// What was expected there and what was found.
        message: String,
    },
    /// Something the skill needed was refused. The host knows of it by itself; this text is for the user.
    Denied(String),
    /// Any other failure.
    Failed(String),
}

impl Error {
    /// The input is at fault: `field` is a path such as `rows[2].name`, or empty.
    pub fn invalid_input(field: impl Display, message: impl Display) -> Self {
        Self::InvalidInput { field: field.to_string(), message: message.to_string() }
    }

    /// Something was refused.
    pub fn denied(message: impl Display) -> Self {
        Self::Denied(message.to_string())
    }

    /// The call failed.
    pub fn failed(message: impl Display) -> Self {
        Self::Failed(message.to_string())
    }

    /// The same error, its message preceded by what was being done.
    #[must_use]
    pub fn context(self, doing: impl Display) -> Self {
        match self {
            Self::InvalidInput { field, message } => {
                Self::InvalidInput { field, message: format!("{doing}: {message}") }
            }
            Self::Denied(message) => Self::Denied(format!("{doing}: {message}")),
            Self::Failed(message) => Self::Failed(format!("{doing}: {message}")),
        }
    }

    /// Of an error whose type is known only through the trait.
    pub(crate) fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut message = error.to_string();
        let mut denied = is_refusal(error);
        let mut cause = error.source();
        while let Some(error) = cause {
            denied |= is_refusal(error);
            let text = error.to_string();
            // Many libraries print their cause as part of themselves.
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = error.source();
        }
        if denied { Self::Denied(message) } else { Self::Failed(message) }
    }
}

fn is_refusal(error: &(dyn StdError + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return error.kind() == io::ErrorKind::PermissionDenied;
    }
    #[cfg(allowed_tools = "Read(PATTERN)")]
    if let Some(error) = error.downcast_ref::<fs::Error>() {
        return error.kind() == fs::ErrorKind::Denied;
    }
    #[cfg(allowed_tools = "WebFetch(domain:HOST)")]
    if let Some(error) = error.downcast_ref::<http::Error>() {
        return error.kind() == http::ErrorKind::Denied;
    }
    #[cfg(allowed_tools = "Env(NAME)")]
    if let Some(error) = error.downcast_ref::<env::VarError>() {
        return matches!(error, env::VarError::Denied { .. });
    }
    false
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidInput { field, message } if field.is_empty() => {
                write!(f, "invalid input: {message}")
            }
            Self::InvalidInput { field, message } => write!(f, "invalid input: `{field}`: {message}"),
            Self::Denied(message) | Self::Failed(message) => f.write_str(message),
        }
    }
}

impl<E: StdError + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

/// Says what was being done when something failed or was missing.
pub trait Context<T> {
    /// Puts `doing` before the error's message; of an `Option`, `doing` is the message.
    fn context(self, doing: impl Display) -> Result<T, Error>;

    /// The same, made only if it is needed.
    fn with_context<D: Display>(self, doing: impl FnOnce() -> D) -> Result<T, Error>;
}

impl<T, E: Into<Error>> Context<T> for Result<T, E> {
    fn context(self, doing: impl Display) -> Result<T, Error> {
        self.map_err(|error| error.into().context(doing))
    }

    fn with_context<D: Display>(self, doing: impl FnOnce() -> D) -> Result<T, Error> {
        self.map_err(|error| error.into().context(doing()))
    }
}

impl<T> Context<T> for Option<T> {
    fn context(self, doing: impl Display) -> Result<T, Error> {
        self.ok_or_else(|| Error::failed(doing))
    }

    fn with_context<D: Display>(self, doing: impl FnOnce() -> D) -> Result<T, Error> {
        self.ok_or_else(|| Error::failed(doing()))
    }
}

/// Returns from the function with [`Error::Failed`]; takes what `format!` takes.
#[macro_export]
macro_rules! bail {
    ($($message:tt)+) => {
        return ::core::result::Result::Err($crate::Error::failed(::core::format_args!($($message)+)).into())
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Wrapped(io::Error);

    impl Display for Wrapped {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the table is unreadable")
        }
    }

    impl StdError for Wrapped {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_refusal_is_found_among_the_causes() {
        let refused = Wrapped(io::Error::new(io::ErrorKind::PermissionDenied, "no"));
        assert_eq!(Error::from(refused), Error::denied("the table is unreadable: no"));
        let missing = Wrapped(io::Error::new(io::ErrorKind::NotFound, "nothing there"));
        assert_eq!(Error::from(missing), Error::failed("the table is unreadable: nothing there"));
    }

    #[test]
    fn context_keeps_the_kind() {
        let result: Result<(), _> = Err(Error::invalid_input("n", "too big"));
        assert_eq!(result.context("counting"), Err(Error::invalid_input("n", "counting: too big")));
        assert_eq!(None::<u8>.with_context(|| "none"), Err(Error::failed("none")));
    }
}
