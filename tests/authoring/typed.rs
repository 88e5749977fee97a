//! A skill with functions of its own world, in Rust: built by the command, described in its author's words, called.

use openskills_tests::repository;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::build::run;

const WIT: &str = "package example:shapes@0.1.0;

/// What can be measured.
interface measures {
    /// A point of the plane.
    record point {
        /// To the right.
        x: f64,
        y: f64,
    }

    /// How far two points are apart.
    distance: func(a: point, b: point) -> f64;

    /// The area within these corners, or what is wrong with them.
    area: func(corners: list<point>) -> result<f64, string>;
}

world shapes {
    export measures;
}
";

const SOURCE: &str = r#"
wit_bindgen::generate!({ path: "wit" });

use exports::example::shapes::measures::{Guest, Point};

struct Shapes;

impl Guest for Shapes {
    fn distance(a: Point, b: Point) -> f64 {
        (a.x - b.x).hypot(a.y - b.y)
    }

    fn area(corners: Vec<Point>) -> Result<f64, String> {
        if corners.len() < 3 {
            return Err(format!("{} corners enclose nothing", corners.len()));
        }
        let next = corners.iter().cycle().skip(1);
        Ok(corners.iter().zip(next).map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>().abs() / 2.0)
    }
}

export!(Shapes);
"#;

const MANIFEST: &str = "[package]
name = \"shapes\"
version = \"0.1.0\"
edition = \"2024\"

[lib]
crate-type = [\"cdylib\"]

[dependencies]
wit-bindgen = \"0.61\"

[workspace]
";

#[test]
fn a_skill_with_functions_of_its_own_is_built_described_and_called() {
    let bench = Bench::new();
    bench.file("shapes/SKILL.md", "---\nname: shapes\ndescription: Measures shapes.\n---\nCall it.\n");
    bench.file("shapes/Cargo.toml", MANIFEST);
    bench.file("shapes/src/lib.rs", SOURCE);
    bench.file("shapes/wit/world.wit", WIT);
    let cases = json!([
        { "function": "area", "input": { "corners": [{ "x": 0, "y": 0 }, { "x": 2, "y": 0 }, { "x": 0, "y": 2 }] },
          "expect": { "output": 2 } },
        { "function": "measures#area", "input": { "corners": [] },
          "expect": { "error": { "kind": "ExecutionFailure", "message": "0 corners enclose nothing" } } }
    ]);
    bench.file("shapes/tests/cases.json", cases.to_string());
    // The versions that the tests' own guests have, which are there already.
    let lock = std::fs::read(repository().join("skills/Cargo.lock")).unwrap();
    bench.file("shapes/Cargo.lock", lock);
    let folder = bench.workspace().join("shapes");
    run(&bench, &folder, &["build"]).ended_with(0).shows("shapes built");
    run(&bench, &folder, &["test"]).ended_with(0).shows("2 passed");
    let points = r#"{"a": {"x": 0, "y": 0}, "b": {"x": 3, "y": 4}}"#;
    let ran = bench.run(["call", "./shapes", "distance", points]).ended_with(0);
    assert_eq!(ran.stdout, "5.0\n");

    let inspected: Value = bench.run(["inspect", "./shapes", "--json"]).ended_with(0).json();
    let distance = &inspected["functions"][0];
    assert_eq!(distance["description"], "How far two points are apart.");
    assert_eq!(distance["tool_name"], "skill_shapes_measures_distance");
    let point = &distance["input_schema"]["$defs"]["point"];
    assert_eq!(
        (&point["description"], &point["properties"]["x"]["description"]),
        (&json!("A point of the plane."), &json!("To the right."))
    );

    // What others make of the component: they can read it, too.
    let component = std::fs::read(folder.join("wasm/skill.wasm")).unwrap();
    let decoded = wit_component::decode(&component).unwrap();
    assert!(
        decoded
            .resolve()
            .packages
            .iter()
            .any(|(_, package)| package.name.to_string() == "example:shapes@0.1.0")
    );
    run(&bench, &folder, &["build"]).ended_with(0).shows("nothing to do");
}
