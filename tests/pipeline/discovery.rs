//! Which skills there are, and what is said of those that are not.

use std::fs;
use std::path::Path;

use openskills_runtime::{ErrorKind, ExecutionOptions, OpenSkillError, OpenSkillRuntime};
use serde_json::json;
use tempfile::TempDir;

fn skill(place: &Path, folder: &str, front_matter: &str) {
    let folder = place.join(folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("SKILL.md"), format!("---\n{front_matter}\n---\n\n# How to\n")).unwrap();
}

fn named(place: &Path, name: &str) {
    skill(place, name, &format!("name: {name}\ndescription: Does {name}."));
}

fn place() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn names(runtime: &OpenSkillRuntime) -> Vec<String> {
    runtime.load_skills().unwrap().into_iter().map(|skill| skill.id).collect()
}

#[test]
fn skills_are_sorted_and_their_folders_may_lie_deeper() {
    let place = place();
    named(place.path(), "zebra");
    named(place.path(), "apple");
    named(&place.path().join("group/deeper"), "mango");
    assert_eq!(names(&OpenSkillRuntime::new(place.path())), ["apple", "mango", "zebra"]);
}

#[test]
fn one_bad_manifest_does_not_hide_the_others() {
    let place = place();
    named(place.path(), "good");
    skill(place.path(), "bad", "name: [unclosed");
    fs::create_dir_all(place.path().join("empty")).unwrap();
    fs::write(place.path().join("empty/SKILL.md"), "").unwrap();
    let runtime = OpenSkillRuntime::new(place.path());
    assert_eq!(names(&runtime), ["good"]);
    let faults = runtime.faults();
    let refused: Vec<_> =
        faults.iter().filter(|fault| fault.refused).map(|fault| fault.path.clone()).collect();
    assert_eq!(refused.len(), 2, "{faults:?}");
    let error = runtime.execute_skill("bad", json!({}), ExecutionOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidManifest);
    assert!(error.audit().is_none());
}

#[test]
fn an_odd_field_is_reported_and_loses_nothing_else() {
    let place = place();
    skill(
        place.path(),
        "odd",
        "name: odd\ndescription: Odd.\nallowed-tools: Read\ncompatibility: [1, 2]\nmetadata: x",
    );
    fs::create_dir_all(place.path().join("odd/wasm")).unwrap();
    fs::write(place.path().join("odd/wasm/skill.wasm"), openskills_tests::guest("files_sdk")).unwrap();
    let builder = OpenSkillRuntime::builder().cache_dir(openskills_tests::cache());
    let runtime = builder.skills_dir(place.path()).build().unwrap();
    runtime.load_skills().unwrap();
    let result = runtime.execute_skill("odd", json!({ "ops": [] }), ExecutionOptions::default()).unwrap();
    assert_eq!(result.audit.requested, ["Read"]);
}

#[test]
fn of_two_skills_with_one_name_the_first_is_kept_and_the_other_reported() {
    let (first, second) = (place(), place());
    skill(first.path(), "twin", "name: twin\ndescription: The first.");
    skill(second.path(), "twin", "name: twin\ndescription: The second.");
    let builder = OpenSkillRuntime::builder().skills_dir(first.path()).skills_dir(second.path());
    let runtime = builder.build().unwrap();
    let skills = runtime.load_skills().unwrap();
    assert_eq!((skills.len(), skills[0].description.as_str()), (1, "The first."));
    let faults = runtime.faults();
    assert!(faults.iter().any(|fault| fault.refused && fault.faults[0].code == "name-clash"), "{faults:?}");
}

#[test]
fn a_name_that_is_not_there_brings_the_nearest() {
    let place = place();
    for name in ["text-stats", "csv-profile", "notes"] {
        named(place.path(), name);
    }
    let runtime = OpenSkillRuntime::new(place.path());
    runtime.load_skills().unwrap();
    let find = |name: &str| match runtime.execute_skill(name, json!({}), ExecutionOptions::default()) {
        Err(error @ OpenSkillError::SkillNotFound { .. }) => error,
        other => panic!("{other:?}"),
    };
    let near = find("text-stat");
    assert_eq!(near.hint().unwrap(), "did you mean `text-stats`?");
    assert!(near.to_string().contains("`text-stat`"));
    let far = find("something-else-entirely");
    assert!(far.hint().unwrap().contains(&*place.path().to_string_lossy()), "{:?}", far.hint());
}

#[test]
fn a_place_that_is_not_there_is_an_error_that_names_it() {
    let error = OpenSkillRuntime::new("no/such/place").load_skills().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("no/such/place"), "{error}");
}

#[test]
fn nothing_loaded_yet_is_said() {
    let runtime = OpenSkillRuntime::new("some/place");
    let error = runtime.execute_skill("any", json!({}), ExecutionOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SkillNotFound);
    assert!(error.hint().unwrap().contains("`load_skills`"), "{:?}", error.hint());
}

#[test]
fn loading_again_finds_what_has_changed() {
    let place = place();
    named(place.path(), "old");
    let runtime = OpenSkillRuntime::new(place.path());
    assert_eq!(names(&runtime), ["old"]);
    named(place.path(), "new");
    fs::remove_dir_all(place.path().join("old")).unwrap();
    assert_eq!(names(&runtime), ["new"]);
}

#[test]
fn instructions_and_resources_come_when_asked_for_and_from_the_skill_only() {
    let place = place();
    named(place.path(), "told");
    fs::create_dir_all(place.path().join("told/resources")).unwrap();
    fs::write(place.path().join("told/resources/table.txt"), "table").unwrap();
    fs::write(place.path().join("secret.txt"), "secret").unwrap();
    let runtime = OpenSkillRuntime::new(place.path());
    runtime.load_skills().unwrap();
    assert_eq!(runtime.instructions("told").unwrap().trim(), "# How to");
    let resources = runtime.resources("told").unwrap();
    assert_eq!(
        resources.iter().map(|found| found.path.as_str()).collect::<Vec<_>>(),
        ["resources/table.txt"]
    );
    assert_eq!(runtime.resource("told", "resources/table.txt").unwrap(), b"table");
    for path in ["../secret.txt", "/etc/passwd", "resources/../../secret.txt"] {
        assert_eq!(runtime.resource("told", path).unwrap_err().kind(), ErrorKind::Io, "{path}");
    }
}

#[test]
fn a_skill_without_a_component_is_one_for_its_instructions() {
    let place = place();
    named(place.path(), "words");
    let runtime = OpenSkillRuntime::new(place.path());
    assert!(!runtime.load_skills().unwrap()[0].has_component);
    let error = runtime.execute_skill("words", json!({}), ExecutionOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArtifact);
    assert!(error.to_string().contains("no such file"), "{error}");
}
