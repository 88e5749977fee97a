use std::time::Duration;

use serde::Serialize;

use super::error::{Error, ErrorKind};
use super::location;
use super::response::Response;
use crate::bindings::openskills::skill::http as host;

/// How many redirects a request follows at most.
pub const MAX_REDIRECTS: usize = 5;

/// Gets a URL; the same as `Request::get(url).send()`. A redirect is a response like any other.
///
/// # Errors
/// If the request is not granted or no response comes. Statuses such as 404 are no errors here: see
/// [`Response::error_for_status`].
pub fn get(url: impl Into<String>) -> Result<Response, Error> {
    Request::get(url).send()
}

/// A request, to be sent once.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    inner: host::Request,
    follow: bool,
}

impl Request {
    /// A request of any method.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        let inner = host::Request {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: None,
            timeout_ms: None,
        };
        Self { inner, follow: false }
    }

    /// A `GET` request.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A `POST` request.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// Adds a header. `Host`, hop-by-hop and proxy headers are the host's and are refused.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.inner.headers.push(host::Header { name: name.into(), value: value.into() });
        self
    }

    /// Makes `body` the content.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.inner.body = Some(body.into());
        self
    }

    /// Makes `value` the content, as JSON, with its `content-type`.
    ///
    /// # Errors
    /// If the value has no form in JSON.
    pub fn json(self, value: &impl Serialize) -> Result<Self, Error> {
        match serde_json::to_vec(value) {
            Ok(body) => Ok(self.header("content-type", "application/json").body(body)),
            Err(error) => Err(Error::new(&self.inner.url, ErrorKind::InvalidRequest, error.to_string())),
        }
    }

    /// How long to wait for the whole response. The time left for the call is the limit and the default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.inner.timeout_ms = Some(u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX));
        self
    }

    /// Follows redirects, [`MAX_REDIRECTS`] at most. Each hop is a request that must be granted; credentials
    /// (`Authorization`, `Cookie`) do not go to another server.
    pub fn follow_redirects(mut self) -> Self {
        self.follow = true;
        self
    }

    /// Sends the request and waits for the whole response.
    ///
    /// # Errors
    /// If the request, or the target of a redirect, is not granted, or no response comes.
    pub fn send(mut self) -> Result<Response, Error> {
        for _ in 0..=MAX_REDIRECTS {
            let response =
                host::fetch(&self.inner).map_err(|error| Error::of_host(&self.inner.url, error))?;
            let response = Response::new(self.inner.url.clone(), response);
            let target = if self.follow { location::of(&response) } else { None };
            match target {
                None => return Ok(response),
                Some(target) => self.redirect(response.status(), target),
            }
        }
        let reason = format!("more than {MAX_REDIRECTS} redirects");
        Err(Error::new(&self.inner.url, ErrorKind::TooManyRedirects, reason))
    }

    fn redirect(&mut self, status: u16, target: String) {
        let request = &mut self.inner;
        let becomes_get = match status {
            303 => request.method != "HEAD",
            301 | 302 => request.method == "POST",
            _ => false,
        };
        if becomes_get {
            request.method = "GET".into();
            request.body = None;
            request.headers.retain(|header| !header.name.to_ascii_lowercase().starts_with("content-"));
        }
        if !location::same_origin(&request.url, &target) {
            request.headers.retain(|header| {
                !header.name.eq_ignore_ascii_case("authorization")
                    && !header.name.eq_ignore_ascii_case("cookie")
            });
        }
        request.url = target;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_see_other_becomes_a_plain_get() {
        let mut request =
            Request::post("https://a.example/form").header("Content-Type", "text/plain").body("x");
        request.redirect(303, "https://a.example/done".into());
        assert_eq!((request.inner.method.as_str(), request.inner.body), ("GET", None));
        assert!(request.inner.headers.is_empty());
    }

    #[test]
    fn a_temporary_redirect_keeps_the_body_and_drops_credentials_elsewhere() {
        let mut request = Request::post("https://a.example/").header("Authorization", "secret").body("x");
        request.redirect(307, "https://a.example/b".into());
        assert_eq!(request.inner.headers.len(), 1);
        request.redirect(307, "https://b.example/".into());
        assert_eq!((request.inner.headers.len(), request.inner.body.is_some()), (0, true));
    }
}
