//! All that a skill says of itself.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Skill, SkillDescriptor};
use crate::manifest::{Node, ToolEntry};

/// A skill's descriptor and the other fields of its `SKILL.md`, for an embedder that honours them. This runtime gives
/// none of them a meaning but the tools.
///
/// A field that is not written, or not of its kind, is none or empty. In JSON the descriptor's fields stand beside the
/// others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkillDetail {
    /// What tier 1 says of it.
    #[serde(flatten)]
    pub descriptor: SkillDescriptor,
    /// Its `SKILL.md`, absolute.
    pub manifest_path: PathBuf,
    /// `when_to_use`.
    pub when_to_use: Option<String>,
    /// `license`.
    pub license: Option<String>,
    /// `compatibility`: what it needs of its surroundings.
    pub compatibility: Option<String>,
    /// `metadata` as written: texts, and what authors put there beside them.
    pub metadata: Map<String, Value>,
    /// `allowed-tools`, each entry as written, also those without a meaning.
    pub allowed_tools: Vec<String>,
    /// `disallowed-tools`, likewise.
    pub disallowed_tools: Vec<String>,
    /// Whether people may call it by its name: not with `user-invocable: false`.
    pub user_invocable: bool,
    /// `argument-hint`: what to show beside the name.
    pub argument_hint: Option<String>,
    /// `arguments`: the names of its arguments, in their order.
    pub arguments: Vec<String>,
    /// `context`: `fork` asks for an agent of its own.
    pub context: Option<String>,
    /// `agent`: the kind of that agent.
    pub agent: Option<String>,
    /// `model`.
    pub model: Option<String>,
    /// `effort`.
    pub effort: Option<String>,
    /// `shell`.
    pub shell: Option<String>,
    /// `paths`: patterns of the files that it is about.
    pub paths: Vec<String>,
    /// `hooks` as written; scalars are texts. This runtime runs none.
    pub hooks: Option<Value>,
}

impl Skill {
    pub(crate) fn detail(&self) -> SkillDetail {
        let manifest = &self.manifest;
        let written = |tools: &[ToolEntry]| tools.iter().map(|tool| tool.text.clone()).collect();
        SkillDetail {
            descriptor: self.descriptor(),
            manifest_path: self.manifest_path.clone(),
            when_to_use: manifest.when_to_use.clone(),
            license: manifest.license.clone(),
            compatibility: manifest.compatibility.clone(),
            metadata: match manifest.field("metadata").and_then(json) {
                Some(Value::Object(map)) => map,
                _ => Map::new(),
            },
            allowed_tools: written(&manifest.allowed_tools),
            disallowed_tools: written(&manifest.disallowed_tools),
            user_invocable: manifest.is_user_invocable(),
            argument_hint: manifest.argument_hint.clone(),
            arguments: manifest.arguments.clone(),
            context: manifest.context.clone(),
            agent: manifest.agent.clone(),
            model: manifest.model.clone(),
            effort: manifest.effort.clone(),
            shell: manifest.shell.clone(),
            paths: manifest.paths.clone(),
            hooks: manifest.hooks().and_then(json),
        }
    }
}

/// A value as JSON; none if nothing is written.
fn json(node: &Node) -> Option<Value> {
    serde_json::to_value(node).ok().filter(|_| !node.is_null())
}
