//! One entry of `allowed-tools`, of a policy's list or of a flag: `Tool` or `Tool(specifier)`.

use std::fmt;

use serde::Serialize;

/// One entry, as written and taken apart. What the tool means is not decided here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolEntry {
    /// The entry as written.
    pub text: String,
    /// The tool's name; in an entry that is not valid, as much of it as could be read.
    pub tool: String,
    /// What stands between the parentheses, without blanks at its edges; quotes are part of it.
    /// None in an entry that is not valid.
    pub specifier: Option<String>,
    /// Line it starts on, from 1: of the file, or of the text given to
    /// [`parse_entries`](super::parse_entries).
    pub line: usize,
    /// Column it starts at, from 1, in characters.
    pub column: usize,
    /// Why the entry is not valid. Such an entry grants nothing; where it was to take something
    /// away, reading it as the bare `tool` takes away more, never less.
    pub error: Option<EntryError>,
}

/// Why an entry is not `Tool` or `Tool(specifier)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryError {
    /// Nothing is written.
    Empty,
    /// It does not start with a tool's name.
    NoTool,
    /// The name holds something other than letters, digits, `_`, `-`, `.`, `:`, `/` and `*`.
    BadName,
    /// Blanks between the name and `(`: `Read (a)` must not become a bare `Read`.
    BlankBeforeParenthesis,
    /// A `(` is not closed, or a `)` not opened.
    Unbalanced,
    /// Nothing between the parentheses.
    EmptySpecifier,
    /// Something follows the closing parenthesis.
    TextAfter,
    /// A line break, a control character or a character that was not readable.
    BadCharacter,
}

impl ToolEntry {
    /// Reads one entry; blanks around it are ignored. Its place is line 1, column 1.
    ///
    /// # Errors
    /// [`EntryError`], if it is not an entry, or more than one.
    pub fn parse(text: &str) -> Result<Self, EntryError> {
        let entry = Self::read(text.trim(), 1, 1);
        entry.error.map_or(Ok(entry), Err)
    }

    /// The entry grants something: it could be read.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.error.is_none()
    }

    /// Reads one entry that starts at the given place, valid or not.
    pub(super) fn read(text: &str, line: usize, column: usize) -> Self {
        let name_end = text.find(|c| !is_name(c)).unwrap_or(text.len());
        let (tool, rest) = text.split_at_checked(name_end).unwrap_or((text, ""));
        let (specifier, error) = match read_rest(text, tool, rest) {
            Ok(specifier) => (specifier.map(str::to_owned), None),
            Err(error) => (None, Some(error)),
        };
        Self { text: text.to_owned(), tool: tool.to_owned(), specifier, line, column, error }
    }
}

/// The specifier, where there is one. `text` is `tool` and `rest`.
fn read_rest<'a>(text: &str, tool: &str, rest: &'a str) -> Result<Option<&'a str>, EntryError> {
    if text.is_empty() {
        return Err(EntryError::Empty);
    }
    if text.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
        return Err(EntryError::BadCharacter);
    }
    let end = closing(rest)?;
    if tool.is_empty() {
        return Err(EntryError::NoTool);
    }
    if rest.is_empty() {
        return Ok(None);
    }
    let Some(inner) = rest.strip_prefix('(') else {
        let blank = rest.trim_start();
        let blank = blank.len() < rest.len() && blank.starts_with('(');
        return Err(if blank { EntryError::BlankBeforeParenthesis } else { EntryError::BadName });
    };
    // The first byte of `rest` is `(`, so `end` is past it and counts one less in `inner`.
    let (specifier, after) = inner.split_at_checked(end.saturating_sub(1)).unwrap_or((inner, ""));
    if after != ")" {
        return Err(EntryError::TextAfter);
    }
    let specifier = specifier.trim();
    if specifier.is_empty() { Err(EntryError::EmptySpecifier) } else { Ok(Some(specifier)) }
}

/// Where the first group of `rest` closes; checks that every parenthesis has its partner.
fn closing(rest: &str) -> Result<usize, EntryError> {
    let mut depth = 0_usize;
    let mut end = None;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.checked_sub(1).ok_or(EntryError::Unbalanced)?;
                if depth == 0 {
                    end = end.or(Some(at));
                }
            }
            _ => {}
        }
    }
    if depth == 0 { Ok(end.unwrap_or(rest.len())) } else { Err(EntryError::Unbalanced) }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/' | '*')
}

/// The canonical form, `Tool` or `Tool(specifier)`; an entry that is not valid as written.
impl fmt::Display for ToolEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.error, &self.specifier) {
            (Some(_), _) => f.write_str(&self.text),
            (None, None) => f.write_str(&self.tool),
            (None, Some(specifier)) => write!(f, "{}({specifier})", self.tool),
        }
    }
}

impl EntryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Empty | Self::NoTool => "write `Tool` or `Tool(specifier)`, such as `Read(docs/**)`",
            Self::BadName => {
                "write `Tool` or `Tool(specifier)` without quotes; each item of a list is one entry"
            }
            Self::BlankBeforeParenthesis => "delete the blank before `(`",
            Self::Unbalanced => {
                "give every `(` its `)`; put an entry with a comma in quotes if it stands in a `[…]` list"
            }
            Self::EmptySpecifier => "write what is meant between the parentheses, or leave them out",
            Self::TextAfter => "put a blank or a comma after `)`; each item of a list is one entry",
            Self::BadCharacter => "write the entry on one line, without control characters",
        }
    }
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it is empty",
            Self::NoTool => "it does not start with a tool's name",
            Self::BadName => "this is not a tool's name",
            Self::BlankBeforeParenthesis => "a blank stands before `(`",
            Self::Unbalanced => "its parentheses do not match",
            Self::EmptySpecifier => "nothing stands between its parentheses",
            Self::TextAfter => "something follows its closing parenthesis",
            Self::BadCharacter => "it holds a line break or a control character",
        })
    }
}

impl std::error::Error for EntryError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<(String, Option<String>), EntryError> {
        ToolEntry::parse(text).map(|entry| (entry.tool, entry.specifier))
    }

    #[test]
    fn a_tool_with_or_without_a_specifier() {
        for (text, tool, specifier) in [
            ("Read", "Read", None),
            (" Read(a b/**) ", "Read", Some("a b/**")),
            ("Bash(git add:*)", "Bash", Some("git add:*")),
            ("Bash(echo (a, b) 'c')", "Bash", Some("echo (a, b) 'c'")),
            ("Read( a )", "Read", Some("a")),
            ("mcp__server__tool", "mcp__server__tool", None),
            ("mcp__server__*", "mcp__server__*", None),
            ("*", "*", None),
            ("Read(日本/*.txt)", "Read", Some("日本/*.txt")),
        ] {
            assert_eq!(parts(text), Ok((tool.to_owned(), specifier.map(str::to_owned))), "{text}");
        }
    }

    #[test]
    fn what_is_no_entry_says_why() {
        use EntryError::*;
        for (text, error) in [
            ("", Empty),
            ("  ", Empty),
            ("(a)", NoTool),
            ("\"Read\"", NoTool),
            ("!Read", NoTool),
            ("Read, Write", BadName),
            ("Read Write", BadName),
            ("Read\"x\"", BadName),
            ("Read (a)", BlankBeforeParenthesis),
            ("Read(a", Unbalanced),
            ("Read)", Unbalanced),
            ("Read(a))", Unbalanced),
            ("Read(a)b)", Unbalanced),
            ("Read()", EmptySpecifier),
            ("Read(  )", EmptySpecifier),
            ("Read(a)b", TextAfter),
            ("Read(a)(b)", TextAfter),
            ("Read(a)é", TextAfter),
            ("Read(a\nb)", BadCharacter),
            ("Read(a\u{1b}[m)", BadCharacter),
            ("Read(\u{FFFD})", BadCharacter),
        ] {
            assert_eq!(parts(text), Err(error), "{text:?}");
            assert!(!error.hint().is_empty() && !error.to_string().is_empty());
        }
    }

    #[test]
    fn an_entry_prints_in_its_canonical_form() {
        for (text, printed) in [("Read( a b )", "Read(a b)"), ("Read", "Read"), ("Read(a", "Read(a")] {
            assert_eq!(ToolEntry::read(text, 1, 1).to_string(), printed);
        }
    }
}
