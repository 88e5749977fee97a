//! Tier 2: the instructions with what a call of the skill puts into them.

use std::collections::HashMap;

/// Bytes that instructions may have with their arguments in them.
pub(crate) const MAX_BYTES: usize = 16 << 20;

/// Characters that the name of an argument may have as a placeholder.
const MAX_NAME: usize = 64;

/// What stands for the placeholders.
pub(crate) struct Values<'a> {
    /// The arguments as one text, as they were given.
    text: &'a str,
    /// The same, split as a shell does it.
    split: Vec<String>,
    /// The names of the skill's arguments, with the place of each.
    names: HashMap<&'a str, usize>,
    /// The skill's folder.
    folder: &'a str,
}

/// A placeholder of a body.
enum Placeholder {
    /// `$ARGUMENTS`
    All,
    /// `$ARGUMENTS[N]`, `$N`, or a name of the skill's own
    One(usize),
    /// `${SKILL_DIR}`, `${CLAUDE_SKILL_DIR}`
    Folder,
}

impl<'a> Values<'a> {
    pub(crate) fn new(arguments: &'a str, names: &'a [String], folder: &'a str) -> Self {
        let text = arguments.trim();
        // Of two with one name the first counts.
        let names = names.iter().enumerate().rev().map(|(index, name)| (name.as_str(), index)).collect();
        Self { text, split: split(text), names, folder }
    }

    /// The body with its placeholders replaced, in one pass: what a value says is never a placeholder. None if that
    /// would have more than [`MAX_BYTES`].
    ///
    /// A placeholder whose value was not given stays as it is, like any other `$`. A backslash before a placeholder
    /// keeps it, and goes. Arguments that no placeholder asks for stand at the end.
    pub(crate) fn fill(&self, body: &str) -> Option<String> {
        let mut filled = String::with_capacity(body.len());
        let mut used = false;
        let mut rest = body;
        while let Some(at) = rest.find('$') {
            let (before, from) = rest.split_at_checked(at)?;
            let found = self.placeholder(from);
            let (length, value) = match &found {
                Some((length, placeholder)) => (*length, self.value(placeholder)),
                None => (1, None),
            };
            let (written, after) = from.split_at_checked(length)?;
            match before.strip_suffix('\\') {
                Some(before) if found.is_some() => {
                    filled.push_str(before);
                    filled.push_str(written);
                }
                _ => {
                    used |= value.is_some() && !matches!(found, Some((_, Placeholder::Folder)));
                    filled.push_str(before);
                    filled.push_str(value.unwrap_or(written));
                }
            }
            if filled.len() > MAX_BYTES {
                return None;
            }
            rest = after;
        }
        filled.push_str(rest);
        if !used && !self.text.is_empty() {
            filled.truncate(filled.trim_end().len());
            filled.push_str("\n\nARGUMENTS: ");
            filled.push_str(self.text);
            filled.push('\n');
        }
        (filled.len() <= MAX_BYTES).then_some(filled)
    }

    fn value(&self, placeholder: &Placeholder) -> Option<&str> {
        match placeholder {
            Placeholder::All => Some(self.text),
            Placeholder::One(index) => self.split.get(*index).map(String::as_str),
            Placeholder::Folder => Some(self.folder),
        }
    }

    /// The placeholder that `text` begins with, and its length.
    fn placeholder(&self, text: &str) -> Option<(usize, Placeholder)> {
        for folder in ["${SKILL_DIR}", "${CLAUDE_SKILL_DIR}"] {
            if text.starts_with(folder) {
                return Some((folder.len(), Placeholder::Folder));
            }
        }
        let name = text.strip_prefix('$')?;
        if let Some(after) = name.strip_prefix("ARGUMENTS") {
            let index = after.strip_prefix('[').and_then(|after| after.split_once(']'));
            if let Some((digits, index)) = index.and_then(|(digits, _)| Some((digits, number(digits)?))) {
                return Some(("$ARGUMENTS[]".len() + digits.len(), Placeholder::One(index)));
            }
            if ends_word(after) {
                return Some(("$ARGUMENTS".len(), Placeholder::All));
            }
        }
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        if let Some((digits, after)) = name.split_at_checked(digits)
            && let Some(index) = number(digits).filter(|_| ends_word(after))
        {
            return Some((1 + digits.len(), Placeholder::One(index)));
        }
        let (length, index) = self.named(name)?;
        Some((1 + length, Placeholder::One(index)))
    }

    /// The longest name of an argument that `text` begins with: `$file-name` is not `$file` if both are there.
    fn named(&self, text: &str) -> Option<(usize, usize)> {
        let word = text.char_indices().take_while(|(_, c)| is_word(*c) || *c == '-').take(MAX_NAME);
        let mut end = word.last().map(|(start, c)| start + c.len_utf8())?;
        loop {
            let (name, after) = text.split_at_checked(end)?;
            if let Some(index) = self.names.get(name).filter(|_| ends_word(after)) {
                return Some((end, *index));
            }
            end = name.rfind('-')?;
        }
    }
}

fn number(digits: &str) -> Option<usize> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn ends_word(after: &str) -> bool {
    !after.starts_with(is_word)
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Splits a text as a shell does: at white space, but not within quotes or after a backslash. In double quotes a
/// backslash quotes `"`, `\`, `$` and the backtick only. A text whose quotes are not closed, such as `the user's file`,
/// is split at white space alone.
fn split(text: &str) -> Vec<String> {
    quoted(text).unwrap_or_else(|| text.split_whitespace().map(str::to_owned).collect())
}

fn quoted(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"'), '\\') => {
                let next = chars.next()?;
                let word = word.get_or_insert_default();
                if !matches!(next, '"' | '\\' | '$' | '`') {
                    word.push('\\');
                }
                word.push(next);
            }
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            (None, '\\') => word.get_or_insert_default().push(chars.next()?),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}
