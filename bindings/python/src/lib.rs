//! The native half of the Python package `openskills`: the runtime behind classes that Python code wraps.
//!
//! It converts, waits and calls back; it decides nothing. What a user of the package sees is written in Python, in
//! `python/openskills`, and its types are there; this module is private to it, and `_native.pyi` says what is in it.

#![expect(clippy::needless_pass_by_value, reason = "so PyO3 gives the arguments of functions and methods")]

mod agent;
mod audit;
mod call;
mod callback;
mod ending;
mod error;
mod fork;
mod json;
mod policy;
mod runtime;
mod settings;
mod survey;
mod task;
mod token;
mod wait;

use pyo3::prelude::*;

/// The module as Python finds it.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::agent::{RawReply, tool_calls};
    #[pymodule_export]
    use crate::audit::{AuditLog, RawRecord};
    #[pymodule_export]
    use crate::ending::ending;
    #[pymodule_export]
    use crate::fork::forked;
    #[pymodule_export]
    use crate::policy::Policy;
    #[pymodule_export]
    use crate::runtime::Runtime;
    #[pymodule_export]
    use crate::settings::default_limits;
    #[pymodule_export]
    use crate::survey::{
        check_manifests, estimate_tokens, find_manifests, is_broad, project_policy_paths, standard_places,
        user_policy_path,
    };
    #[pymodule_export]
    use crate::task::Task;
    #[pymodule_export]
    use crate::token::CancelToken;

    /// The version of the runtime inside.
    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "its name in Python")]
    const version: &str = env!("CARGO_PKG_VERSION");
}
