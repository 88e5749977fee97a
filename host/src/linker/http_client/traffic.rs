//! What one call sends and receives in all.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::{Budget, HttpError};

/// Requests of one call that are under way at the same time; further ones wait for their turn.
const MAX_AT_ONCE: usize = 16;

/// The requests and bytes of one call, beside what it may have of them.
#[derive(Debug)]
pub(crate) struct Traffic {
    max_requests: u64,
    max_bytes: u64,
    /// How many requests were let go; none once the call is over.
    requests: Mutex<Count>,
    sent: AtomicU64,
    received: AtomicU64,
    exceeded: AtomicBool,
    /// Made for the first request: most calls send none.
    turns: OnceLock<Arc<Semaphore>>,
}

#[derive(Debug, Default)]
struct Count {
    begun: u64,
    is_over: bool,
}

/// What a call has sent and received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) requests: u64,
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl Traffic {
    pub(crate) fn new(max_requests: u64, max_bytes: u64) -> Self {
        Self {
            max_requests,
            max_bytes,
            requests: Mutex::default(),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            exceeded: AtomicBool::new(false),
            turns: OnceLock::new(),
        }
    }

    /// Counts one more request, before anything of it leaves.
    pub(crate) fn begin(&self) -> Result<(), HttpError> {
        let mut count = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if count.is_over {
            return Err(HttpError::Exhausted(Budget::Over));
        }
        if count.begun >= self.max_requests {
            self.exceeded.store(true, Ordering::Relaxed);
            return Err(HttpError::Exhausted(Budget::Requests(self.max_requests)));
        }
        count.begun += 1;
        Ok(())
    }

    /// Whether the call's record is still open. What is sent after it would be on no record.
    pub(crate) fn check_open(&self) -> Result<(), HttpError> {
        match self.requests.lock().unwrap_or_else(PoisonError::into_inner).is_over {
            true => Err(HttpError::Exhausted(Budget::Over)),
            false => Ok(()),
        }
    }

    /// Ends the call's traffic: no request begins any more.
    pub(crate) fn close(&self) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).is_over = true;
    }

    /// A request's turn, given back when it is dropped.
    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let turns = self.turns.get_or_init(|| Arc::new(Semaphore::new(MAX_AT_ONCE)));
        Arc::clone(turns).acquire_owned().await.ok()
    }

    pub(super) fn send(&self, bytes: usize) -> Result<(), HttpError> {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
        self.check_bytes()
    }

    pub(super) fn receive(&self, bytes: usize) -> Result<(), HttpError> {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
        self.check_bytes()
    }

    fn check_bytes(&self) -> Result<(), HttpError> {
        let moved = self.moved();
        if moved.sent.saturating_add(moved.received) > self.max_bytes {
            self.exceeded.store(true, Ordering::Relaxed);
            return Err(HttpError::Exhausted(Budget::Bytes(self.max_bytes)));
        }
        Ok(())
    }

    /// Whether the call wanted more than it may have.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    /// So far.
    pub(crate) fn moved(&self) -> Moved {
        Moved {
            requests: self.requests.lock().unwrap_or_else(PoisonError::into_inner).begun,
            sent: self.sent.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_up_to_the_limit() {
        let traffic = Traffic::new(2, 10);
        assert_eq!((traffic.begin(), traffic.begin()), (Ok(()), Ok(())));
        assert!(!traffic.is_exceeded());
        assert_eq!(traffic.begin(), Err(HttpError::Exhausted(Budget::Requests(2))));
        assert!(traffic.is_exceeded() && traffic.moved().requests == 2);
    }

    #[test]
    fn bytes_are_counted_both_ways() {
        let traffic = Traffic::new(2, 10);
        assert_eq!((traffic.send(4), traffic.receive(6)), (Ok(()), Ok(())));
        assert_eq!(traffic.receive(1), Err(HttpError::Exhausted(Budget::Bytes(10))));
        assert_eq!((traffic.moved().sent, traffic.moved().received), (4, 7));
    }

    #[test]
    fn nothing_begins_after_the_end() {
        let traffic = Traffic::new(2, 10);
        assert_eq!((traffic.begin(), traffic.check_open()), (Ok(()), Ok(())));
        traffic.close();
        let over = Err(HttpError::Exhausted(Budget::Over));
        assert_eq!((traffic.begin(), traffic.check_open()), (over.clone(), over));
    }
}
