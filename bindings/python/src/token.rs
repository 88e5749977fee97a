//! The token that stops calls.

use pyo3::prelude::*;

/// Stops calls from outside: another thread, a signal, a task.
///
/// One token can be given to any number of calls; a call that gets a cancelled one does not begin. It cannot be taken
/// back.
#[pyclass(frozen, module = "openskills._native")]
pub(crate) struct CancelToken(pub(crate) openskills_runtime::CancelToken);

#[pymethods]
impl CancelToken {
    #[new]
    fn new() -> Self {
        Self(openskills_runtime::CancelToken::new())
    }

    /// Stops all calls that it was given to.
    fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether it was cancelled.
    #[getter]
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
