//! Packages that scripts import: fetched when a user says so, kept by digest, never fetched by a run.

mod index;
mod kept;
mod requirement;
mod wheel;

pub(crate) use kept::Packages;
pub use kept::{Package, PackageLock};
pub(crate) use requirement::{declared, distribution, is_plain};
