//! Runs agent skills as sandboxed WebAssembly components.
//!
//! A *skill* is a folder with a `SKILL.md` (YAML front matter and Markdown) and a component at `wasm/skill.wasm`. Its
//! `allowed-tools` line is what it asks for; the host's [`Policy`] decides; what is not granted is not there.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use openskills_runtime::{OpenSkillRuntime, ExecutionOptions};
//! use serde_json::json;
//!
//! // Create runtime
//! let mut runtime = OpenSkillRuntime::new("./skills");
//!
//! // Load skills
//! runtime.load_skills()?;
//!
//! // Execute a skill
//! let result = runtime.execute_skill(
//!     "my-skill",
//!     json!({"input": "data"}),
//!     ExecutionOptions { timeout_ms: Some(5000) }
//! )?;
//!
//! println!("Output: {}", result.output);
//! # Ok(())
//! # }
//! ```
//!
//! The modules are the way of the data, each using only those before it: `manifest` (text), `capability` (rights),
//! `audit` (records), `error`, then `bindings`, `typed`, `linker`, `instance`, `call`, `skill`, `interpreter`, `runtime` and `case`. The first four are
//! pure.
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests set up what they need"))]

#[cfg(not(target_os = "linux"))]
compile_error!(
    "openskills-runtime runs on Linux only for now: on other systems it cannot yet hold what it promises about files"
);

// In the order of the way of the data; the blank lines keep the formatter from sorting them.
pub mod manifest;

pub mod capability;

pub mod audit;

mod error;

mod file_lock;

mod bindings;

mod typed;

mod linker;

mod instance;

mod call;

mod skill;

mod interpreter;

mod runtime;

mod agent;

mod case;

pub use agent::{ToolCall, ToolFormat, ToolOptions, ToolReply, ToolStyle};
pub use audit::{
    AuditRecord, AuditSink, ChainBreak, ChainFault, ChainReport, MemorySink, OnAuditFailure, Outcome, Refusal,
};
pub use call::{ExecutionOptions, ExecutionResult, ScriptResult};
pub use capability::{
    Answer, Approver, Authority, Effect, LimitKind, Limits, Policy, PolicyError, PolicyFileError, Preset,
    Question, Source, WitFile, World,
};
pub use case::{Case, CaseFault, CaseReport, Difference, read_cases};
pub use error::{CallTrace, ErrorKind, OpenSkillError};
pub use instance::{CompileWatcher, Readiness, compiled_is_whole};
pub use interpreter::{InstallWatcher, Interpreter, Package, PackageLock};
pub use linker::{CancelToken, HostState, Import, ImportClass, Lookup, MountPoint, Resolve};
pub use runtime::{
    AskedTarget, AuditFile, AuditLine, AuditLog, Diagnosis, Excess, Gap, Inspection, Needs, OpenSkillRuntime,
    Permissions, PolicyLoadError, RuntimeBuilder, ScriptCheck, ScriptOptions, SkillCall, UnknownTarget,
    project_policy_paths, user_policy_path,
};
pub use skill::{
    CheckedManifest, Prompt, PromptFormat, PromptOptions, Resource, Script, ScriptHelp, SkillDescriptor,
    SkillDetail, SkillFault, check_manifests, estimate_tokens, find_manifests, is_broad, standard_places,
};
pub use typed::Function;
/// The engine, in the version that this library has: for `wasmtime::component::bindgen!` with
/// `wasmtime_crate: openskills_runtime::wasmtime`, and for [`SkillCall::run_with`].
pub use wasmtime;
