//! `openskills:skill/http`: one request and its whole response.

use std::time::Duration;

use http_body_util::Full;

use super::exchange::{Exchange, NoResponse, Patience};
use super::host_state::HostState;
use super::http_client::{HttpError, new_request, whole};
use crate::bindings::openskills::skill::http::{Error, Header, Host, Request, Response};

impl Host for HostState {
    async fn fetch(&mut self, request: Request) -> wasmtime::Result<Result<Response, Error>> {
        let exchange = self.exchange.clone();
        Ok(exchange.fetch_whole(request).await.map_err(Error::from))
    }
}

impl Exchange {
    async fn fetch_whole(&self, request: Request) -> Result<Response, NoResponse> {
        let Request { method, url, headers, body, timeout_ms } = request;
        let patience = Patience {
            whole: timeout_ms.map(|limit| Duration::from_millis(limit.into())),
            ..Patience::default()
        };
        let response = self.send(&url, patience, |url| {
            let headers = headers.iter().map(|header| (header.name.as_str(), header.value.as_slice()));
            Ok(new_request(&method, url, headers, body.unwrap_or_default().into())?.map(Full::new))
        });
        let response = whole(response.await?).await?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| Header { name: name.to_string(), value: value.as_bytes().to_vec() })
            .collect();
        Ok(Response { status: response.status().as_u16(), headers, body: response.into_body().to_vec() })
    }
}

impl From<NoResponse> for Error {
    fn from(why: NoResponse) -> Self {
        let error = match why {
            NoResponse::Denied { refusal, .. } => return Self::Denied(refusal.explained()),
            NoResponse::Failed(error) => error,
        };
        let text = error.to_string();
        match error {
            HttpError::InvalidRequest(_)
            | HttpError::InvalidUrl(_)
            | HttpError::InvalidMethod(_)
            | HttpError::RequestHeaders(_) => Self::InvalidRequest(text),
            HttpError::NameNotResolved(_) => Self::NameNotResolved(text),
            HttpError::Connection(_) | HttpError::Exhausted(_) => Self::Connection(text),
            HttpError::Certificate(_) | HttpError::Tls(_) => Self::Tls(text),
            HttpError::Timeout(_) => Self::Timeout,
            HttpError::TooLarge(limit) | HttpError::RequestTooLarge(limit) => Self::TooLarge(limit),
            HttpError::Protocol(_) => Self::Protocol(text),
        }
    }
}
