//! Python functions that the runtime calls: who is asked, who keeps records, who is told of compiling.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use openskills_runtime::{Answer, Approver, AuditRecord, AuditSink, CompileWatcher, Question};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use serde_json::json;

use crate::ending::enter;
use crate::json::{serialized, to_python};

/// A function of Python's, shared by a runtime and by the object that stands for it in Python, which lets the garbage
/// collector see it: what is called often refers to the runtime.
#[derive(Clone)]
pub(crate) struct Callback(Arc<RwLock<Option<Py<PyAny>>>>);

impl Callback {
    pub(crate) fn new(function: Py<PyAny>) -> Self {
        Self(Arc::new(RwLock::new(Some(function))))
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Who holds the lock is about to clear it.
        self.0.try_read().map_or(Ok(()), |function| visit.call(&*function))
    }

    pub(crate) fn clear(&self) {
        let taken = self.0.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(taken);
    }

    fn function(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|function| function.clone_ref(py))
    }
}

/// Asks a function, which answers `True` (for this call), `False`, or one of `once`, `session`, `no`.
pub(crate) struct AskPython(pub(crate) Callback);

impl Approver for AskPython {
    fn approve(&self, question: &Question) -> Answer {
        let answer = enter(|py| {
            let Some(function) = self.0.function(py) else { return Answer::No };
            ask(py, &function, question).unwrap_or_else(|error| {
                // Nobody waits for it here: the caller learns of the refusal.
                error.write_unraisable(py, Some(function.bind(py)));
                Answer::No
            })
        });
        // An interpreter that ends answers nothing.
        answer.unwrap_or(Answer::No)
    }
}

fn ask(py: Python<'_>, function: &Py<PyAny>, question: &Question) -> PyResult<Answer> {
    let Question {
        call,
        skill,
        folder,
        manifest_digest,
        component_digest,
        action,
        target,
        rule,
        reason,
        timeout,
    } = question;
    let fields = json!({
        "call": call, "skill": skill, "folder": folder.to_string_lossy(), "manifest_digest": manifest_digest,
        "component_digest": component_digest, "action": action, "target": target, "rule": rule, "reason": reason,
        "timeout_ms": u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
    });
    let question =
        py.import("openskills._audit_records")?.call_method1("question", (to_python(py, &fields)?,))?;
    let answer = function.call1(py, (question,))?.into_bound(py);
    if let Ok(yes) = answer.extract::<bool>() {
        return Ok(if yes { Answer::Once } else { Answer::No });
    }
    match answer.extract::<String>().as_deref() {
        Ok("once") => Ok(Answer::Once),
        Ok("session") => Ok(Answer::Session),
        Ok("no") => Ok(Answer::No),
        _ => Err(PyTypeError::new_err(format!(
            "the approver answered {}: it answers True, False, \"once\", \"session\" or \"no\"",
            answer.repr().map_or_else(|_| "something odd".to_owned(), |text| text.to_string())
        ))),
    }
}

/// Gives each record to a function; one that raises has not kept it.
pub(crate) struct KeepByPython(pub(crate) Callback);

impl AuditSink for KeepByPython {
    fn record(&self, record: &AuditRecord) -> io::Result<()> {
        let kept = enter(|py| {
            let Some(function) = self.0.function(py) else {
                return Err(io::Error::other("the function that keeps records is gone"));
            };
            let keep = || {
                let fields = serialized(py, record)?;
                let record =
                    py.import("openskills._audit_records")?.call_method1("audit_record", (fields,))?;
                function.call1(py, (record,)).map(drop)
            };
            keep().map_err(|error| io::Error::other(Raised::new(py, error)))
        });
        kept.unwrap_or_else(|| Err(io::Error::other("the Python interpreter is ending")))
    }
}

/// What a function raised, on its way through the runtime. If nobody takes it there it is reported where Python reports
/// what nobody can catch (`sys.unraisablehook`).
pub(crate) struct Raised {
    text: String,
    error: Mutex<Option<PyErr>>,
}

impl Raised {
    fn new(py: Python<'_>, error: PyErr) -> Self {
        let text = match error.value(py).str() {
            Ok(text) if !text.is_empty().unwrap_or(true) => format!("{}: {text}", kind(py, &error)),
            _ => kind(py, &error),
        };
        Self { text, error: Mutex::new(Some(error)) }
    }

    /// The exception, for whoever can raise it.
    pub(crate) fn take(&self) -> Option<PyErr> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn kind(py: Python<'_>, error: &PyErr) -> String {
    error.get_type(py).name().map_or_else(|_| "an exception".to_owned(), |name| name.to_string())
}

impl Drop for Raised {
    fn drop(&mut self) {
        if let Some(error) = self.take() {
            enter(|py| error.write_unraisable(py, None));
        }
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Raised {}

/// Tells a function the component's size when compiling begins, and `None` when it ends.
pub(crate) struct TellPython(pub(crate) Callback);

impl TellPython {
    fn tell(&self, bytes: Option<usize>) {
        enter(|py| {
            if let Some(function) = self.0.function(py)
                && let Err(error) = function.call1(py, (bytes,))
            {
                error.write_unraisable(py, Some(function.bind(py)));
            }
        });
    }
}

impl CompileWatcher for TellPython {
    fn started(&self, bytes: usize) {
        self.tell(Some(bytes));
    }

    fn finished(&self) {
        self.tell(None);
    }
}
