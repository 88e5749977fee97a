//! A `SKILL.md` checked for its author, with the files that it names.

use std::fs;
use std::path::{Path, PathBuf};

use super::parallel::in_parallel;
use super::{source, unreadable};
use crate::manifest::{Fault, Load, Parsed, Severity, file_links, parse};

/// A `SKILL.md` with both verdicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedManifest {
    /// Its path as it was given.
    pub path: PathBuf,
    /// What it holds; empty if it cannot be read.
    pub source: Vec<u8>,
    /// The verdicts, and what was found. Links to files that are not there are warnings in it.
    pub parsed: Parsed,
}

/// Checks `SKILL.md` files, on all processors. The answers are in the order of `files`, and always the same.
///
/// Besides [`parse`], the links of the instructions are looked at: a Markdown link to a file that is not there is a
/// warning, `link-missing`, that changes neither verdict. A file that cannot be read is refused, `unreadable`.
#[must_use]
pub fn check_manifests(files: &[PathBuf]) -> Vec<CheckedManifest> {
    in_parallel(files, |path| check(path))
}

fn check(path: &Path) -> CheckedManifest {
    let (source, parsed) = match source(path) {
        Ok(source) => {
            // The folder that the file is found in, also if the file is a link.
            let folder =
                path.parent().map(|folder| if folder == Path::new("") { Path::new(".") } else { folder });
            let folder = folder.and_then(|folder| fs::canonicalize(folder).ok());
            let name =
                folder.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
            let mut parsed = parse(&source, name.as_deref());
            if let Some(folder) = folder {
                let body = source.get(parsed.body_offset..).unwrap_or_default();
                parsed.faults.extend(missing(&folder, body, parsed.body_line));
            }
            (source, parsed)
        }
        Err(message) => {
            let faults = vec![unreadable("unreadable", message)];
            let parsed = Parsed {
                manifest: None,
                faults,
                valid: false,
                load: Load::Refuse,
                body_offset: 0,
                body_line: 1,
            };
            (Vec::new(), parsed)
        }
    };
    CheckedManifest { path: path.to_owned(), source, parsed }
}

/// The links of the instructions to files that are not there.
fn missing(folder: &Path, body: &[u8], first_line: usize) -> Vec<Fault> {
    let links = file_links(&String::from_utf8_lossy(body), first_line);
    let gone = links.into_iter().filter(|link| fs::symlink_metadata(folder.join(&link.path)).is_err());
    gone.map(|link| Fault {
        code: "link-missing",
        message: format!("the link leads to `{}`, which is not there", link.path),
        line: link.line,
        column: link.column,
        text: Some(link.written),
        hint: Some("add the file, or mend the link: agents look for it in the skill's folder".to_owned()),
        strict: Severity::Warning,
        load: Severity::Note,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(root: &Path, path: &str, text: &str) -> PathBuf {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn codes(checked: &CheckedManifest) -> Vec<(&'static str, usize, usize)> {
        checked.parsed.faults.iter().map(|fault| (fault.code, fault.line, fault.column)).collect()
    }

    #[test]
    fn links_to_files_that_are_not_there_are_warnings() {
        let root = tempfile::tempdir().unwrap();
        file(root.path(), "a/references/there.md", "");
        file(root.path(), "a/with blank.md", "");
        let text = "---\nname: a\ndescription: d\n---\n\n[x](references/there.md#part) [y](with%20blank.md) \
            [z](references/gone.md)\n\n![p](gone.png)\n";
        let path = file(root.path(), "a/SKILL.md", text);
        let checked = check_manifests(&[path]).remove(0);
        assert_eq!(codes(&checked), [("link-missing", 6, 52), ("link-missing", 8, 1)]);
        assert_eq!((checked.parsed.valid, checked.parsed.load), (true, Load::Ok));
        let line = checked.parsed.faults[0].source_line(&checked.source).unwrap();
        assert_eq!(line.mark.len(), "[z](references/gone.md)".len());
    }

    #[test]
    fn a_linked_file_belongs_to_the_folder_in_which_it_is_found() {
        let root = tempfile::tempdir().unwrap();
        let text = "---\nname: one\ndescription: d\n---\n";
        let one = file(root.path(), "one/SKILL.md", text);
        fs::create_dir(root.path().join("two")).unwrap();
        std::os::unix::fs::symlink("../one/SKILL.md", root.path().join("two/SKILL.md")).unwrap();
        let checked =
            check_manifests(&[one, root.path().join("two/SKILL.md"), root.path().join("no/SKILL.md")]);
        assert_eq!(codes(&checked[0]), []);
        assert_eq!(codes(&checked[1]), [("name-folder", 2, 7)]);
        assert_eq!(codes(&checked[2]), [("unreadable", 1, 1)]);
        std::os::unix::fs::symlink("../gone.md", root.path().join("no.md")).unwrap();
        let broken = check_manifests(&[root.path().join("no.md")]).remove(0);
        assert_eq!(broken.parsed.faults[0].message, "it is a link to `../gone.md`, which is not there");
    }
}
