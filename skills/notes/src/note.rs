//! One note: Markdown with front matter.

use openskills_sdk::prelude::*;

/// How long the name of a file may become, suffix and date aside.
const MAX_SLUG: usize = 60;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Note {
    pub(crate) title: String,
    /// As `2026-08-01T12:30:59Z`; empty if the file does not say.
    pub(crate) created: String,
    pub(crate) tags: Vec<String>,
    pub(crate) text: String,
}

impl Note {
    pub(crate) fn new(title: &str, text: &str, tags: Vec<String>, created: &str) -> Result<Self, Error> {
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        if title.is_empty() {
            return Err(Error::invalid_input("title", "a note needs a title"));
        }
        Ok(Self { title, created: created.to_owned(), tags, text: text.trim().to_owned() })
    }

    /// The file's name without its suffix: the day and the title's letters and digits.
    pub(crate) fn slug(&self) -> String {
        let day = self.created.get(..10).unwrap_or_default();
        let mut slug = String::new();
        for letter in self.title.chars().flat_map(char::to_lowercase) {
            if slug.len() + letter.len_utf8() > MAX_SLUG {
                break;
            }
            if letter.is_alphanumeric() {
                slug.push(letter);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        let slug = slug.trim_end_matches('-');
        format!("{day}-{}", if slug.is_empty() { "note" } else { slug })
    }

    /// As a file. A JSON string is a YAML string.
    pub(crate) fn to_markdown(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let tags: Vec<_> = self.tags.iter().map(|tag| quoted(tag)).collect();
        let (title, created, text) = (quoted(&self.title), &self.created, &self.text);
        format!("---\ntitle: {title}\ncreated: {created}\ntags: [{}]\n---\n\n{text}\n", tags.join(", "))
    }

    /// Of a file, even of one that was written by hand.
    pub(crate) fn from_markdown(markdown: &str, name: &str) -> Self {
        let mut note =
            Self { title: name.to_owned(), created: String::new(), tags: Vec::new(), text: String::new() };
        let markdown = markdown.replace("\r\n", "\n");
        let parts = markdown.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
        let (front_matter, text) = parts.unwrap_or(("", &markdown));
        for line in front_matter.lines() {
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match key.trim() {
                "title" => note.title = unquoted(value),
                "created" => note.created = unquoted(value),
                "tags" => {
                    note.tags = serde_json::from_str(value).unwrap_or_else(|_| {
                        let list = value.trim_start_matches('[').trim_end_matches(']');
                        list.split(',')
                            .map(|tag| unquoted(tag.trim()))
                            .filter(|tag| !tag.is_empty())
                            .collect()
                    });
                }
                _ => {}
            }
        }
        text.trim().clone_into(&mut note.text);
        note
    }
}

fn unquoted(value: &str) -> String {
    serde_json::from_str(value).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATED: &str = "2026-08-01T12:30:59Z";

    fn note(title: &str) -> Note {
        Note::new(title, "Some *text*.\n---\nmore", vec!["a: b".into(), "ü".into()], CREATED).expect("a note")
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let note = note("He said: \"no\"");
        assert_eq!(Note::from_markdown(&note.to_markdown(), "x"), note);
    }

    #[test]
    fn a_note_may_be_written_by_hand() {
        let note = Note::from_markdown("---\r\ntitle: By hand\r\ntags: [one, two]\r\n---\r\nText", "file");
        assert_eq!((note.title.as_str(), note.text.as_str()), ("By hand", "Text"));
        assert_eq!(note.tags, ["one", "two"]);
        let plain = Note::from_markdown("Only text", "file");
        assert_eq!((plain.title.as_str(), plain.text.as_str()), ("file", "Only text"));
    }

    #[test]
    fn names_of_files() {
        assert_eq!(note("Fish & Chips: why?").slug(), "2026-08-01-fish-chips-why");
        assert_eq!(note("Über ../../etc").slug(), "2026-08-01-über-etc");
        assert_eq!(note("???").slug(), "2026-08-01-note");
        assert!(note(&"ß".repeat(500)).slug().len() < 80);
    }

    #[test]
    fn a_note_needs_a_title() {
        assert!(Note::new(" \n", "text", Vec::new(), CREATED).is_err());
    }
}
