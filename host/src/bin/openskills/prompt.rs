//! The question to the person at the terminal: may this skill do this?

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use openskills_runtime::{Answer, Approver, Question};
use unicode_width::UnicodeWidthChar;

use crate::printer::{BOLD, DIM, Printer, Terminal, WARNING, paint, plain};
use crate::progress::Progress;

/// How often a reply that is none of the choices is asked for again.
const ATTEMPTS: usize = 3;

/// Characters of one value that are shown; of a longer one its beginning and its end.
const MAX_VALUE: usize = 300;

/// Columns before a value.
const INDENT: usize = 12;

/// How much earlier than the runtime the prompt gives up, so that it can say so.
const EARLIER: Duration = Duration::from_millis(250);

/// Asks on the terminal itself, so that neither stdin nor anything the guest printed has a part in it.
pub(crate) struct Prompt {
    /// Held while a question is on it: one after another.
    terminal: Mutex<Terminal>,
    progress: Progress,
}

impl Prompt {
    /// A prompt, if somebody is there to answer it.
    pub(crate) fn new(printer: Printer, no_input: bool, progress: Progress) -> Option<Self> {
        if no_input || !printer.stderr_is_terminal() {
            return None;
        }
        Some(Self { terminal: Mutex::new(Terminal::open()?), progress })
    }
}

impl Approver for Prompt {
    fn approve(&self, question: &Question) -> Answer {
        let end = Instant::now() + question.timeout.saturating_sub(EARLIER);
        let terminal = self.terminal.lock().unwrap_or_else(PoisonError::into_inner);
        // A terminal that cannot be read has not said yes.
        self.progress.suspend(|| ask(&terminal, question, end).unwrap_or(Answer::No))
    }
}

fn ask(terminal: &Terminal, question: &Question, end: Instant) -> std::io::Result<Answer> {
    if Instant::now() >= end {
        // Others were asked meanwhile, for too long.
        return Ok(Answer::No);
    }
    terminal.write(&text(question, terminal.columns()))?;
    for _ in 0..ATTEMPTS {
        // What was typed before the question was there is no answer to it.
        terminal.forget();
        terminal.write(&choices())?;
        let Some(reply) = terminal.read_line(end)? else {
            terminal.write(if Instant::now() >= end {
                "\nno answer in time, which is a no\n"
            } else {
                "\n"
            })?;
            return Ok(Answer::No);
        };
        match reply.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(Answer::Once),
            "s" | "session" => return Ok(Answer::Session),
            "" | "n" | "no" => return Ok(Answer::No),
            _ => {}
        }
    }
    Ok(Answer::No)
}

/// The question. Every line begins with words or blanks of ours, whatever is in it and however narrow the terminal.
fn text(question: &Question, columns: usize) -> String {
    let Question { skill, folder, manifest_digest, component_digest, action, target, rule, reason, .. } =
        question;
    let digests = format!("SKILL.md {}, component {}", short(manifest_digest), short(component_digest));
    let mut text =
        format!("{} {}\n", paint(WARNING, "A skill wants to"), paint(WARNING, action_words(action)));
    for (name, value) in [
        ("what", target.as_str()),
        ("skill", skill),
        ("rule", rule),
        ("why asked", reason),
        ("folder", &folder.display().to_string()),
        ("digests", &digests),
    ] {
        let style = if name == "what" { BOLD } else { anstyle::Style::new() };
        for (index, line) in lines(value, columns).iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            text.push_str(&format!("  {} {}\n", paint(DIM, &format!("{name:<9}")), paint(style, line)));
        }
    }
    text
}

/// The runtime's own words for what is done, and no others.
fn action_words(action: &str) -> &str {
    if action.len() <= 40 && action.bytes().all(|b| b.is_ascii_lowercase() || b == b' ') {
        action
    } else {
        "do something"
    }
}

/// A value in lines that the terminal does not break. Blanks that could push text to where it looks like ours are made
/// visible, and the middle of what is long is left out.
fn lines(value: &str, columns: usize) -> Vec<String> {
    let mut shown: Vec<char> = Vec::new();
    for c in plain(value).chars().map(|c| if c.is_whitespace() { ' ' } else { c }) {
        let again = c == ' ' && matches!(shown.last(), Some(' ' | '␣') | None);
        shown.push(if again { '␣' } else { c });
    }
    if shown.len() > MAX_VALUE {
        let left_out = format!(" … {} characters … ", shown.len() - MAX_VALUE * 2 / 3);
        let end = shown.split_off(shown.len() - MAX_VALUE / 3);
        shown.truncate(MAX_VALUE / 3);
        shown.extend(left_out.chars().chain(end));
    }
    let room = columns.saturating_sub(INDENT + 1).max(8);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in shown {
        let width = c.width().unwrap_or_default();
        if used + width > room {
            lines.push(String::new());
            used = 0;
        }
        used += width;
        lines.last_mut().into_iter().for_each(|line| line.push(c));
    }
    lines
}

fn choices() -> String {
    let key = |key: &str| paint(BOLD, key);
    format!("Allow it?  [{}] once  [{}] this session  [{}] no (default): ", key("y"), key("s"), key("n"))
}

fn short(digest: &str) -> String {
    match digest.get(..12) {
        Some(digest) => digest.to_owned(),
        None => "(none)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Question {
        Question {
            call: String::new(),
            skill: text.to_owned(),
            folder: text.into(),
            manifest_digest: "0123456789abcdef".to_owned(),
            component_digest: String::new(),
            action: text.to_owned(),
            target: text.to_owned(),
            rule: text.to_owned(),
            reason: text.to_owned(),
            timeout: Duration::from_secs(1),
        }
    }

    fn shown(text_of: &str, columns: usize) -> String {
        anstream::adapter::strip_str(&text(&question(text_of), columns)).to_string()
    }

    #[test]
    fn nothing_in_a_question_reaches_the_terminal_as_it_is() {
        let text = text(&question("\u{1b}[2J\u{202e}x\n"), 80);
        assert!(!text.contains("\u{1b}[2J") && !text.contains('\u{202e}'));
        assert_eq!(text.lines().count(), 7);
        assert!(text.contains("0123456789ab,"));
    }

    #[test]
    fn no_line_begins_with_foreign_text_and_none_is_broken_by_the_terminal() {
        let fake = "Allow it?  [y] once ".repeat(40) + &"漢".repeat(200) + &" ".repeat(300) + "Allow it?";
        for columns in [1, 20, 40, 80, 300] {
            let text = shown(&fake, columns);
            for line in text.lines().skip(1) {
                assert!(line.starts_with("  "), "{columns}: {line}");
                let width: usize = line.chars().filter_map(UnicodeWidthChar::width).sum();
                assert!(width < columns.max(INDENT + 9), "{columns}: {width}: {line}");
            }
            assert!(text.starts_with("A skill wants to do something\n"), "{text}");
            assert!(text.contains('…') && text.contains('␣'), "{text}");
        }
    }

    #[test]
    fn both_ends_of_a_long_value_are_shown() {
        let text = shown(&format!("begin{}end", "x".repeat(5_000)), 80);
        assert!(text.contains("begin") && text.contains("end"));
        assert!(text.len() < 4_000, "{}", text.len());
    }
}
