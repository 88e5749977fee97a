//! Paths as the guest sees them, and where they lead.

/// A path of the guest's file tree, absolute, lexically clean: no leading `/`, no `.`, `..` or empty segment. The
/// root is the empty path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct GuestPath {
    text: String,
    /// Written with a trailing `/` or `/.`: meant to be a directory.
    pub(crate) directory: bool,
}

/// Where a guest path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// The root directory itself, which only lists the others.
    Root,
    /// The skill's own folder, read-only.
    Skill(String),
    /// Packages for scripts, read-only.
    Packages(String),
    /// The workspace.
    Workspace(String),
    /// The call's own `/tmp`.
    Scratch(String),
    /// A further mount, by its position.
    Mount(usize, String),
    /// Nowhere; the path as it is shown.
    Outside(String),
}

/// Why a text is no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathFault {
    /// Empty, or with a NUL.
    Invalid,
    /// More than 4,096 bytes, 128 names, or a name of more than 255 bytes.
    TooLong,
    /// It climbs above the root.
    Climbs,
}

impl Location {
    /// What lies below it by this name.
    pub(crate) fn below(&self, name: &str) -> Self {
        let join = |path: &str| if path.is_empty() { name.to_owned() } else { GuestPath::below(path, name) };
        match self {
            Self::Skill(path) => Self::Skill(join(path)),
            Self::Packages(path) => Self::Packages(join(path)),
            Self::Scratch(path) => Self::Scratch(join(path)),
            Self::Workspace(path) => Self::Workspace(join(path)),
            Self::Mount(position, path) => Self::Mount(*position, join(path)),
            Self::Root | Self::Outside(_) => self.clone(),
        }
    }

    /// How many names deep it is.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Skill(path)
            | Self::Packages(path)
            | Self::Scratch(path)
            | Self::Workspace(path)
            | Self::Mount(_, path) => path.split('/').count(),
            Self::Root | Self::Outside(_) => 0,
        }
    }
}

impl GuestPath {
    /// How many names a path can have. What a guest makes can be no deeper, so that it can be walked and removed.
    pub(crate) const MAX_DEPTH: usize = 128;

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The same path, meant to be a directory.
    pub(crate) fn as_directory(&self) -> Self {
        Self { text: self.text.clone(), directory: true }
    }

    /// The same path, meant to be whatever is there.
    pub(crate) fn as_file(&self) -> Self {
        Self { text: self.text.clone(), directory: false }
    }

    /// The path as it is shown: `/workspace/a.csv`.
    pub(crate) fn shown(&self) -> String {
        format!("/{}", self.text)
    }

    /// Joins what a guest wrote to the directory it is relative to; a leading `/` starts at the root.
    pub(crate) fn join(base: &str, written: &str) -> Result<Self, PathFault> {
        if written.is_empty() || written.contains('\0') {
            return Err(PathFault::Invalid);
        }
        if base.len() + written.len() > 4_096 {
            return Err(PathFault::TooLong);
        }
        let mut segments: Vec<&str> = match written.starts_with('/') {
            true => Vec::new(),
            false => base.split('/').filter(|segment| !segment.is_empty()).collect(),
        };
        for segment in written.split('/') {
            match segment {
                "" | "." => {}
                ".." => {
                    segments.pop().ok_or(PathFault::Climbs)?;
                }
                name if name.len() > 255 || segments.len() >= Self::MAX_DEPTH => {
                    return Err(PathFault::TooLong);
                }
                name => segments.push(name),
            }
        }
        let directory = written.ends_with('/')
            || written.ends_with("/.")
            || written.ends_with("/..")
            || matches!(written, "." | "..");
        Ok(Self { text: segments.join("/"), directory })
    }

    /// Two parts of a path as one.
    pub(crate) fn below(directory: &str, path: &str) -> String {
        if path.is_empty() { directory.to_owned() } else { format!("{directory}/{path}") }
    }

    /// Splits off the last name: `a/b/c` is `a/b` and `c`.
    pub(crate) fn split(path: &str) -> (&str, &str) {
        path.rsplit_once('/').unwrap_or(("", path))
    }
}

#[cfg(test)]
mod tests {
    use super::{GuestPath, PathFault};

    fn join(base: &str, written: &str) -> Result<String, PathFault> {
        GuestPath::join(base, written).map(|path| path.text().to_owned())
    }

    #[test]
    fn joins_are_lexical() {
        assert_eq!(join("workspace/a", "b.csv"), Ok("workspace/a/b.csv".into()));
        assert_eq!(join("workspace/a", "../b.csv"), Ok("workspace/b.csv".into()));
        assert_eq!(join("workspace/a", "/skill/x"), Ok("skill/x".into()));
        assert_eq!(join("", "./a//b/."), Ok("a/b".into()));
        assert_eq!(join("a", "."), Ok("a".into()));
        assert_eq!(join("a", ".."), Ok(String::new()));
    }

    #[test]
    fn nothing_is_above_the_root() {
        assert_eq!(join("a", "../.."), Err(PathFault::Climbs));
        assert_eq!(join("", "/../etc"), Err(PathFault::Climbs));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        assert_eq!(join("", ""), Err(PathFault::Invalid));
        assert_eq!(join("", "a\0b"), Err(PathFault::Invalid));
        assert_eq!(join("", &"a".repeat(256)), Err(PathFault::TooLong));
        assert_eq!(join("", &"a/".repeat(3_000)), Err(PathFault::TooLong));
    }

    #[test]
    fn a_path_has_a_hundred_and_twenty_eight_names_at_most() {
        assert!(join("", &["a"; 128].join("/")).is_ok());
        assert_eq!(join("", &["a"; 129].join("/")), Err(PathFault::TooLong));
        assert_eq!(join(&["a"; 128].join("/"), "b"), Err(PathFault::TooLong));
    }

    #[test]
    fn a_trailing_slash_means_a_directory() {
        assert!(GuestPath::join("", "a/").unwrap().directory);
        assert!(!GuestPath::join("", "a").unwrap().directory);
    }
}
