//! Who may run now, who waits, and who is turned away.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

/// The places of an engine. Whoever has one finds room in the engine's pool, so that instantiation never fails for
/// want of it. Those who wait get their places in the order in which they came.
pub(crate) struct Admission {
    places: Semaphore,
    waiting: AtomicUsize,
}

/// As many wait already as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueIsFull;

impl Admission {
    pub(super) fn new(places: u32) -> Self {
        Self { places: Semaphore::new(places as usize), waiting: AtomicUsize::new(0) }
    }

    /// Waits for `weight` places, unless `queue` others wait already. They are given back when the permit is dropped,
    /// the place in the queue when this future is.
    pub(crate) async fn enter(&self, weight: u32, queue: usize) -> Result<SemaphorePermit<'_>, QueueIsFull> {
        // Places that are given back go to who waits longest, so there is nothing to snatch here.
        if let Ok(permit) = self.places.try_acquire_many(weight) {
            return Ok(permit);
        }
        let _waiting = Waiting::join(&self.waiting, queue).ok_or(QueueIsFull)?;
        // Nobody closes it.
        self.places.acquire_many(weight).await.map_err(|_| QueueIsFull)
    }

    /// `weight` places, if they are free now.
    pub(crate) fn try_enter(&self, weight: u32) -> Option<SemaphorePermit<'_>> {
        self.places.try_acquire_many(weight).ok()
    }

    /// How many wait now.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn join(count: &'a AtomicUsize, limit: usize) -> Option<Self> {
        count
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |waiting| {
                (waiting < limit).then_some(waiting + 1)
            })
            .ok()
            .map(|_| Self(count))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn who_waits_longest_is_next_and_nobody_overtakes() {
        let admission = Admission::new(2);
        let first = pollster::block_on(admission.enter(1, 0)).unwrap();
        let mut large = pin!(admission.enter(2, 9));
        assert!(poll(large.as_mut()).is_pending());
        // One place is free, and it is for the one who waits.
        let mut small = pin!(admission.enter(1, 9));
        assert!(poll(small.as_mut()).is_pending());
        assert_eq!(admission.waiting(), 2);
        drop(first);
        let Poll::Ready(Ok(both)) = poll(large.as_mut()) else { panic!("it is its turn") };
        assert!(poll(small.as_mut()).is_pending());
        drop(both);
        assert!(poll(small.as_mut()).is_ready());
        assert_eq!(admission.waiting(), 0);
    }

    #[test]
    fn the_queue_has_an_end_and_who_leaves_it_makes_room() {
        let admission = Admission::new(1);
        let _place = pollster::block_on(admission.enter(1, 0)).unwrap();
        assert_eq!(pollster::block_on(admission.enter(1, 0)).unwrap_err(), QueueIsFull);
        {
            let mut waiting = pin!(admission.enter(1, 1));
            assert!(poll(waiting.as_mut()).is_pending());
            assert_eq!(pollster::block_on(admission.enter(1, 1)).unwrap_err(), QueueIsFull);
        }
        let mut again = pin!(admission.enter(1, 1));
        assert!(poll(again.as_mut()).is_pending());
    }
}
