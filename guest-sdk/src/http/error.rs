use std::fmt;

use crate::bindings::openskills::skill::http as host;

/// A request that brought no usable response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    url: String,
    kind: ErrorKind,
    reason: String,
}

/// The sort of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request, or the one that a redirect led to, is not granted to this skill.
    Denied,
    /// The request itself is malformed: the URL, the method, a header or the body.
    InvalidRequest,
    /// The name has no address.
    NameNotResolved,
    /// No connection could be made, or it broke.
    Connection,
    /// The TLS handshake failed.
    Tls,
    /// The time for this request ran out.
    Timeout,
    /// The body of the request or of the response is larger than the host allows.
    TooLarge,
    /// The server's answer is not HTTP.
    Protocol,
    /// The redirects did not end.
    TooManyRedirects,
    /// [`Response::error_for_status`](super::Response::error_for_status): the status is 400 or above.
    Status(u16),
    /// The body is not what was asked for: not JSON, or not of that form.
    InvalidBody,
}

impl Error {
    /// What sort of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The URL that was asked for; after redirects, the last one.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn new(url: &str, kind: ErrorKind, reason: impl Into<String>) -> Self {
        Self { url: url.to_owned(), kind, reason: reason.into() }
    }

    pub(super) fn of_host(url: &str, error: host::Error) -> Self {
        let (kind, reason) = match error {
            host::Error::Denied(reason) => (ErrorKind::Denied, reason),
            host::Error::InvalidRequest(reason) => (ErrorKind::InvalidRequest, reason),
            host::Error::NameNotResolved(reason) => (ErrorKind::NameNotResolved, reason),
            host::Error::Connection(reason) => (ErrorKind::Connection, reason),
            host::Error::Tls(reason) => (ErrorKind::Tls, reason),
            host::Error::Timeout => (ErrorKind::Timeout, "no complete answer in time".into()),
            host::Error::TooLarge(limit) => {
                (ErrorKind::TooLarge, format!("the body is larger than {limit} bytes"))
            }
            host::Error::Protocol(reason) => (ErrorKind::Protocol, reason),
        };
        Self::new(url, kind, reason)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot fetch `{}`: {}", self.url, self.reason)
    }
}

impl std::error::Error for Error {}
