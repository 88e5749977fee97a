//! `openskills:skill/http`: each request is decided by its origin before its name is looked up, and again by the
//! addresses it resolves to.
#![expect(clippy::disallowed_methods, reason = "measures the time that a request has left")]

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::gate::{Gate, Request as Wanted};
use super::host_state::HostState;
use super::http_client::{HttpClient, HttpError, HttpLimits, Resolved, new_request};
use crate::audit::Action;
use crate::bindings::openskills::skill::http::{Error, Header, Host, Request, Response};
use crate::capability::{AddressClass, Decision, Origin};

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
        let before = self.gate.capabilities.decide_http(&origin, None);
        // What the rules allow goes on record once, when it is known where the name leads.
        let settled = before == Decision::Allow;
        if !settled {
            self.ask(&origin, None, before).await?;
        }
        let resolved = self.http.resolve(&origin, self.deadline(request.timeout_ms)).await;
        // Decided about so far: a public host, or the class that an address has by itself.
        let known = origin.literal_class().unwrap_or(AddressClass::Public);
        match resolved.as_ref().ok().map(Resolved::class).filter(|class| *class != known) {
            Some(class) => {
                let decision = self.gate.capabilities.decide_http(&origin, Some(class));
                self.ask(&origin, Some(class), decision).await?;
            }
            None if settled => self.ask(&origin, None, Decision::Allow).await?,
            None => {}
        }
        let resolved = resolved?;
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

    async fn ask(
        &self,
        origin: &Origin,
        class: Option<AddressClass>,
        decision: Decision,
    ) -> Result<(), Error> {
        let target = match class.or_else(|| origin.literal_class()).filter(|class| !class.is_public()) {
            Some(class) => format!("{origin} ({class})"),
            None => origin.to_string(),
        };
        let request = Wanted { action: Action::Fetch, target: &target };
        let answer = self.gate.ask(request, decision).await;
        answer.map_err(|refusal| Error::Denied(refusal.explained()))
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
