//! Patterns over paths of the workspace, in gitignore's language.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::name_glob::NameGlob;

/// The longest pattern, in bytes: as long as a path may be.
const MAX_BYTES: usize = 4_096;

/// A gitignore pattern, anchored at the workspace.
///
/// `*` stays within one segment, `**` crosses them; a name without a slash matches at any depth; a pattern that
/// matches a directory covers all below it. Paths given to the methods are relative, with `/` between segments,
/// and already free of `.` and `..`.
///
/// It is read as git reads it, which is tested against git itself, but by characters where git goes by bytes.
#[derive(Clone)]
pub struct PathPattern {
    text: String,
    exact: Vec<Segment>,
    folded: Vec<Segment>,
    /// A name alone, which matches at any depth.
    floating: bool,
    /// Written with a trailing `/`.
    directories: bool,
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
    /// Longer than any path.
    #[error("the pattern is longer than {MAX_BYTES} bytes, and so than any path")]
    TooLong,
    /// Not a valid glob.
    #[error("`{text}` is not a valid pattern: {reason}")]
    Glob {
        /// The pattern as written.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// One segment of a pattern.
#[derive(Clone, Debug)]
enum Segment {
    /// `**`: any directories, none included; at the end, anything below.
    Any,
    /// A name or a glob of one segment.
    One(NameGlob),
}

/// A path in the two forms that patterns are compared with, made once for all rules.
#[derive(Debug)]
pub(super) struct Target<'a> {
    names: Vec<&'a str>,
    folded: Vec<String>,
    directory: bool,
}

impl<'a> Target<'a> {
    pub(super) fn new(path: &'a str, directory: bool) -> Self {
        // What is no canonical path (`a//b`, `./a`) is matched by nothing, so it is never allowed.
        let canonical = path.split('/').all(|name| !matches!(name, "" | "." | ".."));
        let names: Vec<&str> = if canonical { path.split('/').collect() } else { Vec::new() };
        let folded = names.iter().map(|name| fold(name)).collect();
        Self { names, folded, directory }
    }
}

impl PathPattern {
    /// Reads a pattern as it stands between the parentheses of `Read(…)` or `Edit(…)`.
    ///
    /// # Errors
    /// For an empty pattern, `!`, places outside the workspace, `..`, invalid globs and more than 4,096 bytes.
    pub fn parse(text: &str) -> Result<Self, PathPatternError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(PathPatternError::Empty);
        }
        if trimmed.len() > MAX_BYTES {
            return Err(PathPatternError::TooLong);
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
        let fault = |reason: String| PathPatternError::Glob { text: trimmed.to_owned(), reason };
        let (body, directories) = match line.strip_suffix('/') {
            // A `/` after a backslash is still the separator, and the backslash is left alone.
            Some(body) => (body, true),
            None => (line.as_str(), false),
        };
        let floating = !body.contains('/');
        let relative = body.strip_prefix('/').unwrap_or(body);
        if relative.is_empty() {
            return Err(fault("it names nothing: `**` is everything".to_owned()));
        }
        let mut exact = Vec::new();
        for segment in relative.split('/') {
            match segment {
                "" => return Err(fault("there is nothing between two of its `/`".to_owned())),
                "." => return Err(fault("`.` in a pattern matches nothing; `**` is everything".to_owned())),
                stars if !floating && stars.len() > 1 && stars.bytes().all(|b| b == b'*') => {
                    if !matches!(exact.last(), Some(Segment::Any)) {
                        exact.push(Segment::Any);
                    }
                }
                one => exact.push(Segment::One(NameGlob::parse(one).map_err(fault)?)),
            }
        }
        let mut folded: Vec<Segment> = exact.iter().map(Segment::folded).collect();
        if !floating && !body.starts_with('/') && !matches!(folded.first(), Some(Segment::Any)) {
            folded.insert(0, Segment::Any);
        }
        let prefix = prefix(&exact, floating, directories);
        Ok(Self { text: trimmed.to_owned(), exact, folded, floating, directories, prefix })
    }

    /// Whether the pattern grants `path`: exact case, anchored as written.
    #[must_use]
    pub fn covers(&self, path: &str, directory: bool) -> bool {
        self.grants(&Target::new(path, directory))
    }

    /// Whether the pattern, as a refusal, reaches `path`: case-folded, and at any depth, since a refusal that is
    /// too wide is safe and one that is too narrow is not.
    #[must_use]
    pub fn touches(&self, path: &str, directory: bool) -> bool {
        self.refuses(&Target::new(path, directory))
    }

    pub(super) fn grants(&self, target: &Target<'_>) -> bool {
        self.meets(&self.exact, &target.names, target.directory, false)
    }

    pub(super) fn refuses(&self, target: &Target<'_>) -> bool {
        // Folding makes a negated class narrower, which a refusal must not be.
        self.meets(&self.folded, &target.folded, target.directory, true) || self.grants(target)
    }

    fn meets<N: AsRef<str>>(&self, pattern: &[Segment], names: &[N], directory: bool, folded: bool) -> bool {
        let may_end = |position: usize| position < names.len() || !self.directories || directory;
        if self.floating {
            let Some(Segment::One(glob)) = pattern.first() else { return false };
            let mut positions = names.iter().zip(1..);
            return positions.any(|(name, end)| may_end(end) && glob.matches(name.as_ref(), folded));
        }
        let (mut at, mut position) = (0, 0);
        // Where to go on if the last `**` has to take one more name. The shortest match is the best: what is below a
        // match is covered.
        let mut again: Option<(usize, usize)> = None;
        loop {
            let met = match (pattern.get(at), names.get(position)) {
                (None, _) => return may_end(position),
                (Some(Segment::Any), name) if at + 1 == pattern.len() => {
                    return name.is_some() && may_end(position + 1);
                }
                (Some(Segment::Any), _) => {
                    at += 1;
                    again = Some((at, position));
                    continue;
                }
                (Some(Segment::One(glob)), Some(name)) => glob.matches(name.as_ref(), folded),
                (Some(Segment::One(_)), None) => return false,
            };
            match &mut again {
                _ if met => (at, position) = (at + 1, position + 1),
                Some((after, from)) => {
                    *from += 1;
                    (at, position) = (*after, *from);
                }
                None => return false,
            }
        }
    }

    /// Whether `directory` could hold, at some depth, a path that the pattern covers: then it may be looked at
    /// and listed, though nothing else in it is granted. The workspace itself is the empty path.
    #[must_use]
    pub fn leads_to(&self, directory: &str) -> bool {
        if self.floating {
            return true;
        }
        let mut pattern = self.exact.iter();
        for name in directory.split('/').filter(|name| !name.is_empty()) {
            match pattern.next() {
                Some(Segment::Any) => return true,
                Some(Segment::One(glob)) if glob.matches(name, false) => {}
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

    /// Whether the pattern covers every path.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        let body = self.text.strip_prefix("./").unwrap_or(&self.text).trim_start_matches('/');
        !self.directories && (matches!(body, "*" | "**") || self.text == "./")
    }

    /// A path that the pattern covers, with `filler` where any name may stand: `data/x.csv` for `data/*.csv`.
    #[must_use]
    pub fn example(&self, filler: &str) -> String {
        let mut names = Vec::new();
        for (index, segment) in self.exact.iter().enumerate() {
            match segment {
                Segment::One(glob) => names.push(glob.example(filler)),
                Segment::Any if index + 1 == self.exact.len() => names.push(filler.to_owned()),
                Segment::Any => {}
            }
        }
        if self.directories {
            names.push(filler.to_owned());
        }
        names.join("/")
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Segment {
    fn folded(&self) -> Self {
        match self {
            Self::Any => Self::Any,
            Self::One(glob) => Self::One(glob.folded()),
        }
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

/// A name as a file system that does not tell case apart may see it, or wider: what has one form in capitals is one.
pub(super) fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.nfc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

/// The directories that a pattern names literally on the way to what it covers.
fn prefix(segments: &[Segment], floating: bool, directories: bool) -> Vec<String> {
    let literal = |segment: &Segment| match segment {
        Segment::One(glob) => glob.literal(),
        Segment::Any => None,
    };
    if floating && !directories {
        return Vec::new();
    }
    let count = if directories { segments.len() } else { segments.len().saturating_sub(1) };
    segments.iter().take(count).map_while(literal).collect()
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
        for text in ["a[b", "a\\", "[[:nope:]]", "a//b", "a/./b", "/"] {
            assert!(matches!(PathPattern::parse(text), Err(PathPatternError::Glob { .. })), "{text}");
        }
        assert_eq!(PathPattern::parse(&"a".repeat(4_097)).unwrap_err(), PathPatternError::TooLong);
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

    #[test]
    fn braces_are_characters() {
        let braces = pattern("{a,b}.csv");
        assert!(braces.covers("{a,b}.csv", false) && !braces.covers("a.csv", false));
    }

    #[test]
    fn a_refusal_is_never_narrower_than_the_same_rule_that_allows() {
        for (text, path) in [("[!a]", "A"), ("[A-C]", "b"), ("[^k]", "K"), ("straße", "STRASSE"), ("ﬁ", "FI")]
        {
            assert!(pattern(text).touches(path, false), "{text} {path}");
        }
        // The same name composed and decomposed.
        assert!(pattern("caf\u{e9}").touches("cafe\u{301}", false));
    }

    #[test]
    fn hostile_patterns_and_paths_take_little_time() {
        let many = pattern(&"**/a/".repeat(800));
        assert!(!many.covers(&("a/".repeat(790) + "b"), false));
        assert!(many.covers(&("a/".repeat(900) + "a"), true));
    }
}
