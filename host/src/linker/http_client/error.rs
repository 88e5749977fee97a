//! Why there is no response, in the words of `openskills:skill/http`.

use crate::capability::InvalidUrl;

/// Why there is no response. The texts are for the guest: most are fixed, so nothing of the host can be in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    /// The guest's own mistake: URL, method, header or body.
    #[error("{0}")]
    InvalidRequest(String),
    /// The host's name has no address. The text is the name.
    #[error("`{0}` has no address")]
    NameNotResolved(String),
    /// No connection, or a broken one.
    #[error("{0}")]
    Connection(&'static str),
    /// The TLS handshake failed.
    #[error("{0}")]
    Tls(&'static str),
    /// The time was up.
    #[error("the time for the request was up")]
    Timeout,
    /// A body is larger than this many bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    /// The answer is not HTTP, or not within its bounds.
    #[error("{0}")]
    Protocol(&'static str),
}

impl HttpError {
    pub(super) fn of_hyper(error: &hyper::Error) -> Self {
        if error.is_parse() {
            Self::Protocol("the answer is not HTTP/1.1, or its headers are too many or too long")
        } else if error.is_incomplete_message() {
            Self::Connection("the server closed the connection before the response was complete")
        } else {
            Self::Connection("the connection broke")
        }
    }

    pub(super) fn of_connect(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        Self::Connection(match error.kind() {
            ErrorKind::ConnectionRefused => "the server refused the connection",
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "the server cannot be reached",
            ErrorKind::TimedOut => "the server did not accept the connection in time",
            _ => "no connection could be made",
        })
    }

    pub(super) fn of_handshake(error: &std::io::Error) -> Self {
        use rustls::CertificateError as Certificate;
        let error = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        Self::Tls(match error {
            Some(rustls::Error::InvalidCertificate(certificate)) => match certificate {
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
            },
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

impl From<InvalidUrl> for HttpError {
    fn from(error: InvalidUrl) -> Self {
        Self::InvalidRequest(error.to_string())
    }
}
