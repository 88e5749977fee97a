use serde::de::DeserializeOwned;

use super::error::{Error, ErrorKind};
use crate::bindings::openskills::skill::http as host;

/// What a server answered, whole.
#[derive(Clone, Debug)]
pub struct Response {
    url: String,
    inner: host::Response,
}

impl Response {
    pub(super) fn new(url: String, inner: host::Response) -> Self {
        Self { url, inner }
    }

    /// The URL that answered; after redirects, the last one.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.inner.status
    }

    /// Whether the status is of the 200s.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.inner.status)
    }

    /// The first header of that name, in any case of letters, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.inner.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        str::from_utf8(&header.value).ok()
    }

    /// All headers in the order of their arrival.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.inner.headers.iter().map(|header| (header.name.as_str(), header.value.as_slice()))
    }

    /// The response itself, unless its status is 400 or above.
    ///
    /// # Errors
    /// [`ErrorKind::Status`] for those.
    pub fn error_for_status(self) -> Result<Self, Error> {
        match self.status() {
            status @ 400.. => {
                let reason = format!("the server answered with status {status}");
                Err(Error::new(&self.url, ErrorKind::Status(status), reason))
            }
            _ => Ok(self),
        }
    }

    /// The body's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.inner.body
    }

    /// The body's bytes, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.inner.body
    }

    /// The body as UTF-8 text; what is not UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        let body = self.inner.body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&self.inner.body);
        String::from_utf8_lossy(body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidBody`] if it is not JSON or not of that form.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.inner.body).map_err(|error| {
            Error::new(&self.url, ErrorKind::InvalidBody, format!("unexpected content: {error}"))
        })
    }
}
