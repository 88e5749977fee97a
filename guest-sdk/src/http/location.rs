use super::response::Response;

/// The absolute URL that `reference` means on the page `base`, as links and `Location` headers are read
/// (RFC 3986, section 5).
///
/// ```
/// use openskills_sdk::http::resolve;
///
/// assert_eq!(resolve("https://example.com/a/b?q", "../c#top"), "https://example.com/c#top");
/// assert_eq!(resolve("https://example.com/a", "//other.example/"), "https://other.example/");
/// ```
#[must_use]
pub fn resolve(base: &str, reference: &str) -> String {
    let base = Parts::of(base.trim());
    let to = Parts::of(reference.trim());
    let fragment = to.fragment;
    let (scheme, authority, path, query) = if to.scheme.is_some() {
        (to.scheme, to.authority, without_dots(to.path), to.query)
    } else if to.authority.is_some() {
        (base.scheme, to.authority, without_dots(to.path), to.query)
    } else if to.path.is_empty() {
        (base.scheme, base.authority, base.path.to_owned(), to.query.or(base.query))
    } else if to.path.starts_with('/') {
        (base.scheme, base.authority, without_dots(to.path), to.query)
    } else {
        let folder = base.path.rfind('/').map_or("", |slash| &base.path[..=slash]);
        let folder = if base.authority.is_some() && folder.is_empty() { "/" } else { folder };
        (base.scheme, base.authority, without_dots(&format!("{folder}{}", to.path)), to.query)
    };
    let part = |before: &str, part: Option<&str>, after: &str| {
        part.map_or_else(String::new, |part| format!("{before}{part}{after}"))
    };
    let (scheme, authority) = (part("", scheme, ":"), part("//", authority, ""));
    let (query, fragment) = (part("?", query, ""), part("#", fragment, ""));
    format!("{scheme}{authority}{path}{query}{fragment}")
}

/// Where a response sends its reader, without the fragment.
pub(super) fn of(response: &Response) -> Option<String> {
    if !matches!(response.status(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let mut target = resolve(response.url(), response.header("location")?);
    target.truncate(target.find('#').unwrap_or(target.len()));
    Some(target)
}

/// Whether both lead to the same scheme, host and port as written.
pub(super) fn same_origin(one: &str, other: &str) -> bool {
    let (one, other) = (Parts::of(one), Parts::of(other));
    let same = |a: Option<&str>, b: Option<&str>| a.zip(b).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
    same(one.scheme, other.scheme) && same(one.authority, other.authority)
}

struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Self {
        let (url, fragment) = url.split_once('#').map_or((url, None), |(url, part)| (url, Some(part)));
        let (url, query) = url.split_once('?').map_or((url, None), |(url, part)| (url, Some(part)));
        let (scheme, rest) = match url.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
            _ => (None, url),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, rest),
        };
        Self { scheme, authority, path, query, fragment }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn without_dots(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(usize::from(rooted)).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            segment => {
                kept.push(segment);
                continue;
            }
        }
        if last {
            kept.push("");
        }
    }
    let root = if rooted { "/" } else { "" };
    format!("{root}{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_3986() {
        let base = "http://a/b/c/d;p?q";
        for (reference, target) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g?y#s", "http://a/b/c/g?y#s"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("g..", "http://a/b/c/g.."),
            ("./g/.", "http://a/b/c/g/"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
        ] {
            assert_eq!(resolve(base, reference), target, "{reference}");
        }
    }

    #[test]
    fn a_bare_host_has_a_root() {
        assert_eq!(resolve("https://example.com", "a"), "https://example.com/a");
    }

    #[test]
    fn ports_and_schemes_make_another_origin() {
        assert!(same_origin("https://A.example/x", "https://a.example/y?z"));
        assert!(!same_origin("https://a.example/", "https://a.example:8443/"));
        assert!(!same_origin("https://a.example/", "http://a.example/"));
    }
}
