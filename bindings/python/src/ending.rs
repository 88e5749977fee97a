//! Threads of ours that enter the interpreter, and its end: from then on none of them may.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Set once the interpreter ends; below it is the number of threads within.
const ENDED: usize = 1 << (usize::BITS - 1);

static WITHIN: AtomicUsize = AtomicUsize::new(0);

/// How long the end waits for functions of the embedder's: one that waits for a person must not keep the process.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does something within the interpreter, from any thread. Nothing is done once it ends: a thread that is within while
/// it is taken down brings the process down.
pub(crate) fn enter<T>(work: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let _place = Place::take()?;
    Python::try_attach(work)
}

struct Place;

impl Place {
    fn take() -> Option<Self> {
        let before = WITHIN.fetch_add(1, Ordering::SeqCst);
        let place = Self;
        (before & ENDED == 0).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // None is left to leave in the child of a fork that was made within.
        let left = |state: usize| (state & !ENDED != 0).then(|| state - 1);
        let _ = WITHIN.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left);
    }
}

/// Called when the interpreter ends, before it is taken down.
#[pyfunction]
pub(crate) fn ending(py: Python<'_>) {
    WITHIN.fetch_or(ENDED, Ordering::SeqCst);
    py.detach(|| {
        let begun = Instant::now();
        while WITHIN.load(Ordering::SeqCst) != ENDED && begun.elapsed() < PATIENCE {
            thread::park_timeout(Duration::from_millis(1));
        }
    });
}

/// Called in the child after a fork: only the thread that forked is there.
pub(crate) fn forget() {
    WITHIN.fetch_and(ENDED, Ordering::SeqCst);
}

/// Before a call that nobody waits for on a thread.
///
/// # Errors
/// `RuntimeError` where nobody would be told of its end.
pub(crate) fn goes_on() -> PyResult<()> {
    if WITHIN.load(Ordering::SeqCst) & ENDED == 0 {
        return Ok(());
    }
    Err(PyRuntimeError::new_err("the interpreter ends: a call that is not waited for cannot begin any more"))
}
