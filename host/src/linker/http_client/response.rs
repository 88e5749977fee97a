//! What comes back: a body that ends at its limit, at its deadline, and with its connection.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep_until};

use super::request::Failure;
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

/// The body of a response. Dropping it closes the connection.
pub(crate) struct ResponseBody {
    body: Incoming,
    left: u64,
    limit: u64,
    /// There was more than the limit; what was within it has been handed out.
    exceeded: bool,
    deadline: Option<Pin<Box<Sleep>>>,
    failure: Failure,
    /// None after the end.
    driver: Option<Driver>,
}

impl ResponseBody {
    pub(super) fn new(
        body: Incoming,
        limits: &HttpLimits,
        failure: Failure,
        driver: Driver,
    ) -> Result<Self, HttpError> {
        if body.size_hint().lower() > limits.response_body {
            return Err(HttpError::TooLarge(limits.response_body));
        }
        Ok(Self {
            body,
            left: limits.response_body,
            limit: limits.response_body,
            exceeded: false,
            deadline: limits.deadline.map(|deadline| Box::pin(sleep_until(deadline))),
            failure,
            driver: Some(driver),
        })
    }

    fn fail(&mut self, error: HttpError) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        self.driver = None;
        Poll::Ready(Some(Err(error)))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        if self.driver.is_none() {
            return Poll::Ready(None);
        }
        if self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(context).is_ready()) {
            return self.fail(HttpError::Timeout);
        }
        if self.exceeded {
            let limit = self.limit;
            return self.fail(HttpError::TooLarge(limit));
        }
        match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            None => {
                self.driver = None;
                Poll::Ready(None)
            }
            Some(Err(error)) => {
                let error = self.failure.get().cloned().unwrap_or_else(|| HttpError::of_hyper(&error));
                self.fail(error)
            }
            Some(Ok(frame)) => match frame.into_data() {
                Err(trailers) => Poll::Ready(Some(Ok(trailers))),
                Ok(mut data) => {
                    if data.len() as u64 > self.left {
                        self.exceeded = true;
                        // Less than the data's length, so it fits.
                        data.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
                        if data.is_empty() {
                            let limit = self.limit;
                            return self.fail(HttpError::TooLarge(limit));
                        }
                    }
                    self.left -= data.len() as u64;
                    Poll::Ready(Some(Ok(Frame::data(data))))
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.driver.is_none() || (!self.exceeded && self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
