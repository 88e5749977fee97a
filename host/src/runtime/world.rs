//! The world of a loaded skill.

use super::open_skill_runtime::OpenSkillRuntime;
use crate::capability::World;
use crate::error::OpenSkillError;

impl OpenSkillRuntime {
    /// The WIT package that a skill's `allowed-tools` entitles its component to, whatever the policy is: for the
    /// toolchains of its author.
    ///
    /// # Errors
    /// If no loaded skill has that name.
    pub fn world(&self, skill_id: &str) -> Result<World, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        let manifest = &entry.skill.manifest;
        Ok(World::entitled(&manifest.allowed_tools, &manifest.disallowed_tools))
    }
}
