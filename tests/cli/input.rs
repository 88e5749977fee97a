//! Where the input comes from, and what is said of one that is not right.

use crate::bench::{Bench, skill};

#[test]
fn it_comes_from_the_command_line_a_file_or_stdin() {
    let bench = Bench::new();
    let stats = skill("text-stats");
    // With the mark that some editors put at the beginning.
    bench.file("in.json", "\u{feff}{\n  \"text\": \"one two\"\n}\n");
    assert_eq!(bench.run(["run", &stats, "-i", "@in.json"]).ended_with(0).json()["words"], 2);
    let ran = bench.run_with_stdin(&["run", &stats, "--input", "-"], r#"{"text": "one"}"#);
    assert_eq!(ran.ended_with(0).json()["words"], 1);
}

#[test]
fn none_is_an_empty_object() {
    let bench = Bench::new();
    bench.run(["run", &skill("env-card")]).ended_with(0);
    bench.run(["run", &skill("text-stats")]).ended_with(2).says("`text`");
}

#[test]
fn what_is_not_json_is_2_with_the_place() {
    let bench = Bench::new();
    let stats = skill("text-stats");
    let wrong = |input: &str| bench.run(["run", &stats, "--input", input]).ended_with(2);
    wrong("{text: x}").says("line 1, column 2").says("single ones");
    wrong("{\n\"text\": }").says("line 2, column 9");
    wrong("hello").says("single quotes");
    wrong("").says("`{}`");
    bench.file("data.json", "{}");
    wrong("data.json").says("`--input @data.json`");
    bench.file("bad.json", "{\"text\"\n");
    wrong("@bad.json").says("of `bad.json`");
}

#[test]
fn input_of_the_wrong_shape_is_2_with_the_field() {
    let bench = Bench::new();
    let ran = bench.run(["run", &skill("text-stats"), "--input", r#"{"text": 3}"#]).ended_with(2);
    let ran = ran.says("not valid at `text`").says("openskills inspect");
    assert_eq!(ran.stdout, "");
}
