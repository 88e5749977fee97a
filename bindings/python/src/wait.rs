//! Waiting for a call on the thread that made it, in which Python's signals are seen.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// How long a signal may go unseen: as long as a person does not notice.
const LOOK: Duration = Duration::from_millis(50);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a call on this thread, detached from the interpreter. A signal whose handler raises (Ctrl-C) drops the future,
/// which stops the guest, and is the error.
///
/// Guests that compute yield every millisecond, so a look costs nothing that a short call would notice.
pub(crate) fn block_on<F: Future + Send>(py: Python<'_>, future: F) -> PyResult<F::Output>
where
    F::Output: Send,
{
    py.detach(|| {
        let mut future = pin!(future);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Ok(output);
        }
        let mut next = Instant::now() + LOOK;
        loop {
            if sees_signals() == Some(false) {
                thread::park();
            } else {
                thread::park_timeout(next.saturating_duration_since(Instant::now()));
                if Instant::now() >= next {
                    Python::attach(look)?;
                    next = Instant::now() + LOOK;
                }
            }
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return Ok(output);
            }
        }
    })
}

/// Runs something that may take seconds and cannot be stopped, detached from the interpreter. A signal whose handler
/// raises is the error, and the work goes on without anybody who waits.
pub(crate) fn apart<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    look(py)?;
    if sees_signals() == Some(false) {
        return Ok(py.detach(work));
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let thread = thread::Builder::new().name("openskills-python".to_owned()).spawn(move || {
        // Nobody may be there any more.
        let _ = sender.send(work());
    });
    if let Err(error) = thread {
        return Err(PyRuntimeError::new_err(format!("no thread can be started: {error}")));
    }
    py.detach(move || {
        loop {
            match receiver.recv_timeout(LOOK) {
                Ok(output) => return Ok(output),
                Err(mpsc::RecvTimeoutError::Timeout) => Python::attach(look)?,
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(PyRuntimeError::new_err(
                        "the runtime panicked: this is a fault of it, report it",
                    ));
                }
            }
        }
    })
}

thread_local! {
    /// Whether Python runs handlers of signals in this thread; unknown before it was asked.
    static SEES_SIGNALS: Cell<Option<bool>> = const { Cell::new(None) };
}

fn sees_signals() -> Option<bool> {
    SEES_SIGNALS.get()
}

/// Runs the handlers of signals that came, if this is the interpreter's main thread: others have nothing to look for.
fn look(py: Python<'_>) -> PyResult<()> {
    if sees_signals().is_none() {
        let threading = py.import("threading")?;
        let main = threading.call_method0("main_thread")?.getattr("ident")?;
        SEES_SIGNALS.set(Some(threading.call_method0("get_ident")?.eq(main)?));
    }
    py.check_signals()
}
