//! Calling from anywhere: a plain thread, a worker of any tokio runtime, any other executor.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::{Handle, RuntimeFlavor};

/// Runs a future on the caller's thread, with timers and sockets driven by `handle`'s runtime.
///
/// Works from plain threads and from inside runtimes alike: the caller's runtime is not asked to block on anything,
/// only told, where it has other workers, that this one is busy.
pub(crate) fn block_on<F: Future>(handle: &Handle, future: F) -> F::Output {
    // Without this, a caller's cooperative budget would be spent by our polls and never come back.
    let future = tokio::task::unconstrained(future);
    match Handle::try_current().map(|current| current.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(|| {
            let _context = handle.enter();
            pollster::block_on(future)
        }),
        _ => {
            let _context = handle.enter();
            pollster::block_on(future)
        }
    }
}

/// A future that is polled in the context of `handle`'s runtime, whatever executor polls it.
pub(crate) struct InContext<F> {
    pub(crate) handle: &'static Handle,
    pub(crate) future: Pin<Box<F>>,
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _context = self.handle.enter();
        self.future.as_mut().poll(context)
    }
}
