//! The figures of `csv-profile` beside those of pandas.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what a test cannot go on without")]

mod patterns;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use openskills_tests::{Scenario, repository, skill_component};
use serde_json::{Value, json};

/// What pandas says of the file.
fn pandas(file: &Path) -> Value {
    let python = std::env::var_os("OPENSKILLS_TEST_PYTHON").expect(
        "OPENSKILLS_TEST_PYTHON names no Python with pandas: run `cargo xtask test unit`, which makes one",
    );
    let script = repository().join("tests/oracle/profile.py");
    let ran = Command::new(python).arg(script).arg(file).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// Compares both on one file.
fn compare(csv: &str) {
    let component = skill_component("csv-profile");
    let stage = Scenario::new().allowed_tools("Read").component(&component).file("data.csv", csv).ready();
    let ours = stage.run(json!({ "path": "data.csv", "top": 5 })).unwrap().output;
    let theirs = pandas(&stage.workspace.join("data.csv"));
    for key in ["rows", "duplicate_rows"] {
        assert_eq!(ours[key], theirs[key], "{key}");
    }
    let columns = theirs["columns"].as_array().unwrap();
    assert_eq!(ours["columns"].as_array().unwrap().len(), columns.len());
    for (mine, their) in ours["columns"].as_array().unwrap().iter().zip(columns) {
        let name = &their["name"];
        for key in ["name", "count", "missing", "distinct"] {
            assert_eq!(mine[key], their[key], "{name}: {key}");
        }
        let mut tops: Vec<_> =
            mine["top"].as_array().unwrap().iter().map(|top| top["count"].as_u64()).collect();
        tops.sort_by(|one, other| other.cmp(one));
        let their_tops: Vec<_> = their["top_counts"].as_array().unwrap().iter().map(Value::as_u64).collect();
        assert_eq!(tops, their_tops, "{name}: counts of the most frequent");
        let Some(numbers) = their["numbers"].as_object() else {
            assert!(mine.get("numbers").is_none(), "{name} is no column of numbers");
            continue;
        };
        for key in ["min", "max", "mean", "stddev"] {
            near(&mine["numbers"][key], &numbers[key], &format!("{name}: {key}"));
        }
        for key in ["25%", "50%", "75%"] {
            near(&mine["numbers"]["quantiles"][key], &numbers[key], &format!("{name}: {key}"));
        }
    }
}

/// Equal but for the last digits.
fn near(mine: &Value, their: &Value, what: &str) {
    match (mine.as_f64(), their.as_f64()) {
        (Some(one), Some(other)) => {
            let scale = one.abs().max(other.abs()).max(1e-300);
            assert!((one - other).abs() <= 1e-9 * scale, "{what}: {one}, pandas {other}");
        }
        _ => assert_eq!(mine, their, "{what}"),
    }
}

/// Numbers that look random and are the same in every run.
struct Digits(u64);

impl Digits {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[test]
fn a_table_of_every_kind_of_column() {
    let mut digits = Digits(42);
    let mut csv = String::from("id,price,offset,city,flag,empty,\"a, b\"\n");
    let cities = ["Zürich", "New York", "\"Paris, TX\"", "NA", "", "東京"];
    for row in 0..3_000 {
        let price = if digits.below(10) == 0 {
            String::new()
        } else {
            format!("{}.{:02}", digits.below(500), digits.below(100))
        };
        let offset = i64::try_from(digits.below(2_000_000)).unwrap() - 1_000_000;
        let city = cities[usize::try_from(digits.below(6)).unwrap()];
        let flag = ["true", "false"][usize::try_from(digits.below(2)).unwrap()];
        writeln!(
            csv,
            "{},{price},{offset},{city},{flag},,{}e-{}",
            row / 2,
            digits.below(9_999),
            digits.below(12)
        )
        .unwrap();
    }
    compare(&csv);
}

#[test]
fn rows_that_occur_twice() {
    let mut digits = Digits(7);
    let mut csv = String::from("a,b\n");
    for _ in 0..500 {
        writeln!(csv, "{},{}", digits.below(12), digits.below(12)).unwrap();
    }
    compare(&csv);
}

#[test]
fn numbers_that_cancel_each_other() {
    // A naive variance of these is 0, or negative.
    let mut csv = String::from("x\n");
    for row in 0..1_000 {
        writeln!(csv, "{}", 1_000_000_000.0 + f64::from(row % 3)).unwrap();
    }
    compare(&csv);
}

#[test]
fn a_single_row_and_a_single_column() {
    compare("x\n5\n");
    compare("a,b\n1,x\n");
}

#[test]
fn the_public_data_of_the_demo() {
    // Fetched by `cargo xtask demo`; where that did not run there is nothing to compare.
    for name in ["penguins.csv", "seattle-weather.csv"] {
        if let Ok(csv) = std::fs::read_to_string(repository().join("target/demo/workspace").join(name)) {
            compare(&csv);
        }
    }
}
