//! The page's bytes as text: UTF-8, or Windows-1252, which browsers take for Latin-1. These are all but a few of the
//! web's pages; of others the letters outside ASCII are lost.

use std::borrow::Cow;

/// How much of a page a browser searches for its declaration.
const DECLARED_WITHIN: usize = 1024;

/// What the bytes 0x80 to 0x9f are in Windows-1252.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// `content_type` is the header, in lower case.
pub(crate) fn decode<'a>(bytes: &'a [u8], content_type: &str) -> Cow<'a, str> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARED_WITHIN)]).to_ascii_lowercase();
    let declared =
        if text.len() < bytes.len() { None } else { named(content_type).or_else(|| named(&start)) };
    match declared {
        Some("iso-8859-1" | "iso8859-1" | "latin1" | "windows-1252" | "cp1252") => windows_1252(text),
        Some(_) => String::from_utf8_lossy(text),
        None => str::from_utf8(text).map_or_else(|_| windows_1252(text), Cow::Borrowed),
    }
}

fn named(text: &str) -> Option<&str> {
    let (_, name) = text.split_once("charset=")?;
    let name = name.trim_start_matches(['"', '\'', ' ']);
    let end =
        name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(name.len());
    Some(&name[..end])
}

fn windows_1252(bytes: &[u8]) -> Cow<'_, str> {
    let letter = |byte: &u8| match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        byte => char::from(*byte),
    };
    bytes.iter().map(letter).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn charsets() {
        for (bytes, content_type, text) in [
            (&b"caf\xc3\xa9"[..], "text/html", "café"),
            (b"caf\xe9 \x80", "text/html", "café €"),
            (b"caf\xe9", "text/html; charset=iso-8859-1", "café"),
            (b"caf\xe9", "text/html; charset=\"utf-8\"", "caf\u{fffd}"),
            (b"<meta charset='Windows-1252'>\xc3\xa9", "text/html", "<meta charset='Windows-1252'>Ã©"),
            (b"\xef\xbb\xbfcaf\xc3\xa9", "text/html; charset=latin1", "café"),
        ] {
            assert_eq!(decode(bytes, content_type), text);
        }
    }
}
