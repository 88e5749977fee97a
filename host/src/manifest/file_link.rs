//! Links of the instructions to files of the skill.

use pulldown_cmark::{Event, LinkType, Parser, Tag};

/// The most links that are given.
const MAX_LINKS: usize = 200;

/// The most of a body that is looked at, in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// A Markdown link or image whose target is a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLink {
    /// The target without its fragment, `%20` and the like resolved; relative, with `/` between names.
    pub path: String,
    /// The link as written.
    pub written: String,
    /// Line it starts on, from 1.
    pub line: usize,
    /// Column it starts at, from 1, in characters.
    pub column: usize,
}

/// The links of a body to files, whose first line is `first_line` of the file; at most 200, of the first 256 KiB.
///
/// Left out are web addresses, absolute paths, links within the page, targets with placeholders (`$`, `{`, `<`, `*`, `…`),
/// and whatever stands in code.
#[must_use]
pub fn file_links(body: &str, first_line: usize) -> Vec<FileLink> {
    let end = (0..=MAX_BODY_BYTES.min(body.len())).rev().find(|end| body.is_char_boundary(*end));
    let body = body.get(..end.unwrap_or_default()).unwrap_or_default();
    let mut place = Place { body, at: 0, line: first_line, start: 0 };
    let mut links = Vec::new();
    for (event, range) in Parser::new(body).into_offset_iter() {
        let Event::Start(
            Tag::Link { link_type: LinkType::Inline, dest_url: target, .. }
            | Tag::Image { link_type: LinkType::Inline, dest_url: target, .. },
        ) = event
        else {
            continue;
        };
        if let Some(path) = path(&target) {
            let written = body.get(range.clone()).unwrap_or_default().to_owned();
            let (line, column) = place.of(range.start);
            links.push(FileLink { path, written, line, column });
        }
        if links.len() >= MAX_LINKS {
            break;
        }
    }
    links
}

/// Counts lines as it goes: links come in the order of the text.
struct Place<'a> {
    body: &'a str,
    at: usize,
    line: usize,
    start: usize,
}

impl Place<'_> {
    fn of(&mut self, offset: usize) -> (usize, usize) {
        for (index, byte) in self.body.bytes().enumerate().take(offset).skip(self.at) {
            let next = self.body.as_bytes().get(index + 1);
            if byte == b'\n' || (byte == b'\r' && next != Some(&b'\n')) {
                self.line += 1;
                self.start = index + 1;
            }
        }
        self.at = self.at.max(offset);
        let before = self.body.get(self.start..offset).unwrap_or_default();
        (self.line, before.chars().count() + 1)
    }
}

fn path(target: &str) -> Option<String> {
    let target = target.split(['#', '?']).next().unwrap_or_default();
    let first = target.split('/').next().unwrap_or_default();
    let odd = |c: char| c.is_control() || matches!(c, '$' | '{' | '<' | '>' | '*' | '…' | '\\' | '[');
    if first.is_empty() || first.contains([':', '~', '@']) || target.contains(odd) || target.ends_with("...")
    {
        return None;
    }
    let path = decoded(target)?;
    // A bare word is more often an example than a file.
    (path.contains(['/', '.']) && !path.contains('\0')).then_some(path)
}

/// `%20` and the like resolved.
fn decoded(target: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(target.len());
    let mut rest = target.as_bytes();
    while let [byte, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.filter(|_| *byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*byte));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_files_are_found_with_their_places() {
        let found: Vec<_> = file_links("é [a](x/a.md)\n\n- ![b](b%20c.png \"t\")\r\n  [d](../d/)", 5)
            .into_iter()
            .map(|link| (link.path, link.written, link.line, link.column))
            .collect();
        let expected = [
            ("x/a.md", "[a](x/a.md)", 5, 3),
            ("b c.png", "![b](b%20c.png \"t\")", 7, 3),
            ("../d/", "[d](../d/)", 8, 3),
        ];
        assert_eq!(
            found,
            expected.map(|(path, text, line, column)| (path.to_owned(), text.to_owned(), line, column))
        );
    }

    #[test]
    fn what_is_no_file_of_the_skill_is_left_out() {
        for text in [
            "[a](https://example.com/a.md)",
            "[a](mailto:a@b.c)",
            "[a](#part)",
            "[a](/etc/a.md)",
            "[a](~/a.md)",
            "[a](${SKILL_DIR}/a.md)",
            "[a](<name>.md)",
            "[a]({{x}}/a.md)",
            "[a](word)",
            "[a](...)",
            "[a]()",
            "`[a](a.md)`",
            "```\n[a](a.md)\n```",
            "    [a](a.md)",
            "<https://example.com/a.md>",
        ] {
            assert_eq!(file_links(text, 1), [], "{text}");
        }
    }

    #[test]
    fn links_are_bounded() {
        assert_eq!(file_links(&"[a](a.md) ".repeat(MAX_LINKS + 1), 1).len(), MAX_LINKS);
        let late = format!("{}\n\n[a](a.md)", "é".repeat(MAX_BODY_BYTES / 2));
        assert_eq!(file_links(&late, 1), []);
    }
}
