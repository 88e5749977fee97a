//! The patterns of `WebFetch(domain:…)`.

use std::fmt;

use super::host::{Host, Scheme, is_below};
use super::origin::Origin;
use crate::capability::AddressClass;

/// What stands in `WebFetch(…)`: `domain:` and then a host, `*.host` or `*`, before it optionally a scheme
/// (`domain:http://localhost`), after it optionally a port (`domain:example.com:8443`).
///
/// A pattern is read in two ways, since each side has to fail closed. To **allow**, what is not written is the
/// default: https, and the scheme's own port. To **refuse**, what is not written is anything: `domain:example.com`
/// refuses both schemes and every port of that host.
///
/// As text it is canonical and reads back as the same pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPattern {
    scheme: Option<Scheme>,
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Hosts {
    Every,
    /// Names below this one, at any depth, not itself.
    Below(String),
    One(Host),
}

/// Why a text is no [`HostPattern`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostPatternError {
    /// It does not begin with `domain:`.
    #[error("write `WebFetch(domain:HOST)`, for example `WebFetch(domain:api.example.com)`")]
    NoDomain,
    /// There is no host in it.
    #[error("the host is missing: write `WebFetch(domain:HOST)`, or `WebFetch` for any public host")]
    Empty,
    /// It has white space or a control character in it.
    #[error("there is white space in the host: write one `WebFetch(domain:HOST)` for each host")]
    Space,
    /// It names another scheme.
    #[error("only `https://` and `http://` can be named before the host")]
    Scheme,
    /// It has a path, a query or a fragment.
    #[error("a rule names a host, not a path: write `WebFetch(domain:HOST)`")]
    Path,
    /// It has a user name or password before the host.
    #[error("a rule names a host without a user name: write `WebFetch(domain:HOST)`")]
    UserInfo,
    /// It has a `*` elsewhere than as the whole first label.
    #[error(
        "`*` can only stand for whole labels at the beginning: write `domain:*.example.com` or `domain:*`"
    )]
    Wildcard,
    /// It has an IPv6 address without brackets.
    #[error("write an IPv6 address in brackets: `domain:[2001:db8::1]`")]
    Brackets,
    /// The port is no number from 1 to 65535.
    #[error("the port is not a number from 1 to 65535: write `domain:example.com:8443`")]
    Port,
    /// The host is neither a name nor an address that can exist.
    #[error("the host is not a valid name or address")]
    Host,
}

impl HostPattern {
    /// Reads what stands between the parentheses.
    ///
    /// # Errors
    /// If it is anything but `domain:`, an optional `https://` or `http://`, one host, and an optional port.
    pub fn parse(specifier: &str) -> Result<Self, HostPatternError> {
        let text = specifier.trim().strip_prefix("domain:").ok_or(HostPatternError::NoDomain)?;
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(HostPatternError::Space);
        }
        let (scheme, text) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(Scheme::of(scheme).ok_or(HostPatternError::Scheme)?), rest),
            None => (None, text),
        };
        if text.contains(['/', '\\', '?', '#']) {
            return Err(HostPatternError::Path);
        }
        if text.contains('@') {
            return Err(HostPatternError::UserInfo);
        }
        let (host, port) = split_port(text)?;
        let hosts = match host.strip_prefix('*') {
            _ if host.is_empty() => return Err(HostPatternError::Empty),
            Some("") => Hosts::Every,
            Some(rest) => match rest.strip_prefix('.') {
                Some(parent) if !parent.contains('*') => match Host::parse(parent) {
                    Some(Host::Domain(parent)) => Hosts::Below(parent),
                    _ => return Err(HostPatternError::Host),
                },
                _ => return Err(HostPatternError::Wildcard),
            },
            None if host.contains('*') => return Err(HostPatternError::Wildcard),
            None => Hosts::One(Host::parse(host).ok_or(HostPatternError::Host)?),
        };
        Ok(Self { scheme, hosts, port })
    }

    /// Whether the pattern, as a request or an allow rule, reaches the origin.
    ///
    /// `domain:*` means public hosts: it does not match addresses that are not public, nor `localhost`. For a name
    /// that resolves to such an address see [`HostPattern::matches_resolved`].
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        let scheme = self.scheme.unwrap_or(Scheme::Https);
        origin.scheme == scheme
            && origin.port == self.port.unwrap_or(scheme.default_port())
            && match &self.hosts {
                Hosts::Every => {
                    origin.literal_class().is_none_or(AddressClass::is_public) && !origin.host.is_local_name()
                }
                hosts => hosts.contain(&origin.host),
            }
    }

    /// Whether the pattern, as a request or an allow rule, reaches the origin now that the class of its addresses
    /// is known: like [`HostPattern::matches`], but `domain:*` reaches nothing that is not public.
    #[must_use]
    pub fn matches_resolved(&self, origin: &Origin, class: AddressClass) -> bool {
        self.matches(origin) && (class.is_public() || !self.is_every_host())
    }

    /// Whether the pattern, as a deny, ask or `disallowed-tools` rule, covers the origin.
    #[must_use]
    pub fn refuses(&self, origin: &Origin) -> bool {
        self.scheme.is_none_or(|scheme| scheme == origin.scheme)
            && self.port.is_none_or(|port| port == origin.port)
            && self.hosts.contain(&origin.host)
    }

    /// Whether the host is `*`.
    #[must_use]
    pub fn is_every_host(&self) -> bool {
        self.hosts == Hosts::Every
    }

    /// Whether the pattern is `domain:*` alone, which as a refusal leaves no origin.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.is_every_host() && self.scheme.is_none() && self.port.is_none()
    }

    /// Whether the pattern names one host, without a wildcard.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self.hosts, Hosts::One(_))
    }

    /// Whether the pattern, as a rule that allows, was written with a host in mind that is not public: one host, and
    /// an address, a local name, or a name whose scheme or port is spelled out. A plain `domain:example.com` was not:
    /// whoever owns that name chooses where it leads.
    #[must_use]
    pub fn reaches_non_public(&self) -> bool {
        match &self.hosts {
            Hosts::One(host) => {
                self.scheme.is_some()
                    || self.port.is_some()
                    || host.address().is_some()
                    || host.is_local_name()
            }
            Hosts::Every | Hosts::Below(_) => false,
        }
    }
}

impl HostPattern {
    /// A URL that the pattern reaches as a rule that allows: `https://x.example.com/` for `*.example.com`.
    #[must_use]
    pub fn example(&self) -> String {
        self.url(self.scheme.unwrap_or(Scheme::Https), self.port)
    }

    /// A URL of this pattern's host, with what the other one says of scheme and port.
    #[must_use]
    pub fn with_scheme_and_port_of(&self, other: &Self) -> String {
        self.url(other.scheme.or(self.scheme).unwrap_or(Scheme::Https), other.port.or(self.port))
    }

    fn url(&self, scheme: Scheme, port: Option<u16>) -> String {
        let host = match &self.hosts {
            Hosts::Every => "any.example".to_owned(),
            Hosts::Below(parent) => format!("x.{parent}"),
            Hosts::One(host) => host.to_string(),
        };
        match port {
            Some(port) => format!("{scheme}://{host}:{port}/"),
            None => format!("{scheme}://{host}/"),
        }
    }
}

impl Hosts {
    fn contain(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Every, _) => true,
            (Self::Below(parent), Host::Domain(name)) => is_below(name, parent),
            (Self::Below(_), _) => false,
            (Self::One(one), host) => one == host,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("domain:")?;
        if let Some(scheme) = self.scheme {
            write!(f, "{scheme}://")?;
        }
        match &self.hosts {
            Hosts::Every => f.write_str("*")?,
            Hosts::Below(parent) => write!(f, "*.{parent}")?,
            Hosts::One(host) => host.fmt(f)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Splits `host:port`, where the host may be an IPv6 address in brackets.
fn split_port(text: &str) -> Result<(&str, Option<u16>), HostPatternError> {
    let end_of_host = match (text.starts_with('['), text.find(']'), text.matches(':').count()) {
        (true, Some(bracket), _) => bracket + 1,
        (false, None, 0 | 1) => text.find(':').unwrap_or(text.len()),
        (false, None, _) => return Err(HostPatternError::Brackets),
        _ => return Err(HostPatternError::Host),
    };
    let (host, rest) = text.split_at(end_of_host);
    if rest.is_empty() {
        return Ok((host, None));
    }
    let digits = rest.strip_prefix(':').ok_or(HostPatternError::Host)?;
    match digits.parse() {
        Ok(port) if port != 0 && digits.bytes().all(|b| b.is_ascii_digit()) => Ok((host, Some(port))),
        _ => Err(HostPatternError::Port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::InvalidUrl;
    use std::error::Error;

    fn origin(url: &str) -> Result<Origin, InvalidUrl> {
        Origin::parse(url).map(|(origin, _)| origin)
    }

    #[test]
    fn patterns_allow() -> Result<(), Box<dyn Error>> {
        for (pattern, url, expected) in [
            ("domain:example.com", "https://example.com/x", true),
            ("domain:example.com", "https://EXAMPLE.COM./", true),
            ("domain:EXAMPLE.com.", "https://example.com/", true),
            ("domain:example.com", "http://example.com/", false),
            ("domain:example.com", "http://example.com:443/", false),
            ("domain:example.com", "https://example.com:444/", false),
            ("domain:example.com", "https://example.com.evil.org/", false),
            ("domain:example.com", "https://notexample.com/", false),
            ("domain:example.com", "https://www.example.com/", false),
            ("domain:example.com", "https://example.co/", false),
            ("domain:example.com", "https://example.comm/", false),
            ("domain:example.com", "https://evil.org/example.com", false),
            ("domain:example.com", "https://evil.org/?example.com", false),
            ("domain:example.com:8443", "https://example.com:8443/", true),
            ("domain:example.com:8443", "https://example.com/", false),
            ("domain:example.com:8443", "http://example.com:8443/", false),
            ("domain:example.com:443", "https://example.com/", true),
            ("domain:https://example.com", "https://example.com/", true),
            ("domain:https://example.com", "http://example.com/", false),
            ("domain:http://example.com", "http://example.com/", true),
            ("domain:http://example.com", "http://example.com:80/", true),
            ("domain:HTTP://example.com", "http://example.com/", true),
            ("domain:http://example.com", "https://example.com/", false),
            ("domain:http://example.com", "https://example.com:80/", false),
            ("domain:http://localhost:8080", "http://localhost:8080/", true),
            ("domain:http://localhost:8080", "http://localhost/", false),
            ("domain:http://localhost:8080", "http://127.0.0.1:8080/", false),
            ("domain:*.example.com", "https://a.example.com/", true),
            ("domain:*.example.com", "https://a.b.c.example.com/", true),
            ("domain:*.example.com", "https://example.com/", false),
            ("domain:*.example.com", "https://notexample.com/", false),
            ("domain:*.example.com", "https://a.notexample.com/", false),
            ("domain:*.example.com", "https://a.example.com.evil.org/", false),
            ("domain:*.example.com", "https://a.example.com:444/", false),
            ("domain:*.example.com", "http://a.example.com/", false),
            ("domain:*.example.com:8443", "https://a.example.com:8443/", true),
            ("domain:http://*.example.com", "http://a.example.com/", true),
            ("domain:*", "https://example.com/", true),
            ("domain:*", "https://8.8.8.8/", true),
            ("domain:*", "https://[2606:4700:4700::1111]/", true),
            ("domain:*", "https://example.com:444/", false),
            ("domain:*", "http://example.com/", false),
            ("domain:*", "https://127.0.0.1/", false),
            ("domain:*", "https://0x7f.1/", false),
            ("domain:*", "https://[::1]/", false),
            ("domain:*", "https://[::ffff:10.0.0.1]/", false),
            ("domain:*", "https://169.254.169.254/", false),
            ("domain:*", "https://localhost/", false),
            ("domain:*", "https://LOCALHOST./", false),
            ("domain:*", "https://a.localhost/", false),
            ("domain:http://*", "http://example.com/", true),
            ("domain:http://*", "http://127.0.0.1/", false),
            ("domain:127.0.0.1", "https://0x7f.1/", true),
            ("domain:127.0.0.1", "https://[::ffff:127.0.0.1]/", true),
            ("domain:2130706433", "https://127.0.0.1/", true),
            ("domain:[::1]:8443", "https://[0:0::1]:8443/", true),
            ("domain:[::1]", "https://[::2]/", false),
            ("domain:[::ffff:127.0.0.1]", "https://127.0.0.1/", true),
            ("domain:b\u{fc}cher.example", "https://xn--bcher-kva.example/", true),
            ("domain:xn--bcher-kva.example", "https://B\u{dc}CHER.example/", true),
            ("domain:*.b\u{fc}cher.example", "https://a.b\u{fc}cher.example/", true),
        ] {
            let parsed = HostPattern::parse(pattern).map_err(|error| format!("{pattern}: {error}"))?;
            assert_eq!(parsed.matches(&origin(url)?), expected, "{pattern} {url}");
        }
        Ok(())
    }

    #[test]
    fn patterns_refuse_what_they_do_not_narrow() -> Result<(), Box<dyn Error>> {
        for (pattern, url, expected) in [
            ("domain:example.com", "https://example.com/", true),
            ("domain:example.com", "http://example.com/", true),
            ("domain:example.com", "https://example.com:8443/", true),
            ("domain:example.com", "https://example.com.evil.org/", false),
            ("domain:example.com", "https://www.example.com/", false),
            ("domain:example.com:8443", "http://example.com:8443/", true),
            ("domain:example.com:8443", "https://example.com/", false),
            ("domain:http://example.com", "http://example.com:8080/", true),
            ("domain:http://example.com", "https://example.com/", false),
            ("domain:*.example.com", "http://a.example.com:1/", true),
            ("domain:*.example.com", "https://example.com/", false),
            ("domain:*", "http://127.0.0.1:8080/", true),
            ("domain:*", "https://localhost/", true),
            ("domain:http://*", "http://localhost:1/", true),
            ("domain:http://*", "https://example.com/", false),
            ("domain:10.0.0.1", "http://[::ffff:10.0.0.1]:81/", true),
        ] {
            assert_eq!(HostPattern::parse(pattern)?.refuses(&origin(url)?), expected, "{pattern} {url}");
        }
        Ok(())
    }

    #[test]
    fn a_wildcard_reaches_public_addresses_only() -> Result<(), Box<dyn Error>> {
        let target = origin("https://intranet.example/")?;
        let matches = |pattern: &str, class| {
            Ok::<_, Box<dyn Error>>(HostPattern::parse(pattern)?.matches_resolved(&target, class))
        };
        assert!(matches("domain:*", AddressClass::Public)?);
        assert!(!matches("domain:*", AddressClass::Private)?);
        assert!(matches("domain:intranet.example", AddressClass::Private)?);
        assert!(matches("domain:*.example", AddressClass::Private)?);
        assert!(!matches("domain:other.example", AddressClass::Public)?);
        Ok(())
    }

    #[test]
    fn bad_patterns_are_refused() {
        use HostPatternError::{
            Brackets, Empty, Host, NoDomain, Path, Port, Scheme, Space, UserInfo, Wildcard,
        };
        for (pattern, error) in [
            ("", NoDomain),
            ("*", NoDomain),
            ("example.com", NoDomain),
            ("https://example.com", NoDomain),
            ("url:https://example.com", NoDomain),
            ("DOMAIN:example.com", NoDomain),
            ("domain:", Empty),
            ("domain:https://", Empty),
            ("domain::443", Empty),
            ("domain: example.com", Space),
            ("domain:a.example b.example", Space),
            ("domain:exam\u{a0}ple.com", Space),
            ("domain:exam\u{0}ple.com", Space),
            ("domain:ftp://example.com", Scheme),
            ("domain:*://example.com", Scheme),
            ("domain:example.com/", Path),
            ("domain:example.com/path", Path),
            ("domain:https://example.com/*", Path),
            ("domain:example.com?x", Path),
            ("domain:example.com#x", Path),
            ("domain:good.example\\.evil.example", Path),
            ("domain:user@example.com", UserInfo),
            ("domain:*example.com", Wildcard),
            ("domain:a.*.example.com", Wildcard),
            ("domain:example.*", Wildcard),
            ("domain:*.*.example.com", Wildcard),
            ("domain:**.example.com", Wildcard),
            ("domain:**", Wildcard),
            ("domain:*-a.example.com", Wildcard),
            ("domain:*.", Host),
            ("domain:*.1.2.3.4", Host),
            ("domain:*.[::1]", Host),
            ("domain:::1", Brackets),
            ("domain:2001:db8::1", Brackets),
            ("domain:[::1", Host),
            ("domain:[::1]x", Host),
            ("domain:example..com", Host),
            ("domain:.example.com", Host),
            ("domain:example.com..", Host),
            ("domain:exa$mple.com", Host),
            ("domain:256.1.1.1", Host),
            ("domain:example.com:", Port),
            ("domain:example.com:0", Port),
            ("domain:example.com:+443", Port),
            ("domain:example.com:65536", Port),
            ("domain:example.com:*", Port),
            ("domain:[::1]:x", Port),
        ] {
            assert_eq!(HostPattern::parse(pattern), Err(error), "{pattern}");
        }
    }

    #[test]
    fn text_is_canonical() -> Result<(), Box<dyn Error>> {
        for (pattern, text) in [
            ("domain:Example.COM.", "domain:example.com"),
            (" domain:example.com ", "domain:example.com"),
            ("domain:HTTPS://example.com:08443", "domain:https://example.com:8443"),
            ("domain:*.B\u{fc}cher.example", "domain:*.xn--bcher-kva.example"),
            ("domain:0x7f.1:80", "domain:127.0.0.1:80"),
            ("domain:http://[0:0:0:0:0:0:0:1]:80", "domain:http://[::1]:80"),
            ("domain:[::ffff:1.2.3.4]", "domain:1.2.3.4"),
            ("domain:*", "domain:*"),
            ("domain:http://*:8080", "domain:http://*:8080"),
        ] {
            assert_eq!(HostPattern::parse(pattern)?.to_string(), text);
        }
        Ok(())
    }

    /// All combinations of scheme, host and port: the text reads back, the pattern that an origin writes for itself
    /// names it and nothing else, and what a pattern matches it also refuses.
    #[test]
    fn patterns_and_origins_agree() -> Result<(), Box<dyn Error>> {
        let hosts = [
            "example.com",
            "a.example.com",
            "a.b.example.com",
            "notexample.com",
            "example.com.evil.org",
            "com",
            "localhost",
            "xn--bcher-kva.example",
            "127.0.0.1",
            "8.8.8.8",
            "[::1]",
            "[2606:4700::1]",
        ];
        let ports = ["", ":80", ":443", ":8443"];
        let mut origins = Vec::new();
        let mut patterns = Vec::new();
        for port in ports {
            for host in hosts {
                for scheme in ["http://", "https://"] {
                    origins.push(origin(&format!("{scheme}{host}{port}/"))?);
                }
            }
            for host in hosts.into_iter().chain(["*", "*.example.com", "*.com", "*.localhost"]) {
                for scheme in ["", "http://", "https://"] {
                    patterns.push(HostPattern::parse(&format!("domain:{scheme}{host}{port}"))?);
                }
            }
        }
        origins.sort();
        origins.dedup();
        for pattern in &patterns {
            assert_eq!(HostPattern::parse(&pattern.to_string())?, *pattern);
            for target in &origins {
                assert!(pattern.refuses(target) || !pattern.matches(target), "{pattern} {target}");
            }
        }
        for target in &origins {
            let own = HostPattern::parse(&format!("domain:{}", target.pattern()))?;
            assert!(own.is_exact() && !own.is_every_host());
            for other in &origins {
                assert_eq!(own.matches(other), other == target, "{own} {other}");
            }
        }
        Ok(())
    }

    /// A name with anything glued to either end is another name.
    #[test]
    fn nothing_can_be_glued_to_a_name() -> Result<(), Box<dyn Error>> {
        let exact = HostPattern::parse("domain:example.com")?;
        let below = HostPattern::parse("domain:*.example.com")?;
        for c in ('!'..='~').chain(['\u{ad}', '\u{200b}', '\u{3002}', '\u{ff0e}', '\u{ff20}', '\u{2044}']) {
            for url in [
                format!("https://{c}example.com/"),
                format!("https://a{c}example.com/"),
                format!("https://example.com{c}evil.org/"),
                format!("https://evil.org{c}example.com/"),
            ] {
                let Ok(target) = origin(&url) else { continue };
                let host = target.host().to_string();
                // What the resolver would be asked for decides, whatever the URL looked like.
                assert_eq!(exact.matches(&target), target.port() == 443 && host == "example.com", "{url}");
                assert_eq!(
                    below.matches(&target),
                    target.port() == 443 && host.ends_with(".example.com"),
                    "{url}"
                );
            }
        }
        Ok(())
    }
}
