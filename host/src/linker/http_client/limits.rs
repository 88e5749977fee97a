//! What one request may cost.

use std::time::Duration;

use tokio::time::Instant;

/// What one request may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HttpLimits {
    /// Bytes of the request's headers, and of its trailers.
    pub(crate) request_header_bytes: usize,
    /// Bytes of the request's body.
    pub(crate) request_body: u64,
    /// Bytes of the response's status line and headers, and of its trailers.
    pub(crate) response_header_bytes: usize,
    /// Number of the response's headers.
    pub(crate) response_headers: usize,
    /// Bytes of the response's body.
    pub(crate) response_body: u64,
    /// Time for one address to accept the connection, and again for the TLS handshake.
    pub(crate) connect_timeout: Duration,
    /// Time from the request until the response's headers are there.
    pub(crate) first_byte_timeout: Duration,
    /// Time between two pieces of the response's body.
    pub(crate) between_bytes_timeout: Duration,
    /// When everything has to be done, the last byte of the body included.
    pub(crate) deadline: Option<Instant>,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            request_header_bytes: 64 * 1024,
            request_body: 16 * 1024 * 1024,
            response_header_bytes: 64 * 1024,
            response_headers: 128,
            response_body: 16 * 1024 * 1024,
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(60),
            between_bytes_timeout: Duration::from_secs(30),
            deadline: None,
        }
    }
}
