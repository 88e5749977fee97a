//! What ended a call that has no output.

use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;

use crate::audit::Refusal;
use crate::bindings::openskills::skill::types::SkillError;
use crate::capability::LimitKind;
use crate::linker::{Ended, MemoryMeter};

/// Why a call has no output, before refusals are taken into account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    InvalidInput {
        field: String,
        message: String,
    },
    /// There is no such function, or it cannot be called.
    Function {
        name: String,
        message: String,
        nearest: Vec<String>,
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
    /// The caller gave the call up.
    Cancelled,
    Limit(LimitKind),
    Artifact(String),
    /// A script ended with a status that is not 0; whether it says that it was refused something, if it tells.
    Exited {
        status: u8,
        says_refused: Option<bool>,
    },
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

impl From<Ended> for Failure {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::ByTime => Self::Timeout { compiling: false },
            Ended::ByCaller => Self::Cancelled,
        }
    }
}

impl Failure {
    /// Whether refusals are the reason of a script's exit status: those that somebody could permit, or any if the
    /// script itself says so. Interpreters look at files by themselves, and scripts for what may be anywhere.
    pub(crate) fn is_by(&self, refusals: &[Refusal]) -> bool {
        match self {
            Self::Exited { says_refused: Some(says_so), .. } => *says_so && !refusals.is_empty(),
            Self::Exited { says_refused: None, .. } => {
                refusals.iter().any(|refusal| !refusal.remedy.is_empty())
            }
            _ => !refusals.is_empty(),
        }
    }

    /// What a guest's trap, or the engine's refusal to start it, means.
    pub(crate) fn of_trap(error: &wasmtime::Error, memory: &MemoryMeter) -> Self {
        if let Some(ended) = error.downcast_ref::<Ended>() {
            return Self::from(*ended);
        }
        if let Some(limit) = memory.exceeded() {
            return Self::Limit(limit);
        }
        if let Some(exit) = error.downcast_ref::<I32Exit>() {
            return Self::Failed(format!("it exited with status {} instead of answering", exit.0));
        }
        if let Some(ResourceTableError::Full) = error.downcast_ref::<ResourceTableError>() {
            return Self::Limit(LimitKind::Handles);
        }
        if error.is::<PoolConcurrencyLimitError>() {
            return Self::Limit(LimitKind::Engine);
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::StackOverflow) => Self::Limit(LimitKind::CallStack),
            Some(Trap::OutOfFuel) => Self::Limit(LimitKind::Fuel),
            Some(Trap::UnreachableCodeReached) => Self::Failed("it panicked or aborted".to_owned()),
            Some(trap) => Self::Failed(format!("it trapped: {trap}")),
            None => {
                let cause = error.root_cause().to_string();
                untyped(&cause).map_or_else(|| Self::Failed(cause), Self::Limit)
            }
        }
    }
}

/// The limits that the engine has and has no type for: whole messages of its own, in which no guest has a say. The
/// tests of these limits fail when its words change.
fn untyped(cause: &str) -> Option<LimitKind> {
    if cause.ends_with("store handle limit exceeded") {
        Some(LimitKind::Handles)
    } else if cause.ends_with("fuel allocated for hostcalls has been exhausted") {
        Some(LimitKind::HostCall)
    } else if cause.starts_with("resource limit exceeded: instance count too high at ") {
        Some(LimitKind::Instances)
    } else {
        None
    }
}
