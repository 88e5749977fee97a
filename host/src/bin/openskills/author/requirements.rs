//! The packages that a skill in Python is built with: `requirements.txt`, with digests, made of `pyproject.toml` where
//! there is none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use openskills_toolchain::{ToolchainError, requirements};

use super::fault::{missing, not_had, unreadable, unwritable};
use crate::exit::Complaint;
use crate::printer::plain;

/// The file, as pip reads it.
const FILE: &str = "requirements.txt";

/// How a file begins that was made here; the dependencies that it was made of follow.
const MADE: &str = "# Made by `openskills build` of pyproject.toml, of: ";

/// The packages of a skill.
pub(crate) struct Requirements<'a> {
    pub(crate) folder: &'a Path,
    /// What is missing is told, not installed.
    pub(crate) no_install: bool,
}

impl Requirements<'_> {
    /// The folder with the packages; nothing if the skill needs none.
    pub(crate) fn get(&self, progress: &mut dyn FnMut(&str)) -> Result<Option<PathBuf>> {
        let Some(text) = self.text(progress)? else { return Ok(None) };
        // Digests alone say what is installed.
        if let Some(line) = unpinned(&text) {
            return Err(Complaint::usage(format!("`{}` in {FILE} has no digest", plain(line)))
                .hint(format!(
                    "have it written with digests, by `uv pip compile --generate-hashes` or `pip-compile \
                     --generate-hashes`; or name the packages in pyproject.toml and remove {FILE}"
                ))
                .into());
        }
        if !text.lines().any(is_requirement) {
            return Ok(None);
        }
        if let Some(folder) = requirements::installed(&text)? {
            return Ok(Some(folder));
        }
        if self.no_install {
            return Err(missing(&format!("what {FILE} names"), "as wheels of Python alone, from PyPI").into());
        }
        let installed = requirements::install(&text, progress);
        Ok(Some(installed.map_err(|error| not_pure(&error))?))
    }

    /// The requirements with their digests: those of the author, or made of what the project declares.
    fn text(&self, progress: &mut dyn FnMut(&str)) -> Result<Option<String>> {
        let (file, project) = (self.folder.join(FILE), self.folder.join("pyproject.toml"));
        let found = match fs::read_to_string(&file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(&file, &error).into()),
        };
        if found.as_ref().is_some_and(|text| !text.starts_with(MADE)) || !project.is_file() {
            return Ok(found);
        }
        let mut declared = requirements::declared(&project).map_err(|error| not_had(&error))?;
        declared.sort();
        let first = format!("{MADE}{}\n", declared.join(", "));
        match found {
            Some(text) if text.starts_with(&first) => return Ok(Some(text)),
            None if declared.is_empty() => return Ok(None),
            _ if self.no_install && !declared.is_empty() => {
                let what = format!("what pyproject.toml depends on ({})", plain(&declared.join(", ")));
                return Err(missing(&what, "as wheels of Python alone, from PyPI").into());
            }
            _ => {}
        }
        let resolved = match declared.is_empty() {
            true => String::new(),
            false => requirements::resolve(&declared, progress).map_err(|error| not_pure(&error))?,
        };
        let text = format!("{first}{resolved}");
        fs::write(&file, &text).map_err(|error| unwritable(&file, &error))?;
        Ok(Some(text))
    }
}

fn is_requirement(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// The first requirement that has no digest on its lines.
fn unpinned(text: &str) -> Option<&str> {
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#')).peekable();
    while let Some(line) = lines.next() {
        if !is_requirement(line) {
            continue;
        }
        let mut pinned = line.contains("--hash=sha256:");
        while let Some(more) = lines.next_if(|more| !is_requirement(more)) {
            pinned |= more.contains("--hash=sha256:");
        }
        if !pinned {
            return Some(line.trim_end_matches(['\\', ' ']));
        }
    }
    None
}

fn not_pure(error: &ToolchainError) -> Complaint {
    let complaint = not_had(error);
    match error {
        ToolchainError::Failed { .. } => complaint.hint(
            "packages of Python alone can be built into a skill: what is compiled for a machine cannot",
        ),
        _ => complaint,
    }
}

#[cfg(test)]
mod tests {
    use super::unpinned;

    #[test]
    fn a_requirement_without_its_digest_is_found() {
        let hash = "    --hash=sha256:aa";
        assert_eq!(unpinned(&format!("# a\na==1 \\\n{hash} \\\n{hash}\nb==2 {hash}\n")), None);
        assert_eq!(unpinned(""), None);
        assert_eq!(unpinned(&format!("a==1 \\\n{hash}\nb==2\n")), Some("b==2"));
        assert_eq!(unpinned(&format!("a==1 \\\nb==2 \\\n{hash}\n")), Some("a==1"));
        assert_eq!(unpinned("a==1 \\\n    # --hash=sha256:aa\n"), Some("a==1"));
    }
}
