//! Which character stands between the fields.

use csv::ReaderBuilder;

/// In the order of preference.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How many rows of the sample are looked at.
const ROWS: usize = 100;

/// The candidate that divides most rows of the sample into the same number of fields, of equals the one that makes
/// more fields; the comma if none divides anything.
pub(crate) fn detect(sample: &[u8]) -> u8 {
    let mut best = (b',', (0, 1));
    for candidate in CANDIDATES {
        let score = score(sample, candidate);
        if score > best.1 && score.1 > 1 {
            best = (candidate, score);
        }
    }
    best.0
}

/// How many rows have the commonest number of fields, and that number.
fn score(sample: &[u8], delimiter: u8) -> (usize, usize) {
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(sample);
    let widths: Vec<usize> = reader.byte_records().take(ROWS).flatten().map(|row| row.len()).collect();
    let rows_of = |width: usize| widths.iter().filter(|other| **other == width).count();
    widths.iter().map(|width| (rows_of(*width), *width)).max().unwrap_or((0, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters() {
        for (sample, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2\n2,5;3\n", b';'),
            ("a\tb\tc\n1\t2\t3\n", b'\t'),
            ("a|b\n\"1,2,3\"|2\n", b'|'),
            ("name,note\nx,\"a; b; c\"\ny,\"d; e\"\n", b','),
            ("alone\n1\n2\n", b','),
            ("", b','),
        ] {
            assert_eq!(detect(sample.as_bytes()), delimiter, "{sample}");
        }
    }
}
