//! One rule: what a `Tool(specifier)` entry means in this runtime.

use std::fmt;

use super::env_pattern::EnvPattern;
use super::network::HostPattern;
use super::path_pattern::PathPattern;
use super::source::Source;

/// What a rule reaches.
#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    /// Files of the workspace, to read.
    Read(PathPattern),
    /// Files of the workspace, to read and to change.
    Write(PathPattern),
    /// Web servers.
    Http(HostPattern),
    /// Environment variables.
    Env(EnvPattern),
}

/// The three kinds of import that a rule can open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `openskills:skill/fs`, and the contents of `wasi:filesystem`.
    Files,
    /// `openskills:skill/http`.
    Http,
    /// `openskills:skill/env`, and the contents of `wasi:cli/environment`.
    Env,
}

/// An entry of `allowed-tools`, of a policy or of a flag that has a meaning here.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    text: String,
    reach: Reach,
    source: Source,
}

impl Rule {
    pub(super) fn new(text: String, reach: Reach) -> Self {
        Self { text, reach, source: Source::Manifest }
    }

    pub(super) fn at(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// Where the rule stands.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The rule with the place where it stands, for people: `` `Read(.env)`, policy.yaml:7 ``.
    #[must_use]
    pub fn cited(&self) -> String {
        match &self.source {
            Source::Manifest | Source::Code => format!("`{}`", self.text),
            Source::Flag(name) => format!("`{name} '{}'`", self.text),
            Source::File { .. } => format!("`{}`, {}", self.text, self.source),
        }
    }

    /// The entry as it was written: `Read(data/**)`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the rule reaches.
    #[must_use]
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Which kind of import the rule opens.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.reach {
            Reach::Read(_) | Reach::Write(_) => Kind::Files,
            Reach::Http(_) => Kind::Http,
            Reach::Env(_) => Kind::Env,
        }
    }

    /// Whether the rule, as a refusal, leaves nothing of what `other` reaches.
    ///
    /// Exact only where that can be said without algebra on patterns: the same reach, everything of the kind, or
    /// one concrete name. Otherwise the answer is no, and each use is decided by itself.
    /// A refusal to write leaves reading, which a rule to write gives, too: it swallows none.
    #[must_use]
    pub(super) fn swallows(&self, other: &Self) -> bool {
        match (&self.reach, &other.reach) {
            (Reach::Read(mine), Reach::Read(theirs) | Reach::Write(theirs)) => {
                mine == theirs || mine.is_everything()
            }
            (Reach::Http(mine), Reach::Http(theirs)) => mine == theirs || mine.is_everything(),
            (Reach::Env(mine), Reach::Env(theirs)) => match theirs {
                EnvPattern::Exact(name) => mine.matches(name),
                EnvPattern::Prefix(_) | EnvPattern::Every => mine == theirs || *mine == EnvPattern::Every,
            },
            _ => false,
        }
    }
}

impl Rule {
    /// Whether the rule, as a refusal, leaves nothing of what `other` may write; with the exactness of
    /// [`Rule::swallows`].
    #[must_use]
    pub(super) fn stops_writing(&self, other: &Self) -> bool {
        match (&self.reach, &other.reach) {
            (Reach::Write(mine), Reach::Write(theirs)) => mine == theirs || mine.is_everything(),
            _ => self.swallows(other),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
