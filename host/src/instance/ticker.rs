//! The clock that lets running guests notice their deadline.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::EngineWeak;

/// How often a running guest looks at its deadline.
const TICK: Duration = Duration::from_millis(1);

/// Ticks without a call before the thread goes to sleep: waking it costs more than a call does.
const IDLE_TICKS: u32 = 50;

/// A thread that advances the engine's epoch while calls run, and sleeps when none do.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

struct Shared {
    running: AtomicUsize,
    asleep: AtomicBool,
}

/// Keeps the clock ticking until it is dropped.
pub(crate) struct Ticking<'a>(&'a Shared);

impl Ticker {
    pub(crate) fn start(engine: EngineWeak) -> io::Result<Self> {
        let shared = Arc::new(Shared { running: AtomicUsize::new(0), asleep: AtomicBool::new(false) });
        let clock = Arc::clone(&shared);
        let handle = thread::Builder::new().name("openskills-clock".to_owned()).spawn(move || {
            let mut idle = 0;
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                idle = if clock.running.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
                if idle < IDLE_TICKS {
                    thread::park_timeout(TICK);
                    continue;
                }
                clock.asleep.store(true, Ordering::SeqCst);
                // A call that began before the line above did not see us asleep: look once more.
                while clock.running.load(Ordering::SeqCst) == 0 {
                    thread::park();
                }
                clock.asleep.store(false, Ordering::SeqCst);
                idle = 0;
            }
        })?;
        Ok(Self { shared, thread: handle.thread().clone() })
    }

    /// Begins a call.
    pub(crate) fn tick(&self) -> Ticking<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Ticking(&self.shared)
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
