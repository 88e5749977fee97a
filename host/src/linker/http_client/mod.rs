//! The one place from which requests leave this machine.
//!
//! Whether a request may leave is not decided here but by the caller, twice: before the name is looked up, for the
//! [`Origin`]; and after [`HttpClient::resolve`], for the [class](Resolved::class) of what it resolved to. A
//! [`Resolved`] is the only thing that can be connected to, so no name is looked up a second time. Redirects are
//! responses like any other. A proxy is used only if the embedder names one, and is given the checked address. A
//! connection serves requests of one skill to one origin, one after the other, each decided anew.
#![expect(
    clippy::disallowed_methods,
    reason = "the network: looks up names and connects to addresses that were decided upon"
)]

mod connect;
mod error;
mod limits;
mod own_address;
mod pool;
mod proxy;
mod request;
mod resolver;
mod response;
#[cfg(test)]
mod tests;
mod tls;
mod traffic;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
#[cfg(test)]
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper_util::rt::TokioIo;
#[cfg(test)]
use rustls::pki_types::CertificateDer;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};

pub(crate) use error::{Break, Budget, HttpError, Phase};
pub(crate) use limits::HttpLimits;
pub(crate) use proxy::InvalidProxy;
pub(crate) use request::{is_forbidden_header, new_request};
pub(crate) use resolver::Resolved;
pub use resolver::{Lookup, Resolve};
pub(crate) use response::ResponseBody;
pub(crate) use tls::InvalidRoot;
pub(crate) use traffic::{Moved, Traffic};

use super::gate::Identity;
use crate::capability::{Origin, Scheme};
use connect::{Stream, connect};
use own_address::is_own;
use pool::{Connection, Pool, Route};
use proxy::Proxy;
use request::{Outgoing, Sending, prepare};
use resolver::SystemResolver;
use response::{Driver, Used, strip};
use tls::Tls;

/// Time for looking up a name, if the request's deadline is not earlier.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);

/// For whom a request is sent.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) skill: Arc<Identity>,
    pub(crate) traffic: Arc<Traffic>,
}

/// Sends requests. One for a runtime, shared by all its skills; must be used in the context of a tokio runtime.
pub(crate) struct HttpClient {
    resolver: Arc<dyn Resolve>,
    tls: Tls,
    proxy: Option<Arc<Proxy>>,
    pool: Arc<Pool>,
}

impl HttpClient {
    /// A client that looks names up as the operating system does and trusts whom the platform trusts.
    pub(crate) fn new() -> Self {
        Self {
            resolver: Arc::new(SystemResolver::new()),
            tls: Tls::default(),
            proxy: None,
            pool: Arc::default(),
        }
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

    /// Asks a proxy for a tunnel to each address, in place of connecting to it.
    pub(crate) fn with_proxy(mut self, url: &str) -> Result<Self, InvalidProxy> {
        self.proxy = Some(Arc::new(Proxy::parse(url)?));
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
                    .map_err(|_| HttpError::Timeout(Phase::Lookup))?
                    .unwrap_or_default()
            }
        };
        Resolved::new(origin, &addresses, is_own)
            .ok_or_else(|| HttpError::NameNotResolved(origin.host().to_string()))
    }

    /// Sends a request for a skill and waits for the head of its response.
    ///
    /// Of the request's URI only path and query are used. Headers that are the host's
    /// ([`is_forbidden_header`]) are an error.
    pub(crate) async fn send<B>(
        &self,
        to: &Resolved,
        request: Request<B>,
        limits: &HttpLimits,
        sender: &Sender,
    ) -> Result<Response<ResponseBody>, HttpError>
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let sending = Sending::new(&sender.traffic);
        let request = prepare(to.origin(), request, limits, &sending)?;
        let exchange = async {
            let turn = sender.traffic.turn().await;
            sender.traffic.check_open()?;
            self.exchange(to, request, limits, sender, sending, turn).await
        };
        match limits.deadline {
            Some(deadline) => {
                timeout_at(deadline, exchange).await.map_err(|_| HttpError::Timeout(Phase::Whole))?
            }
            None => exchange.await,
        }
    }

    async fn exchange(
        &self,
        to: &Resolved,
        request: Request<Outgoing>,
        limits: &HttpLimits,
        sender: &Sender,
        sending: Arc<Sending>,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Result<Response<ResponseBody>, HttpError> {
        // A connection that has waited may end just when it is used. What can be sent again is; for the rest there
        // is a new connection.
        let again = sending.is_done().then(|| repeatable(&request)).flatten();
        if let Some(again) = again
            && let Some(connection) = self.pool.take(&sender.skill, to).await
        {
            match answer(connection, again, limits).await? {
                Ok((connection, response)) => {
                    return receive(connection, response, limits, sending, turn, &self.pool);
                }
                Err(error) if error.is_parse() => return Err(HttpError::of_hyper(&error)),
                Err(_) => {}
            }
            sender.traffic.check_open()?;
        }
        let connection = self.connect(to, limits, &sender.skill).await?;
        match answer(connection, request, limits).await? {
            Ok((connection, response)) => receive(connection, response, limits, sending, turn, &self.pool),
            Err(error) => Err(sending.explain(&error)),
        }
    }

    /// A new connection. A failed handshake is final: the next address is no better.
    async fn connect(
        &self,
        to: &Resolved,
        limits: &HttpLimits,
        skill: &Arc<Identity>,
    ) -> Result<Connection, HttpError> {
        let (stream, address) = connect(to, self.proxy.as_ref(), limits.connect_timeout).await?;
        let stream: Box<dyn Stream> = match to.origin().scheme() {
            Scheme::Http => stream,
            Scheme::Https => {
                let handshake = self.tls.handshake(to.origin().host(), stream);
                let late = |_| HttpError::Timeout(Phase::Handshake);
                Box::new(timeout(limits.connect_timeout, handshake).await.map_err(late)??)
            }
        };
        let (sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_headers(limits.response_headers)
            .max_header_size(limits.response_header_bytes)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| HttpError::of_hyper(&error))?;
        let driver = Driver::spawn(async move {
            // Its errors reach the request or the response.
            let _ = connection.await;
        });
        Ok(Connection { sender, route: Route::new(skill, to, address), _driver: driver })
    }

    /// Sends a request and waits for its whole response.
    #[cfg(test)]
    pub(crate) async fn fetch_whole(
        &self,
        to: &Resolved,
        request: Request<Bytes>,
        limits: &HttpLimits,
        sender: &Sender,
    ) -> Result<Response<Bytes>, HttpError> {
        whole(self.send(to, request.map(Full::new), limits, sender).await?).await
    }
}

/// A request without a body that changes nothing, once more.
fn repeatable(request: &Request<Outgoing>) -> Option<Request<Outgoing>> {
    let is_safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    let body = request.body().again().filter(|_| is_safe)?;
    let mut again = Request::new(body);
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    Some(again)
}

/// Sends a request and waits for the head of its response. The inner error is the connection's.
async fn answer(
    mut connection: Connection,
    request: Request<Outgoing>,
    limits: &HttpLimits,
) -> Result<hyper::Result<(Connection, Response<Incoming>)>, HttpError> {
    let answered = timeout(limits.first_byte_timeout, connection.sender.send_request(request)).await;
    let answered = answered.map_err(|_| HttpError::Timeout(Phase::FirstByte))?;
    Ok(answered.map(|response| (connection, response)))
}

fn receive(
    connection: Connection,
    response: Response<Incoming>,
    limits: &HttpLimits,
    sending: Arc<Sending>,
    turn: Option<OwnedSemaphorePermit>,
    pool: &Arc<Pool>,
) -> Result<Response<ResponseBody>, HttpError> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(HttpError::Protocol("the server switched to another protocol"));
    }
    let (mut parts, body) = response.into_parts();
    // Two lengths: whoever reads the other one would see the response end elsewhere.
    let is_clear = !(parts.headers.contains_key(TRANSFER_ENCODING)
        && parts.headers.contains_key(CONTENT_LENGTH))
        && parts.headers.get_all(CONTENT_LENGTH).iter().count() < 2;
    let pool = is_clear.then(|| Arc::clone(pool));
    strip(&mut parts.headers);
    let body = ResponseBody::new(body, limits, sending, Used { connection, pool, _turn: turn })?;
    Ok(Response::from_parts(parts, body))
}

/// Reads a response to its end.
pub(crate) async fn whole(response: Response<ResponseBody>) -> Result<Response<Bytes>, HttpError> {
    let (parts, mut body) = response.into_parts();
    // Copied together: a body of one-byte chunks would otherwise hold a whole buffer for each of them.
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            whole.extend_from_slice(&data);
        }
    }
    Ok(Response::from_parts(parts, whole.freeze()))
}
