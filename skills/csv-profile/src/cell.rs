//! What the text of one cell stands for.

/// A cell, as pandas would read it.
#[derive(Debug, PartialEq)]
pub(crate) enum Cell {
    Missing,
    Integer(i64),
    Number(f64),
    Boolean,
    /// In a form that sorts by time, whatever the separators were; a zone is not taken into account.
    Date(String),
    Text,
}

/// The texts that pandas takes for a missing value.
const MISSING: [&str; 19] = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
    "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
];

impl Cell {
    pub(crate) fn of(text: &str) -> Self {
        if MISSING.contains(&text) {
            return Self::Missing;
        }
        if matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE") {
            return Self::Boolean;
        }
        let trimmed = text.trim();
        if let Ok(integer) = trimmed.parse() {
            return Self::Integer(integer);
        }
        if let Ok(number) = trimmed.parse::<f64>()
            && !number.is_nan()
        {
            return Self::Number(number);
        }
        date(trimmed).map_or(Self::Text, Self::Date)
    }
}

/// `2026-08-01` or `2026/08/01`, perhaps with a time: `T12:30`, ` 12:30:59.5`, `T12:30:59Z`, `T12:30:59+02:00`.
fn date(text: &str) -> Option<String> {
    let day = text.get(..10)?;
    let separator = day.as_bytes()[4];
    if !matches!(separator, b'-' | b'/') || day.as_bytes()[7] != separator {
        return None;
    }
    digits(&day[..4], 0..=9999)?;
    digits(&day[5..7], 1..=12)?;
    digits(&day[8..], 1..=31)?;
    let day = day.replace('/', "-");
    let rest = &text[10..];
    if rest.is_empty() {
        return Some(day);
    }
    let time = rest.strip_prefix(['T', ' '])?;
    let time = time.find(['Z', '+', '-']).map_or(time, |zone| &time[..zone]).trim_end();
    let mut parts = time.split(':');
    digits(parts.next()?, 0..=24)?;
    digits(parts.next()?, 0..=59)?;
    if let Some(seconds) = parts.next() {
        let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
        digits(seconds, 0..=60)?;
        fraction.bytes().all(|digit| digit.is_ascii_digit()).then_some(())?;
    }
    parts.next().is_none().then(|| format!("{day}T{time}"))
}

/// Nothing, unless the text is a number of that range with no sign.
fn digits(text: &str, range: std::ops::RangeInclusive<u16>) -> Option<()> {
    let number = text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok())??;
    range.contains(&number).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cells_stand_for() {
        for (text, cell) in [
            ("", Cell::Missing),
            ("N/A", Cell::Missing),
            ("null", Cell::Missing),
            ("42", Cell::Integer(42)),
            (" -7", Cell::Integer(-7)),
            ("1e3", Cell::Number(1000.0)),
            ("99999999999999999999", Cell::Number(1e20)),
            ("TRUE", Cell::Boolean),
            ("2026/08/01", Cell::Date("2026-08-01".into())),
            ("2026-08-01 12:30", Cell::Date("2026-08-01T12:30".into())),
            ("2026-08-01T12:30:59.25+02:00", Cell::Date("2026-08-01T12:30:59.25".into())),
            ("2026-13-01", Cell::Text),
            ("2026-08/01", Cell::Text),
            ("12:30", Cell::Text),
            ("Zürich über", Cell::Text),
            ("1,5", Cell::Text),
        ] {
            assert_eq!(Cell::of(text), cell, "{text}");
        }
    }
}
