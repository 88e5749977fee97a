//! `parse`: a whole file to manifest, faults and verdicts.

use super::{
    fault::{Fault, Faults, Load, Severity},
    fields,
    frontmatter::{FrontMatter, MAX_FRONT_MATTER_BYTES, SplitError, split},
    manifest::Manifest,
    node::NodeKind,
    repair::{Repaired, repair},
    source::Source,
    strict_yaml,
    text::{decode, not_utf8},
    yaml::{self, MAX_DEPTH, MAX_NODES, MAX_TEXT_BYTES, Problem, Tree, YamlError},
};

/// The largest `SKILL.md` that is loaded, in bytes: 4 MiB. The specification recommends a body under
/// 5,000 tokens, about 20 KiB, and sets no limit.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;

/// The line of the file on which the front matter's YAML starts.
const YAML_LINE: usize = 2;

/// What was found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// What could be read of the manifest, for display, whatever the verdicts; to use the skill go
    /// by [`Parsed::into_manifest`]. None if there is no front matter that is a YAML mapping.
    pub manifest: Option<Manifest>,
    /// All faults: those of the file as a whole, then the specification's in the order of the
    /// reference validator (unexpected fields, name, description, compatibility), then all others in
    /// the order of the file. At most some two hundred; a last one counts the rest.
    pub faults: Vec<Fault>,
    /// The strict verdict.
    pub valid: bool,
    /// The load verdict.
    pub load: Load,
    /// Where the body starts, in bytes; 0 if there is no front matter.
    pub body_offset: usize,
    /// The line on which the body starts, from 1.
    pub body_line: usize,
}

impl Parsed {
    /// The specification's verdict, for authors: no fault is an error in the strict sense.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.valid
    }

    /// The manifest of a skill that may be loaded.
    ///
    /// # Errors
    /// The faults, if the load verdict is [`Load::Refuse`].
    pub fn into_manifest(self) -> Result<Manifest, Vec<Fault>> {
        match (self.manifest, self.load) {
            (Some(manifest), Load::Ok | Load::Warn) => Ok(manifest),
            _ => Err(self.faults),
        }
    }
}

/// Reads a `SKILL.md`.
///
/// `folder` is the name of the folder the file lies in (the last component of its resolved path);
/// without it the name is not compared. The source may be the beginning of a file, as long as the
/// front matter is whole.
///
/// Refused are files without front matter, with front matter that is not YAML even after one
/// attempt to mend it, without a description, or beyond [`MAX_FILE_BYTES`], [`MAX_FRONT_MATTER_BYTES`],
/// [`MAX_DEPTH`], [`MAX_NODES`] or [`MAX_TEXT_BYTES`]. Bytes that are not UTF-8 are read as U+FFFD,
/// with a warning.
#[must_use]
pub fn parse(source: &[u8], folder: Option<&str>) -> Parsed {
    let mut faults = Faults::default();
    if source.len() > MAX_FILE_BYTES {
        let message = format!("the file is {} bytes long, more than {MAX_FILE_BYTES}", source.len());
        faults.push(
            Fault::new("file-too-long", Severity::Warning, Severity::Error, message)
                .hint("move details into files of their own that the body names"),
        );
    }
    let (manifest, body_offset, body_line) = match split(source) {
        Ok(found) => {
            let body = source.get(found.body_offset..).unwrap_or_default();
            (read_front_matter(found, body, folder, &mut faults), found.body_offset, found.body_line)
        }
        Err(error) => {
            faults.push(split_fault(error, source));
            (None, 0, 1)
        }
    };
    let (valid, load) = (faults.is_valid(), faults.load());
    Parsed { manifest, faults: faults.into_vec(), valid, load, body_offset, body_line }
}

fn read_front_matter(
    found: FrontMatter<'_>,
    body: &[u8],
    folder: Option<&str>,
    faults: &mut Faults,
) -> Option<Manifest> {
    if found.bom {
        faults.push(
            Fault::new(
                "byte-order-mark",
                Severity::Warning,
                Severity::Note,
                "the file starts with a byte order mark",
            )
            .hint("save it as UTF-8 without one; some clients do not find the front matter behind it"),
        );
    }
    let text = decode(found.yaml, YAML_LINE, &mut |fault| faults.push(fault));
    if let Err(error) = std::str::from_utf8(body) {
        faults.push(not_utf8(body, error.valid_up_to(), found.body_line));
    }
    let (tree, inserted) = read_yaml(&text, faults)?;
    strict_yaml::check(&tree, &mut |fault| faults.push(fault));
    let place = tree.root.as_ref().map(super::Node::place);
    if let Some(NodeKind::Mapping(pairs)) = tree.root.map(|root| root.kind) {
        return Some(fields::read(pairs, Source { text: &text, inserted: &inserted }, folder, faults));
    }
    let fault = Fault::new(
        "not-a-mapping",
        Severity::Error,
        Severity::Error,
        "SKILL.md frontmatter must be a YAML mapping",
    );
    let fault = fault.hint("write a `key: value` a line, `name` and `description` first");
    faults.push(place.map_or(fault.clone(), |place| fault.at(place)));
    None
}

/// The tree, and where quotation marks were put in to read it.
fn read_yaml(text: &str, faults: &mut Faults) -> Option<(Tree, Vec<usize>)> {
    let error = match yaml::read(text, YAML_LINE) {
        Ok(tree) => return Some((tree, Vec::new())),
        Err(error) => error,
    };
    let repaired = match &error.problem {
        Problem::Syntax(_) => repair(text),
        _ => None,
    };
    let read = repaired.and_then(|Repaired { text, inserted, keys }| {
        let tree = yaml::read(&text, YAML_LINE).ok()?;
        Some((tree, inserted, keys))
    });
    let (hint, load) = match &read {
        Some((_, _, keys)) => {
            let keys = keys.join("`, `");
            (format!("put the value of `{keys}` in quotes; it was read as if it were"), Severity::Warning)
        }
        None => (yaml_hint(&error.problem).to_owned(), Severity::Error),
    };
    faults.push(yaml_fault(&error, text).hint(hint).load(load));
    read.map(|(tree, inserted, _)| (tree, inserted))
}

fn yaml_fault(error: &YamlError, text: &str) -> Fault {
    let what = match &error.problem {
        Problem::Syntax(what) => what.clone(),
        Problem::SecondDocument => "a second document starts here".to_owned(),
        Problem::TooDeep => format!("lists and mappings are nested more than {MAX_DEPTH} deep"),
        Problem::TooManyNodes => format!("it has more than {MAX_NODES} values"),
        Problem::TooMuchText => {
            format!("it has more than {MAX_TEXT_BYTES} bytes once aliases are expanded")
        }
        Problem::Endless => "an alias repeats what it stands in".to_owned(),
    };
    let line = text.lines().nth(error.place.line.saturating_sub(YAML_LINE)).unwrap_or_default();
    Fault::new("yaml", Severity::Error, Severity::Error, format!("Invalid YAML in frontmatter: {what}"))
        .at(error.place)
        .text(line)
}

fn yaml_hint(problem: &Problem) -> &'static str {
    match problem {
        Problem::Syntax(_) => {
            "put texts with `: `, or that start with a character such as `[`, `*` or `@`, in quotes; indent with blanks"
        }
        Problem::SecondDocument => {
            "end the front matter with a line that is exactly `---`, and put texts with dashes in quotes"
        }
        Problem::TooDeep | Problem::TooManyNodes | Problem::TooMuchText => {
            "keep the front matter small; move data into a file of its own"
        }
        Problem::Endless => "write the value out",
    }
}

fn split_fault(error: SplitError, source: &[u8]) -> Fault {
    let fault = |code, message: &str| Fault::new(code, Severity::Error, Severity::Error, message);
    match error {
        SplitError::Absent => {
            let fault = fault("front-matter-missing", "SKILL.md must start with YAML frontmatter (---)");
            let first = source.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
            if source.starts_with(b"\xFF\xFE") || source.starts_with(b"\xFE\xFF") {
                fault.hint("the file is UTF-16; save it as UTF-8")
            } else if first.is_some_and(|line| line.trim_ascii() == b"---") {
                fault.hint("delete the blank lines or blanks before the first `---`")
            } else {
                fault
                    .hint("make the first line `---`, then `name: …` and `description: …`, then a line `---`")
            }
        }
        SplitError::Unclosed => {
            fault("front-matter-open", "SKILL.md frontmatter not properly closed with ---")
                .hint("end the front matter with a line that is exactly `---`")
        }
        SplitError::TooLong => {
            let message = format!("the front matter is longer than {MAX_FRONT_MATTER_BYTES} bytes");
            fault("front-matter-too-long", &message).hint("move texts into the body or a file of its own")
        }
    }
}
