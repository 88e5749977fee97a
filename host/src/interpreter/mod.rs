//! The interpreter of skills' scripts, and the packages that they import: how they are had, and where they are kept.
//!
//! It is a guest like any other. Nothing here runs while a script does.

mod build;
mod kept;
mod packages;
mod recipe;
mod slim;
mod told;

pub use build::InstallWatcher;
pub use kept::Interpreter;
pub(crate) use kept::Interpreters;
pub use packages::{Package, PackageLock};
pub(crate) use packages::{Packages, declared, distribution, is_plain};
pub(crate) use told::{Tellings, Told};
