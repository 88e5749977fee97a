//! Names of environment variables, exact or by prefix.

use std::fmt;

/// What stands in `Env(…)`: `NAME`, or `PREFIX_*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvPattern {
    /// One variable.
    Exact(String),
    /// All whose name begins so, and is longer.
    Prefix(String),
    /// `Env` or `Env(*)`: every variable. As a request it grants nothing; as a refusal it refuses all.
    Every,
}

/// Why a text is no [`EnvPattern`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of an environment variable: write `Env(NAME)` or `Env(PREFIX_*)`")]
pub struct EnvPatternError(String);

impl EnvPattern {
    /// Reads what stands between the parentheses.
    ///
    /// # Errors
    /// If it has other characters than letters, digits and `_`, or a `*` elsewhere than at the end.
    pub fn parse(text: &str) -> Result<Self, EnvPatternError> {
        let text = text.trim();
        if text == "*" {
            return Ok(Self::Every);
        }
        let (name, prefix) = text.strip_suffix('*').map_or((text, false), |name| (name, true));
        let valid = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.chars().next().is_some_and(|c| !c.is_ascii_digit());
        match (valid, prefix) {
            (false, _) => Err(EnvPatternError(text.to_owned())),
            (true, true) => Ok(Self::Prefix(name.to_owned())),
            (true, false) => Ok(Self::Exact(name.to_owned())),
        }
    }

    /// Whether the variable is meant. Names are case-sensitive, as they are on Linux.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == name,
            Self::Prefix(prefix) => name.len() > prefix.len() && name.starts_with(prefix.as_str()),
            Self::Every => true,
        }
    }
}

impl fmt::Display for EnvPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::Every => f.write_str("*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_and_prefix() {
        let exact = EnvPattern::parse("LANG").unwrap();
        assert!(exact.matches("LANG") && !exact.matches("LANGUAGE") && !exact.matches("lang"));
        let prefix = EnvPattern::parse("APP_*").unwrap();
        assert!(prefix.matches("APP_KEY") && !prefix.matches("APP_") && !prefix.matches("MYAPP_KEY"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "A B", "A*B", "1A", "*A", "A-B", "ä"] {
            assert!(EnvPattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn display_parses_back() {
        for text in ["LANG", "APP_*", "*"] {
            assert_eq!(EnvPattern::parse(text).unwrap().to_string(), text);
        }
    }
}
