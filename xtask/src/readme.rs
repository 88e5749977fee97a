//! The commands that README.md shows: each block marked `sh run` is run as it is printed, and must print what is
//! shown.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::checkout::{Checkout, path_with, say, show_and_run};

/// The info string of a block that is run.
const MARK: &str = "sh run";

/// A line of README.md to be run.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    line: usize,
    command: String,
    /// What it prints, stdout and stderr as they come; none if the block shows no output.
    output: Option<String>,
}

/// Runs them in the root folder with the debug build of `openskills` on PATH. Returns how many there were; none
/// if there is no README.md.
pub(crate) fn run(checkout: &Checkout) -> Result<Option<usize>> {
    let file = checkout.path("README.md");
    if !file.is_file() {
        say("there is no README.md");
        return Ok(None);
    }
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let all = commands(&text).with_context(|| format!("in {}", file.display()))?;
    if all.is_empty() {
        bail!("README.md has no block marked ```{MARK}: nothing it shows would be tried");
    }
    let path = path_with(&[checkout.target().join("debug")])?;
    for shown in &all {
        let mut bash = Command::new("bash");
        // The shell itself sends both streams to one place, in the order in which they are written.
        let command = format!("exec 2>&1\n{}", shown.command);
        bash.args(["-euo", "pipefail", "-c", &command]);
        bash.current_dir(checkout.path("")).env("PATH", &path);
        match &shown.output {
            None => show_and_run(&mut bash)
                .with_context(|| format!("README.md:{}: the command fails", shown.line))?,
            Some(expected) => compare(&mut bash, shown, expected)?,
        }
    }
    Ok(Some(all.len()))
}

/// Runs a command whose output is shown.
fn compare(bash: &mut Command, shown: &Shown, expected: &str) -> Result<()> {
    say(&format!("$ {}", shown.command));
    let output = bash.output().context("cannot run bash")?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("README.md:{}: the command fails ({}):\n{printed}", shown.line, output.status);
    }
    if printed.trim_end() != expected.trim_end() {
        bail!(
            "README.md:{}: the command prints something else than is shown.\nshown:\n{expected}\nprinted:\n{printed}",
            shown.line
        );
    }
    Ok(())
}

/// The commands of the marked blocks: one a line, `$ ` before it or not; a backslash at its end goes on, a line
/// that begins with `#` is a remark. In a block with a line that begins with `$ `, the others are output.
fn commands(readme: &str) -> Result<Vec<Shown>> {
    let mut all = Vec::new();
    let mut lines = readme.lines().enumerate();
    while let Some((start, line)) = lines.next() {
        if line.strip_prefix("```").map(str::trim) != Some(MARK) {
            continue;
        }
        let mut block = Vec::new();
        loop {
            match lines.next() {
                Some((_, "```")) => break,
                Some((number, line)) => block.push((number + 1, line)),
                None => bail!("the block in line {} has no end", start + 1),
            }
        }
        let session = block.iter().any(|(_, line)| line.starts_with("$ "));
        let mut block = block.into_iter().peekable();
        while let Some((line, text)) = block.next() {
            let Some(first) = (if session { text.strip_prefix("$ ") } else { Some(text) }) else { continue };
            if first.trim().is_empty() || first.starts_with('#') {
                continue;
            }
            let mut command = first.to_owned();
            while command.ends_with('\\') {
                let Some((_, more)) = block.next() else { break };
                command.push('\n');
                command.push_str(more);
            }
            let mut output = session.then(String::new);
            while let Some((_, more)) = block.next_if(|(_, next)| session && !next.starts_with("$ ")) {
                let output = output.get_or_insert_default();
                output.push_str(more);
                output.push('\n');
            }
            all.push(Shown { line, command, output });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(readme: &str) -> Vec<(usize, String)> {
        commands(readme).unwrap().into_iter().map(|shown| (shown.line, shown.command)).collect()
    }

    #[test]
    fn only_marked_blocks_are_run() {
        let readme = "text\n```sh\nrm -rf /\n```\n```sh run\n# first\nopenskills list\n\nopenskills run a \\\n  --json\n```\n";
        let expected = [(7, "openskills list".to_owned()), (9, "openskills run a \\\n  --json".to_owned())];
        assert_eq!(told(readme), expected);
    }

    #[test]
    fn in_a_session_the_other_lines_are_output() {
        let shown = commands("```sh run\n$ openskills list\nnotes  writes notes\n$ true\n```").unwrap();
        let told: Vec<_> =
            shown.iter().map(|shown| (shown.command.as_str(), shown.output.as_deref())).collect();
        assert_eq!(told, [("openskills list", Some("notes  writes notes\n")), ("true", Some(""))]);
    }

    #[test]
    fn a_block_without_end_is_an_error() {
        assert!(commands("```sh run\nopenskills list\n").unwrap_err().to_string().contains("line 1"));
    }
}
