//! What authors of skills are helped with: a first skeleton, and a component built of sources.

pub(crate) mod build;
mod carried;
pub(crate) mod language;
pub(crate) mod skeleton;
