//! What ended a call that has no output.

use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;

use crate::bindings::openskills::skill::types::SkillError;
use crate::linker::MemoryMeter;

/// Why a call has no output, before refusals are taken into account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    InvalidInput {
        field: String,
        message: String,
    },
    /// In the host's words.
    Failed(String),
    /// In the skill's own words, which may repeat its input and so are never on record.
    Said(String),
    /// The skill's own word that it was denied something.
    Denied(String),
    Timeout {
        compiling: bool,
    },
    Limit(String),
    Artifact(String),
    /// Refused before any guest code ran, or by an approver for what the call cannot do without.
    Refused,
    Io {
        context: String,
        message: String,
    },
}

impl From<SkillError> for Failure {
    fn from(error: SkillError) -> Self {
        match error {
            SkillError::InvalidInput(fault) => {
                Self::InvalidInput { field: fault.field, message: fault.message }
            }
            SkillError::Denied(message) => Self::Denied(message),
            SkillError::Failed(message) => Self::Said(message),
        }
    }
}

/// The marker by which our own interruption of a guest is told from its traps.
#[derive(Debug, thiserror::Error)]
#[error("the call's time is over")]
pub(crate) struct TimeOver;

impl Failure {
    /// What a guest's trap, or the engine's refusal to start it, means.
    pub(crate) fn of_trap(error: &wasmtime::Error, memory: &MemoryMeter) -> Self {
        if error.is::<TimeOver>() {
            return Self::Timeout { compiling: false };
        }
        if let Some(limit) = memory.exceeded() {
            return Self::Limit(limit.to_owned());
        }
        if let Some(exit) = error.downcast_ref::<I32Exit>() {
            return Self::Failed(format!("it exited with status {} instead of answering", exit.0));
        }
        let cause = error.root_cause().to_string();
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => Self::Limit("call stack".to_owned()),
            Some(Trap::UnreachableCodeReached) => Self::Failed("it panicked or aborted".to_owned()),
            Some(trap) => Self::Failed(format!("it trapped: {trap}")),
            // The engine has no type for these two.
            None if cause.contains("store handle limit exceeded") => Self::Limit("handles".to_owned()),
            None if cause.contains("fuel allocated for hostcalls") => {
                Self::Limit("bytes passed in one host call".to_owned())
            }
            None if error.is::<PoolConcurrencyLimitError>() => {
                Self::Limit(format!("what one component may have of the engine ({cause})"))
            }
            None => Self::Failed(cause),
        }
    }
}
