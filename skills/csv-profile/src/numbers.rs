//! The numbers of a column, as `describe` of pandas gives them.

use openskills_sdk::prelude::*;
use serde::Serialize;

/// What there is to say about a column of numbers.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Summary {
    pub(crate) min: Number,
    pub(crate) max: Number,
    pub(crate) mean: f64,
    /// Of a sample, that is, divided by one less than the count; null for a single value.
    pub(crate) stddev: Option<f64>,
    /// Quantiles, interpolated between the two nearest values; null in tables of more than 4,000,000 numbers.
    pub(crate) quantiles: Option<Quantiles>,
}

/// The values below which a quarter, a half and three quarters of the numbers lie.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Quantiles {
    #[serde(rename = "25%")]
    pub(crate) lower: f64,
    #[serde(rename = "50%")]
    pub(crate) median: f64,
    #[serde(rename = "75%")]
    pub(crate) upper: f64,
}

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Number {
    Integer(i64),
    Real(f64),
}

impl Number {
    fn as_f64(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Real(real) => real,
        }
    }

    fn is_less(self, other: Self) -> bool {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a < b,
            (a, b) => a.as_f64() < b.as_f64(),
        }
    }
}

/// The numbers seen so far.
#[derive(Default)]
pub(crate) struct Numbers {
    range: Option<(Number, Number)>,
    count: f64,
    sum: f64,
    lost: f64,
    mean: f64,
    squares: f64,
    values: Vec<f64>,
    incomplete: bool,
}

impl Numbers {
    /// Adds one; `keep` is how many more the table may remember for its quantiles.
    pub(crate) fn add(&mut self, number: Number, keep: &mut usize) {
        let (min, max) = self.range.unwrap_or((number, number));
        self.range = Some((
            if number.is_less(min) { number } else { min },
            if max.is_less(number) { number } else { max },
        ));
        let value = number.as_f64();
        self.count += 1.0;
        // What rounding takes from a sum is kept beside it (Neumaier).
        let sum = self.sum + value;
        self.lost +=
            if self.sum.abs() < value.abs() { (value - sum) + self.sum } else { (self.sum - sum) + value };
        self.sum = sum;
        // The squares go by the mean so far (Welford), which is good enough for them.
        let from_mean = value - self.mean;
        self.mean += from_mean / self.count;
        self.squares += from_mean * (value - self.mean);
        if *keep > 0 {
            *keep -= 1;
            self.values.push(value);
        } else {
            self.incomplete = true;
        }
    }

    /// How many different numbers there are, if that is known, and what else there is to say.
    pub(crate) fn summary(mut self) -> Option<(Option<u64>, Summary)> {
        let (min, max) = self.range?;
        self.values.sort_unstable_by(f64::total_cmp);
        let quantiles = (!self.incomplete).then(|| Quantiles {
            lower: quantile(&self.values, 0.25),
            median: quantile(&self.values, 0.5),
            upper: quantile(&self.values, 0.75),
        });
        self.values.dedup();
        let distinct = (!self.incomplete).then_some(self.values.len() as u64);
        let stddev = (self.count > 1.0).then(|| (self.squares / (self.count - 1.0)).sqrt());
        Some((distinct, Summary { min, max, mean: (self.sum + self.lost) / self.count, stddev, quantiles }))
    }
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * part;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_pandas_describes_them() {
        let mut numbers = Numbers::default();
        for value in [3, 1, 4, 1, 5, 9, 2, 6] {
            numbers.add(Number::Integer(value), &mut 10);
        }
        let (distinct, summary) = numbers.summary().expect("a summary");
        assert_eq!(distinct, Some(7));
        assert_eq!((summary.min, summary.max, summary.mean), (Number::Integer(1), Number::Integer(9), 3.875));
        assert!((summary.stddev.expect("several") - 2.748_376_143_938_713).abs() < 1e-12);
        assert_eq!(summary.quantiles, Some(Quantiles { lower: 1.75, median: 3.5, upper: 5.25 }));
    }

    #[test]
    fn what_is_not_remembered_has_no_quantiles() {
        let (mut numbers, mut keep) = (Numbers::default(), 1);
        numbers.add(Number::Real(0.5), &mut keep);
        numbers.add(Number::Integer(2), &mut keep);
        let (distinct, summary) = numbers.summary().expect("a summary");
        assert_eq!((distinct, summary.quantiles, summary.mean), (None, None, 1.25));
    }
}
