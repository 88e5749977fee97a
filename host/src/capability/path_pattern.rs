//! Patterns over paths of the workspace, in gitignore's language.

use std::fmt;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// A gitignore pattern, anchored at the workspace.
///
/// `*` stays within one segment, `**` crosses them; a name without a slash matches at any depth; a pattern that
/// matches a directory covers all below it. Paths given to the methods are relative, with `/` between segments,
/// and already free of `.` and `..`.
#[derive(Clone)]
pub struct PathPattern {
    text: String,
    exact: Gitignore,
    folded: Gitignore,
    segments: Vec<Segment>,
    prefix: Vec<String>,
}

/// Why a text is no [`PathPattern`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathPatternError {
    /// Nothing between the parentheses.
    #[error("the pattern is empty")]
    Empty,
    /// A pattern that begins with `!`: there is nothing to take back from.
    #[error("`!` cannot be used here: list what is wanted, and use `disallowed-tools` to subtract")]
    Negated,
    /// `//p` and `~/p`: places of the machine, not of the workspace.
    #[error("`{0}` names a place outside the workspace: mount it with `--mount HOST:GUEST`")]
    OutsideWorkspace(String),
    /// A pattern under `${SKILL_DIR}`: the skill's folder is always readable and never writable.
    #[error("`{0}` is in the skill's own folder, which is readable without a rule and never writable")]
    SkillFolder(String),
    /// A `..` segment.
    #[error("`{0}` climbs with `..`: patterns are relative to the workspace")]
    Climbs(String),
    /// Not a valid glob.
    #[error("`{text}` is not a valid pattern: {reason}")]
    Glob {
        /// The pattern as written.
        text: String,
        /// What the glob parser said.
        reason: String,
    },
}

/// One segment of a pattern, for the question whether a directory leads to something covered.
#[derive(Clone)]
enum Segment {
    /// `**`: any directories.
    Any,
    /// A name or a glob of one segment.
    One(Gitignore),
}

impl PathPattern {
    /// Reads a pattern as it stands between the parentheses of `Read(…)` or `Edit(…)`.
    ///
    /// # Errors
    /// For an empty pattern, `!`, places outside the workspace, `..` and invalid globs.
    pub fn parse(text: &str) -> Result<Self, PathPatternError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(PathPatternError::Empty);
        }
        if trimmed.starts_with('!') {
            return Err(PathPatternError::Negated);
        }
        if trimmed.starts_with("//") || trimmed == "~" || trimmed.starts_with("~/") {
            return Err(PathPatternError::OutsideWorkspace(trimmed.to_owned()));
        }
        if trimmed.starts_with("${SKILL_DIR}") || trimmed.starts_with("${CLAUDE_SKILL_DIR}") {
            return Err(PathPatternError::SkillFolder(trimmed.to_owned()));
        }
        // `./p` means the workspace's own `p`, which gitignore spells `/p`.
        let line = match trimmed.strip_prefix("./") {
            Some("") => "/**".to_owned(),
            Some(rest) => format!("/{}", rest.trim_start_matches('/')),
            None => trimmed.to_owned(),
        };
        if line.split('/').any(|segment| segment == "..") {
            return Err(PathPatternError::Climbs(trimmed.to_owned()));
        }
        let segments = segments(&line)?;
        let prefix = prefix(&line);
        Ok(Self { text: trimmed.to_owned(), exact: exact(&line)?, folded: folded(&line)?, segments, prefix })
    }

    /// Whether the pattern grants `path`: exact case, anchored as written.
    #[must_use]
    pub fn covers(&self, path: &str, directory: bool) -> bool {
        matches(&self.exact, path, directory)
    }

    /// Whether the pattern, as a refusal, reaches `path`: case-folded, and at any depth, since a refusal that is
    /// too wide is safe and one that is too narrow is not.
    #[must_use]
    pub fn touches(&self, path: &str, directory: bool) -> bool {
        matches(&self.folded, path, directory) || matches(&self.folded, &path.to_lowercase(), directory)
    }

    /// Whether `directory` could hold, at some depth, a path that the pattern covers: then it may be looked at
    /// and listed, though nothing else in it is granted. The workspace itself is the empty path.
    #[must_use]
    pub fn leads_to(&self, directory: &str) -> bool {
        let mut pattern = self.segments.iter();
        for name in directory.split('/').filter(|name| !name.is_empty()) {
            match pattern.next() {
                Some(Segment::Any) => return true,
                Some(Segment::One(glob)) if matches(glob, name, true) => {}
                Some(Segment::One(_)) | None => return false,
            }
        }
        true
    }

    /// Whether `directory` is one that the pattern names literally on the way to what it covers: `notes` for
    /// `notes/**`. A rule to write implies making these.
    #[must_use]
    pub fn implies(&self, directory: &str) -> bool {
        let mut prefix = self.prefix.iter();
        !directory.is_empty()
            && directory.split('/').all(|name| prefix.next().is_some_and(|literal| literal == name))
    }

    /// Whether one of the pattern's segments is exactly `name`: the pattern spells that name out.
    #[must_use]
    pub fn spells(&self, name: &str) -> bool {
        self.text.split('/').any(|segment| segment == name)
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PathPattern").field(&self.text).finish()
    }
}

impl PartialEq for PathPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// What is no canonical path (`a//b`, `./a`) is matched by nothing, so it is never allowed; the library would panic at
/// some of them.
fn matches(set: &Gitignore, path: &str, directory: bool) -> bool {
    path.split('/').all(|name| !matches!(name, "" | "." | ".."))
        && set.matched_path_or_any_parents(path, directory).is_ignore()
}

fn exact(line: &str) -> Result<Gitignore, PathPatternError> {
    compile(&[line.to_owned()], false)
}

fn folded(line: &str) -> Result<Gitignore, PathPatternError> {
    let mut lines = vec![line.to_owned(), line.to_lowercase()];
    if !line.starts_with('/') && line.contains('/') {
        lines.push(format!("**/{line}"));
    }
    compile(&lines, true)
}

fn compile(lines: &[String], fold: bool) -> Result<Gitignore, PathPatternError> {
    let mut builder = GitignoreBuilder::new("");
    // Git lets an unclosed `[` match nothing, silently; whoever writes a rule should hear of it.
    builder.allow_unclosed_class(false);
    let fault = |line: &str, reason: &ignore::Error| PathPatternError::Glob {
        text: line.to_owned(),
        reason: reason.to_string(),
    };
    for line in lines {
        builder.case_insensitive(fold).map_err(|error| fault(line, &error))?;
        // A `#` would begin a comment, and a comment grants or refuses nothing.
        let line = if line.starts_with('#') { format!("\\{line}") } else { line.clone() };
        builder.add_line(None, &line).map_err(|error| fault(&line, &error))?;
    }
    let set = builder.build().map_err(|error| fault(lines.first().map_or("", String::as_str), &error))?;
    if set.is_empty() {
        return Err(PathPatternError::Empty);
    }
    Ok(set)
}

fn segments(line: &str) -> Result<Vec<Segment>, PathPatternError> {
    let body = line.trim_end_matches('/');
    // A name without a slash matches at any depth, so any directory may lead to it.
    if !body.contains('/') {
        return Ok(vec![Segment::Any]);
    }
    body.split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| match segment {
            "**" => Ok(Segment::Any),
            one => exact(&format!("/{one}")).map(Segment::One),
        })
        .collect()
}

fn prefix(line: &str) -> Vec<String> {
    let mut names: Vec<&str> = line.split('/').filter(|segment| !segment.is_empty()).collect();
    if !line.ends_with('/') {
        names.pop();
    }
    names.into_iter().take_while(|name| !name.contains(['*', '?', '[', '\\'])).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> PathPattern {
        PathPattern::parse(text).unwrap()
    }

    #[test]
    fn an_anchored_directory_covers_what_is_below_and_nothing_beside() {
        let notes = pattern("notes/**");
        assert!(notes.covers("notes/a.md", false));
        assert!(notes.covers("notes/deep/er.md", false));
        assert!(!notes.covers("notes", true));
        assert!(!notes.covers("notesbook/a.md", false));
        assert!(!notes.covers("old/notes/a.md", false));
    }

    #[test]
    fn a_bare_name_matches_at_any_depth() {
        assert!(pattern(".env").covers("a/b/.env", false));
        assert!(pattern("*.csv").covers("data/x.csv", false));
        assert!(!pattern("./x.csv").covers("data/x.csv", false));
        assert!(pattern("./x.csv").covers("x.csv", false));
        assert!(pattern("/x.csv").covers("x.csv", false));
    }

    #[test]
    fn a_star_stays_in_its_segment() {
        assert!(pattern("data/*.csv").covers("data/a.csv", false));
        assert!(!pattern("data/*.csv").covers("data/deep/a.csv", false));
        assert!(pattern("data/**/*.csv").covers("data/deep/er/a.csv", false));
        assert!(pattern("data/**/*.csv").covers("data/a.csv", false));
    }

    #[test]
    fn a_matching_directory_covers_all_below_it() {
        assert!(pattern("data").covers("data/deep/a.csv", false));
        assert!(pattern("data/").covers("data/deep/a.csv", false));
        assert!(!pattern("data/").covers("data", false), "a trailing slash means directories only");
    }

    #[test]
    fn refusals_fold_case_and_reach_any_depth() {
        let refused = pattern("secrets/**");
        assert!(refused.touches("SECRETS/a", false));
        assert!(refused.touches("deep/secrets/a", false));
        assert!(!refused.covers("SECRETS/a", false));
        assert!(!refused.covers("deep/secrets/a", false));
        assert!(pattern(".ENV").touches(".env", false));
        assert!(pattern("ÄPFEL").touches("äpfel", false));
    }

    #[test]
    fn directories_on_the_way_are_visible() {
        let deep = pattern("out/2024/*.csv");
        assert!(deep.leads_to(""));
        assert!(deep.leads_to("out"));
        assert!(deep.leads_to("out/2024"));
        assert!(!deep.leads_to("outer"));
        assert!(!deep.leads_to("out/2025"));
        assert!(pattern("**/*.csv").leads_to("any/where"));
        assert!(pattern("*.csv").leads_to("any/where"));
        assert!(pattern("src/**").leads_to("src"));
        assert!(!pattern("src/**").leads_to("lib"));
    }

    #[test]
    fn the_literal_way_to_a_pattern_is_implied() {
        assert!(pattern("notes/**").implies("notes"));
        assert!(pattern("a/b/*.md").implies("a") && pattern("a/b/*.md").implies("a/b"));
        assert!(!pattern("a/b/*.md").implies("a/b/c"));
        assert!(!pattern("a/*/c/**").implies("a/x"));
        assert!(!pattern("**/*.md").implies("a"));
        assert!(!pattern("*.md").implies("a"));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        assert_eq!(PathPattern::parse(" ").unwrap_err(), PathPatternError::Empty);
        assert_eq!(PathPattern::parse("!x").unwrap_err(), PathPatternError::Negated);
        assert!(matches!(PathPattern::parse("//etc/passwd"), Err(PathPatternError::OutsideWorkspace(_))));
        assert!(matches!(PathPattern::parse("~/x"), Err(PathPatternError::OutsideWorkspace(_))));
        assert!(matches!(PathPattern::parse("a/../b"), Err(PathPatternError::Climbs(_))));
        assert!(matches!(PathPattern::parse("${SKILL_DIR}/x"), Err(PathPatternError::SkillFolder(_))));
        assert!(matches!(PathPattern::parse("a[b"), Err(PathPatternError::Glob { .. })));
    }

    #[test]
    fn what_is_no_canonical_path_is_covered_by_nothing() {
        for path in ["", "/a", "a/", "a//b", "./a", ".//a", ".", "..", "a/../b", "a/./b"] {
            let every = pattern("**");
            assert!(!every.covers(path, false) && !every.touches(path, true), "{path}");
        }
        assert!(pattern("**").covers(".a/..b/c.", false));
    }

    #[test]
    fn a_comment_sign_is_a_name() {
        assert!(pattern("#notes").covers("#notes", false));
    }

    #[test]
    fn the_lone_star_covers_everything() {
        assert!(pattern("*").covers("a/b/c", false));
        assert!(pattern("**").covers("a/b/c", false));
    }
}
