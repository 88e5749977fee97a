//! The one deadline of a call.
#![expect(clippy::disallowed_methods, reason = "measures the time that a call has left")]

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::cancel_token::CancelToken;

/// When a call must be over. It covers waiting for the compiler, instantiation, guest and host code, and stands
/// still while an approver thinks.
#[derive(Debug)]
pub(crate) struct Deadline {
    limit: Duration,
    clock: Mutex<Clock>,
    cancel: Option<CancelToken>,
}

/// What ended a call before it was done. It is also the marker by which our interruption of a guest is told from the
/// guest's own traps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Ended {
    /// Its time was over.
    #[error("the call's time is over")]
    ByTime,
    /// Its caller gave it up.
    #[error("the call was cancelled")]
    ByCaller,
}

#[derive(Debug)]
struct Clock {
    end: Instant,
    /// Since when the clock stands still, and for how many questions at once.
    paused: Option<(Instant, u32)>,
}

impl Deadline {
    pub(crate) fn new(limit: Duration) -> Self {
        let now = Instant::now();
        // A limit beyond what the clock can express is a century: no call gets there.
        let end = now.checked_add(limit).unwrap_or_else(|| now + Duration::from_secs(3_155_760_000));
        Self { limit, clock: Mutex::new(Clock { end, paused: None }), cancel: None }
    }

    /// A deadline that a token can bring forward to now.
    pub(crate) fn cancelled_by(self, cancel: Option<CancelToken>) -> Self {
        Self { cancel, ..self }
    }

    /// What ends the call now, if something does. A pause stops the clock and not the caller.
    pub(crate) fn ended(&self) -> Option<Ended> {
        match &self.cancel {
            Some(token) if token.is_cancelled() => Some(Ended::ByCaller),
            _ => self.is_over().then_some(Ended::ByTime),
        }
    }

    /// Comes back when the caller gives the call up: never, if it cannot.
    pub(crate) async fn cancelled(&self) {
        match &self.cancel {
            Some(token) => token.cancelled().await,
            None => std::future::pending().await,
        }
    }

    /// Whether the caller can give the call up.
    pub(crate) fn can_be_cancelled(&self) -> bool {
        self.cancel.is_some()
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// When the call ends; none while the clock stands still.
    pub(crate) fn end(&self) -> Option<Instant> {
        let clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        clock.paused.is_none().then_some(clock.end)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.end().is_some_and(|end| Instant::now() >= end)
    }

    /// Stops the clock until the returned value is dropped.
    pub(crate) fn pause(&self) -> Paused<'_> {
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, questions) = clock.paused.unwrap_or((Instant::now(), 0));
        clock.paused = Some((since, questions + 1));
        Paused(self)
    }
}

pub(crate) struct Paused<'a>(&'a Deadline);

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        let mut clock = self.0.clock.lock().unwrap_or_else(PoisonError::into_inner);
        clock.paused = match clock.paused {
            Some((since, 1)) => {
                clock.end += since.elapsed();
                None
            }
            Some((since, questions)) => Some((since, questions - 1)),
            None => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::Deadline;
    use std::time::Duration;

    #[test]
    fn a_paused_clock_never_runs_out() {
        let deadline = Deadline::new(Duration::ZERO);
        assert!(deadline.is_over());
        let pause = deadline.pause();
        assert!(!deadline.is_over() && deadline.end().is_none());
        drop(pause);
        assert!(deadline.end().is_some());
    }

    #[test]
    fn an_endless_limit_is_no_overflow() {
        assert!(!Deadline::new(Duration::MAX).is_over());
    }
}
