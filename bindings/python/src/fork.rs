//! Processes that were forked after the engine was used: its threads are not in them.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::ending;

/// Whether the engine has threads of its own by now.
static USED: AtomicBool = AtomicBool::new(false);

/// Whether this process is the child of one that had used it.
static FORKED: AtomicBool = AtomicBool::new(false);

/// Called in the child after a fork.
#[pyfunction]
pub(crate) fn forked() {
    ending::forget();
    if USED.load(Ordering::SeqCst) {
        FORKED.store(true, Ordering::SeqCst);
    }
}

/// Before anything that uses the engine.
///
/// # Errors
/// `RuntimeError` where it would hang: nobody would advance its clock or compile.
pub(crate) fn engine_wanted() -> PyResult<()> {
    if FORKED.load(Ordering::Relaxed) {
        return Err(PyRuntimeError::new_err(
            "this process was forked from one that had called skills, and the engine's threads are not in it: start \
             processes with `multiprocessing`'s `spawn` or `forkserver` method, or call no skill before the fork",
        ));
    }
    if !USED.load(Ordering::Relaxed) {
        USED.store(true, Ordering::SeqCst);
    }
    Ok(())
}
