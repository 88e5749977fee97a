//! What is sent: the rules for methods, headers and bodies.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, TRAILER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Frame, SizeHint};
use url::{Position, Url};

use super::{HttpError, HttpLimits, Traffic};
use crate::capability::{InvalidUrl, Origin};

const DEFAULT_USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("openskills/", env!("CARGO_PKG_VERSION")));

/// What concerns the connection, or a proxy on the way, is the host's.
const FORBIDDEN: [&str; 8] =
    ["connection", "expect", "host", "http2-settings", "keep-alive", "te", "transfer-encoding", "upgrade"];

/// Whether a guest may not set the header, nor see it in a response.
pub(crate) fn is_forbidden_header(name: &HeaderName) -> bool {
    FORBIDDEN.contains(&name.as_str()) || name.as_str().starts_with("proxy-")
}

/// Makes a request of what a guest has given. Names and values of headers are checked for their characters here and
/// for their meaning in [`super::HttpClient::send`].
pub(crate) fn new_request<'a>(
    method: &str,
    url: &Url,
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    body: Bytes,
) -> Result<Request<Bytes>, HttpError> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::from_bytes(method.as_bytes())
        .map_err(|_| HttpError::InvalidMethod("the method is not a valid token".to_owned()))?;
    *request.uri_mut() = url[Position::BeforePath..Position::AfterQuery]
        .parse()
        .map_err(|_| HttpError::InvalidUrl(InvalidUrl::Malformed))?;
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| HttpError::InvalidRequest("the name of a header is not a valid token".to_owned()))?;
        let value = HeaderValue::from_bytes(value).map_err(|_| {
            HttpError::InvalidRequest(format!(
                "the value of the header `{name}` has a character that is not allowed"
            ))
        })?;
        let added = request.headers_mut().try_append(name, value);
        added.map_err(|_| HttpError::InvalidRequest("there are too many headers".to_owned()))?;
    }
    Ok(request)
}

/// Brings a request into the form in which it is sent. Of its URI only path and query are used: where it goes is
/// the origin's to say.
pub(super) fn prepare<B>(
    origin: &Origin,
    request: Request<B>,
    limits: &HttpLimits,
    sending: &Arc<Sending>,
) -> Result<Request<Outgoing>, HttpError>
where
    B: Body<Data = Bytes> + Send + 'static,
{
    let (mut parts, body) = request.into_parts();
    if ["CONNECT", "TRACE", "TRACK"].iter().any(|method| parts.method.as_str().eq_ignore_ascii_case(method)) {
        return Err(HttpError::InvalidMethod(format!("the method `{}` is not allowed", parts.method)));
    }
    // Only a body whose length is not known before can have trailers.
    let exact = body.size_hint().exact();
    let is_forbidden =
        |name: &&HeaderName| is_forbidden_header(name) || (exact.is_some() && **name == TRAILER);
    if let Some(name) = parts.headers.keys().find(is_forbidden) {
        return Err(HttpError::InvalidRequest(format!("the header `{name}` is set by the host")));
    }
    if bytes_of(&parts.headers) > limits.request_header_bytes {
        return Err(HttpError::RequestHeaders(limits.request_header_bytes));
    }
    let stated = check_length(&mut parts.headers, &parts.method, exact, limits.request_body)?;

    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let target = if target.starts_with('?') { format!("/{target}") } else { target.to_owned() };
    let malformed = HttpError::InvalidUrl(InvalidUrl::Malformed);
    if !target.starts_with('/') {
        return Err(malformed);
    }
    parts.uri = target.parse::<Uri>().map_err(|_| malformed.clone())?;
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    let host = HeaderValue::from_str(&origin.authority()).map_err(|_| malformed)?;
    parts.headers.insert(HOST, host);
    parts.headers.entry(USER_AGENT).or_insert(DEFAULT_USER_AGENT);
    if body.is_end_stream() {
        sending.is_done.store(true, Ordering::Relaxed);
    }
    let unreadable = |_| HttpError::InvalidRequest("the request's body ended with an error".to_owned());
    let body = Outgoing {
        body: body.map_err(unreadable).boxed_unsync(),
        left: stated.unwrap_or(limits.request_body),
        stated,
        limits: (limits.request_body, limits.request_header_bytes),
        sending: Arc::clone(sending),
    };
    Ok(Request::from_parts(parts, body))
}

/// The bytes of headers as they are sent.
fn bytes_of(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

/// The body's length, if it is known. One that the guest states must be true, or a server would read the body's rest
/// as another request.
fn check_length(
    headers: &mut HeaderMap,
    method: &Method,
    exact: Option<u64>,
    limit: u64,
) -> Result<Option<u64>, HttpError> {
    let mut stated = headers.get_all(CONTENT_LENGTH).iter();
    let length = match (stated.next(), stated.next()) {
        (None, _) => None,
        (Some(value), None) => Some(
            value
                .to_str()
                .ok()
                .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|text| text.parse::<u64>().ok())
                .ok_or_else(|| {
                    HttpError::InvalidRequest("the header `content-length` is not a number".to_owned())
                })?,
        ),
        (Some(_), Some(_)) => {
            return Err(HttpError::InvalidRequest(
                "there is more than one header `content-length`".to_owned(),
            ));
        }
    };
    if exact.or(length).is_some_and(|length| length > limit) {
        return Err(HttpError::RequestTooLarge(limit));
    }
    if let (Some(exact), Some(length)) = (exact, length)
        && exact != length
    {
        return Err(HttpError::InvalidRequest(format!(
            "the header `content-length` says {length}, the body has {exact} bytes"
        )));
    }
    if let Some(exact) = exact
        && (exact > 0 || [Method::POST, Method::PUT, Method::PATCH].contains(method))
    {
        headers.insert(CONTENT_LENGTH, exact.into());
    }
    Ok(exact.or(length))
}

/// How the sending of a request's body stands, for whoever waits for the response.
#[derive(Debug)]
pub(super) struct Sending {
    /// What went wrong; the connection then only knows that it broke.
    failure: OnceLock<HttpError>,
    is_done: AtomicBool,
    pub(super) traffic: Arc<Traffic>,
}

impl Sending {
    pub(super) fn new(traffic: &Arc<Traffic>) -> Arc<Self> {
        Arc::new(Self {
            failure: OnceLock::new(),
            is_done: AtomicBool::new(false),
            traffic: Arc::clone(traffic),
        })
    }

    /// Whether all of the body has been handed to the connection.
    pub(super) fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Relaxed)
    }

    /// What a failure of the connection means: the body's own, if it is the cause.
    pub(super) fn explain(&self, error: &hyper::Error) -> HttpError {
        self.failure.get().cloned().unwrap_or_else(|| HttpError::of_hyper(error))
    }
}

/// The request's body, cut off with an error at the limit.
pub(super) struct Outgoing {
    body: UnsyncBoxBody<Bytes, HttpError>,
    /// Up to what was stated, or else up to the limit.
    left: u64,
    stated: Option<u64>,
    /// Of the body, and of its trailers.
    limits: (u64, usize),
    sending: Arc<Sending>,
}

impl Outgoing {
    /// The same body, if it is empty.
    pub(super) fn again(&self) -> Option<Self> {
        self.body.is_end_stream().then(|| Self {
            body: Empty::new().map_err(|never| match never {}).boxed_unsync(),
            sending: Arc::clone(&self.sending),
            ..*self
        })
    }

    fn check(&mut self, frame: &Frame<Bytes>) -> Result<(), HttpError> {
        if let Some(trailers) = frame.trailers_ref() {
            if let Some(name) = trailers.keys().find(|name| is_forbidden_header(name)) {
                return Err(HttpError::InvalidRequest(format!("the trailer `{name}` is set by the host")));
            }
            return match bytes_of(trailers) > self.limits.1 {
                true => Err(HttpError::RequestHeaders(self.limits.1)),
                false => Ok(()),
            };
        }
        let length = frame.data_ref().map_or(0, Bytes::len);
        self.left = self.left.checked_sub(length as u64).ok_or(match self.stated {
            Some(stated) => {
                HttpError::InvalidRequest(format!("the body has more than the {stated} bytes it was to have"))
            }
            None => HttpError::RequestTooLarge(self.limits.0),
        })?;
        self.sending.traffic.send(length)
    }

    fn fail(&self, error: HttpError) -> HttpError {
        self.sending.failure.get_or_init(|| error).clone()
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            None => None,
            Some(Err(error)) => Some(Err(self.fail(error))),
            Some(Ok(frame)) => Some(match self.check(&frame) {
                Ok(()) => Ok(frame),
                Err(error) => Err(self.fail(error)),
            }),
        };
        let is_last = match &frame {
            None => true,
            Some(Ok(frame)) => {
                frame.is_trailers() || self.body.is_end_stream() || (self.stated.is_some() && self.left == 0)
            }
            Some(Err(_)) => false,
        };
        if is_last {
            self.sending.is_done.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
