//! Ctrl-C while a skill runs: the call is cancelled, and its record is still written.

use std::thread;

use openskills_runtime::CancelToken;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// A token that Ctrl-C, or a request to end, cancels. At the second one the process ends as it would have without us.
pub(crate) fn token() -> CancelToken {
    let token = CancelToken::new();
    let cancel = token.clone();
    // Without it, Ctrl-C ends the process at once, and the record is lost: still better than not to run.
    if let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) {
        thread::spawn(move || {
            for (count, signal) in signals.forever().enumerate() {
                cancel.cancel();
                if count > 0 {
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                }
            }
        });
    }
    token
}
