//! The runtime's errors as Python's exceptions.

use openskills_runtime::{OpenSkillError, PolicyError, PolicyFileError, PolicyLoadError};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::{Value, json};

use crate::audit::RawRecord;
use crate::callback::Raised;
use crate::json::to_python;

/// The exception for an error. The class is the one of its kind in `openskills.errors`.
pub(crate) fn raised(py: Python<'_>, error: OpenSkillError) -> PyErr {
    build(py, error).unwrap_or_else(|fault| fault)
}

fn build(py: Python<'_>, error: OpenSkillError) -> PyResult<PyErr> {
    let common = PyDict::new(py);
    common.set_item("hint", error.hint())?;
    let (kind, message) = (error.kind().name(), error.to_string());
    let fields = to_python(py, &fields(&error))?;
    let cause = cause(&error);
    if let Some(trace) = error.trace() {
        common.set_item("stdout", &trace.stdout)?;
        common.set_item("stderr", &trace.stderr)?;
        common.set_item("audit_error", &trace.audit_error)?;
        common.set_item("audit", RawRecord(trace.audit.clone()).into_py_any(py)?)?;
    }
    let made = py.import("openskills.errors")?.call_method1("error_of", (kind, message, fields, common))?;
    let exception = PyErr::from_value(made);
    if cause.is_some() {
        exception.set_cause(py, cause);
    }
    Ok(exception)
}

/// What each kind has of its own.
fn fields(error: &OpenSkillError) -> Value {
    match error {
        OpenSkillError::SkillNotFound { id, nearest, searched } => {
            json!({ "id": id, "nearest": nearest, "searched": searched })
        }
        OpenSkillError::InvalidManifest { path, faults } => json!({ "path": path, "faults": faults }),
        OpenSkillError::PermissionDenied { skill, refusals, message, .. } => {
            json!({ "skill": skill, "refusals": refusals, "detail": message })
        }
        OpenSkillError::Timeout { skill, limit_ms, compiling, .. } => {
            json!({ "skill": skill, "limit_ms": limit_ms, "compiling": compiling })
        }
        OpenSkillError::ExecutionFailure { skill, message, .. } => {
            json!({ "skill": skill, "detail": message })
        }
        OpenSkillError::InvalidInput { skill, field, message, .. } => {
            json!({ "skill": skill, "field": field, "detail": message })
        }
        OpenSkillError::InvalidFunction { skill, function, message, nearest, .. } => {
            json!({ "skill": skill, "function": function, "detail": message, "nearest": nearest })
        }
        OpenSkillError::InvalidArtifact { path, message, .. } => json!({ "path": path, "detail": message }),
        OpenSkillError::Cancelled { skill, .. } => json!({ "skill": skill }),
        OpenSkillError::LimitExceeded { skill, which, limit, .. } => {
            json!({ "skill": skill, "which": which, "limit": limit })
        }
        OpenSkillError::Io { context, source, .. } => {
            json!({ "context": context, "detail": source.to_string(), "errno": source.raw_os_error() })
        }
    }
}

/// The exception of a function of the caller's own, if that is what went wrong.
fn cause(error: &OpenSkillError) -> Option<PyErr> {
    match error {
        OpenSkillError::Io { source, .. } => source.get_ref()?.downcast_ref::<Raised>()?.take(),
        _ => None,
    }
}

/// The exception for a rule or a policy file that cannot be used.
pub(crate) fn policy_fault(py: Python<'_>, message: &str, fields: &Value) -> PyErr {
    let build = || {
        let errors = py.import("openskills.errors")?;
        let fields = to_python(py, fields)?;
        errors.call_method1("error_of", ("PolicyError", message, fields, PyDict::new(py)))
    };
    build().map_or_else(|fault| fault, PyErr::from_value)
}

/// As [`policy_fault`], for a rule.
pub(crate) fn rule_fault(py: Python<'_>, error: &PolicyError) -> PyErr {
    let rule = match error {
        PolicyError::Rule { rule, .. } => Some(rule.as_str()),
        PolicyError::Locked { .. } => None,
    };
    policy_fault(py, &error.to_string(), &json!({ "rule": rule, "path": null }))
}

/// As [`policy_fault`], for the text of a file.
pub(crate) fn text_fault(py: Python<'_>, error: &PolicyFileError) -> PyErr {
    policy_fault(py, &error.to_string(), &json!({ "rule": null, "path": error.name }))
}

/// As [`policy_fault`], for a file.
pub(crate) fn file_fault(py: Python<'_>, error: &PolicyLoadError) -> PyErr {
    let (PolicyLoadError::Io { path, .. } | PolicyLoadError::Invalid { path, .. }) = error;
    policy_fault(py, &error.to_string(), &json!({ "rule": null, "path": path }))
}
