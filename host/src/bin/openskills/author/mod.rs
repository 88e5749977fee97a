//! What authors of skills are helped with: a first skeleton, and a component built of sources.

pub(crate) mod build;
mod carried;
mod fault;
mod inputs;
pub(crate) mod language;
mod layout;
mod python_imports;
mod requirements;
pub(crate) mod skeleton;
