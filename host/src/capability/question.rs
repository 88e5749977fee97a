//! Questions to a person or to the embedder's own judgement, and their answers.

use std::path::PathBuf;
use std::time::Duration;

/// What an approver is asked: may this skill do this, now?
///
/// All texts are free of control and bidirectional characters, so that they can be shown on a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The call that asks: the [`id`](crate::AuditRecord::id) of its record.
    pub call: String,
    /// The skill's name.
    pub skill: String,
    /// The skill's folder.
    pub folder: PathBuf,
    /// SHA-256 of `SKILL.md`, in hexadecimal digits.
    pub manifest_digest: String,
    /// SHA-256 of the component, in hexadecimal digits.
    pub component_digest: String,
    /// What the skill wants to do, as a verb phrase: `read the file`, `send a request to`.
    pub action: String,
    /// With what: a path, an origin, names of variables. Never a variable's value.
    pub target: String,
    /// The skill's own rule that requests it.
    pub rule: String,
    /// Why it is asked and not simply allowed.
    pub reason: String,
    /// How long an answer is waited for; after that it is a no.
    pub timeout: Duration,
}

/// What an approver may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes, for this call.
    Once,
    /// Yes, for this skill with this `SKILL.md` and this component and this rule, as long as the runtime lives.
    Session,
    /// No, for the rest of this call.
    No,
}

/// Whoever answers [`Question`]s: a prompt on a terminal, a dialogue, a rule engine of the embedder.
///
/// Called on a thread where blocking is fine, never inside the guest. The call's clock stands still meanwhile. An
/// approver that takes longer than [`Limits::prompt_timeout`](crate::Limits::prompt_timeout) has answered no.
pub trait Approver: Send + Sync {
    /// Answers one question.
    fn approve(&self, question: &Question) -> Answer;
}

impl<F> Approver for F
where
    F: Fn(&Question) -> Answer + Send + Sync,
{
    fn approve(&self, question: &Question) -> Answer {
        self(question)
    }
}

/// The text without what could deceive a reader on a terminal: control characters (escape sequences begin with one)
/// become spaces, bidirectional and other invisible formatting characters are dropped.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn nothing_that_deceives_is_left() {
        assert_eq!(printable("a\x1b[2Jb\u{202e}c\u{200b}d\n"), "a [2Jbcd ");
        assert_eq!(printable("größe 漢字"), "größe 漢字");
    }
}
