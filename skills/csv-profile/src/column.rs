//! One column of the table.

use std::collections::HashMap;

use openskills_sdk::prelude::*;
use serde::Serialize;

use crate::cell::Cell;
use crate::numbers::{Number, Numbers, Summary};

/// How many different values of a column are told apart.
const MAX_DISTINCT: usize = 10_000;

/// What the whole table may still remember, so that no file can exhaust the memory.
pub(crate) struct Budget {
    pub(crate) numbers: usize,
    pub(crate) text: usize,
}

/// What there is to say about a column.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Column {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    /// Cells that are not missing.
    pub(crate) count: u64,
    /// Cells that are empty, `NA`, `null` or another of the texts that pandas takes for a missing value.
    pub(crate) missing: u64,
    /// Different values, missing ones aside; null if there are more than can be told apart (10,000 texts).
    pub(crate) distinct: Option<u64>,
    /// For columns of type integer or number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) numbers: Option<Summary>,
    /// For columns of type date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dates: Option<Period>,
    /// The most frequent values; if `distinct` is null, of the first 10,000 different ones.
    pub(crate) top: Vec<Frequent>,
}

/// What all values of a column have in common.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Integer,
    Number,
    Boolean,
    Date,
    Text,
    /// Every value is missing.
    Empty,
}

/// The earliest and the latest date.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Period {
    pub(crate) first: String,
    pub(crate) last: String,
}

/// A value and how often it occurs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Frequent {
    pub(crate) value: String,
    pub(crate) count: u64,
}

/// The cells of a column seen so far.
#[derive(Default)]
pub(crate) struct Cells {
    count: u64,
    missing: u64,
    integers: u64,
    reals: u64,
    booleans: u64,
    dates: u64,
    numbers: Numbers,
    period: Option<Period>,
    values: HashMap<Box<str>, u64>,
    uncounted: bool,
}

impl Cells {
    pub(crate) fn add(&mut self, text: &str, budget: &mut Budget) {
        match Cell::of(text) {
            Cell::Missing => {
                self.missing += 1;
                return;
            }
            Cell::Integer(value) => {
                self.integers += 1;
                self.numbers.add(Number::Integer(value), &mut budget.numbers);
            }
            Cell::Number(value) => {
                self.reals += 1;
                self.numbers.add(Number::Real(value), &mut budget.numbers);
            }
            Cell::Date(value) => {
                self.dates += 1;
                let period =
                    self.period.get_or_insert_with(|| Period { first: value.clone(), last: value.clone() });
                if value < period.first {
                    period.first = value;
                } else if value > period.last {
                    period.last = value;
                }
            }
            Cell::Boolean => self.booleans += 1,
            Cell::Text => {}
        }
        self.count += 1;
        if let Some(count) = self.values.get_mut(text) {
            *count += 1;
        } else if self.values.len() < MAX_DISTINCT && text.len() <= budget.text {
            budget.text -= text.len();
            self.values.insert(text.into(), 1);
        } else {
            self.uncounted = true;
        }
    }

    /// A row that ended before this column, or the rows before its first cell.
    pub(crate) fn add_missing(&mut self, rows: u64) {
        self.missing += rows;
    }

    pub(crate) fn finish(self, name: String, top: usize) -> Column {
        let kind = self.kind();
        let counted = (!self.uncounted).then_some(self.values.len() as u64);
        let (distinct, numbers) = match kind {
            // `1` and `1.0` are one number.
            Kind::Integer | Kind::Number => self.numbers.summary().unzip(),
            _ => (None, None),
        };
        let mut frequent: Vec<_> = self.values.into_iter().collect();
        frequent.sort_unstable_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.cmp(b)));
        frequent.truncate(top);
        Column {
            name,
            kind,
            count: self.count,
            missing: self.missing,
            distinct: distinct.unwrap_or(counted),
            numbers,
            dates: self.period.filter(|_| kind == Kind::Date),
            top: frequent.into_iter().map(|(value, count)| Frequent { value: value.into(), count }).collect(),
        }
    }

    fn kind(&self) -> Kind {
        match self.count {
            0 => Kind::Empty,
            count if count == self.integers => Kind::Integer,
            count if count == self.integers + self.reals => Kind::Number,
            count if count == self.booleans => Kind::Boolean,
            count if count == self.dates => Kind::Date,
            _ => Kind::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cells: &[&str]) -> Column {
        let mut column = Cells::default();
        let mut budget = Budget { numbers: 100, text: 100 };
        for cell in cells {
            column.add(cell, &mut budget);
        }
        column.finish("c".into(), 1)
    }

    #[test]
    fn types() {
        for (cells, kind) in [
            (&["1", "", "2"][..], Kind::Integer),
            (&["1", "2.5"], Kind::Number),
            (&["true", "False", "NA"], Kind::Boolean),
            (&["2026-08-01", "2026-07-01"], Kind::Date),
            (&["1", "x"], Kind::Text),
            (&["1", "true"], Kind::Text),
            (&["", "n/a"], Kind::Empty),
        ] {
            assert_eq!(of(cells).kind, kind, "{cells:?}");
        }
    }

    #[test]
    fn one_number_may_be_written_in_two_ways() {
        assert_eq!(of(&["1", "1.0", "2"]).distinct, Some(2));
        assert_eq!(of(&["1", "1.0", "x"]).distinct, Some(3));
    }

    #[test]
    fn the_period_of_dates() {
        let period = Period { first: "2026-07-01".into(), last: "2026-08-02".into() };
        assert_eq!(of(&["2026-08-01", "2026/07/01", "2026-08-02"]).dates, Some(period));
    }

    #[test]
    fn too_much_text_is_not_told_apart() {
        let long = "x".repeat(200);
        let column = of(&["a", &long, "a"]);
        assert_eq!((column.count, column.distinct, column.top[0].count), (3, None, 2));
    }
}
