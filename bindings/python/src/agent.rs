//! Tools for models: their options, the calls, and what answers them.

use std::time::Duration;

use openskills_runtime::{ToolCall, ToolFormat, ToolOptions, ToolReply, ToolStyle};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::audit::RawRecord;
use crate::json::{from_python, to_python};
use crate::settings::Milliseconds;
use crate::token::CancelToken;

fn format(name: &str) -> PyResult<ToolFormat> {
    name.parse().map_err(PyValueError::new_err)
}

/// How tools are to be defined.
pub(crate) fn tool_options(name: &str, style: &str) -> PyResult<ToolOptions> {
    let style = match style {
        "auto" => ToolStyle::Auto,
        "own" => ToolStyle::Own,
        "general" => ToolStyle::General,
        other => {
            return Err(PyValueError::new_err(format!(
                "there is no style `{other}`: there are \"auto\", \"own\" and \"general\""
            )));
        }
    };
    Ok(ToolOptions { format: format(name)?, style })
}

/// All calls in a provider's answer, each as the members of `openskills.ToolCall`.
#[pyfunction]
pub(crate) fn tool_calls(py: Python<'_>, answer: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let calls = ToolCall::all_in(&from_python(answer)?);
    let calls = calls.into_iter().map(|ToolCall { name, arguments, id, format, .. }| {
        json!({ "name": name, "arguments": arguments, "id": id, "format": format.map(ToolFormat::name) })
    });
    to_python(py, &calls.collect())
}

/// A call: as a provider sends it, or (`is_read`) the members of one that was read.
pub(crate) fn tool_call(
    call: &Bound<'_, PyAny>,
    is_read: bool,
    timeout_ms: Option<Milliseconds>,
    cancel: Option<&CancelToken>,
) -> PyResult<ToolCall> {
    let value = from_python(call)?;
    let mut call = ToolCall::from(&value);
    if is_read {
        call.format = value.get("format").and_then(Value::as_str).map(format).transpose()?;
    }
    if let Some(Milliseconds(timeout)) = timeout_ms {
        call = call.timeout(Duration::from_millis(timeout));
    }
    if let Some(token) = cancel {
        call = call.cancel_token(&token.0);
    }
    Ok(call)
}

/// The answer, for `openskills.ToolReply`.
pub(crate) fn reply(py: Python<'_>, reply: ToolReply) -> PyResult<Py<PyAny>> {
    RawReply(reply).into_py_any(py)
}

/// An answer, and the forms that it can take.
#[pyclass(frozen, module = "openskills._native")]
pub(crate) struct RawReply(ToolReply);

#[pymethods]
impl RawReply {
    /// Its members, but for its record.
    fn fields(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let ToolReply { content, value, is_error, kind, hint, id, format, .. } = &self.0;
        let fields = json!({
            "content": content, "value": value, "is_error": is_error, "kind": kind, "hint": hint, "id": id,
            "format": format.map(ToolFormat::name),
        });
        to_python(py, &fields)
    }

    fn audit(&self) -> Option<RawRecord> {
        self.0.audit.clone().map(RawRecord)
    }

    fn to_value(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.to_value())
    }

    fn to_openai(&self, py: Python<'_>, id: &str) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.to_openai(id))
    }

    fn to_openai_responses(&self, py: Python<'_>, id: &str) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.to_openai_responses(id))
    }

    fn to_anthropic(&self, py: Python<'_>, id: &str) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.to_anthropic(id))
    }

    fn to_mcp(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        to_python(py, &self.0.to_mcp())
    }
}
