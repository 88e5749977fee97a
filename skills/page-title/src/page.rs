//! The parts of a page that tell about it.

use std::collections::HashSet;

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{StartTag, Token, Tokenizer};
use openskills_sdk::http::resolve;

#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) canonical: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) links: Vec<String>,
}

/// Reads a page that was found at `url`.
pub(crate) fn read(html: &str, url: &str) -> Page {
    let mut page = Page::default();
    let mut other_title = None;
    let mut title: Option<String> = None;
    let mut pictures = 0_usize;
    let mut based = false;
    let mut base = url.to_owned();
    let mut seen = HashSet::new();
    let mut emitter = DefaultEmitter::default();
    // Scripts, styles and titles have no tags inside.
    emitter.naively_switch_states(true);
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => match &**tag.name {
                b"html" => page.language = page.language.or_else(|| attribute(&tag, "lang")),
                b"svg" if !tag.self_closing => pictures += 1,
                b"title" if pictures == 0 && page.title.is_none() => title = Some(String::new()),
                b"base" if !based => {
                    if let Some(href) = attribute(&tag, "href") {
                        base = resolve(url, &href);
                        based = true;
                    }
                }
                b"meta" => {
                    let name = attribute(&tag, "name").or_else(|| attribute(&tag, "property"));
                    let content = attribute(&tag, "content");
                    match name.map(|name| name.to_ascii_lowercase()).as_deref() {
                        Some("description") => page.description = content.or(page.description),
                        Some("og:description") => page.description = page.description.or(content),
                        Some("og:title") => other_title = other_title.or(content),
                        _ => {}
                    }
                }
                b"link" if page.canonical.is_none() && is(&tag, "rel", "canonical") => {
                    page.canonical = attribute(&tag, "href").map(|href| resolve(&base, &href));
                }
                b"a" | b"area" => {
                    if let Some(link) = attribute(&tag, "href").and_then(|href| web_address(&base, &href))
                        && seen.insert(link.clone())
                    {
                        page.links.push(link);
                    }
                }
                _ => {}
            },
            Token::EndTag(tag) => match &**tag.name {
                b"title" => page.title = page.title.or_else(|| title.take().and_then(|title| tidy(&title))),
                b"svg" => pictures = pictures.saturating_sub(1),
                _ => {}
            },
            Token::String(text) => {
                if let Some(title) = &mut title {
                    title.push_str(&String::from_utf8_lossy(&text));
                }
            }
            _ => {}
        }
    }
    page.title = page.title.or(other_title);
    page
}

/// An attribute's value in one line; nothing if it is empty.
fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    tidy(&String::from_utf8_lossy(tag.attributes.get(name.as_bytes())?))
}

fn is(tag: &StartTag<()>, name: &str, word: &str) -> bool {
    attribute(tag, name).is_some_and(|value| value.split(' ').any(|part| part.eq_ignore_ascii_case(word)))
}

fn tidy(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

fn web_address(base: &str, href: &str) -> Option<String> {
    if href.starts_with('#') {
        return None;
    }
    let mut link = resolve(base, href);
    link.truncate(link.find('#').unwrap_or(link.len()));
    (link.starts_with("https://") || link.starts_with("http://")).then_some(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = r##"<!doctype html><html lang="en-GB"><head>
        <script>document.write("<title>no</title>")</script>
        <title>Fish &amp; chips
          &mdash; a history</title>
        <meta property="og:description" content="shorter">
        <META NAME=Description CONTENT="Where it&#39;s from">
        <link rel="alternate canonical" href="/fish?a=1&amp;b=2">
        <base href="https://cdn.example/pages/"></head>
        <body><svg><title>a fish</title></svg><a href="chips">x</a><a href="#top">up</a>
        <a href="mailto:a@b.example">mail</a><a href="//other.example/a#b">o</a><a href="chips#more">again</a></body>"##;

    #[test]
    fn what_a_page_says() {
        let page = read(HTML, "https://example.com/food/");
        assert_eq!(page.title.as_deref(), Some("Fish & chips — a history"));
        assert_eq!(page.description.as_deref(), Some("Where it's from"));
        assert_eq!(page.canonical.as_deref(), Some("https://example.com/fish?a=1&b=2"));
        assert_eq!(page.language.as_deref(), Some("en-GB"));
        assert_eq!(page.links, ["https://cdn.example/pages/chips", "https://other.example/a"]);
    }

    #[test]
    fn other_sources_of_a_title() {
        let page = read("<meta property=og:title content='From  afar'>", "https://example.com/");
        assert_eq!(page.title.as_deref(), Some("From afar"));
        assert_eq!(read("<title> </title><p>text", "https://example.com/").title, None);
    }
}
