//! Two skills with one name.
#![expect(clippy::disallowed_methods, reason = "compares the sizes of two components")]

use std::fs;

use crate::manifest::{Fault, Severity};
use crate::skill::{Skill, SkillFault};

/// What is said of a skill whose name another has that was found before it.
///
/// A copy is no clash: nobody misses it. It is one if both have the same `SKILL.md`, byte for byte, and components of
/// the same size, or none.
pub(super) fn clash(skill: &Skill, first: &Skill) -> SkillFault {
    let (name, taken_by) = (&skill.manifest.name, first.folder.display());
    let copy =
        skill.manifest_digest == first.manifest_digest && component_bytes(skill) == component_bytes(first);
    let (code, load, message, hint) = if copy {
        (
            "copy",
            Severity::Note,
            format!("a copy of `{taken_by}`, which is used"),
            "remove one of them".to_owned(),
        )
    } else {
        (
            "name-clash",
            Severity::Error,
            format!("the name `{name}` is taken by `{taken_by}`"),
            format!("use it by its path, `{}`, or give one of them another name", skill.folder.display()),
        )
    };
    let fault = Fault {
        code,
        message,
        line: 1,
        column: 1,
        text: None,
        hint: Some(hint),
        strict: Severity::Note,
        load,
    };
    SkillFault { path: skill.manifest_path.clone(), refused: !copy, faults: vec![fault] }
}

fn component_bytes(skill: &Skill) -> Option<u64> {
    fs::metadata(skill.artifact()).ok().map(|metadata| metadata.len())
}
