//! The table as a whole, read in one pass.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufReader, Cursor, Read};

use csv::{ByteRecord, ReaderBuilder};
use openskills_sdk::prelude::*;
use serde::Serialize;

use crate::column::{Budget, Cells, Column};
use crate::delimiter;

/// How much of the file is looked at to find the delimiter.
const SAMPLE: u64 = 64 << 10;
/// How many numbers are remembered for the quantiles: 32 MB.
const MAX_NUMBERS: usize = 4_000_000;
/// How many bytes of different values are remembered.
const MAX_TEXT: usize = 16 << 20;
/// Up to how many rows duplicates are counted.
const MAX_COMPARED: usize = 2_000_000;
/// A file of more columns is hardly a table, and each column costs memory.
const MAX_COLUMNS: usize = 4096;

/// What is in the file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Table {
    /// Rows, the header aside.
    pub(crate) rows: u64,
    /// Rows that are the same as an earlier one, character by character; null beyond 2,000,000 rows.
    pub(crate) duplicate_rows: Option<u64>,
    /// Rows with more or fewer fields than the first row has.
    pub(crate) uneven_rows: u64,
    /// Fields that are not UTF-8 text; what is not is read as U+FFFD.
    pub(crate) fields_not_utf8: u64,
    /// The character between the fields.
    pub(crate) delimiter: char,
    pub(crate) columns: Vec<Column>,
}

pub(crate) fn profile(
    mut file: impl Read,
    given: Option<u8>,
    header: bool,
    top: usize,
) -> Result<Table, Error> {
    let mut sample = Vec::new();
    file.by_ref().take(SAMPLE).read_to_end(&mut sample)?;
    if sample.starts_with(b"\xff\xfe") || sample.starts_with(b"\xfe\xff") {
        bail!("the file is UTF-16 text: save it as UTF-8");
    }
    let delimiter = given.unwrap_or_else(|| delimiter::detect(whole_lines(&sample)));
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(header)
        .flexible(true)
        .from_reader(Cursor::new(sample).chain(BufReader::new(file)));

    let mut fields_not_utf8 = 0;
    let mut names = Vec::new();
    if header {
        names.extend(reader.byte_headers()?.iter().map(|name| String::from_utf8_lossy(name).into_owned()));
    }
    let mut columns: Vec<Cells> = names.iter().map(|_| Cells::default()).collect();
    let mut budget = Budget { numbers: MAX_NUMBERS, text: MAX_TEXT };
    let mut seen = HashSet::new();
    let (mut rows, mut duplicate_rows, mut uneven_rows) = (0, 0, 0);
    let mut row = ByteRecord::new();
    while reader.read_byte_record(&mut row)? {
        if rows == 0 && !header {
            columns.resize_with(row.len(), Cells::default);
        }
        uneven_rows += u64::from(row.len() != if header { names.len() } else { columns.len() });
        if row.len() > MAX_COLUMNS {
            bail!(
                "row {} has {} fields: `{}` is hardly the delimiter",
                rows + 1,
                row.len(),
                delimiter as char
            );
        }
        while columns.len() < row.len() {
            let mut added = Cells::default();
            added.add_missing(rows);
            columns.push(added);
        }
        for (place, column) in columns.iter_mut().enumerate() {
            match row.get(place).map(String::from_utf8_lossy) {
                Some(text) => {
                    fields_not_utf8 += u64::from(matches!(text, std::borrow::Cow::Owned(_)));
                    column.add(&text, &mut budget);
                }
                None => column.add_missing(1),
            }
        }
        rows += 1;
        if seen.len() < MAX_COMPARED {
            duplicate_rows += u64::from(!seen.insert(digest(&row)));
        }
    }
    let complete = seen.len() < MAX_COMPARED;
    let named = |place: usize| names.get(place).cloned().unwrap_or_else(|| format!("column {}", place + 1));
    Ok(Table {
        rows,
        duplicate_rows: complete.then_some(duplicate_rows),
        uneven_rows,
        fields_not_utf8,
        delimiter: delimiter as char,
        columns: columns
            .into_iter()
            .enumerate()
            .map(|(place, cells)| cells.finish(named(place), top))
            .collect(),
    })
}

fn whole_lines(sample: &[u8]) -> &[u8] {
    match sample.iter().rposition(|byte| *byte == b'\n') {
        Some(end) if sample.len() as u64 == SAMPLE => &sample[..=end],
        _ => sample,
    }
}

fn digest(row: &ByteRecord) -> u64 {
    let mut hasher = DefaultHasher::new();
    for field in row {
        field.hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Kind;

    fn of(text: &[u8]) -> Table {
        profile(text, None, true, 3).expect("a table")
    }

    #[test]
    fn a_table() {
        let table = of(b"\xef\xbb\xbfday;amount;who\n2026-08-01;1.5;Ann\n2026-08-02;;Bob\n2026-08-02;;Bob\n");
        assert_eq!((table.rows, table.duplicate_rows, table.delimiter), (3, Some(1), ';'));
        let kinds: Vec<_> = table.columns.iter().map(|column| (column.name.as_str(), column.kind)).collect();
        assert_eq!(kinds, [("day", Kind::Date), ("amount", Kind::Number), ("who", Kind::Text)]);
        assert_eq!((table.columns[1].count, table.columns[1].missing), (1, 2));
        assert_eq!((table.columns[2].top[0].value.as_str(), table.columns[2].top[0].count), ("Bob", 2));
    }

    #[test]
    fn rows_may_be_uneven() {
        let table = of(b"a,b\n1,2\n1\n1,2,3\n");
        assert_eq!((table.rows, table.uneven_rows), (3, 2));
        let counts: Vec<_> = table.columns.iter().map(|column| (column.count, column.missing)).collect();
        assert_eq!(counts, [(3, 0), (2, 1), (1, 2)]);
        assert_eq!(table.columns[2].name, "column 3");
    }

    #[test]
    fn odd_files() {
        assert_eq!(of(b"").columns.len(), 0);
        assert_eq!(of(b"a,b\n").rows, 0);
        assert_eq!(of(b"a\ncaf\xe9\n").fields_not_utf8, 1);
        assert!(profile(&b"\xff\xfea\0"[..], None, true, 3).is_err());
        let table = profile(&b"1,2\n3,4\n"[..], None, false, 3).expect("a table");
        assert_eq!((table.rows, table.columns[0].name.as_str()), (2, "column 1"));
    }
}
