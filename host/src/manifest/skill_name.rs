//! What a skill may be called: the specification's rules, as its reference validator applies them.

use std::fmt;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The longest name, in characters (code points) after NFKC.
pub const MAX_NAME_CHARS: usize = 64;

/// A rule that a name breaks. Prints as the reference validator's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameProblem {
    /// Nothing but white space.
    Empty,
    /// Longer than [`MAX_NAME_CHARS`].
    TooLong {
        /// The name after NFKC.
        name: String,
        /// Its length in characters.
        length: usize,
    },
    /// Not in lower case.
    NotLowercase {
        /// The name after NFKC.
        name: String,
    },
    /// A hyphen comes first or last.
    EdgeHyphen,
    /// Two hyphens stand side by side.
    DoubleHyphen,
    /// Something other than letters and digits, of any script, and hyphens.
    BadCharacter {
        /// The name after NFKC.
        name: String,
    },
    /// The folder is called otherwise.
    OtherFolder {
        /// The name after NFKC.
        name: String,
        /// The folder's name as given.
        folder: String,
    },
}

/// The name that is compared and shown: without white space around it, after NFKC.
pub(super) fn normalize(name: &str) -> String {
    name.trim().nfkc().collect()
}

/// Checks a name by the specification: 1 to 64 characters after NFKC, lower-case letters and digits
/// of any script and `-`, no hyphen at an edge or beside another, equal to the folder's name (also
/// after NFKC). Every rule that is broken is in the answer, in the reference validator's order.
///
/// `folder` is the last component of the skill folder's path. Without one, or with `.`, `..` or an
/// empty text, which are no names, the comparison is left out: resolve such a path first.
#[must_use]
pub fn check_name(name: &str, folder: Option<&str>) -> Vec<NameProblem> {
    let name = normalize(name);
    if name.is_empty() {
        return vec![NameProblem::Empty];
    }
    let mut problems = Vec::new();
    let length = name.chars().count();
    if length > MAX_NAME_CHARS {
        problems.push(NameProblem::TooLong { name: name.clone(), length });
    }
    if name != name.to_lowercase() {
        problems.push(NameProblem::NotLowercase { name: name.clone() });
    }
    if name.starts_with('-') || name.ends_with('-') {
        problems.push(NameProblem::EdgeHyphen);
    }
    if name.contains("--") {
        problems.push(NameProblem::DoubleHyphen);
    }
    if !name.chars().all(|c| c == '-' || is_letter_or_digit(c)) {
        problems.push(NameProblem::BadCharacter { name: name.clone() });
    }
    if let Some(folder) = folder_name(folder)
        && folder.nfkc().ne(name.chars())
    {
        problems.push(NameProblem::OtherFolder { name, folder: folder.to_owned() });
    }
    problems
}

/// `folder`, if it is a name.
pub(super) fn folder_name(folder: Option<&str>) -> Option<&str> {
    folder.filter(|folder| !matches!(*folder, "" | "." | ".."))
}

/// As Python's `str.isalnum` has it: letters and numbers, but not the marks and symbols that Unicode
/// also calls alphabetic.
fn is_letter_or_digit(c: char) -> bool {
    c.is_alphanumeric() && !is_combining_mark(c) && !matches!(c, '\u{1F130}'..='\u{1F189}')
}

impl NameProblem {
    /// A stable name for the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "name-empty",
            Self::TooLong { .. } => "name-too-long",
            Self::NotLowercase { .. } => "name-not-lowercase",
            Self::EdgeHyphen => "name-edge-hyphen",
            Self::DoubleHyphen => "name-double-hyphen",
            Self::BadCharacter { .. } => "name-character",
            Self::OtherFolder { .. } => "name-folder",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Empty => "write the folder's name after `name:`".to_owned(),
            Self::TooLong { .. } => format!("use at most {MAX_NAME_CHARS} characters"),
            Self::NotLowercase { .. } => "use small letters only".to_owned(),
            Self::EdgeHyphen => "delete the hyphen at the edge".to_owned(),
            Self::DoubleHyphen => "write one hyphen".to_owned(),
            Self::BadCharacter { .. } => "use letters, digits and hyphens only".to_owned(),
            Self::OtherFolder { name, folder } => {
                match (check_name(name, None).is_empty(), check_name(folder, None).is_empty()) {
                    (true, true) => format!("rename the folder to `{name}`, or write `name: {folder}`"),
                    (true, false) => format!("rename the folder to `{name}`"),
                    (false, true) => format!("write `name: {folder}`"),
                    (false, false) => "give both one valid name".to_owned(),
                }
            }
        }
    }
}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Field 'name' must be a non-empty string"),
            Self::TooLong { name, length } => {
                write!(f, "Skill name '{name}' exceeds {MAX_NAME_CHARS} character limit ({length} chars)")
            }
            Self::NotLowercase { name } => write!(f, "Skill name '{name}' must be lowercase"),
            Self::EdgeHyphen => f.write_str("Skill name cannot start or end with a hyphen"),
            Self::DoubleHyphen => f.write_str("Skill name cannot contain consecutive hyphens"),
            Self::BadCharacter { name } => write!(
                f,
                "Skill name '{name}' contains invalid characters. \
                 Only letters, digits, and hyphens are allowed."
            ),
            Self::OtherFolder { name, folder } => {
                write!(f, "Directory name '{folder}' must match skill name '{name}'")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(name: &str, folder: Option<&str>) -> Vec<&'static str> {
        check_name(name, folder).iter().map(NameProblem::code).collect()
    }

    #[test]
    fn names_of_any_script_are_fine() {
        for name in ["a", "pdf-tools", "7zip", "技能", "мой-навык", "café", "１２", "ﬁle"] {
            assert_eq!(codes(name, Some(name)), Vec::<&str>::new(), "{name}");
        }
        assert_eq!(codes(" padded ", Some("padded")), Vec::<&str>::new());
    }

    #[test]
    fn every_broken_rule_is_reported_in_the_reference_order() {
        let long = format!("-A--{}_", "x".repeat(64));
        assert_eq!(
            codes(&long, Some("b")),
            [
                "name-too-long",
                "name-not-lowercase",
                "name-edge-hyphen",
                "name-double-hyphen",
                "name-character",
                "name-folder"
            ]
        );
        assert_eq!(codes("  ", Some("b")), ["name-empty"]);
        assert_eq!(codes("a b", None), ["name-character"]);
        assert_eq!(codes("a/b", None), ["name-character"]);
    }

    #[test]
    fn lengths_count_characters_after_nfkc() {
        assert_eq!(codes(&"字".repeat(64), None), Vec::<&str>::new());
        assert_eq!(codes(&"字".repeat(65), None), ["name-too-long"]);
        // A composed and a decomposed form of the same name are the same name.
        assert_eq!(codes("cafe\u{301}", Some("café")), Vec::<&str>::new());
        assert_eq!(codes(&"e\u{301}".repeat(64), None), Vec::<&str>::new());
        // NFKC makes letters of some symbols, and those of upper case are reported.
        assert_eq!(codes("Ａ", None), ["name-not-lowercase"]);
    }

    #[test]
    fn a_dot_is_no_folder_name() {
        for folder in [None, Some(""), Some("."), Some("..")] {
            assert_eq!(codes("a", folder), Vec::<&str>::new());
        }
    }

    #[test]
    fn messages_are_the_reference_validators() {
        let said: Vec<String> = check_name("My_Skill", Some("x")).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "Skill name 'My_Skill' must be lowercase",
                "Skill name 'My_Skill' contains invalid characters. Only letters, digits, and hyphens are allowed.",
                "Directory name 'x' must match skill name 'My_Skill'",
            ]
        );
    }
}
