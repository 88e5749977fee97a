//! Captured stdout and stderr: bounded, cut with a mark, never an error for the guest.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// What a guest wrote to one of its streams. Clones share the same text.
#[derive(Clone, Debug)]
pub(crate) struct Capture(Arc<Mutex<Written>>);

#[derive(Debug)]
struct Written {
    kept: Vec<u8>,
    total: u64,
    limit: usize,
}

/// Bytes that a guest may write in one go; the stream is always ready for the next.
const CHUNK: usize = 64 * 1024;

impl Capture {
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Mutex::new(Written { kept: Vec::new(), total: 0, limit })))
    }

    /// Keeps this much from now on.
    pub(crate) fn keep(&self, limit: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).limit = limit;
    }

    pub(crate) fn push(&self, bytes: &[u8]) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = written.limit.saturating_sub(written.kept.len());
        written.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        written.total += bytes.len() as u64;
    }

    /// Another one, with the same limit.
    pub(super) fn beside(&self) -> Self {
        Self::new(self.0.lock().unwrap_or_else(PoisonError::into_inner).limit)
    }

    /// Takes the bytes that were written; none if some were cut off.
    pub(super) fn whole(&self) -> Option<Vec<u8>> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (written.total == written.kept.len() as u64).then(|| std::mem::take(&mut written.kept))
    }

    /// The text so far and the number of bytes written, those cut off included.
    pub(crate) fn take(&self) -> (String, u64) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if written.total > written.kept.len() as u64 {
            // Not within a character.
            let whole = written.kept.len() - unfinished(&written.kept);
            written.kept.truncate(whole);
        }
        let cut = written.total - written.kept.len() as u64;
        let mut text = match String::from_utf8(std::mem::take(&mut written.kept)) {
            Ok(text) => text,
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                // For those who want the bytes as they were.
                written.kept = error.into_bytes();
                text
            }
        };
        if cut > 0 {
            text.push_str(&format!("\n[… {cut} more bytes cut]\n"));
        }
        (text, written.total)
    }
}

/// How many bytes at the end begin a character of UTF-8 that does not end there.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = bytes.get(bytes.len().saturating_sub(3)..).unwrap_or(bytes);
    for (length, byte) in tail.iter().rev().zip(1..).map(|(byte, length)| (length, *byte)) {
        let whole = match byte {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        return if length < whole { length } else { 0 };
    }
    0
}

impl Capture {
    /// The bytes of what [`Capture::take`] gave as text, if they are not that text's.
    pub(crate) fn original(&self) -> Option<Vec<u8>> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(std::mem::take(&mut written.kept)).filter(|bytes| !bytes.is_empty())
    }
}

impl IsTerminal for Capture {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Capture {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Capture {
    async fn ready(&mut self) {}
}

impl OutputStream for Capture {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}

impl AsyncWrite for Capture {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        self.push(bytes);
        std::task::Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::Capture;

    #[test]
    fn what_fits_is_kept_as_it_is() {
        let capture = Capture::new(5);
        capture.push(b"hello");
        assert_eq!(capture.take(), ("hello".to_owned(), 5));
    }

    #[test]
    fn what_is_beyond_is_cut_and_marked() {
        let capture = Capture::new(5);
        capture.push(b"hello world");
        capture.push(b"!");
        let (text, total) = capture.take();
        assert_eq!((text.as_str(), total), ("hello\n[… 7 more bytes cut]\n", 12));
    }

    #[test]
    fn it_is_cut_between_characters() {
        for (text, limit, kept) in
            [("aé", 2, "a"), ("aé", 3, "aé"), ("a漢", 3, "a"), ("𝄞b", 3, ""), ("𝄞b", 4, "𝄞")]
        {
            let capture = Capture::new(limit);
            capture.push(text.as_bytes());
            let cut = text.len() - kept.len();
            let mark = if cut > 0 { format!("\n[… {cut} more bytes cut]\n") } else { String::new() };
            assert_eq!(capture.take(), (format!("{kept}{mark}"), text.len() as u64), "{text} at {limit}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let capture = Capture::new(5);
        capture.push(&[b'a', 0xff]);
        assert_eq!(capture.take().0, "a\u{fffd}");
        assert_eq!(capture.original(), Some(vec![b'a', 0xff]));
        assert_eq!(capture.original(), None);
    }
}
