//! The commands that README.md and the pages on authoring show: each block marked `sh run` is run as it is printed, and
//! must print what is shown.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::checkout::{Checkout, path_with, say, show_and_run};

/// The info string of a block that is run.
const MARK: &str = "sh run";

/// A line of a page to be run.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    line: usize,
    command: String,
    /// What it prints, stdout and stderr as they come; none if the block shows no output.
    output: Option<String>,
}

/// Runs them with the debug build of `openskills` on PATH: those of README.md in the root folder, those of each page in
/// `docs/authoring` in an empty folder of its own. Returns how many there were; none if there is no README.md.
pub(crate) fn run(checkout: &Checkout) -> Result<Option<usize>> {
    if !checkout.path("README.md").is_file() {
        say("there is no README.md");
        return Ok(None);
    }
    let mut count = page(checkout, "README.md", &checkout.path(""))?;
    let entries = fs::read_dir(checkout.path("docs/authoring")).into_iter().flatten().flatten();
    let mut pages: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    pages.sort();
    for name in pages.iter().filter(|name| name.ends_with(".md")) {
        let folder = std::env::temp_dir().join(format!("openskills-{}-{name}", std::process::id()));
        fs::create_dir(&folder)?;
        let done = page(checkout, &format!("docs/authoring/{name}"), &folder);
        fs::remove_dir_all(&folder)?;
        count += done?;
    }
    Ok(Some(count))
}

/// Runs the commands of one page. A `cd` holds for those after it.
fn page(checkout: &Checkout, name: &str, folder: &Path) -> Result<usize> {
    let text = fs::read_to_string(checkout.path(name)).with_context(|| format!("cannot read {name}"))?;
    let all = commands(&text).with_context(|| format!("in {name}"))?;
    if all.is_empty() {
        bail!("{name} has no block marked ```{MARK}: nothing it shows would be tried");
    }
    let path = path_with(&[checkout.target().join("debug")])?;
    let mut here: PathBuf = folder.to_owned();
    for shown in &all {
        if let Some(folder) = shown.command.strip_prefix("cd ").filter(|folder| !folder.contains(' ')) {
            here = fs::canonicalize(here.join(folder)).with_context(|| format!("{name}:{}", shown.line))?;
            continue;
        }
        let mut bash = Command::new("bash");
        // The shell itself sends both streams to one place, in the order in which they are written.
        let command = format!("exec 2>&1\n{}", shown.command);
        bash.args(["-euo", "pipefail", "-c", &command]);
        // What the SDK needs is built once for all pages, and for the tests.
        let built = checkout.target().join("authoring");
        bash.current_dir(&here).env("PATH", &path).env("CARGO_TARGET_DIR", built);
        let fails = || format!("{name}:{}: the command fails", shown.line);
        match &shown.output {
            None => show_and_run(&mut bash).with_context(fails)?,
            Some(expected) => {
                say(&format!("$ {}", shown.command));
                compare(&mut bash, expected).with_context(|| format!("{name}:{}", shown.line))?;
            }
        }
    }
    Ok(all.len())
}

/// Runs a command whose output is shown.
fn compare(bash: &mut Command, expected: &str) -> Result<()> {
    let output = bash.output().context("cannot run bash")?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("the command fails ({}):\n{printed}", output.status);
    }
    if printed.trim_end() != expected.trim_end() {
        bail!("the command prints something else than is shown.\nshown:\n{expected}\nprinted:\n{printed}");
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
