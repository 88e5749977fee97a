//! Functions of a skill's own, in each language, beside its entry point: from `openskills new` and `openskills wit` to
//! calls, with the names and the words of the author.

use std::path::PathBuf;

use serde_json::json;

use crate::bench::Bench;
use crate::build::run;

/// What is added to the first world that `openskills wit` writes.
const FUNCTIONS: &str = "
    /// A point of the plane.
    record point {
        /// To the right.
        x: f64,
        y: f64,
    }

    /// How far two points are apart.
    export distance: func(a: point, b: point) -> f64;

    /// The area within these corners, or what is wrong with them.
    export area-within: func(corners: list<point>) -> result<f64, string>;
";

const RUST: &str = r#"
wit_bindgen::generate!({ path: "wit" });

struct Functions;

impl Guest for Functions {
    fn distance(a: Point, b: Point) -> f64 {
        (a.x - b.x).hypot(a.y - b.y)
    }

    fn area_within(corners: Vec<Point>) -> Result<f64, String> {
        if corners.len() < 3 {
            return Err(format!("{} corners enclose nothing", corners.len()));
        }
        let next = corners.iter().cycle().skip(1);
        Ok(corners.iter().zip(next).map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>().abs() / 2.0)
    }
}

export!(Functions);
"#;

const PYTHON: &str = r#"
    def distance(self, a: wit_world.Point, b: wit_world.Point) -> float:
        return ((a.x - b.x) ** 2 + (a.y - b.y) ** 2) ** 0.5

    def area_within(self, corners: list[wit_world.Point]) -> float:
        if len(corners) < 3:
            raise Err(f"{len(corners)} corners enclose nothing")
        pairs = zip(corners, corners[1:] + corners[:1])
        return abs(sum(a.x * b.y - b.x * a.y for a, b in pairs)) / 2
"#;

const JAVASCRIPT: &str = r#"
export function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

export function areaWithin(corners) {
  if (corners.length < 3) {
    throw `${corners.length} corners enclose nothing`;
  }
  const next = (at) => corners[(at + 1) % corners.length];
  return Math.abs(corners.reduce((sum, a, at) => sum + a.x * next(at).y - next(at).x * a.y, 0)) / 2;
}
"#;

const TYPESCRIPT: &str = r#"
export const distance: Exports["distance"] = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

export const areaWithin: Exports["areaWithin"] = (corners) => {
  if (corners.length < 3) {
    throw `${corners.length} corners enclose nothing`;
  }
  let sum = 0;
  corners.forEach((a, at) => {
    const b = corners[(at + 1) % corners.length] ?? a;
    sum += a.x * b.y - b.x * a.y;
  });
  return Math.abs(sum) / 2;
};
"#;

const C: &str = r#"
#include <math.h>

double exports_skill_distance(skill_point_t *a, skill_point_t *b) {
    return hypot(a->x - b->x, a->y - b->y);
}

bool exports_skill_area_within(skill_list_point_t *corners, double *area, skill_string_t *wrong) {
    double sum = 0;
    for (size_t at = 0; at < corners->len; at++) {
        skill_point_t a = corners->ptr[at], b = corners->ptr[(at + 1) % corners->len];
        sum += a.x * b.y - b.x * a.y;
    }
    if (corners->len < 3) {
        char message[64];
        snprintf(message, sizeof message, "%zu corners enclose nothing", corners->len);
        skill_string_dup(wrong, message);
    }
    *area = fabs(sum) / 2;
    bool done = corners->len >= 3;
    skill_list_point_free(corners);
    return done;
}
"#;

/// Makes a skill and adds the functions to its world and to a file of its sources.
fn with_functions(language: &str, file: &str, source: &str) -> (Bench, PathBuf) {
    let bench = Bench::new();
    bench.run(["new", "shapes", "--lang", language]).ended_with(0).says("`openskills wit . --out wit`");
    let folder = bench.workspace().join("shapes");
    run(&bench, &folder, &["wit", ".", "--out", "wit"]).ended_with(0);
    let world = folder.join("wit/world.wit");
    let text = std::fs::read_to_string(&world).unwrap();
    let (start, _) = text.rsplit_once('}').unwrap();
    std::fs::write(&world, format!("{start}{FUNCTIONS}}}\n")).unwrap();
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}{source}")).unwrap();
    (bench, folder)
}

fn are_described_and_called(language: &str, file: &str, source: &str) {
    let (bench, folder) = with_functions(language, file, source);
    if language == "rust" {
        bench.file(
            "shapes/Cargo.lock",
            std::fs::read(openskills_tests::repository().join("skills/Cargo.lock")).unwrap(),
        );
        let cargo = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        bench.file(
            "shapes/Cargo.toml",
            cargo.replace("[dependencies]\n", "[dependencies]\nwit-bindgen = \"0.61\"\n"),
        );
    }
    run(&bench, &folder, &["build"]).ended_with(0).shows("shapes built");
    // A busy machine takes longer to compile an interpreter than a call may.
    run(&bench, &folder, &["compile", "."]).ended_with(0);

    let inspected = run(&bench, &folder, &["inspect", ".", "--json"]).ended_with(0).json();
    let functions = inspected["functions"].as_array().unwrap();
    let names: Vec<&str> = functions.iter().filter_map(|function| function["name"].as_str()).collect();
    assert_eq!(names.len(), 2, "{language}: {names:?}");
    let distance = functions.iter().find(|function| function["name"] == "distance").unwrap();
    assert_eq!(distance["signature"], "distance: func(a: point, b: point) -> f64", "{language}");
    assert_eq!(distance["description"], "How far two points are apart.", "{language}");
    assert_eq!(distance["input_schema"]["properties"]["a"], json!({ "$ref": "#/$defs/point" }), "{language}");
    let point = &distance["input_schema"]["$defs"]["point"];
    assert_eq!(
        (&point["title"], &point["description"], &point["properties"]["x"]["description"]),
        (&json!("point"), &json!("A point of the plane."), &json!("To the right.")),
        "{language}"
    );

    let call = |function: &str, input: &str| run(&bench, &folder, &["call", ".", function, input]);
    let points = r#"{"a": {"x": 0, "y": 0}, "b": {"x": 3, "y": 4}}"#;
    assert_eq!(call("distance", points).ended_with(0).json(), 5.0, "{language}");
    let corners = r#"{"corners": [{"x": 0, "y": 0}, {"x": 2, "y": 0}, {"x": 0, "y": 2}]}"#;
    assert_eq!(call("area-within", corners).ended_with(0).json(), 2.0, "{language}");
    call("area-within", r#"{"corners": [{"x": 0, "y": 0}]}"#).ended_with(1).says("1 corners enclose nothing");
    call("area-within", r#"{"corners": [{"x": 0}]}"#).ended_with(2).says("`corners[0].y`");
    call("area", "{}").ended_with(2).says("`area-within`");

    // The entry point is still there, with its rights.
    bench.file("shapes/plan.txt", "ship it\non Friday\n");
    let ran = run(&bench, &folder, &["run", ".", "--input", r#"{"path": "plan.txt"}"#]).ended_with(0);
    assert_eq!(ran.json(), json!({ "words": 4, "lines": 2 }), "{language}");
    run(&bench, &folder, &["test"]).ended_with(0);
}

#[test]
fn functions_in_rust_are_described_and_called() {
    are_described_and_called("rust", "src/lib.rs", RUST);
}

#[test]
fn functions_in_python_are_described_and_called() {
    are_described_and_called("python", "app.py", PYTHON);
}

#[test]
fn functions_in_javascript_are_described_and_called() {
    are_described_and_called("javascript", "src/skill.js", JAVASCRIPT);
}

#[test]
fn functions_in_typescript_are_described_and_called() {
    are_described_and_called("typescript", "src/skill.ts", TYPESCRIPT);
}

#[test]
fn functions_in_c_are_described_and_called() {
    are_described_and_called("c", "src/skill.c", C);
}

#[test]
fn a_function_of_the_world_that_the_sources_have_not_is_no_skill() {
    for (language, file, missing) in [
        ("python", "app.py", "area_within"),
        ("javascript", "src/skill.js", "`distance`, `areaWithin`"),
        ("typescript", "src/skill.ts", "`distance`, `areaWithin`"),
        ("c", "src/skill.c", "exports_skill_area_within"),
    ] {
        let (bench, folder) = with_functions(language, file, "");
        run(&bench, &folder, &["build"]).ended_with(1).says(missing);
        assert!(!folder.join("wasm/skill.wasm").exists(), "{language}");
    }
}

#[test]
fn mistakes_in_wit_are_told_with_their_line() {
    let bench = Bench::new();
    bench.run(["new", "shapes", "--lang", "c"]).ended_with(0);
    for (world, told) in [
        ("world skill {\n  export f: func(a: u33);\n}\n", vec!["`u33` does not exist", "wit/world.wit:4:"]),
        ("world skill {\n  export f func();\n}\n", vec!["expected ';'", "wit/world.wit:4:"]),
        // What SKILL.md does not ask for is not there.
        (
            "world skill {\n  import openskills:skill/http@0.1.0;\n}\n",
            vec!["wit/world.wit:4:", "add to it in SKILL.md: `WebFetch(domain:HOST)`\n"],
        ),
        ("interface i {}\n", vec!["`a:b` has no world", "include openskills:skill/skill@0.1.0"]),
        ("world one {}\nworld two {}\n", vec!["several worlds: one, two"]),
    ] {
        bench.file("shapes/wit/world.wit", format!("package a:b;\n\n{world}"));
        let ran = run(&bench, &bench.workspace().join("shapes"), &["build"]).ended_with(1);
        for text in told {
            assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
        }
    }
}
