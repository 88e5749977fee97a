//! What comes back: a body that ends at its limit, at its deadline, and with its connection.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep, sleep_until};

use super::error::Phase;
use super::pool::{Connection, Pool};
use super::request::{Sending, is_forbidden_header};
use super::{HttpError, HttpLimits};

/// The task that moves a connection's bytes. It ends with the request or the response that needs it.
pub(super) struct Driver(JoinHandle<()>);

impl Driver {
    pub(super) fn spawn(connection: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(connection))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The body of a response. Dropping it before its end closes the connection.
pub(crate) struct ResponseBody {
    body: Incoming,
    left: u64,
    limit: u64,
    /// There was more than the limit; what was within it has been handed out.
    exceeded: Option<HttpError>,
    patience: Duration,
    pause: Option<Pin<Box<Sleep>>>,
    deadline: Option<Pin<Box<Sleep>>>,
    sending: Arc<Sending>,
    /// None after the end.
    used: Option<Used>,
}

/// What a response needs until its end.
pub(super) struct Used {
    pub(super) connection: Connection,
    /// Where the connection may go afterwards; none if the response left a doubt about where it ends.
    pub(super) pool: Option<Arc<Pool>>,
    /// The request's turn among those of its call.
    pub(super) _turn: Option<OwnedSemaphorePermit>,
}

impl ResponseBody {
    pub(super) fn new(
        body: Incoming,
        limits: &HttpLimits,
        sending: Arc<Sending>,
        used: Used,
    ) -> Result<Self, HttpError> {
        if body.size_hint().lower() > limits.response_body {
            return Err(HttpError::TooLarge(limits.response_body));
        }
        let mut body = Self {
            body,
            left: limits.response_body,
            limit: limits.response_body,
            exceeded: None,
            patience: limits.between_bytes_timeout,
            pause: None,
            deadline: limits.deadline.map(|deadline| Box::pin(sleep_until(deadline))),
            sending,
            used: Some(used),
        };
        if body.body.is_end_stream() {
            body.end();
        }
        Ok(body)
    }

    /// The whole response has been read: its connection can serve another request, if this one has been sent whole.
    fn end(&mut self) {
        if let Some(Used { connection, pool: Some(pool), .. }) = self.used.take()
            && self.sending.is_done()
        {
            pool.put(connection);
        }
    }

    fn fail(&mut self, error: HttpError) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        self.used = None;
        Poll::Ready(Some(Err(error)))
    }

    /// Cuts a piece off at what is left of the body's limit and the call's.
    fn admit(&mut self, data: &mut Bytes) {
        if data.len() as u64 > self.left {
            self.exceeded = Some(HttpError::TooLarge(self.limit));
            // Less than the data's length, so it fits.
            data.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        }
        self.left -= data.len() as u64;
        if let Err(error) = self.sending.traffic.receive(data.len()) {
            self.exceeded = Some(error);
            data.clear();
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if self.used.is_none() {
            return Poll::Ready(None);
        }
        if self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(context).is_ready()) {
            return self.fail(HttpError::Timeout(Phase::Whole));
        }
        if let Some(error) = self.exceeded.take() {
            return self.fail(error);
        }
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            let patience = self.patience;
            let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(patience)));
            return match pause.as_mut().poll(context) {
                Poll::Ready(()) => self.fail(HttpError::Timeout(Phase::BetweenBytes)),
                Poll::Pending => Poll::Pending,
            };
        };
        self.pause = None;
        match frame {
            None => {
                self.end();
                Poll::Ready(None)
            }
            Some(Err(error)) => {
                let error = self.sending.explain(&error);
                self.fail(error)
            }
            Some(Ok(frame)) => match frame.into_data() {
                Err(mut trailers) => {
                    if let Some(trailers) = trailers.trailers_mut() {
                        strip(trailers);
                    }
                    Poll::Ready(Some(Ok(trailers)))
                }
                Ok(mut data) => {
                    self.admit(&mut data);
                    if let Some(error) = self.exceeded.take_if(|_| data.is_empty()) {
                        return self.fail(error);
                    }
                    if self.exceeded.is_none() && self.body.is_end_stream() {
                        self.end();
                    }
                    Poll::Ready(Some(Ok(Frame::data(data))))
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.used.is_none() || (self.exceeded.is_none() && self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Takes away what concerns the connection alone.
pub(super) fn strip(headers: &mut HeaderMap) {
    let own: Vec<_> = headers.keys().filter(|name| is_forbidden_header(name)).cloned().collect();
    own.iter().for_each(|name| drop(headers.remove(name)));
}
