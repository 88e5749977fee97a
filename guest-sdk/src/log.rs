//! Messages for whoever runs the skill: lines of the call's captured stderr.
//!
//! Needs no entry in `allowed-tools`. In native tests the messages go to the test's stderr.
//!
//! ```
//! use openskills_sdk::log;
//!
//! let rows = 3;
//! log::info!("read {rows} rows");
//! log::warn!("column `{}` is empty", "price");
//! ```

use std::fmt;

#[doc(inline)]
pub use crate::{__debug as debug, __error as error, __info as info, __trace as trace, __warn as warn};

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Steps within steps.
    Trace,
    /// For the skill's author.
    Debug,
    /// What a user may want to know.
    Info,
    /// Something is odd and the skill goes on.
    Warn,
    /// Something failed.
    Error,
}

/// Writes one message, as the macros of this module do.
pub fn write(level: Level, message: fmt::Arguments<'_>) {
    let message = fmt::format(message);
    #[cfg(target_family = "wasm")]
    {
        use crate::bindings::openskills::skill::log as host;
        let level = match level {
            Level::Trace => host::Level::Trace,
            Level::Debug => host::Level::Debug,
            Level::Info => host::Level::Info,
            Level::Warn => host::Level::Warn,
            Level::Error => host::Level::Error,
        };
        host::log(level, &message);
    }
    #[cfg(not(target_family = "wasm"))]
    #[expect(clippy::print_stderr, reason = "there is no host in a native test")]
    {
        eprintln!("{level:?}: {message}");
    }
}

/// Writes a message of [`Level::Trace`]; takes what `format!` takes.
#[doc(hidden)]
#[macro_export]
macro_rules! __trace {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Trace, ::core::format_args!($($message)+)) };
}

/// Writes a message of [`Level::Debug`]; takes what `format!` takes.
#[doc(hidden)]
#[macro_export]
macro_rules! __debug {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Debug, ::core::format_args!($($message)+)) };
}

/// Writes a message of [`Level::Info`]; takes what `format!` takes.
#[doc(hidden)]
#[macro_export]
macro_rules! __info {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Info, ::core::format_args!($($message)+)) };
}

/// Writes a message of [`Level::Warn`]; takes what `format!` takes.
#[doc(hidden)]
#[macro_export]
macro_rules! __warn {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Warn, ::core::format_args!($($message)+)) };
}

/// Writes a message of [`Level::Error`]; takes what `format!` takes.
#[doc(hidden)]
#[macro_export]
macro_rules! __error {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Error, ::core::format_args!($($message)+)) };
}
