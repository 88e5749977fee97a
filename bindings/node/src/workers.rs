//! The threads that run guests, beside the event loop.

use std::future::Future;
use std::sync::OnceLock;

use napi::{Error, Result};
use tokio::runtime::{Builder, Runtime};

static WORKERS: OnceLock<Runtime> = OnceLock::new();

/// A worker for each processor, for all threads of this process that have an event loop.
///
/// Guests compute, and give way to others every millisecond; while one waits for the network it holds no worker.
fn workers() -> Result<&'static Runtime> {
    if let Some(workers) = WORKERS.get() {
        return Ok(workers);
    }
    let made = Builder::new_multi_thread().thread_name("openskills-call").build();
    let made = made.map_err(|error| Error::from_reason(format!("no thread can be started: {error}")))?;
    Ok(WORKERS.get_or_init(|| made))
}

/// Runs a call.
pub(crate) fn spawn(call: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    workers()?.spawn(call);
    Ok(())
}

/// Runs what blocks, on a thread of its own.
pub(crate) fn spawn_blocking(work: impl FnOnce() + Send + 'static) -> Result<()> {
    workers()?.spawn_blocking(work);
    Ok(())
}
