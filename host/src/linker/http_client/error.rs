//! Why there is no response, or no more of it.

use crate::capability::InvalidUrl;

/// Why there is no response. The texts are for the guest: most are fixed, so nothing of the host can be in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    /// The guest's own mistake: header or body.
    #[error("{0}")]
    InvalidRequest(String),
    /// The guest's own mistake: the URL.
    #[error("{0}")]
    InvalidUrl(#[from] InvalidUrl),
    /// The guest's own mistake: the method.
    #[error("{0}")]
    InvalidMethod(String),
    /// The request's headers, or its trailers, are larger than this many bytes.
    #[error("the headers are larger than {0} bytes")]
    RequestHeaders(usize),
    /// The host's name has no address. The text is the name.
    #[error("`{0}` has no address")]
    NameNotResolved(String),
    /// No connection, or a broken one.
    #[error("{0}")]
    Connection(Break),
    /// The server's certificate is not one for it.
    #[error("{0}")]
    Certificate(&'static str),
    /// The TLS handshake failed for another reason.
    #[error("{0}")]
    Tls(&'static str),
    /// The time was up.
    #[error("the time for {0} was up")]
    Timeout(Phase),
    /// The request's body is larger than this many bytes.
    #[error("the request's body is larger than {0} bytes")]
    RequestTooLarge(u64),
    /// The response's body is larger than this many bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    /// The call has sent as many requests as it may, or moved as many bytes.
    #[error("{0}")]
    Exhausted(Budget),
    /// The answer is not HTTP, or not within its bounds.
    #[error("{0}")]
    Protocol(&'static str),
}

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Break {
    #[error("the server refused the connection")]
    Refused,
    #[error("the server cannot be reached")]
    Unreachable,
    #[error("no connection could be made")]
    NotMade,
    #[error("the server closed the connection before the response was complete")]
    Incomplete,
    #[error("the connection broke")]
    Broken,
    #[error("the proxy cannot be reached")]
    Proxy,
    #[error("the proxy refused to connect to the server's address")]
    ProxyRefused,
    #[error("the proxy wants a user name and a password, or others")]
    ProxyAuthentication,
}

/// What took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Phase {
    #[error("looking up the name")]
    Lookup,
    #[error("connecting")]
    Connect,
    #[error("the TLS handshake")]
    Handshake,
    #[error("the response to begin")]
    FirstByte,
    #[error("the next bytes of the response")]
    BetweenBytes,
    #[error("the request")]
    Whole,
}

/// What a call has used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Budget {
    #[error("the call has sent its {0} requests")]
    Requests(u64),
    #[error("the call has sent and received its {0} bytes")]
    Bytes(u64),
    #[error("the call is over")]
    Over,
}

impl HttpError {
    pub(super) fn of_hyper(error: &hyper::Error) -> Self {
        if error.is_parse() {
            Self::Protocol("the answer is not HTTP/1.1, or its headers are too many or too long")
        } else if error.is_incomplete_message() {
            Self::Connection(Break::Incomplete)
        } else {
            Self::Connection(Break::Broken)
        }
    }

    pub(super) fn of_connect(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Connection(Break::Refused),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                Self::Connection(Break::Unreachable)
            }
            ErrorKind::TimedOut => Self::Timeout(Phase::Connect),
            _ => Self::Connection(Break::NotMade),
        }
    }

    pub(super) fn of_handshake(error: &std::io::Error) -> Self {
        use rustls::CertificateError as Certificate;
        let error = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        Self::Tls(match error {
            Some(rustls::Error::InvalidCertificate(certificate)) => {
                return Self::Certificate(match certificate {
                    Certificate::Expired | Certificate::ExpiredContext { .. } => {
                        "the server's certificate has expired"
                    }
                    Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                        "the server's certificate is not valid yet"
                    }
                    Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                        "the server's certificate is for another name"
                    }
                    Certificate::UnknownIssuer => "the server's certificate is not from a known authority",
                    Certificate::Revoked => "the server's certificate was revoked",
                    _ => "the server's certificate is not valid",
                });
            }
            Some(rustls::Error::AlertReceived(_)) => "the server refused the handshake",
            Some(rustls::Error::PeerIncompatible(_)) => {
                "the server offers no TLS version or cipher that is accepted"
            }
            Some(rustls::Error::InvalidMessage(_)) => "the server does not speak TLS",
            Some(_) => "the handshake failed",
            None => "the connection broke in the handshake",
        })
    }
}
