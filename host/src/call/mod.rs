//! An instance and an input in, one outcome and one record out.

mod block_on;
mod execution_result;
mod failure;
mod interpreted;
mod listed;
mod plan;
mod program;
mod report;
mod script;
mod typed;
mod typed_host;
mod within;

pub(crate) use block_on::{InContext, block_on};
pub use execution_result::{ExecutionOptions, ExecutionResult};
pub(crate) use failure::Failure;
pub(crate) use plan::{Plan, Remains, describe, run};
pub(crate) use report::{Report, Sink, Subject, call_id};
pub use script::ScriptResult;
pub(crate) use script::{Invocation, check_scripts, run_script};
pub(crate) use typed::{call as call_function, find as find_function, lower as lower_arguments};
pub(crate) use typed_host::call_with;
pub(crate) use within::within;
