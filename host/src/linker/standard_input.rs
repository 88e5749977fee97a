//! What a guest reads from stdin: nothing, unless the call gives it something.

use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncRead;
use wasmtime_wasi::cli::{IsTerminal, StdinStream};
use wasmtime_wasi::p2::InputStream;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;

/// The whole of a call's standard input. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct StandardInput(Arc<Mutex<Bytes>>);

impl StandardInput {
    /// Gives the guest these bytes. Before it runs: a stream that was opened already keeps what it had.
    pub(crate) fn set(&self, bytes: Bytes) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
    }

    fn bytes(&self) -> Bytes {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl IsTerminal for StandardInput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for StandardInput {
    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(MemoryInputPipe::new(self.bytes()))
    }

    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(Cursor::new(self.bytes()))
    }
}
