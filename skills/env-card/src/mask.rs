//! Enough of a secret to recognise it by.

/// From how many characters on the first two are shown: of shorter values they would tell too much.
const LONG_ENOUGH: usize = 5;

pub(crate) fn of(value: &str) -> String {
    let length = value.chars().count();
    let start: String = if length >= LONG_ENOUGH { value.chars().take(2).collect() } else { String::new() };
    format!("{start}… ({length} characters)")
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn no_value_is_shown_whole() {
        assert_eq!(of("de_DE.UTF-8"), "de… (11 characters)");
        assert_eq!(of("1234"), "… (4 characters)");
        assert_eq!(of("üöäßé"), "üö… (5 characters)");
        assert_eq!(of(""), "… (0 characters)");
    }
}
