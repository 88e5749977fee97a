//! The question to the person at the terminal: may this skill do this?

use openskills_runtime::{Answer, Approver, Question};

use crate::printer::{BOLD, DIM, Printer, Terminal, WARNING, paint, plain};
use crate::progress::Progress;

/// How often a reply that is none of the choices is asked for again.
const ATTEMPTS: usize = 3;

/// Asks on the terminal itself, so that neither stdin nor anything the guest printed has a part in it.
pub(crate) struct Prompt {
    terminal: Terminal,
    progress: Progress,
}

impl Prompt {
    /// A prompt, if somebody is there to answer it.
    pub(crate) fn new(printer: Printer, no_input: bool, progress: Progress) -> Option<Self> {
        if no_input || !printer.stderr_is_terminal() {
            return None;
        }
        Some(Self { terminal: Terminal::open()?, progress })
    }

    fn ask(&self, question: &Question) -> std::io::Result<Answer> {
        self.terminal.write(&text(question))?;
        self.terminal.forget();
        for _ in 0..ATTEMPTS {
            self.terminal.write(&choices())?;
            let Some(reply) = self.terminal.read_line()? else {
                self.terminal.write("\n")?;
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
}

impl Approver for Prompt {
    fn approve(&self, question: &Question) -> Answer {
        // A terminal that cannot be read has not said yes.
        self.progress.suspend(|| self.ask(question).unwrap_or(Answer::No))
    }
}

fn text(question: &Question) -> String {
    let Question { skill, folder, manifest_digest, component_digest, action, target, rule, reason } =
        question;
    let row = |name: &str, value: &str| format!("  {} {}\n", paint(DIM, &format!("{name:<9}")), plain(value));
    let digests = format!("SKILL.md {}, component {}", short(manifest_digest), short(component_digest));
    format!(
        "{} wants to {}\n  {}\n{}{}{}{}",
        paint(WARNING, &plain(skill)),
        plain(action),
        paint(BOLD, &plain(target)),
        row("rule", rule),
        row("why asked", reason),
        row("folder", &folder.display().to_string()),
        row("digests", &digests),
    )
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

    #[test]
    fn nothing_in_a_question_reaches_the_terminal_as_it_is() {
        let evil = "\u{1b}[2J\u{202e}x\n".to_owned();
        let question = Question {
            skill: evil.clone(),
            folder: evil.clone().into(),
            manifest_digest: "0123456789abcdef".to_owned(),
            component_digest: String::new(),
            action: evil.clone(),
            target: evil.clone(),
            rule: evil.clone(),
            reason: evil,
        };
        let text = text(&question);
        assert!(!text.contains("\u{1b}[2J") && !text.contains('\u{202e}'));
        assert_eq!(text.lines().count(), 6);
        assert!(text.contains("0123456789ab,"));
    }
}
