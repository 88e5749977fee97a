//! Faults: what is odd about a manifest, where, what it means for each verdict, what to do.

use serde::Serialize;

/// The longest excerpt of the user's text that a fault carries, in characters.
const MAX_EXCERPT_CHARS: usize = 80;

/// How many faults are kept; further ones count for the verdicts and are summed up in a last one.
pub(super) const MAX_FAULTS: usize = 200;

/// What a fault weighs in one of the two verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the verdict does not change.
    Note,
    /// Something is not as the author will have meant it.
    Warning,
    /// Strict: the file is invalid. Load: the skill is refused.
    Error,
}

/// What a client does with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Load {
    /// Load it.
    Ok,
    /// Load it and say what is odd.
    Warn,
    /// Do not load it.
    Refuse,
}

/// One thing that is not as the rules have it.
///
/// Where the reference validator has a message for it, `message` is that message word for word, so
/// that scripts which read it carry over; all others start in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// A stable name for this kind of fault, such as `name-folder`.
    pub code: &'static str,
    /// What is wrong, with what.
    pub message: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// Column, from 1, in characters (Unicode code points); a byte order mark does not count.
    pub column: usize,
    /// The offending text, at most 80 characters of its first line, without control characters.
    pub text: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Weight in the strict verdict: the specification's, for authors.
    pub strict: Severity,
    /// Weight in the load verdict: a client's.
    pub load: Severity,
}

/// A place in a file: line and column from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// The start of the file.
    pub(super) const START: Self = Self { line: 1, column: 1 };
}

impl Fault {
    pub(crate) fn new(
        code: &'static str,
        strict: Severity,
        load: Severity,
        message: impl Into<String>,
    ) -> Self {
        let Place { line, column } = Place::START;
        Self { code, message: message.into(), line, column, text: None, hint: None, strict, load }
    }

    /// Puts the fault at `place`.
    pub(super) fn at(mut self, place: Place) -> Self {
        self.line = place.line;
        self.column = place.column;
        self
    }

    /// Puts the fault where `node` stands.
    pub(crate) fn at_node(self, node: &super::node::Node) -> Self {
        self.at(node.place())
    }

    /// Gives it this weight in the load verdict.
    pub(super) fn load(mut self, load: Severity) -> Self {
        self.load = load;
        self
    }

    /// Says what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Shows the offending text.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.text = Some(excerpt(text));
        self
    }
}

/// The first line of `text`, at most [`MAX_EXCERPT_CHARS`] long, fit for a terminal.
pub(super) fn excerpt(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut short: String =
        line.chars().take(MAX_EXCERPT_CHARS).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    if short.len() < text.trim_end().len() {
        short.push('…');
    }
    short
}

/// Collects faults and keeps the verdicts, however many there are.
#[derive(Debug, Default)]
pub(super) struct Faults {
    kept: Vec<Fault>,
    dropped: usize,
    strict: Option<Severity>,
    load: Option<Severity>,
}

impl Faults {
    pub(super) fn push(&mut self, fault: Fault) {
        self.strict = self.strict.max(Some(fault.strict));
        self.load = self.load.max(Some(fault.load));
        if self.kept.len() < MAX_FAULTS {
            self.kept.push(fault);
        } else {
            self.dropped += 1;
        }
    }

    /// No fault is an error in the strict verdict.
    pub(super) fn is_valid(&self) -> bool {
        self.strict < Some(Severity::Error)
    }

    pub(super) fn load(&self) -> Load {
        match self.load {
            Some(Severity::Error) => Load::Refuse,
            Some(Severity::Warning) => Load::Warn,
            Some(Severity::Note) | None => Load::Ok,
        }
    }

    pub(super) fn into_vec(mut self) -> Vec<Fault> {
        if self.dropped > 0 {
            let message = format!("{} more faults are not shown", self.dropped);
            self.kept.push(Fault::new("more-faults", Severity::Note, Severity::Note, message));
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_count_faults_that_are_not_kept() {
        let mut faults = Faults::default();
        assert!(faults.is_valid());
        assert_eq!(faults.load(), Load::Ok);
        for _ in 0..MAX_FAULTS {
            faults.push(Fault::new("a", Severity::Warning, Severity::Note, "a"));
        }
        assert!(faults.is_valid());
        faults.push(Fault::new("b", Severity::Error, Severity::Error, "b"));
        assert!(!faults.is_valid());
        assert_eq!(faults.load(), Load::Refuse);
        let kept = faults.into_vec();
        assert_eq!(kept.len(), MAX_FAULTS + 1);
        assert_eq!(kept.last().map(|f| f.message.as_str()), Some("1 more faults are not shown"));
    }

    #[test]
    fn an_excerpt_is_short_and_fit_for_a_terminal() {
        assert_eq!(excerpt("a\u{1b}[31mb"), "a\u{FFFD}[31mb");
        assert_eq!(excerpt("first\nsecond"), "first…");
        assert_eq!(excerpt("whole\n"), "whole");
        assert_eq!(excerpt(&"ü".repeat(100)).chars().count(), MAX_EXCERPT_CHARS + 1);
    }
}
