//! `wasi:http`: the same gate as `openskills:skill/http`, with bodies that stream.

use std::future::Future;
use std::sync::Arc;

use http_body_util::BodyExt;
use wasmtime::StoreContextMut;
use wasmtime::component::Resource;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, IoError};
use wasmtime_wasi_http::{
    Error, ForbiddenHeaderFilter, RequestOptions, Result, WasiBody, WasiHttpCtx, WasiHttpHooks,
};

use super::exchange::{Exchange, NoResponse, Patience};
use super::host_state::HostState;
use super::http_client::{Break, Budget, HttpError, Phase, is_forbidden_header};

/// Bytes of a request's body that are taken at a time. Two such pieces wait for each request; a guest can make as many
/// requests as it has handles.
const PIECE: usize = 64 * 1024;

/// Bytes of one set of headers in the host's memory.
const MAX_FIELDS: usize = 64 * 1024;

type Reply<T> = Box<dyn Future<Output = T> + Send>;

pub(super) fn context() -> WasiHttpCtx {
    let mut context = WasiHttpCtx::new();
    context.set_field_size_limit(MAX_FIELDS);
    context
}

/// The code of an error of a stream. The engine's own function looks only for the errors of requests, and has no code
/// for one in the middle of a response.
#[expect(clippy::needless_pass_by_value, reason = "the linker calls it so")]
pub(super) fn error_code(
    store: StoreContextMut<'_, HostState>,
    (error,): (Resource<IoError>,),
) -> wasmtime::Result<(Option<ErrorCode>,)> {
    let error = store.data().table.get(&error)?;
    let code = match error.downcast_ref::<ErrorCode>() {
        Some(code) => Some(code.clone()),
        None => error.downcast_ref::<Error>().map(in_a_body),
    };
    Ok((code,))
}

/// The code of an error that ended a body: one of those that [`of_failure`] makes.
fn in_a_body(error: &Error) -> ErrorCode {
    match error {
        Error::HttpResponseBodySize(size) => ErrorCode::HttpResponseBodySize(*size),
        Error::HttpRequestBodySize(size) => ErrorCode::HttpRequestBodySize(*size),
        Error::HttpResponseTimeout => ErrorCode::HttpResponseTimeout,
        Error::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
        Error::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        Error::ConnectionLimitReached => ErrorCode::ConnectionLimitReached,
        Error::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Error::InternalError(text) => ErrorCode::InternalError(text.clone()),
        _ => ErrorCode::HttpProtocolError,
    }
}

impl WasiHttpHooks for Exchange {
    /// For headers and trailers alike: the other hook leads here.
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(is_forbidden_header)
    }

    /// It would be the guest's spelling.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        PIECE
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Reply<Result<()>>,
    ) -> Reply<Result<(http::Response<WasiBody>, Reply<Result<()>>)>> {
        let exchange = self.clone();
        let options = options.unwrap_or_default();
        let patience = Patience {
            connect: options.connect_timeout,
            first_byte: options.first_byte_timeout,
            between_bytes: options.between_bytes_timeout,
            whole: None,
        };
        Box::new(async move {
            let url = request.uri().to_string();
            let response = exchange.send(&url, patience, |_| Ok(request)).await.map_err(of_denial)?;
            let response = response.map(|body| body.map_err(of_failure).boxed_unsync());
            let nothing_more: Reply<Result<()>> = Box::new(async { Ok(()) });
            Ok((response, nothing_more))
        })
    }
}

fn of_denial(why: NoResponse) -> Error {
    match why {
        NoResponse::Denied { by_address: true, .. } => Error::DestinationIpProhibited,
        NoResponse::Denied { by_address: false, .. } => Error::HttpRequestDenied,
        NoResponse::Failed(error) => of_failure(error),
    }
}

fn of_failure(error: HttpError) -> Error {
    match error {
        HttpError::InvalidRequest(text) => Error::InternalError(Some(text)),
        HttpError::InvalidUrl(_) => Error::HttpRequestUriInvalid,
        HttpError::InvalidMethod(_) => Error::HttpRequestMethodInvalid,
        HttpError::RequestHeaders(limit) => {
            Error::HttpRequestHeaderSectionSize(Some(u32::try_from(limit).unwrap_or(u32::MAX)))
        }
        HttpError::NameNotResolved(_) => Error::DestinationNotFound,
        HttpError::Connection(broken) => match broken {
            Break::Refused => Error::ConnectionRefused,
            Break::Unreachable | Break::NotMade => Error::DestinationUnavailable,
            Break::Incomplete => Error::HttpResponseIncomplete,
            Break::Broken => Error::ConnectionTerminated,
            Break::Proxy | Break::ProxyRefused | Break::ProxyAuthentication => Error::ConfigurationError,
        },
        HttpError::Certificate(_) => Error::TlsCertificateError,
        HttpError::Tls(_) => Error::TlsProtocolError,
        HttpError::Timeout(phase) => match phase {
            Phase::Lookup => Error::DnsTimeout,
            Phase::Connect | Phase::Handshake => Error::ConnectionTimeout,
            Phase::FirstByte | Phase::Whole => Error::HttpResponseTimeout,
            Phase::BetweenBytes => Error::ConnectionReadTimeout,
        },
        HttpError::RequestTooLarge(limit) => Error::HttpRequestBodySize(Some(limit)),
        HttpError::TooLarge(limit) => Error::HttpResponseBodySize(Some(limit)),
        HttpError::Exhausted(Budget::Requests(_) | Budget::Over) => Error::ConnectionLimitReached,
        HttpError::Exhausted(Budget::Bytes(limit)) => Error::HttpResponseBodySize(Some(limit)),
        HttpError::Protocol(_) => Error::HttpProtocolError,
    }
}
