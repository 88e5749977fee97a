//! A proxy on the way, where the host says so.

use std::fmt;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Empty;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::Url;

use super::HttpError;
use super::error::Break;
use super::response::Driver;

/// The bytes of a proxy's answer that are read.
const MAX_ANSWER: usize = 16 * 1024;

/// An HTTP proxy that is asked for a tunnel to an address that has been checked. It never learns a name.
#[derive(Clone)]
pub(crate) struct Proxy {
    host: String,
    port: u16,
    credentials: Option<HeaderValue>,
}

/// A text is no proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a proxy is given as `http://HOST:PORT` or `http://USER:PASSWORD@HOST:PORT`")]
pub(crate) struct InvalidProxy;

/// Without the password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

impl Proxy {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidProxy> {
        let url = Url::parse(text).map_err(|_| InvalidProxy)?;
        let is_plain = url.scheme() == "http"
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        let host = url.host().filter(|_| is_plain).ok_or(InvalidProxy)?;
        let host = match host {
            url::Host::Domain(name) => name.to_owned(),
            url::Host::Ipv4(address) => address.to_string(),
            url::Host::Ipv6(address) => address.to_string(),
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some(basic(user, password.unwrap_or_default())?),
        };
        Ok(Self { host, port: url.port_or_known_default().ok_or(InvalidProxy)?, credentials })
    }

    /// A tunnel to the address.
    pub(super) async fn tunnel(&self, to: SocketAddr) -> Result<TokioIo<Upgraded>, HttpError> {
        let unreachable = |_| HttpError::Connection(Break::Proxy);
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(unreachable)?;
        let _ = stream.set_nodelay(true);
        let broken = |_| HttpError::Connection(Break::Proxy);
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_header_size(MAX_ANSWER)
            .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
            .await
            .map_err(broken)?;
        let _driver = Driver::spawn(async move {
            let _ = connection.with_upgrades().await;
        });
        let mut request = Request::new(Empty::new());
        *request.method_mut() = Method::CONNECT;
        let address = to.to_string();
        let refused = HttpError::Connection(Break::ProxyRefused);
        *request.uri_mut() = address.parse().map_err(|_| refused.clone())?;
        let host = HeaderValue::from_str(&address).map_err(|_| refused.clone())?;
        request.headers_mut().insert(HOST, host);
        if let Some(credentials) = &self.credentials {
            request.headers_mut().insert(PROXY_AUTHORIZATION, credentials.clone());
        }
        let response = sender.send_request(request).await.map_err(broken)?;
        match response.status() {
            status if status.is_success() => {
                hyper::upgrade::on(response).await.map(TokioIo::new).map_err(broken)
            }
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Err(HttpError::Connection(Break::ProxyAuthentication))
            }
            _ => Err(refused),
        }
    }
}

fn basic(user: &str, password: &str) -> Result<HeaderValue, InvalidProxy> {
    let decode = |text: &str| percent_decoded(text).ok_or(InvalidProxy);
    let text = BASE64_STANDARD.encode([&decode(user)?[..], b":", &decode(password)?].concat());
    let mut value = HeaderValue::try_from(format!("Basic {text}")).map_err(|_| InvalidProxy)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The URL parser leaves `%` escapes in a user name as they are.
fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16));
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_plain_address() {
        for (text, shown) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("http://proxy.example", "http://proxy.example:80"),
            ("http://u%40x:p%3a@[::1]:8080/", "http://::1:8080"),
        ] {
            assert_eq!(Proxy::parse(text).map(|proxy| format!("{proxy:?}")), Ok(shown.to_owned()), "{text}");
        }
        for text in
            ["", "proxy:3128", "https://proxy:1", "socks5://proxy:1", "http://a/b", "http://a?b", "http://"]
        {
            assert!(Proxy::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_not_shown() -> Result<(), InvalidProxy> {
        let proxy = Proxy::parse("http://u%40x:p%3a@proxy.example:1")?;
        let value = proxy.credentials.as_ref().map(|value| value.as_bytes().to_vec());
        assert_eq!(value, Some(format!("Basic {}", BASE64_STANDARD.encode("u@x:p:")).into_bytes()));
        assert!(!format!("{proxy:?}").contains("u@x"));
        Ok(())
    }
}
