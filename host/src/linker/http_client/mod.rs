//! The one place from which requests leave this machine.
//!
//! Whether a request may leave is not decided here but by the caller, twice: before the name is looked up, for the
//! [`Origin`]; and after [`HttpClient::resolve`], for the [class](Resolved::class) of what it resolved to. A
//! [`Resolved`] is the only thing that can be connected to, so no name is looked up a second time. Redirects are
//! responses like any other, proxies are never used, and no connection serves two requests.
#![expect(
    clippy::disallowed_methods,
    reason = "the network: looks up names and connects to addresses that were decided upon"
)]

mod error;
mod limits;
mod own_address;
mod request;
mod resolver;
mod response;
#[cfg(test)]
mod tests;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Body;
use hyper_util::rt::TokioIo;
#[cfg(test)]
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

pub(crate) use error::HttpError;
pub(crate) use limits::HttpLimits;
pub(crate) use request::new_request;
pub(crate) use resolver::Resolved;
pub use resolver::{Lookup, Resolve};
pub(crate) use response::ResponseBody;
pub(crate) use tls::InvalidRoot;

use crate::capability::{Origin, Scheme};
use own_address::is_own;
use request::{Failure, Outgoing, prepare};
use resolver::SystemResolver;
use response::Driver;
use tls::Tls;

/// Time for looking up a name, if the request's deadline is not earlier.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);

/// How many addresses of a name are tried.
const MAX_ATTEMPTS: usize = 8;

/// Sends requests. One for a runtime, shared by all its skills; must be used in the context of a tokio runtime.
pub(crate) struct HttpClient {
    resolver: Arc<dyn Resolve>,
    tls: Tls,
}

impl HttpClient {
    /// A client that looks names up as the operating system does and trusts whom the platform trusts.
    pub(crate) fn new() -> Self {
        Self { resolver: Arc::new(SystemResolver::new()), tls: Tls::default() }
    }

    /// Looks names up elsewhere.
    #[must_use]
    pub(crate) fn with_resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Trusts also the authorities of a PEM file, such as a company's own.
    pub(crate) fn with_roots_pem(mut self, pem: &[u8]) -> Result<Self, InvalidRoot> {
        self.tls.trust_pem(pem)?;
        Ok(self)
    }

    /// Trusts also one authority, given as DER.
    #[cfg(test)]
    pub(crate) fn with_root_der(mut self, der: &[u8]) -> Result<Self, InvalidRoot> {
        self.tls.trust(CertificateDer::from(der.to_vec()))?;
        Ok(self)
    }

    /// Looks up all addresses of the origin's host and classifies them. An address is taken as it is.
    pub(crate) async fn resolve(
        &self,
        origin: &Origin,
        deadline: Option<Instant>,
    ) -> Result<Resolved, HttpError> {
        let addresses = match origin.host().address() {
            Some(address) => vec![address],
            None => {
                let latest = Instant::now() + LOOKUP_TIMEOUT;
                let latest = deadline.map_or(latest, |deadline| deadline.min(latest));
                let name = origin.host().to_string();
                timeout_at(latest, self.resolver.lookup(&name))
                    .await
                    .map_err(|_| HttpError::Timeout)?
                    .unwrap_or_default()
            }
        };
        Resolved::new(origin, &addresses, is_own)
            .ok_or_else(|| HttpError::NameNotResolved(origin.host().to_string()))
    }

    /// Sends a request and waits for the head of its response.
    ///
    /// Of the request's URI only path and query are used. Headers that are the host's
    /// ([`request::is_forbidden_header`]) are an error.
    pub(crate) async fn send<B>(
        &self,
        to: &Resolved,
        request: Request<B>,
        limits: &HttpLimits,
    ) -> Result<Response<ResponseBody>, HttpError>
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let failure = Failure::default();
        let request = prepare(to.origin(), request, limits, &failure)?;
        let exchange = async {
            let stream = self.connect(to, limits).await?;
            exchange(stream, request, limits, failure).await
        };
        match limits.deadline {
            Some(deadline) => timeout_at(deadline, exchange).await.map_err(|_| HttpError::Timeout)?,
            None => exchange.await,
        }
    }

    /// Sends a request and waits for its whole response.
    pub(crate) async fn fetch_whole(
        &self,
        to: &Resolved,
        request: Request<Bytes>,
        limits: &HttpLimits,
    ) -> Result<Response<Bytes>, HttpError> {
        let (parts, mut body) = self.send(to, request.map(Full::new), limits).await?.into_parts();
        // Copied together: a body of one-byte chunks would otherwise hold a whole buffer for each of them.
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                whole.extend_from_slice(&data);
            }
        }
        Ok(Response::from_parts(parts, whole.freeze()))
    }

    /// Connects to the first address that accepts. A failed handshake is final: the next address is no better.
    async fn connect(&self, to: &Resolved, limits: &HttpLimits) -> Result<Box<dyn Stream>, HttpError> {
        let too_late = HttpError::Connection("the server did not accept the connection in time");
        let mut error = too_late.clone();
        for address in to.addresses().iter().take(MAX_ATTEMPTS) {
            match timeout(limits.connect_timeout, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // Only a matter of speed.
                    let _ = stream.set_nodelay(true);
                    return match to.origin().scheme() {
                        Scheme::Http => Ok(Box::new(stream)),
                        Scheme::Https => {
                            let handshake = self.tls.handshake(to.origin().host(), stream);
                            let handshake = timeout(limits.connect_timeout, handshake).await;
                            Ok(Box::new(
                                handshake.map_err(|_| HttpError::Tls("the handshake took too long"))??,
                            ))
                        }
                    };
                }
                Ok(Err(failed)) => error = HttpError::of_connect(&failed),
                Err(_) => error = too_late.clone(),
            }
        }
        Err(error)
    }
}

/// A connection, with or without TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn exchange<B>(
    stream: Box<dyn Stream>,
    request: Request<Outgoing<B>>,
    limits: &HttpLimits,
    failure: Failure,
) -> Result<Response<ResponseBody>, HttpError>
where
    B: Body<Data = Bytes> + Send + 'static,
{
    let explain = |error: &hyper::Error| failure.get().cloned().unwrap_or_else(|| HttpError::of_hyper(error));
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_headers(limits.response_headers)
        .max_header_size(limits.response_header_bytes)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| explain(&error))?;
    let driver = Driver::spawn(async move {
        // Its errors reach the request or the response.
        let _ = connection.await;
    });
    let response = sender.send_request(request).await.map_err(|error| explain(&error))?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(HttpError::Protocol("the server switched to another protocol"));
    }
    let (parts, body) = response.into_parts();
    let body = ResponseBody::new(body, limits, failure, driver)?;
    Ok(Response::from_parts(parts, body))
}
