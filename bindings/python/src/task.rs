//! Calls that nobody waits for on a thread: those of asyncio.

use std::future::Future;
use std::sync::{OnceLock, PoisonError, RwLock};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;

use crate::ending::{enter, goes_on};

/// The threads that such calls run on, as many as there are processors. A guest that computes yields every millisecond,
/// so that calls share them.
fn threads() -> PyResult<&'static Runtime> {
    static THREADS: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let threads = THREADS.get_or_init(|| {
        let built = Builder::new_multi_thread().thread_name("openskills-python").build();
        built.map_err(|error| error.to_string())
    });
    threads.as_ref().map_err(|error| PyRuntimeError::new_err(format!("no threads can be started: {error}")))
}

/// A call under way.
#[pyclass(frozen, module = "openskills._native")]
pub(crate) struct Task(AbortHandle);

#[pymethods]
impl Task {
    /// Stops it: the guest within about a millisecond. `done` is called then, too.
    fn cancel(&self) {
        self.0.abort();
    }
}

/// Begins a call. `done` is called once, on another thread: with the result and `None`, with `None` and an exception, or
/// with `None` twice if it was cancelled.
pub(crate) fn spawn<T, M>(
    done: Py<PyAny>,
    future: impl Future<Output = T> + Send + 'static,
    made: M,
) -> PyResult<Task>
where
    T: Send + 'static,
    M: FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
{
    goes_on()?;
    let ending = Ending(RwLock::new(Some(done)));
    let task = threads()?.spawn(async move {
        let output = future.await;
        enter(|py| {
            let result = made(py, output);
            ending.tell(py, Some(result));
        });
    });
    Ok(Task(task.abort_handle()))
}

/// Who is told of the end, also if the call is dropped on its way.
struct Ending(RwLock<Option<Py<PyAny>>>);

impl Ending {
    fn tell(&self, py: Python<'_>, result: Option<PyResult<Py<PyAny>>>) {
        let Some(done) = self.0.write().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let told = match result {
            Some(Ok(result)) => done.call1(py, (result, py.None())),
            Some(Err(error)) => done.call1(py, (py.None(), error.into_value(py))),
            None => done.call1(py, (py.None(), py.None())),
        };
        if let Err(error) = told {
            error.write_unraisable(py, Some(done.bind(py)));
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        enter(|py| self.tell(py, None));
    }
}
