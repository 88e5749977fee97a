//! `openskills call`: which function, arguments from wherever they come, and what is printed.

use serde_json::{Value, json};

use crate::bench::{Bench, Ran};

fn bench() -> Bench {
    let bench = Bench::new();
    bench.skill("kinds", "typed");
    bench
}

fn call(bench: &Bench, more: &[&str]) -> Ran {
    bench.run(["call", "skills/kinds"].iter().chain(more))
}

#[test]
fn the_output_stands_alone_and_with_json_the_whole_result() {
    let bench = bench();
    let points = r#"{"a": {"x": 0, "y": 0}, "b": {"x": 3, "y": 4}}"#;
    let ran = call(&bench, &["distance", points]).ended_with(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("5.0\n", ""));
    let whole = call(&bench, &["distance", points, "--json"]).ended_with(0).json();
    assert_eq!((&whole["output"], &whole["audit"]["function"]), (&json!(5.0), &json!("distance")));
    // Without arguments there are none.
    let ran = call(&bench, &["nothing"]).ended_with(0);
    assert_eq!(ran.stdout, "null\n");
}

#[test]
fn arguments_come_from_the_command_line_a_file_and_standard_input() {
    let bench = bench();
    bench.file("v.json", "{\"v\": [\"a\"]}");
    let echoed = "[\"a\"]\n";
    assert_eq!(call(&bench, &["echo-words", "{\"v\": [\"a\"]}"]).ended_with(0).stdout, echoed);
    assert_eq!(call(&bench, &["echo-words", "@v.json"]).ended_with(0).stdout, echoed);
    let piped = bench.run_with_stdin(&["call", "skills/kinds", "echo-words", "-"], "{\"v\": [\"a\"]}");
    assert_eq!(piped.ended_with(0).stdout, echoed);
    call(&bench, &["echo-words", "@none.json"]).ended_with(7).says("none.json");
}

#[test]
fn a_wrong_function_gets_the_nearest_named() {
    let bench = bench();
    call(&bench, &["distanc", "{}"])
        .ended_with(2)
        .says("the function `distanc` of `kinds` cannot be called")
        .says("did you mean `distance`?");
    call(&bench, &["peek", "{}"]).ended_with(2).says("its parameter `counter` is or holds a resource");
    bench.skill("files", "files_std");
    bench.run(["call", "skills/files", "read", "{}"]).ended_with(2).says("exports no typed functions");
}

#[test]
fn what_is_wrong_with_arguments_is_named_with_its_place() {
    let bench = bench();
    call(&bench, &["echo-words", "{\"v\": [\"a\", 1]}"])
        .ended_with(2)
        .says("`v[1]`")
        .says("expected a string, found 1");
    for (arguments, said) in [
        ("{\"v\": \"\\ud800\"}", "hex escape"),
        ("{\"v\": 1e400}", "out of range"),
        ("{\"v\": NaN}", "JSON"),
        ("{\"v\": 1", "JSON"),
        (&format!("{{\"v\": {}}}", "[".repeat(100_000)), "recursion"),
    ] {
        let ran = call(&bench, &["echo-string", arguments]).ended_with(2);
        assert!(ran.stderr.to_lowercase().contains(&said.to_lowercase()), "{said}: {}", ran.stderr);
    }
    // Said as it is, and not what a terminal would make of it.
    let ran = call(&bench, &["echo-u8", "{\"v\": \"\\u001b[2J\"}"]).ended_with(2);
    assert!(!ran.stderr.contains('\u{1b}'), "{ran:#?}");
}

#[test]
fn an_error_of_the_functions_own_is_its_json_and_exit_code_1() {
    let bench = bench();
    call(&bench, &["both", "{\"v\": {\"err\": \"so it is\"}}"]).ended_with(1).says("\"so it is\"");
    let failed = call(&bench, &["both", "{\"v\": {\"err\": \"so it is\"}}", "--json"]).ended_with(1).json();
    assert_eq!(failed["error"]["kind"], "ExecutionFailure");
}

#[test]
fn numbers_lose_nothing_as_text() {
    let bench = bench();
    // Neighbours of each other: what reads a number fast and loose takes the one for the other.
    for number in [
        "2.7715077941825975e-163",
        "2.2790121708605243e274",
        "4.026380313612261e293",
        "5e-324",
        "0.1",
        "-0.0",
    ] {
        let ran = call(&bench, &["echo-f64", &format!("{{\"v\": {number}}}")]).ended_with(0);
        let bits = |text: &str| text.trim().parse::<f64>().unwrap().to_bits();
        assert_eq!(bits(&ran.stdout), bits(number), "{number} {}", ran.stdout);
    }
    for (given, printed) in [
        ("9007199254740991", "9007199254740991"),
        ("\"9007199254740991\"", "9007199254740991"),
        ("\"9007199254740992\"", "\"9007199254740992\""),
        ("\"18446744073709551615\"", "\"18446744073709551615\""),
    ] {
        let ran = call(&bench, &["echo-u64", &format!("{{\"v\": {given}}}")]).ended_with(0);
        assert_eq!(ran.stdout.trim(), printed);
    }
    call(&bench, &["echo-u64", "{\"v\": 18446744073709551615}"]).ended_with(2).says("in quotes");
}

#[test]
fn functions_are_listed_with_what_their_author_says() {
    let bench = bench();
    bench
        .run(["inspect", "skills/kinds"])
        .ended_with(0)
        .shows("called by `openskills call`, its functions by name")
        .shows("distance: func(a: point, b: point) -> f64")
        .shows("Measures how far two points are apart.");
    let json: Value = bench.run(["inspect", "skills/kinds", "--json"]).ended_with(0).json();
    let functions = json["functions"].as_array().unwrap();
    assert!(
        functions.iter().any(|function| function["tool_name"] == "skill_kinds_distance"),
        "{functions:#?}"
    );
}
