//! The surface: load, disclose, run.

mod audit_file;
mod audit_log;
mod builder;
mod catalogue;
mod clash;
mod diagnosis;
mod environment;
mod execution;
mod functions;
mod guest_root;
mod inspection;
mod needs;
mod offered;
mod open_skill_runtime;
mod packages;
mod permissions;
mod policy_files;
mod ready;
mod script_help;
mod scripts;
mod skill_call;
mod world;

pub use audit_file::AuditFile;
pub use audit_log::{AuditLine, AuditLog};
pub use builder::RuntimeBuilder;
pub use diagnosis::Diagnosis;
pub use inspection::Inspection;
pub use needs::{Excess, Gap, Needs};
pub use open_skill_runtime::OpenSkillRuntime;
pub use permissions::{AskedTarget, Permissions, UnknownTarget};
pub use policy_files::{PolicyLoadError, project_policy_paths, user_policy_path};
pub use scripts::{ScriptCheck, ScriptOptions};
pub use skill_call::SkillCall;
