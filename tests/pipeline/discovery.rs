//! Which skills there are, and what is said of those that are not.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
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
fn a_copy_is_no_clash_and_another_component_makes_it_one() {
    let (first, second) = (place(), place());
    named(first.path(), "twin");
    named(second.path(), "twin");
    let builder = OpenSkillRuntime::builder().skills_dir(first.path()).skills_dir(second.path());
    let runtime = builder.build().unwrap();
    assert_eq!(names(&runtime), ["twin"]);
    assert_eq!(said(&runtime), [("SKILL.md".to_owned(), "copy", false)]);
    fs::create_dir(second.path().join("twin/wasm")).unwrap();
    fs::write(second.path().join("twin/wasm/skill.wasm"), "another").unwrap();
    assert_eq!(names(&runtime), ["twin"]);
    assert_eq!(said(&runtime), [("SKILL.md".to_owned(), "name-clash", true)]);
}

#[test]
fn a_skill_whose_name_is_taken_is_used_by_its_path() {
    let (first, second) = (place(), place());
    skill(first.path(), "twin", "name: twin\ndescription: The first.");
    skill(second.path(), "twin", "name: twin\ndescription: The second.");
    let builder = OpenSkillRuntime::builder().skills_dir(first.path()).skills_dir(second.path());
    let runtime = builder.build().unwrap();
    runtime.load_skills().unwrap();
    let hint = runtime.faults()[0].faults[0].hint.clone().unwrap();
    let path = second.path().join("twin").canonicalize().unwrap();
    assert!(hint.contains(&*path.to_string_lossy()), "{hint}");
    let opened = runtime.load_skill(&path).unwrap();
    assert_eq!((opened.id.as_str(), opened.description.as_str()), ("twin", "The second."));
    assert_eq!(runtime.skill("twin").unwrap().descriptor.path, path);
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
    assert!(error.hint().unwrap().contains("load them first"), "{:?}", error.hint());
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

fn found(place: &Path) -> Vec<String> {
    names(&OpenSkillRuntime::new(place))
}

/// What is said of folders and links, by code.
fn said(runtime: &OpenSkillRuntime) -> Vec<(String, &'static str, bool)> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    runtime.faults().iter().map(|fault| (name(&fault.path), fault.faults[0].code, fault.refused)).collect()
}

#[test]
fn a_skill_in_another_is_found_unless_it_is_the_others_material() {
    let place = place();
    named(place.path(), "outer");
    named(&place.path().join("outer"), "inner");
    named(&place.path().join("outer/skills/deeper"), "innermost");
    for material in ["assets", "fixtures", "references", "resources", "scripts", "tests", "wasm"] {
        named(&place.path().join("outer").join(material), &format!("in-{material}"));
        named(&place.path().join("outer/inner").join(material), &format!("in-inner-{material}"));
    }
    assert_eq!(found(place.path()), ["inner", "innermost", "outer"]);
    // The same names outside of a skill are names like any other.
    named(&place.path().join("tests"), "tested");
    assert_eq!(found(place.path()), ["inner", "innermost", "outer", "tested"]);
}

#[test]
fn hidden_and_made_folders_are_not_searched_but_may_be_named() {
    let place = place();
    named(place.path(), "plain");
    for folder in [".git", ".hidden", "node_modules", "__pycache__", "group/.cache", ".claude/plugins"] {
        named(&place.path().join(folder), "lost");
    }
    for (folder, mark) in [("build", "CACHEDIR.TAG"), ("env", "pyvenv.cfg")] {
        named(&place.path().join(folder), "lost");
        fs::write(place.path().join(folder).join(mark), "").unwrap();
    }
    named(&place.path().join("target"), "aim");
    assert_eq!(found(place.path()), ["aim", "plain"]);
    for folder in [".hidden", "node_modules", "build"] {
        assert_eq!(found(&place.path().join(folder)), ["lost"], "{folder}");
    }
}

#[test]
fn the_places_of_a_project_below_a_place_are_searched_after_all_else() {
    let place = place();
    for (folder, name) in [(".openskills", "a"), (".agents", "b"), ("sub/.claude", "c")] {
        named(&place.path().join(folder).join("skills"), name);
        skill(&place.path().join(folder).join("skills"), "twin", "name: twin\ndescription: Hidden.");
    }
    skill(place.path(), "twin", "name: twin\ndescription: Plain.");
    let runtime = OpenSkillRuntime::new(place.path());
    let skills = runtime.load_skills().unwrap();
    assert_eq!(skills.iter().map(|skill| skill.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "twin"]);
    // `sub/.claude` sorts before `twin`: names are compared folder by folder, and only hidden ones come last.
    assert_eq!(skills[3].description, "Hidden.");
    fs::remove_dir_all(place.path().join("sub")).unwrap();
    assert_eq!(runtime.load_skills().unwrap()[2].description, "Plain.");
}

#[test]
fn links_to_folders_are_followed_once_and_odd_ones_reported() {
    let (place, elsewhere) = (place(), place());
    named(place.path(), "real");
    named(elsewhere.path(), "far");
    let link = |target: &Path, name: &str| symlink(target, place.path().join(name)).unwrap();
    link(Path::new("real"), "alias");
    link(&elsewhere.path().join("far"), "a-far");
    link(&elsewhere.path().join("far"), "b-far");
    link(Path::new("nowhere"), "broken");
    symlink("..", place.path().join("real/up")).unwrap();
    link(Path::new("/"), "root");
    let runtime = OpenSkillRuntime::new(place.path());
    let skills = runtime.load_skills().unwrap();
    let far = elsewhere.path().canonicalize().unwrap().join("far");
    let real = place.path().canonicalize().unwrap().join("real");
    assert_eq!(skills.iter().map(|skill| &skill.path).collect::<Vec<_>>(), [&far, &real]);
    assert_eq!(
        said(&runtime),
        [
            ("a-far".to_owned(), "link-leaves", false),
            ("b-far".to_owned(), "link-leaves", false),
            ("broken".to_owned(), "link-broken", false),
            ("up".to_owned(), "link-loop", false),
            ("root".to_owned(), "link-loop", false),
        ]
    );
}

#[test]
fn a_folder_that_two_places_lead_to_is_no_clash() {
    let (first, second) = (place(), place());
    named(first.path(), "shared");
    symlink(first.path().join("shared"), second.path().join("shared")).unwrap();
    let builder = OpenSkillRuntime::builder().skills_dir(first.path()).skills_dir(second.path());
    let runtime = builder.skills_dir(first.path()).build().unwrap();
    assert_eq!(names(&runtime), ["shared"]);
    assert!(runtime.faults().iter().all(|fault| !fault.refused), "{:?}", runtime.faults());
}

#[test]
fn what_cannot_be_read_is_reported_and_hides_nothing() {
    let place = place();
    named(place.path(), "good");
    for folder in ["gone", "pipe", "folder/SKILL.md"] {
        fs::create_dir_all(place.path().join(folder)).unwrap();
    }
    symlink("nowhere", place.path().join("gone/SKILL.md")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.path().join("pipe/SKILL.md")).unwrap();
    let runtime = OpenSkillRuntime::new(place.path());
    assert_eq!(names(&runtime), ["good"]);
    let unreadable = ("SKILL.md".to_owned(), "unreadable", true);
    assert_eq!(said(&runtime), [unreadable.clone(), unreadable]);
    // Root may read everything: then there is nothing to report.
    let locked = place.path().join("locked");
    named(&locked, "inside");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o0)).unwrap();
    let reported =
        names(&runtime).len() == 2 || said(&runtime).contains(&("locked".to_owned(), "unreadable", true));
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(reported, "{:?}", runtime.faults());
}

#[test]
fn the_depth_is_bounded_and_that_is_said() {
    let place = place();
    let deep = |levels: usize| (0..levels).fold(place.path().to_owned(), |path, _| path.join("d"));
    named(&deep(15), "deepest");
    let runtime = OpenSkillRuntime::new(place.path());
    assert_eq!(names(&runtime), ["deepest"]);
    assert!(runtime.faults().is_empty(), "{:?}", runtime.faults());
    named(&deep(16), "too-deep");
    assert_eq!(names(&runtime), ["deepest"]);
    let place = place.path().file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(said(&runtime), [(place, "too-deep", true)]);
}

#[test]
fn of_two_spellings_in_one_folder_the_upper_case_counts() {
    let place = place();
    named(place.path(), "both");
    let lower = |folder: &str| {
        fs::create_dir_all(place.path().join(folder)).unwrap();
        let text = format!("---\nname: {folder}\ndescription: Lower.\n---\n");
        fs::write(place.path().join(folder).join("skill.md"), text).unwrap();
    };
    lower("both");
    lower("lower");
    let skills = OpenSkillRuntime::new(place.path()).load_skills().unwrap();
    let described: Vec<_> = skills.iter().map(|skill| skill.description.as_str()).collect();
    assert_eq!(described, ["Does both.", "Lower."]);
}

#[test]
fn many_skills_come_the_same_each_time() {
    let place = place();
    for number in 0..500 {
        let folder = place.path().join(format!("group-{}", number % 7));
        skill(
            &folder,
            &format!("skill-{number}"),
            &format!("name: skill-{}\ndescription: {number}.", number / 2),
        );
    }
    let load = || {
        let runtime = OpenSkillRuntime::new(place.path());
        (runtime.load_skills().unwrap(), runtime.faults())
    };
    let first = load();
    assert_eq!(first.0.len(), 250);
    for _ in 0..5 {
        assert_eq!(load(), first);
    }
}
