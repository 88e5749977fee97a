//! What a web page says of itself: what a skill looks like that asks web servers.
#![forbid(unsafe_code)]

mod charset;
mod page;

use openskills_sdk::http;
use openskills_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// A web page, and how much of it to tell.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The page's address, `https://` and all.
    url: String,
    /// How many links to list at most.
    #[serde(default = "fifty")]
    max_links: usize,
}

fn fifty() -> usize {
    50
}

/// What the page says of itself.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// The status of the answer; a page that says 404 has a title, too.
    status: u16,
    /// The address that answered, after redirects.
    url: String,
    title: Option<String>,
    description: Option<String>,
    /// The address under which the page wants to be known.
    canonical: Option<String>,
    /// The language the page claims to be in, such as `en` or `de-AT`.
    language: Option<String>,
    /// Where the page leads to: absolute addresses without their fragments, each once, in the page's order.
    links: Vec<String>,
    /// How many links there are, listed or not.
    links_total: usize,
}

#[skill]
fn run(input: Input) -> Result<Output, Error> {
    if !input.url.starts_with("https://") && !input.url.starts_with("http://") {
        return Err(Error::invalid_input(
            "url",
            format_args!("`{}` is no web address: begin with `https://`", input.url),
        ));
    }
    let response = http::Request::get(input.url)
        .header("accept", "text/html, application/xhtml+xml")
        .follow_redirects()
        .send()?;
    let kind = response.header("content-type").unwrap_or("text/html").to_ascii_lowercase();
    if !kind.starts_with("text/html") && !kind.starts_with("application/xhtml+xml") {
        bail!("`{}` is no web page but {kind}", response.url());
    }
    let html = charset::decode(response.bytes(), &kind);
    Ok(output(response.status(), response.url(), &html, input.max_links))
}

fn output(status: u16, url: &str, html: &str, max_links: usize) -> Output {
    let page = page::read(html, url);
    let links_total = page.links.len();
    Output {
        status,
        url: url.to_owned(),
        title: page.title,
        description: page.description,
        canonical: page.canonical,
        language: page.language,
        links: page.links.into_iter().take(max_links).collect(),
        links_total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_counted_and_cut() {
        let html = "<title>T</title><a href=a>A</a><a href=b>B</a><a href=a#x>A again</a>";
        let output = output(200, "https://example.com/", html, 1);
        assert_eq!((output.links, output.links_total), (vec!["https://example.com/a".to_owned()], 2));
        assert_eq!(output.title.as_deref(), Some("T"));
    }
}
