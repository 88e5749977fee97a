//! The surface: load, disclose, run.

mod builder;
mod catalogue;
mod environment;
mod inspection;
mod open_skill_runtime;
mod ready;

pub use builder::RuntimeBuilder;
pub use inspection::Inspection;
pub use open_skill_runtime::OpenSkillRuntime;
