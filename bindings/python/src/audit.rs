//! Records of calls, and files of them.

use std::path::PathBuf;

use openskills_runtime::{AuditRecord, ChainReport};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use serde_json::json;

use crate::json::{serialized, to_python};

/// A record that nobody has looked at yet: most are never looked at, and to convert one costs as much as a call.
#[pyclass(frozen, module = "openskills._native")]
pub(crate) struct RawRecord(pub(crate) AuditRecord);

#[pymethods]
impl RawRecord {
    /// Its members, as in JSON.
    fn fields(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        serialized(py, &self.0)
    }
}

/// A file of records.
#[pyclass(frozen, module = "openskills._native")]
pub(crate) struct AuditLog(openskills_runtime::AuditLog);

#[pymethods]
impl AuditLog {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        Ok(Self(py.detach(|| openskills_runtime::AuditLog::open(path))?))
    }

    #[pyo3(signature = (after=None, head=None))]
    fn verify(&self, py: Python<'_>, after: Option<&str>, head: Option<&str>) -> PyResult<Py<PyAny>> {
        let report = py.detach(|| self.0.verify(after, head))?;
        let broken = report.broken.as_ref().map(
            |broken| json!({ "line": broken.line, "fault": broken.fault, "words": broken.fault.words() }),
        );
        let ChainReport { records, head, torn, unfinished, after_head, .. } = &report;
        let fields = json!({
            "records": records, "head": head, "torn": torn, "unfinished": unfinished, "after_head": after_head,
            "broken": broken,
        });
        to_python(py, &fields)
    }

    fn lines(&self, py: Python<'_>) -> PyResult<AuditLines> {
        let lines = py.detach(|| self.0.lines())?;
        Ok(AuditLines(Box::new(lines)))
    }
}

/// The lines of a file, read as they are asked for.
#[pyclass(module = "openskills._native")]
pub(crate) struct AuditLines(
    Box<dyn Iterator<Item = std::io::Result<openskills_runtime::AuditLine>> + Send + Sync>,
);

#[pymethods]
impl AuditLines {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    /// The line's number and its record's members; none if it is no record.
    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<(u64, Py<PyAny>)>> {
        let lines = &mut self.0;
        let Some(line) = py.detach(|| lines.next()).transpose()? else { return Ok(None) };
        let record = match line.record {
            Some(record) => serialized(py, &*record)?,
            None => None::<()>.into_py_any(py)?,
        };
        Ok(Some((line.line, record)))
    }
}
