//! A sign of life while a component is compiled, on a terminal only.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use openskills_runtime::{CompileWatcher, InstallWatcher};

use crate::printer::Printer;

/// The display. Clones share it.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: Arc<Mutex<Option<ProgressBar>>>,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(printer: Printer) -> Self {
        Self { bar: Arc::default(), shown: printer.stderr_is_terminal() && !printer.is_quiet() }
    }

    /// Takes the display away while `body` has the terminal.
    pub(crate) fn suspend<R>(&self, body: impl FnOnce() -> R) -> R {
        match &*self.bar() {
            Some(bar) => bar.suspend(body),
            None => body(),
        }
    }

    /// Shows the steps of an installation while `body` is at it; compiling has a display of its own.
    pub(crate) fn installing<R>(&self, body: impl FnOnce(&dyn InstallWatcher) -> R) -> R {
        let done = body(self);
        self.finished();
        done
    }

    fn show(&self, message: String) {
        if !self.shown {
            return;
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(message);
        bar.enable_steady_tick(Duration::from_millis(100));
        if let Some(before) = self.bar().replace(bar) {
            before.finish_and_clear();
        }
    }

    fn bar(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CompileWatcher for Progress {
    fn started(&self, bytes: usize) {
        self.show(format!("compiling the component ({}), this once …", HumanBytes(bytes as u64)));
    }

    fn finished(&self) {
        if let Some(bar) = self.bar().take() {
            bar.finish_and_clear();
        }
    }
}

impl InstallWatcher for Progress {
    fn step(&self, what: &str) {
        self.show(format!("{what} …"));
    }
}
