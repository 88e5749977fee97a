//! SHA-256, as lowercase hexadecimal digits.

use ring::digest::{SHA256, digest};

/// The SHA-256 of `bytes` as 64 lowercase hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(64);
    for byte in digest(&SHA256, bytes).as_ref() {
        for nibble in [byte >> 4, byte & 15] {
            text.push(DIGITS.get(usize::from(nibble)).map_or('0', |digit| char::from(*digit)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::sha256;

    #[test]
    fn the_empty_text_has_the_known_digest() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
