//! What scripts are called with, and the results of calls on their way to Python.

use openskills_runtime::{ExecutionResult, OpenSkillError, ScriptOptions, ScriptResult};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::audit::RawRecord;
use crate::error::raised;
use crate::json::to_python;
use crate::settings::Milliseconds;
use crate::token::CancelToken;

/// What a script is called with, by the names of the parameters in Python.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct ScriptSettings<'py> {
    arguments: Vec<String>,
    stdin: Vec<u8>,
    module: bool,
    packages: Vec<String>,
    timeout_ms: Option<Milliseconds>,
    cancel: Option<Bound<'py, CancelToken>>,
}

impl From<ScriptSettings<'_>> for ScriptOptions {
    fn from(settings: ScriptSettings<'_>) -> Self {
        let ScriptSettings { arguments, stdin, module, packages, timeout_ms, cancel } = settings;
        let cancel = cancel.map(|token| token.get().0.clone());
        let timeout_ms = timeout_ms.map(|Milliseconds(timeout)| timeout);
        Self { arguments, stdin, module, packages, timeout_ms, cancel }
    }
}

/// What `ExecutionResult` in Python is made of, in the order of its parameters.
pub(crate) fn execution(
    py: Python<'_>,
    result: Result<ExecutionResult, OpenSkillError>,
) -> PyResult<Py<PyAny>> {
    let ExecutionResult { output, stdout, stderr, audit, audit_error } =
        result.map_err(|error| raised(py, error))?;
    let output = to_python(py, &output)?;
    (output, stdout, stderr, RawRecord(audit), audit_error).into_py_any(py)
}

/// What `ScriptResult` in Python is made of, likewise.
pub(crate) fn script(py: Python<'_>, result: Result<ScriptResult, OpenSkillError>) -> PyResult<Py<PyAny>> {
    let ScriptResult { exit_code, output, stdout, stderr, audit, audit_error } =
        result.map_err(|error| raised(py, error))?;
    let output = to_python(py, &output)?;
    let (stdout, stderr) = (PyBytes::new(py, &stdout), PyBytes::new(py, &stderr));
    (exit_code, output, stdout, stderr, RawRecord(audit), audit_error).into_py_any(py)
}
