//! The http gate: the one function through which requests of both doors leave.
//!
//! Each request is decided by its origin before its name is looked up, and again by the addresses it resolves to.
#![expect(clippy::disallowed_methods, reason = "measures the time that a request has left")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Body;
use tokio::time::Instant;
use url::Url;

use super::gate::{Gate, Request as Wanted};
use super::http_client::{HttpClient, HttpError, HttpLimits, Resolved, ResponseBody, Sender};
use crate::audit::{Action, Refusal};
use crate::capability::{AddressClass, Decision, Origin};

/// The requests of one call, and who sends them.
#[derive(Clone)]
pub(crate) struct Exchange {
    gate: Arc<Gate>,
    client: Arc<HttpClient>,
}

/// How long a guest is willing to wait. The host's own limits and the call's deadline are the upper bound of each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Patience {
    pub(super) connect: Option<Duration>,
    pub(super) first_byte: Option<Duration>,
    pub(super) between_bytes: Option<Duration>,
    pub(super) whole: Option<Duration>,
}

/// Why a guest has no response.
#[derive(Debug)]
pub(super) enum NoResponse {
    /// It is not granted.
    Denied {
        refusal: Refusal,
        /// Because of the address, not only of the name.
        by_address: bool,
    },
    /// It was let go, or malformed, and failed.
    Failed(HttpError),
}

impl From<HttpError> for NoResponse {
    fn from(error: HttpError) -> Self {
        Self::Failed(error)
    }
}

impl Exchange {
    pub(super) fn new(gate: Arc<Gate>, client: Arc<HttpClient>) -> Self {
        Self { gate, client }
    }

    /// Decides about a request, records it, and sends it.
    pub(super) async fn send<B>(
        &self,
        url: &str,
        patience: Patience,
        request: impl FnOnce(&Url) -> Result<Request<B>, HttpError>,
    ) -> Result<Response<ResponseBody>, NoResponse>
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let (origin, url) = Origin::parse(url).map_err(HttpError::from)?;
        let before = self.gate.capabilities.decide_http(&origin, None);
        // What the rules allow goes on record once, when it is known where the name leads.
        let settled = before == Decision::Allow;
        if !settled {
            self.ask(&origin, None, before).await?;
        }
        self.gate.traffic.begin()?;
        let resolved = self.client.resolve(&origin, self.deadline(patience)).await;
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
        let limits = self.limits(patience);
        let sender =
            Sender { skill: Arc::clone(self.gate.identity()), traffic: Arc::clone(&self.gate.traffic) };
        Ok(self.client.send(&resolved, request(&url)?, &limits, &sender).await?)
    }

    /// What the host allows a request, and of that what the guest wants.
    fn limits(&self, patience: Patience) -> HttpLimits {
        let body = self.gate.limits.body as u64;
        let most = HttpLimits::default();
        HttpLimits {
            request_body: body,
            response_body: body,
            connect_timeout: clamp(patience.connect, most.connect_timeout),
            first_byte_timeout: clamp(patience.first_byte, most.first_byte_timeout),
            between_bytes_timeout: clamp(patience.between_bytes, most.between_bytes_timeout),
            deadline: self.deadline(patience),
            ..most
        }
    }

    /// The earlier of the guest's own limit, from now on, and the call's deadline.
    fn deadline(&self, patience: Patience) -> Option<Instant> {
        let end = self.gate.deadline.end().map(Instant::from_std);
        let own = patience.whole.and_then(|limit| Instant::now().checked_add(limit));
        own.into_iter().chain(end).min()
    }

    async fn ask(
        &self,
        origin: &Origin,
        class: Option<AddressClass>,
        decision: Decision,
    ) -> Result<(), NoResponse> {
        let class = class.or_else(|| origin.literal_class()).filter(|class| !class.is_public());
        let target = match class {
            Some(class) => format!("{origin} ({class})"),
            None => origin.to_string(),
        };
        let request = Wanted { action: Action::Fetch, target: &target };
        let answer = self.gate.ask(request, decision).await;
        answer.map_err(|refusal| NoResponse::Denied { refusal, by_address: class.is_some() })
    }
}

fn clamp(wanted: Option<Duration>, most: Duration) -> Duration {
    wanted.map_or(most, |wanted| wanted.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_can_only_shorten_what_the_host_waits() {
        let most = Duration::from_secs(10);
        for (wanted, waits) in
            [(None, most), (Some(Duration::MAX), most), (Some(Duration::ZERO), Duration::ZERO)]
        {
            assert_eq!(clamp(wanted, most), waits, "{wanted:?}");
        }
    }
}
