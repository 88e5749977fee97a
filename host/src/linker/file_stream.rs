//! Streams from and into files. They act at once, on the caller's thread, as all file operations do.

use std::fs::File;
use std::io::IoSlice;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use rustix::io::{Errno, ReadWriteFlags};
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

use super::quota::Quota;

/// What one read gives at most, and what one write takes.
const CHUNK: usize = 1 << 20;

/// Reads a file from a position on.
pub(crate) struct FileReader {
    pub(crate) file: Arc<File>,
    pub(crate) position: u64,
}

#[wasmtime_wasi::async_trait]
impl Pollable for FileReader {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl InputStream for FileReader {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        // No more is set aside than there is to read, whatever the guest asks for. Some files, of `/proc` and the
        // like, say that they are empty and are not.
        let left = rustix::fs::fstat(&self.file)
            .map_or(0, |stat| u64::try_from(stat.st_size).unwrap_or(0).saturating_sub(self.position));
        let left = usize::try_from(left).unwrap_or(CHUNK).max(4_096);
        let bytes = read_at(&self.file, self.position, size.min(CHUNK).min(left)).map_err(failed)?;
        if bytes.is_empty() {
            return Err(StreamError::Closed);
        }
        self.position += bytes.len() as u64;
        Ok(Bytes::from(bytes))
    }
}

/// At most `length` bytes at `offset`; none only at the end of the file.
pub(crate) fn read_at(file: &File, offset: u64, length: usize) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::with_capacity(length);
    if length > 0 {
        loop {
            match rustix::io::pread(file, rustix::buffer::spare_capacity(&mut bytes), offset) {
                Err(Errno::INTR) => {}
                read => {
                    read?;
                    break;
                }
            };
        }
    }
    Ok(bytes)
}

/// Writes into a file, as far as the call's quota goes.
pub(crate) struct FileWriter {
    file: Arc<File>,
    /// Where the next bytes go; none for the end of the file.
    position: Option<u64>,
    /// How far the file is known to reach.
    end: u64,
    quota: Arc<Quota>,
}

impl FileWriter {
    /// Begins at `position`, or with none at the end of the file, wherever that is at each write.
    pub(crate) fn new(file: Arc<File>, position: Option<u64>, quota: Arc<Quota>) -> Result<Self, Errno> {
        let end = match position {
            None | Some(0) => 0,
            Some(_) => u64::try_from(rustix::fs::fstat(&file)?.st_size).unwrap_or(0),
        };
        Ok(Self { file, position, end, quota })
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), Errno> {
        let Some(position) = &mut self.position else {
            self.quota.take_bytes(bytes.len() as u64)?;
            while !bytes.is_empty() {
                match rustix::io::pwritev2(&self.file, &[IoSlice::new(bytes)], 0, ReadWriteFlags::APPEND) {
                    Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error),
                }
            }
            return Ok(());
        };
        let count = bytes.len() as u64;
        self.quota.take_write(self.end, *position, count)?;
        let written = self.file.write_all_at(bytes, *position);
        written.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        *position = position.saturating_add(count);
        self.end = self.end.max(*position);
        Ok(())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for FileWriter {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl OutputStream for FileWriter {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        // A stream that failed is not closed: a program that tries again hears the same, and not of a shutdown.
        self.write_all(&bytes).map_err(failed)
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.write(bytes)
    }
}

fn failed(error: Errno) -> StreamError {
    StreamError::LastOperationFailed(error.into())
}
