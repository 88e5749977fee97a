//! Running a future until its call's deadline.
#![expect(clippy::disallowed_methods, reason = "waits until the deadline of the call")]

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::linker::{Deadline, Ended};

/// The future's result, or what ended the call first; the future is dropped then, and with it whatever it waits for.
/// The deadline may move while an approver thinks.
///
/// A timer is only set when the future has to wait at all: most calls never do.
pub(crate) async fn within<F: Future>(deadline: &Deadline, future: F) -> Result<F::Output, Ended> {
    let mut future = pin!(future);
    let mut cancelled = pin!(deadline.can_be_cancelled().then(|| deadline.cancelled()));
    let mut timer: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        if let Some(cancelled) = cancelled.as_mut().as_pin_mut()
            && cancelled.poll(context).is_ready()
        {
            return Poll::Ready(Err(Ended::ByCaller));
        }
        loop {
            // While the clock stands still, the approver's own time limit wakes us.
            let end =
                deadline.end().map_or_else(|| Instant::now() + Duration::from_secs(3_600), Instant::from_std);
            let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
            if timer.deadline() != end {
                timer.as_mut().reset(end);
            }
            match timer.as_mut().poll(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(()) if deadline.is_over() => return Poll::Ready(Err(Ended::ByTime)),
                Poll::Ready(()) => {}
            }
        }
    })
    .await
}
