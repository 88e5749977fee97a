//! The names of fields: which exist, and which an author will have meant.

/// The fields of the open Agent Skills specification, sorted.
pub(super) const SPECIFICATION: [&str; 6] =
    ["allowed-tools", "compatibility", "description", "license", "metadata", "name"];

/// Fields that other hosts read, Claude Code first of all; kept and shown to the embedder.
const OTHER_HOSTS: [&str; 14] = [
    "agent",
    "argument-hint",
    "arguments",
    "context",
    "disable-model-invocation",
    "disallowed-tools",
    "effort",
    "hooks",
    "model",
    "paths",
    "shell",
    "user-invocable",
    "version",
    "when_to_use",
];

/// Other words for a field, without case and punctuation.
const OTHER_WORDS: [(&str, &str); 8] = [
    ("tool", "allowed-tools"),
    ("tools", "allowed-tools"),
    ("allowtools", "allowed-tools"),
    ("permittedtools", "allowed-tools"),
    ("deniedtools", "disallowed-tools"),
    ("denytools", "disallowed-tools"),
    ("disallowtools", "disallowed-tools"),
    ("forbiddentools", "disallowed-tools"),
];

/// The specification has the field.
pub(super) fn is_specified(key: &str) -> bool {
    SPECIFICATION.contains(&key)
}

/// Another host reads the field.
pub(super) fn is_known_elsewhere(key: &str) -> bool {
    OTHER_HOSTS.contains(&key)
}

/// The field that an unknown key is probably meant to be: the same letters and digits
/// (`allowedTools`), one letter more, less or other (`licence`), or another word for it (`tools`).
pub(super) fn meant(key: &str) -> Option<&'static str> {
    // The longest field's name has 24 characters; anything much longer is something else.
    if key.len() > 40 {
        return None;
    }
    let bare: String = bare(key).collect();
    let fields = || SPECIFICATION.iter().chain(&OTHER_HOSTS).copied();
    let similar = |field: &&str| {
        let long_enough = bare.len() >= 5 && field.len() >= 5;
        long_enough
            && field.len().abs_diff(bare.len()) <= 3
            && one_edit(&bare, &self::bare(field).collect::<String>())
    };
    fields()
        .find(|field| self::bare(field).eq(bare.chars()))
        .or_else(|| OTHER_WORDS.iter().find(|(word, _)| *word == bare).map(|(_, field)| *field))
        .or_else(|| fields().find(similar))
        .filter(|field| *field != key)
}

fn bare(key: &str) -> impl Iterator<Item = char> {
    key.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// One character was added, left out, replaced, or swapped with its neighbour.
fn one_edit(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(start..).unwrap_or_default(), b.get(start..).unwrap_or_default());
    let swapped = matches!((a, b), ([a0, a1, a_rest @ ..], [b0, b1, b_rest @ ..])
        if a0 == b1 && a1 == b0 && a_rest == b_rest);
    let (a_rest, b_rest) = (a.get(1..).unwrap_or_default(), b.get(1..).unwrap_or_default());
    swapped || a_rest == b_rest || a_rest == b || a == b_rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_name_the_right_field() {
        for (key, field) in [
            ("allowed_tools", "allowed-tools"),
            ("allowedTools", "allowed-tools"),
            ("Allowed-Tools", "allowed-tools"),
            ("tools", "allowed-tools"),
            ("allowed-tool", "allowed-tools"),
            ("disallowedTools", "disallowed-tools"),
            ("when-to-use", "when_to_use"),
            ("licence", "license"),
            ("descripton", "description"),
            ("descirption", "description"),
            ("Name", "name"),
        ] {
            assert_eq!(meant(key), Some(field), "{key}");
        }
    }

    #[test]
    fn other_keys_are_just_other_keys() {
        for key in ["author", "tags", "category", "names", "", "triggers", "日本"] {
            assert_eq!(meant(key), None, "{key}");
        }
        for field in SPECIFICATION.iter().chain(&OTHER_HOSTS) {
            assert_eq!(meant(field), None, "{field}");
        }
        assert_eq!(meant(&"description".repeat(1000)), None);
    }
}
