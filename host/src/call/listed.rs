//! Names of a component's own in a message: few, and none of them long.

use crate::capability::printable;

/// The names that a message lists.
const MAX_LISTED: usize = 20;

/// The characters of one name.
const MAX_NAME: usize = 200;

/// The first of them, and how many more there are.
pub(super) fn some<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(MAX_LISTED);
    let shown: Vec<String> = names.take(MAX_LISTED).map(|name| format!("`{}`", cut(name))).collect();
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A name, or its beginning if it is long.
pub(super) fn cut(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME) {
        None => printable(name),
        Some((end, _)) => format!("{}…", printable(name.get(..end).unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_short_whatever_names_there_are() {
        assert_eq!(some(["a", "b"].into_iter()), "`a`, `b`");
        let long = "ä".repeat(10_000);
        let many = vec![long.as_str(); 3_000];
        let text = some(many.into_iter());
        assert!(text.ends_with("…` and 2980 more") && text.chars().count() < 20 * 210, "{text}");
    }
}
