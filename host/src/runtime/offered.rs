//! What agents are offered of skills: names, what each may do at most, and what its component says of itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::open_skill_runtime::OpenSkillRuntime;
use crate::capability::{Kind, Reach};
use crate::skill::SkillDescriptor;
use crate::typed::{Function, name_functions};

/// Descriptions that are kept, by the digest of their component.
const MAX_DESCRIPTIONS: usize = 1_024;

/// What a component says of itself.
#[derive(Debug)]
pub(crate) struct Described {
    /// Whether it can be called with `execute`.
    pub(crate) runs: bool,
    /// JSON Schema of its input and output, if it tells.
    pub(crate) schema: Option<Value>,
    /// Its typed functions; their names for agents are each skill's own.
    functions: Vec<Function>,
}

/// Descriptions by the digest of their component: a component is asked once, however often skills are loaded.
#[derive(Debug, Default)]
pub(super) struct Descriptions(Mutex<HashMap<String, Arc<Described>>>);

impl OpenSkillRuntime {
    /// The names of the loaded skills that a model may use on its own, sorted.
    pub(crate) fn offered(&self) -> Vec<String> {
        let catalogue = self.0.catalogue();
        let offered = catalogue.entries.values().filter(|entry| entry.skill.manifest.is_model_invocable());
        offered.map(|entry| entry.skill.manifest.name.clone()).collect()
    }

    /// The same skills, with what an agent sees of them before they are used.
    pub(crate) fn offered_skills(&self) -> Vec<SkillDescriptor> {
        self.offered().iter().filter_map(|id| self.descriptor(id)).collect()
    }

    /// What an agent sees of a skill before it is used, whether a model may use it or not.
    pub(crate) fn descriptor(&self, skill_id: &str) -> Option<SkillDescriptor> {
        Some(self.0.find(skill_id).ok()?.skill.descriptor())
    }

    /// The paths of the scripts that a skill offers to agents.
    pub(crate) fn offered_scripts(&self, skill_id: &str) -> Vec<String> {
        let scripts = self.0.find(skill_id).map(|entry| entry.skill.scripts()).unwrap_or_default();
        scripts.into_iter().filter(|script| script.offered).map(|script| script.path).collect()
    }

    /// Whether the policy leaves a skill a chance to write files of the workspace, and to reach the network.
    pub(crate) fn reach(&self, skill_id: &str) -> (bool, bool) {
        let Ok(entry) = self.0.find(skill_id) else { return (true, true) };
        let capabilities = &entry.rights().capabilities;
        let writes = capabilities.granted().any(|rule| matches!(rule.reach(), Reach::Write(_)));
        (writes, capabilities.links(Kind::Http))
    }

    /// The typed functions of a skill that can be called, with its own names for agents.
    pub(crate) fn offered_functions(&self, skill_id: &str) -> Vec<Function> {
        let Some(described) = self.described(skill_id) else { return Vec::new() };
        let mut functions = described.functions.clone();
        name_functions(skill_id, &mut functions);
        functions.retain(|function| function.refused.is_none());
        functions
    }

    /// What a skill's component says of itself; none if the skill has no component that can be read.
    pub(crate) fn described(&self, skill_id: &str) -> Option<Arc<Described>> {
        let entry = self.0.find(skill_id).ok()?;
        if let Some(described) = entry.described.get() {
            return Some(Arc::clone(described));
        }
        let artifact = entry.skill.read_artifact(self.0.settings.limits.component).ok()?;
        let digest = artifact.digest().to_owned();
        let kept = || self.0.descriptions.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().get(&digest).map(Arc::clone);
        let described = known.unwrap_or_else(|| {
            let described = Arc::new(match self.inspect(&entry.skill.artifact(), artifact, None) {
                Ok(inspection) => Described {
                    runs: inspection.exports.iter().any(|name| name == "execute"),
                    schema: inspection.schema,
                    functions: inspection.functions,
                },
                Err(_) => Described { runs: false, schema: None, functions: Vec::new() },
            });
            let mut kept = kept();
            if kept.len() >= MAX_DESCRIPTIONS {
                kept.clear();
            }
            kept.insert(digest, Arc::clone(&described));
            described
        });
        Some(Arc::clone(entry.described.get_or_init(|| described)))
    }
}
