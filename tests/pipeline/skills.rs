//! The skills of this repository, as they are.

use openskills_runtime::{ErrorKind, ExecutionOptions, OpenSkillRuntime, Policy, RuntimeBuilder};
use openskills_tests::{cache, repository};
use serde_json::json;

fn builder() -> RuntimeBuilder {
    OpenSkillRuntime::builder().cache_dir(cache()).environment([]).skills_dir(repository().join("skills"))
}

fn loaded(builder: RuntimeBuilder) -> OpenSkillRuntime {
    let runtime = builder.build().unwrap();
    runtime.load_skills().unwrap();
    runtime
}

#[test]
fn all_are_found_and_none_is_odd() {
    let runtime = loaded(builder());
    let names: Vec<_> = runtime.load_skills().unwrap().into_iter().map(|skill| skill.id).collect();
    for name in ["csv-profile", "env-card", "notes", "page-title", "text-stats"] {
        assert!(names.iter().any(|found| found == name), "{names:?}");
    }
    assert!(runtime.faults().is_empty(), "{:?}", runtime.faults());
}

#[test]
fn each_asks_for_what_it_imports_and_describes_itself() {
    let runtime = loaded(builder());
    for skill in runtime.load_skills().unwrap() {
        let inspection = runtime.inspect_skill(&skill.id).unwrap();
        assert!(inspection.refused.is_empty(), "{}: {:?}", skill.id, inspection.refused);
        assert!(inspection.notes.is_empty(), "{}: {:?}", skill.id, inspection.notes);
        let schema = inspection.schema.unwrap();
        assert!(schema["input"].is_object() && schema["output"].is_object(), "{}: {schema}", skill.id);
        assert!(inspection.exports.iter().any(|export| export == "execute"), "{}", skill.id);
    }
}

#[test]
fn one_that_needs_nothing_imports_nothing_that_is_granted() {
    let runtime = loaded(builder());
    let inspection = runtime.inspect_skill("text-stats").unwrap();
    let granted =
        |name: &str| ["fs", "http", "env"].iter().any(|kind| name == format!("openskills:skill/{kind}"));
    assert!(inspection.imports.iter().all(|import| !granted(import.interface())), "{:?}", inspection.imports);
}

#[test]
fn notes_are_kept_where_they_may_be_and_nowhere_else() {
    let workspace = tempfile::tempdir().unwrap();
    let runtime = loaded(builder().workspace(workspace.path()));
    let run = |input| runtime.execute_skill("notes", input, ExecutionOptions::default());
    let added = json!({ "action": "add", "title": "Penguins", "text": "344 of them.", "tags": ["data"] });
    run(added.clone()).unwrap();
    let listed = run(json!({ "action": "list" })).unwrap().output.to_string();
    assert!(listed.contains("Penguins"), "{listed}");
    let entries: Vec<_> =
        std::fs::read_dir(workspace.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(entries, ["notes"]);
    let denied = loaded(
        builder().workspace(workspace.path()).policy(Policy::default().deny("Edit(notes/**)").unwrap()),
    );
    let error = denied.execute_skill("notes", added, ExecutionOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[test]
fn settings_are_shown_to_whom_they_are_granted() {
    let variables = [("LANG".to_owned(), "de_DE.UTF-8".to_owned())];
    let asked = loaded(builder().environment(variables.clone()));
    let error = asked.execute_skill("env-card", json!({}), ExecutionOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let granted = loaded(builder().environment(variables).policy(Policy::trust_skills()));
    let output = granted.execute_skill("env-card", json!({}), ExecutionOptions::default()).unwrap().output;
    assert!(output.to_string().contains("LANG"), "{output}");
}
