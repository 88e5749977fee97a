//! Where a request goes.

use std::fmt;

use url::Url;

use super::host::{Host, Scheme};
use crate::capability::AddressClass;

/// The longest URL that is read.
const MAX_URL: usize = 64 * 1024;

/// Where a request goes: scheme, host and port, all canonical.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    pub(super) scheme: Scheme,
    pub(super) host: Host,
    pub(super) port: u16,
}

/// Why a text is no URL for a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// It does not begin with `http://` or `https://`.
    #[error("the URL must begin with `https://` or `http://`")]
    Scheme,
    /// It is longer than any server accepts.
    #[error("the URL is longer than {MAX_URL} bytes")]
    TooLong,
    /// It has white space around it, a control character, or a backslash before the query, which programs read
    /// differently.
    #[error("the URL has white space, a control character or a backslash in it: percent-encode it")]
    Characters,
    /// It has a user name or password before the host.
    #[error("the URL must not contain a user name or password: send an `Authorization` header")]
    UserInfo,
    /// The host is missing or cannot exist.
    #[error("the URL's host is not a valid name or address")]
    Host,
    /// The port is no number from 1 to 65535.
    #[error("the URL's port is not a number from 1 to 65535")]
    Port,
    /// Anything else.
    #[error("the URL is malformed")]
    Malformed,
}

impl Origin {
    /// Reads a URL as it comes from a guest. The returned URL has the canonical host and no fragment, so it names
    /// the same origin.
    ///
    /// # Errors
    /// If it is not an absolute `http` or `https` URL with a host that can exist, or has user information in it.
    pub fn parse(text: &str) -> Result<(Self, Url), InvalidUrl> {
        if text.len() > MAX_URL {
            return Err(InvalidUrl::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(InvalidUrl::Scheme)?;
        // `http:///host` would be read as `http://host`.
        let scheme = Scheme::of(scheme).filter(|_| !rest.starts_with('/')).ok_or(InvalidUrl::Scheme)?;
        let before_query = rest.split(['?', '#']).next().unwrap_or_default();
        if text.trim() != text || text.chars().any(char::is_control) || before_query.contains('\\') {
            return Err(InvalidUrl::Characters);
        }
        if before_query.split('/').next().is_some_and(|authority| authority.contains('@')) {
            return Err(InvalidUrl::UserInfo);
        }
        let mut url = Url::parse(text).map_err(|error| match error {
            url::ParseError::InvalidPort => InvalidUrl::Port,
            url::ParseError::EmptyHost
            | url::ParseError::IdnaError
            | url::ParseError::InvalidIpv4Address
            | url::ParseError::InvalidIpv6Address
            | url::ParseError::InvalidDomainCharacter => InvalidUrl::Host,
            _ => InvalidUrl::Malformed,
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidUrl::UserInfo);
        }
        let host = url.host().as_ref().and_then(Host::canonical).ok_or(InvalidUrl::Host)?;
        let port = url.port().unwrap_or(scheme.default_port());
        if port == 0 {
            return Err(InvalidUrl::Port);
        }
        url.set_fragment(None);
        url.set_host(Some(&host.to_string())).map_err(|_| InvalidUrl::Host)?;
        Ok((Self { scheme, host, port }, url))
    }

    /// How the server is spoken to.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The server.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its port, also where the URL has none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and, unless it is the scheme's own, port: the `Host` header of a request.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// What has to stand after `domain:` in a rule that names this origin and no other.
    #[must_use]
    pub fn pattern(&self) -> String {
        match self.scheme {
            Scheme::Https => self.authority(),
            Scheme::Http => self.to_string(),
        }
    }

    /// Whether the host is written as an address.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.host.address().is_some()
    }

    /// The class of the host's address, if it is written as one.
    #[must_use]
    pub fn literal_class(&self) -> Option<AddressClass> {
        self.host.address().map(AddressClass::of)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    fn origin(url: &str) -> Result<Origin, InvalidUrl> {
        Origin::parse(url).map(|(origin, _)| origin)
    }

    #[test]
    fn urls_become_canonical() -> Result<(), Box<dyn Error>> {
        for (url, canonical_origin, canonical_url) in [
            ("https://example.com", "https://example.com", "https://example.com/"),
            ("HTTPS://EXAMPLE.com:443/A?b#c", "https://example.com", "https://example.com/A?b"),
            ("https://example.com./", "https://example.com", "https://example.com/"),
            ("https://example.com:8443/x", "https://example.com:8443", "https://example.com:8443/x"),
            ("http://example.com:443/", "http://example.com:443", "http://example.com:443/"),
            ("http://example.com:080/", "http://example.com", "http://example.com/"),
            (
                "https://b\u{fc}cher.example/",
                "https://xn--bcher-kva.example",
                "https://xn--bcher-kva.example/",
            ),
            ("https://\u{24d4}xample.com/", "https://example.com", "https://example.com/"),
            ("https://ex%61mple.com/", "https://example.com", "https://example.com/"),
            ("https://example\u{3002}com/", "https://example.com", "https://example.com/"),
            ("http://127.0.0.1/", "http://127.0.0.1", "http://127.0.0.1/"),
            ("http://127.0.0.1./", "http://127.0.0.1", "http://127.0.0.1/"),
            ("http://0x7f.1/", "http://127.0.0.1", "http://127.0.0.1/"),
            ("http://127.1/", "http://127.0.0.1", "http://127.0.0.1/"),
            ("http://2130706433/", "http://127.0.0.1", "http://127.0.0.1/"),
            ("http://017700000001/", "http://127.0.0.1", "http://127.0.0.1/"),
            ("http://0/", "http://0.0.0.0", "http://0.0.0.0/"),
            ("http://\u{ff11}\u{ff12}\u{ff17}.0.0.1/", "http://127.0.0.1", "http://127.0.0.1/"),
            ("http://%31%32%37.0.0.1/", "http://127.0.0.1", "http://127.0.0.1/"),
            ("http://[::1]/", "http://[::1]", "http://[::1]/"),
            ("http://[0:0:0:0:0:0:0:1]:8080/", "http://[::1]:8080", "http://[::1]:8080/"),
            ("http://[::ffff:127.0.0.1]/", "http://127.0.0.1", "http://127.0.0.1/"),
            ("http://[::FFFF:7f00:1]:81/a", "http://127.0.0.1:81", "http://127.0.0.1:81/a"),
            ("https://example.com/a b?c d", "https://example.com", "https://example.com/a%20b?c%20d"),
            ("https://example.com/user@x", "https://example.com", "https://example.com/user@x"),
            ("https://example.com?user@x\\y", "https://example.com", "https://example.com/?user@x\\y"),
            ("https://example.com#@evil.org", "https://example.com", "https://example.com/"),
            ("https://a_b.example/", "https://a_b.example", "https://a_b.example/"),
        ] {
            let (origin, parsed) = Origin::parse(url).map_err(|error| format!("{url}: {error}"))?;
            assert_eq!(origin.to_string(), canonical_origin, "{url}");
            assert_eq!(parsed.as_str(), canonical_url, "{url}");
            // Canonical means: reading it again changes nothing.
            assert_eq!(Origin::parse(parsed.as_str())?, (origin.clone(), parsed));
            assert_eq!(Origin::parse(&origin.to_string())?.0, origin);
        }
        Ok(())
    }

    #[test]
    fn bad_urls_are_refused() {
        use InvalidUrl::{Characters, Host, Port, Scheme, TooLong, UserInfo};
        let long_label = format!("https://{}.example/", "a".repeat(64));
        let long_name = format!("https://{}example/", "a.".repeat(130));
        let long = format!("https://example.com/{}", "a".repeat(MAX_URL));
        for (url, error) in [
            ("", Scheme),
            ("example.com", Scheme),
            ("/path", Scheme),
            ("//example.com", Scheme),
            ("ftp://example.com/", Scheme),
            ("file:///etc/passwd", Scheme),
            ("data:text/plain,x", Scheme),
            ("javascript:alert(1)", Scheme),
            ("https:example.com", Scheme),
            ("https:/example.com", Scheme),
            ("https:///example.com", Scheme),
            ("https:\\\\example.com", Scheme),
            ("ws://example.com/", Scheme),
            (" https://example.com/", Scheme),
            ("https://example.com/ ", Characters),
            ("https://example.com/\n", Characters),
            ("https://exa\tmple.com/", Characters),
            ("https://example.com\r\nHost: evil/", Characters),
            ("https://good.example\\@evil.example/", Characters),
            ("https://user@example.com/", UserInfo),
            ("https://user:password@example.com/", UserInfo),
            ("https://@example.com/", UserInfo),
            ("https://:@example.com/", UserInfo),
            ("https://good.example:443@evil.example/", UserInfo),
            ("https://", Host),
            ("https://:443/", Host),
            ("https://?x", Host),
            ("https://example..com/", Host),
            ("https://example.com../", Host),
            ("https://./", Host),
            ("https://*.example.com/", Host),
            ("https://exa$mple.com/", Host),
            ("https://exa mple.com/", Host),
            ("https://exa%00mple.com/", Host),
            ("https://256.0.0.1/", Host),
            ("https://1.2.3.4.5/", Host),
            ("https://[::1/", Host),
            ("https://[fe80::1%25eth0]/", Host),
            ("https://[127.0.0.1]/", Host),
            ("https://example.com:0/", Port),
            ("https://example.com:65536/", Port),
            ("https://example.com:https/", Port),
            ("https://example.com:-1/", Port),
            (long_label.as_str(), Host),
            (long_name.as_str(), Host),
            (long.as_str(), TooLong),
        ] {
            assert_eq!(origin(url), Err(error), "{url:.80}");
        }
    }
}
