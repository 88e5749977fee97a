//! The cases of parity, `tests/cases/parity`, run from Rust: each by blocking calls and by futures.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a case that cannot be read or set up has failed"
)]

mod case;
mod matching;
mod methods;
mod stage;
mod values;

use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use libtest_mimic::{Arguments, Failed, Trial};

use crate::case::{Case, File};
use crate::methods::Form;
use crate::stage::Stage;

fn main() {
    let folder = openskills_tests::repository().join("tests/cases/parity/cases");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut trials = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let file: File =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!file.about.is_empty() && !file.cases.is_empty(), "{}", path.display());
        let topic = path.file_stem().unwrap().to_str().unwrap();
        for (number, case) in file.cases.iter().enumerate() {
            assert!(
                file.cases.iter().take(number).all(|other| other.name != case.name),
                "{} twice",
                case.name
            );
            for form in [Form::Blocking, Form::Async] {
                let case = case.clone();
                let name = format!("{topic}::{}::{}", case.name, form.name());
                trials.push(Trial::test(name, move || run(&case, form)));
            }
        }
    }
    trials.push(Trial::test("the_component_of_functions_is_made_of_its_text", component_of_functions));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The case holds the component as bytes: every language can put it into a file.
fn component_of_functions() -> Result<(), Failed> {
    let folder = openskills_tests::repository().join("tests/cases/parity");
    let bytes = wat::parse_file(folder.join("wide.wat")).unwrap();
    let base64 = BASE64_STANDARD.encode(bytes);
    match fs::read_to_string(folder.join("cases/functions.json")).unwrap().contains(&base64) {
        true => Ok(()),
        false => Err(format!("wide.wat is {base64}").into()),
    }
}

/// Sets up and makes all calls; the first that is not as expected fails the case.
fn run(case: &Case, form: Form) -> Result<(), Failed> {
    let stage = match (Stage::new(case), &case.build) {
        (Ok(stage), None) => stage,
        (Ok(_), Some(_)) => return Err("the set-up can be used, and an error was expected".into()),
        (Err((found, _)), Some(build)) => return Ok(matching::check("build.error", &build.error, &found)?),
        (Err((found, _)), None) => return Err(format!("the set-up cannot be used: {found}").into()),
    };
    for (number, call) in case.calls.iter().enumerate() {
        let place = format!("call {} ({})", number + 1, call.method);
        stage.check(call, form).map_err(|difference| format!("{place}: {difference}"))?;
    }
    Ok(())
}
