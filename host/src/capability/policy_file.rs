//! A policy as a file: YAML with the lists `allow`, `ask` and `deny`.

use serde::Deserialize;

use super::policy::{Policy, PolicyError, Preset};

/// Why a policy file cannot be used. A file with one bad rule is not used at all: a misspelt deny must not fail open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFileError {
    /// It is not YAML, or has an unknown key or a value of the wrong kind.
    #[error("{0}")]
    Yaml(String),
    /// One of its rules is not valid.
    #[error(transparent)]
    Rule(#[from] PolicyError),
}

/// Bytes that a policy file may have.
const MAX_BYTES: usize = 256 << 10;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    preset: Option<Name>,
    allow: Vec<String>,
    ask: Vec<String>,
    deny: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Standard,
    Trust,
    Locked,
}

impl Policy {
    /// Adds the rules of a policy file to this policy.
    ///
    /// ```
    /// use openskills_runtime::Policy;
    /// let policy = Policy::default().with_yaml("deny: [Read(.env)]\nallow:\n  - WebFetch(domain:example.com)\n")?;
    /// assert_eq!(policy.deny_rules().len(), 1);
    /// # Ok::<(), openskills_runtime::PolicyFileError>(())
    /// ```
    ///
    /// Keys: `allow`, `ask`, `deny` (lists of rules) and `preset` (`standard`, `trust` or `locked`). An empty file
    /// adds nothing.
    ///
    /// # Errors
    /// For text that is not YAML or longer than 256 KiB, unknown keys, and rules that are unknown or malformed.
    pub fn with_yaml(mut self, text: &str) -> Result<Self, PolicyFileError> {
        if text.len() > MAX_BYTES {
            return Err(PolicyFileError::Yaml(format!(
                "it has {} bytes; a policy has at most {MAX_BYTES}",
                text.len()
            )));
        }
        let empty = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
        let file: File = match empty {
            true => File::default(),
            false => serde_yaml::from_str(text).map_err(|error| PolicyFileError::Yaml(error.to_string()))?,
        };
        // What one file has locked, another does not unlock.
        if let Some(preset) = file.preset.filter(|_| self.preset != Preset::Locked) {
            self.preset = match preset {
                Name::Standard => Preset::Standard,
                Name::Trust => Preset::Trust,
                Name::Locked => Preset::Locked,
            };
        }
        for rule in file.allow {
            self = self.allow(&rule)?;
        }
        for rule in file.ask {
            self = self.ask(&rule)?;
        }
        for rule in file.deny {
            self = self.deny(&rule)?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Policy, PolicyFileError> {
        Policy::default().with_yaml(text)
    }

    #[test]
    fn rules_are_read_in_their_order() {
        let policy =
            read("preset: locked\nallow:\n- Read(a b/**)\n- Env(LANG)\ndeny: [\"Read(.env)\"]\n").unwrap();
        let allow: Vec<&str> = policy.allow_rules().iter().map(super::super::rule::Rule::text).collect();
        assert_eq!(allow, ["Read(a b/**)", "Env(LANG)"]);
        assert_eq!((policy.deny_rules().len(), policy.preset()), (1, Preset::Locked));
    }

    #[test]
    fn what_is_locked_stays_locked() {
        let policy = read("preset: locked").unwrap().with_yaml("preset: trust").unwrap();
        assert_eq!(policy.preset(), Preset::Locked);
    }

    #[test]
    fn an_empty_file_adds_nothing() {
        for text in ["", "# nothing yet\n", "\n\n"] {
            assert!(read(text).unwrap().allow_rules().is_empty(), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        assert!(matches!(read("denny: [Read]"), Err(PolicyFileError::Yaml(_))));
        assert!(matches!(read("deny: [Raed]"), Err(PolicyFileError::Rule(_))));
        assert!(matches!(read("deny: Read"), Err(PolicyFileError::Yaml(_))));
        assert!(matches!(read("deny: [Bash]"), Err(PolicyFileError::Rule(_))));
        assert!(matches!(read("preset: lockd"), Err(PolicyFileError::Yaml(_))));
        assert!(matches!(read(": ["), Err(PolicyFileError::Yaml(_))));
    }
}
