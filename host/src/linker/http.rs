//! `openskills:skill/http`: each request is decided by its origin before its name is looked up, and again by the
//! addresses it resolves to.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::gate::{Gate, Request as Wanted};
use super::host_state::HostState;
use super::http_client::{HttpClient, HttpError, HttpLimits, new_request};
use crate::audit::Action;
use crate::bindings::openskills::skill::http::{Error, Header, Host, Request, Response};
use crate::capability::{AddressClass, Origin};

impl Host for HostState {
    async fn fetch(&mut self, request: Request) -> wasmtime::Result<Result<Response, Error>> {
        let exchange = Exchange { gate: Arc::clone(&self.gate), http: Arc::clone(&self.http) };
        Ok(exchange.run(request).await)
    }
}

/// One request and its response.
struct Exchange {
    gate: Arc<Gate>,
    http: Arc<HttpClient>,
}

impl Exchange {
    async fn run(&self, request: Request) -> Result<Response, Error> {
        let (origin, url) =
            Origin::parse(&request.url).map_err(|error| Error::InvalidRequest(error.to_string()))?;
        self.ask_http(&origin, None).await?;
        let resolved = self.http.resolve(&origin, self.deadline(request.timeout_ms)).await?;
        // What was decided about so far: a public host, or the class that an address has by itself.
        if resolved.class() != origin.literal_class().unwrap_or(AddressClass::Public) {
            self.ask_http(&origin, Some(resolved.class())).await?;
        }
        // Anew: an approver may have taken its time, which is not the request's.
        let deadline = self.deadline(request.timeout_ms);
        let body = self.gate.limits.body as u64;
        let limits =
            HttpLimits { request_body: body, response_body: body, deadline, ..HttpLimits::default() };
        let headers = request.headers.iter().map(|header| (header.name.as_str(), header.value.as_slice()));
        let request = new_request(&request.method, &url, headers, request.body.unwrap_or_default().into())?;
        let response = self.http.fetch_whole(&resolved, request, &limits).await?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| Header { name: name.to_string(), value: value.as_bytes().to_vec() })
            .collect();
        Ok(Response { status: response.status().as_u16(), headers, body: response.into_body().to_vec() })
    }

    /// The earlier of the guest's own limit, from now on, and the call's deadline.
    fn deadline(&self, limit_ms: Option<u32>) -> Option<Instant> {
        let end = self.gate.deadline.end().map(Instant::from_std);
        let own = limit_ms.map(|limit| Instant::now() + Duration::from_millis(limit.into()));
        own.into_iter().chain(end).min()
    }

    async fn ask_http(&self, origin: &Origin, class: Option<AddressClass>) -> Result<(), Error> {
        let decision = self.gate.capabilities.decide_http(origin, class);
        let target = match class.or_else(|| origin.literal_class()).filter(|class| !class.is_public()) {
            Some(class) => format!("{origin} ({class})"),
            None => origin.to_string(),
        };
        self.gate.ask(Wanted { action: Action::Fetch, target: &target }, decision).await.map_err(|refusal| {
            Error::Denied(match refusal.remedy.as_str() {
                "" => refusal.reason,
                remedy => format!("{}; {remedy}", refusal.reason),
            })
        })
    }
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        let text = error.to_string();
        match error {
            HttpError::InvalidRequest(_) => Self::InvalidRequest(text),
            HttpError::NameNotResolved(_) => Self::NameNotResolved(text),
            HttpError::Connection(_) => Self::Connection(text),
            HttpError::Tls(_) => Self::Tls(text),
            HttpError::Timeout => Self::Timeout,
            HttpError::TooLarge(limit) => Self::TooLarge(limit),
            HttpError::Protocol(_) => Self::Protocol(text),
        }
    }
}
