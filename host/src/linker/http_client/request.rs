//! What is sent: the rules for methods, headers and bodies.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};
use hyper::body::{Body, Frame, SizeHint};
use url::{Position, Url};

use super::{HttpError, HttpLimits};
use crate::capability::Origin;

const DEFAULT_USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("openskills/", env!("CARGO_PKG_VERSION")));

/// What concerns the connection, or a proxy on the way, is the host's.
const FORBIDDEN: [&str; 9] = [
    "connection",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a guest may not set the header.
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
        .map_err(|_| HttpError::InvalidRequest("the method is not a valid token".to_owned()))?;
    *request.uri_mut() = url[Position::BeforePath..Position::AfterQuery]
        .parse()
        .map_err(|_| HttpError::InvalidRequest("the URL is malformed".to_owned()))?;
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
    failure: &Failure,
) -> Result<Request<Outgoing<B>>, HttpError>
where
    B: Body<Data = Bytes>,
{
    let (mut parts, body) = request.into_parts();
    if ["CONNECT", "TRACE", "TRACK"].iter().any(|method| parts.method.as_str().eq_ignore_ascii_case(method)) {
        return Err(HttpError::InvalidRequest(format!("the method `{}` is not allowed", parts.method)));
    }
    if let Some(name) = parts.headers.keys().find(|name| is_forbidden_header(name)) {
        return Err(HttpError::InvalidRequest(format!("the header `{name}` is set by the host")));
    }
    let bytes: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > limits.request_header_bytes {
        let limit = limits.request_header_bytes;
        return Err(HttpError::InvalidRequest(format!("the headers are larger than {limit} bytes")));
    }
    check_length(&mut parts.headers, &parts.method, body.size_hint().exact(), limits.request_body)?;

    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let target = if target.starts_with('?') { format!("/{target}") } else { target.to_owned() };
    if !target.starts_with('/') {
        return Err(HttpError::InvalidRequest("the URL's path must begin with `/`".to_owned()));
    }
    let malformed = || HttpError::InvalidRequest("the URL is malformed".to_owned());
    parts.uri = target.parse::<Uri>().map_err(|_| malformed())?;
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    let host = HeaderValue::from_str(&origin.authority()).map_err(|_| malformed())?;
    parts.headers.insert(HOST, host);
    parts.headers.entry(USER_AGENT).or_insert(DEFAULT_USER_AGENT);
    let body = Outgoing {
        body: Box::pin(body),
        left: limits.request_body,
        limit: limits.request_body,
        failure: Arc::clone(failure),
    };
    Ok(Request::from_parts(parts, body))
}

/// A length that the guest states must be true, or a server would read the body's rest as another request.
fn check_length(
    headers: &mut HeaderMap,
    method: &Method,
    exact: Option<u64>,
    limit: u64,
) -> Result<(), HttpError> {
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
        return Err(HttpError::TooLarge(limit));
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
    Ok(())
}

/// What went wrong with the request's body while it was sent; the connection then only knows that it broke.
pub(super) type Failure = Arc<OnceLock<HttpError>>;

/// The request's body, cut off with an error at the limit.
pub(super) struct Outgoing<B> {
    body: Pin<Box<B>>,
    left: u64,
    limit: u64,
    failure: Failure,
}

impl<B> Outgoing<B> {
    fn fail(&self, error: HttpError) -> HttpError {
        self.failure.get_or_init(|| error).clone()
    }
}

impl<B> Body for Outgoing<B>
where
    B: Body<Data = Bytes>,
{
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        Poll::Ready(match ready!(self.body.as_mut().poll_frame(context)) {
            None => None,
            Some(Err(_)) => {
                let error = HttpError::InvalidRequest("the request's body ended with an error".to_owned());
                Some(Err(self.fail(error)))
            }
            Some(Ok(frame)) => {
                match self.left.checked_sub(frame.data_ref().map_or(0, |data| data.len() as u64)) {
                    Some(left) => {
                        self.left = left;
                        Some(Ok(frame))
                    }
                    None => Some(Err(self.fail(HttpError::TooLarge(self.limit)))),
                }
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
