//! A call's caller changing its mind.

use std::sync::Arc;

use tokio::sync::watch;

/// Stops calls from outside: from another thread, another task, a signal.
///
/// Clones are the same token. One token can be given to any number of calls; a call that gets a cancelled one does not
/// begin. It cannot be taken back.
///
/// A guest that computes notices within about a millisecond, one that waits in the host at once. A file operation of
/// the host that hangs in the kernel is not interrupted.
#[derive(Clone, Debug)]
pub struct CancelToken(Arc<watch::Sender<bool>>);

impl Default for CancelToken {
    fn default() -> Self {
        Self::new()
    }
}

impl CancelToken {
    /// A token that nobody has cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Stops all calls that have the token, and all that will get it.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Comes back when it is cancelled.
    pub(crate) async fn cancelled(&self) {
        // The sender lives as long as `self`, so the wait ends by a cancellation only.
        let _ = self.0.subscribe().wait_for(|cancelled| *cancelled).await;
    }
}

#[cfg(test)]
mod tests {
    use super::CancelToken;

    #[test]
    fn a_token_is_cancelled_for_all_its_clones() {
        let token = CancelToken::new();
        let clone = token.clone();
        assert!(!clone.is_cancelled());
        token.cancel();
        assert!(clone.is_cancelled());
        pollster::block_on(clone.cancelled());
    }
}
