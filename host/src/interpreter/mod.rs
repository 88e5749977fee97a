//! The interpreter of skills' scripts: how it is built from pinned parts, and where it is kept.
//!
//! It is a guest like any other. Nothing here runs while a script does.

mod build;
mod kept;
mod recipe;

pub use build::InstallWatcher;
pub use kept::Interpreter;
pub(crate) use kept::Interpreters;
