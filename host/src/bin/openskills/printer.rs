//! The one place that prints. Data goes to stdout, everything else to stderr.
//!
//! Text that comes from skills or guests never reaches a terminal as it is: whoever hands it over passes it through
//! [`plain`] or [`plain_lines`] first, and JSON for a terminal has its invisible characters escaped here.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::time::Instant;

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use openskills_runtime::capability::printable;
use serde::Serialize;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const NOTE: Style = AnsiColor::Blue.on_default().bold();
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Also into files and pipes
    Always,
    /// Nowhere
    Never,
}

/// Where the command's words go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    quiet: bool,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
}

/// The person at the terminal, whatever stdin and stdout are.
pub(crate) struct Terminal(File);

impl Printer {
    /// A printer; sets the colours of the process.
    pub(crate) fn new(color: Color, quiet: bool) -> Self {
        let choice = match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        let (stdout_is_terminal, stderr_is_terminal) =
            (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self { quiet, stdout_is_terminal, stderr_is_terminal }
    }

    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    pub(crate) fn stdout_is_terminal(self) -> bool {
        self.stdout_is_terminal
    }

    pub(crate) fn stderr_is_terminal(self) -> bool {
        self.stderr_is_terminal
    }

    /// How many columns stdout has, if it is a terminal.
    pub(crate) fn columns(self) -> Option<usize> {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        (size.ws_col > 20).then_some(usize::from(size.ws_col))
    }

    /// Prints text of ours on stdout, styled where that is wanted.
    pub(crate) fn out(self, text: &str) -> io::Result<()> {
        let mut stdout = anstream::stdout().lock();
        writeln!(stdout, "{text}")?;
        stdout.flush()
    }

    /// Prints bytes on stdout exactly as they are.
    pub(crate) fn raw(self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }

    /// Prints what a script wrote to its stdout: exactly that, but for a terminal without what would drive it.
    pub(crate) fn program_out(self, bytes: &[u8]) -> io::Result<()> {
        match self.stdout_is_terminal {
            true => self.raw(shown(bytes).as_bytes()),
            false => self.raw(bytes),
        }
    }

    /// The same for its stderr.
    pub(crate) fn program_error(self, bytes: &[u8]) {
        let mut stderr = io::stderr().lock();
        // What cannot be delivered has nobody who could be told.
        let _ = match self.stderr_is_terminal {
            true => stderr.write_all(shown(bytes).as_bytes()),
            false => stderr.write_all(bytes),
        };
    }

    /// Prints one JSON value: indented on a terminal, otherwise on one line.
    pub(crate) fn json(self, value: &impl Serialize) -> io::Result<()> {
        let mut text = match self.stdout_is_terminal {
            true => visible(&serde_json::to_string_pretty(value)?),
            false => serde_json::to_string(value)?,
        };
        text.push('\n');
        self.raw(text.as_bytes())
    }

    /// Prints one JSON value on one line, wherever it goes: for output of several lines, an object each.
    pub(crate) fn json_line(self, value: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_string(value)?;
        if self.stdout_is_terminal {
            text = visible(&text);
        }
        text.push('\n');
        self.raw(text.as_bytes())
    }

    /// Says that the command failed. Also when quiet.
    pub(crate) fn error(self, message: &str) {
        say(&format!("{}: {message}", paint(ERROR, "error")));
    }

    /// Says what to do about it. Also when quiet.
    pub(crate) fn hint(self, text: &str) {
        say(&format!("{}: {text}", paint(HINT, "hint")));
    }

    /// Says that something is odd.
    pub(crate) fn warning(self, text: &str) {
        if !self.quiet {
            say(&format!("{}: {text}", paint(WARNING, "warning")));
        }
    }

    /// Says something worth knowing.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            say(&format!("{}: {text}", paint(NOTE, "note")));
        }
    }

    /// Says something that belongs to the message before.
    pub(crate) fn more(self, text: &str) {
        say(text);
    }

    /// Prints what a skill wrote, on stderr, each line behind the skill's name, so that none can pass for ours.
    pub(crate) fn guest(self, skill: &str, text: &str) {
        if self.quiet || text.is_empty() {
            return;
        }
        let skill = plain(skill);
        let lines: Vec<String> =
            text.lines().map(|line| format!("{DIM}{skill}│{DIM:#} {}", plain(line))).collect();
        say(&lines.join("\n"));
    }

    /// What clap has to say: help and version on stdout, mistakes on stderr.
    pub(crate) fn clap(error: &clap::Error) {
        // A closed pipe is no reason to say more.
        let _ = error.print();
    }
}

impl Terminal {
    /// The terminal that controls this process, if there is one.
    pub(crate) fn open() -> Option<Self> {
        OpenOptions::new().read(true).write(true).open("/dev/tty").ok().map(Self)
    }

    /// Writes without a line end.
    pub(crate) fn write(&self, text: &str) -> io::Result<()> {
        let mut stream = AutoStream::auto(self.0.try_clone()?);
        stream.write_all(text.as_bytes())?;
        stream.flush()
    }

    /// Reads the next line that is typed; none at the end of input, and none when the time is over.
    pub(crate) fn read_line(&self, end: Instant) -> io::Result<Option<String>> {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let wait = rustix::event::Timespec::try_from(left).ok();
            let mut ready = [rustix::event::PollFd::new(&self.0, rustix::event::PollFlags::IN)];
            match rustix::event::poll(&mut ready, wait.as_ref()) {
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            // A terminal hands over one line at a time.
            let mut line = [0; 256];
            let count = (&self.0).read(&mut line)?;
            let line = line.get(..count).unwrap_or_default();
            return Ok((count > 0).then(|| String::from_utf8_lossy(line).into_owned()));
        }
    }

    /// How many columns the terminal has.
    pub(crate) fn columns(&self) -> usize {
        let columns = rustix::termios::tcgetwinsize(&self.0).map_or(0, |size| usize::from(size.ws_col));
        if columns == 0 { 80 } else { columns }
    }

    /// Forgets what was typed before the question was there.
    pub(crate) fn forget(&self) {
        let _ = rustix::termios::tcflush(&self.0, rustix::termios::QueueSelector::IFlush);
    }
}

/// A text in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// One line of foreign text, fit for a terminal.
pub(crate) fn plain(text: &str) -> String {
    printable(text)
}

/// Foreign text of several lines, each fit for a terminal.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// A program's output, fit for a terminal: its lines and tabs, and nothing else that moves the cursor.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = |line: &str| line.split('\t').map(printable).collect::<Vec<_>>().join("\t");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

// A message that cannot be delivered has nobody who could be told.
fn say(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// The same JSON with every character escaped that a terminal would obey or hide. They occur within strings only.
fn visible(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        let shown = c == '\n'
            || (' '..='~').contains(&c)
            || (!c.is_control() && !printable(c.encode_utf8(&mut [0; 4])).is_empty());
        if shown {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{shown, visible};

    #[test]
    fn what_a_program_prints_cannot_drive_a_terminal() {
        assert_eq!(shown("a\tb\nü 漢\n".as_bytes()), "a\tb\nü 漢\n");
        let driven = shown(b"\x1b[2Jx\r\x1b]0;title\x07\xff");
        assert!(!driven.chars().any(char::is_control), "{driven:?}");
    }

    #[test]
    fn json_on_a_terminal_stays_the_same_json_without_what_deceives() {
        let value = serde_json::json!({"a": "x\u{9b}31m\u{202e}y\u{7f}", "ü": ["\u{1b}[2J", "漢"]});
        let text = visible(&value.to_string());
        assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
