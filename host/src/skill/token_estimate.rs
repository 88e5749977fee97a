//! How many tokens a text will cost a model, roughly.

/// An estimate of the tokens of a text: a quarter for each ASCII character, a half for each other one below U+2E80
/// (Latin with marks, Greek, Cyrillic, Hebrew, Arabic, Indic scripts, punctuation), one for each from there on
/// (Chinese, Japanese, Korean, emoji); rounded up.
///
/// No model's own count: that needs the model's vocabulary. English prose comes out at characters / 4.
#[must_use]
pub fn estimate_tokens(text: &str) -> usize {
    quarters(text).div_ceil(QUARTERS)
}

/// Quarters in a token: the unit in which texts add up exactly.
pub(super) const QUARTERS: usize = 4;

/// The estimate for a text, in quarters of a token.
pub(super) fn quarters(text: &str) -> usize {
    text.chars().map(weight).sum()
}

/// The estimate for one character, in quarters of a token.
pub(super) fn weight(c: char) -> usize {
    match c {
        '\0'..='\u{7f}' => 1,
        '\u{80}'..='\u{2e7f}' => 2,
        _ => QUARTERS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_costs_by_its_scripts_rounded_up() {
        for (text, tokens) in
            [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("éé", 1), ("при", 2), ("漢字", 2)]
        {
            assert_eq!(estimate_tokens(text), tokens, "{text}");
        }
    }
}
