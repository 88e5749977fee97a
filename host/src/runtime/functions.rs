//! Typed functions: which there are, and calling one by its name.

use std::future::Future;

use serde_json::Value;

use super::open_skill_runtime::{OpenSkillRuntime, busy, invalid, io};
use crate::call::{ExecutionOptions, ExecutionResult, block_on};
use crate::error::OpenSkillError;
use crate::instance::{Engine, LoadFault, LoadedComponent};
use crate::typed::{Function, name_functions};

impl OpenSkillRuntime {
    /// The typed functions that a skill's component exports, with the JSON Schema of what each takes and gives: those
    /// of the world itself, and those of its interfaces. `execute` and `describe`, the entry point of skills, are not
    /// among them. No code of the skill is run. Of a component, the first 1,000 functions are seen.
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`], [`OpenSkillError::InvalidArtifact`].
    pub fn functions(&self, skill_id: &str) -> Result<Vec<Function>, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        if !entry.skill.descriptor().has_component {
            return Ok(Vec::new());
        }
        let engine = self.0.engine()?;
        if let Some(ready) = entry.ready.get() {
            return Ok(described(engine, &ready.component, &entry.skill.manifest.name));
        }
        let artifact = entry
            .skill
            .read_artifact(self.0.settings.limits.component)
            .map_err(|message| invalid(&entry.skill.artifact(), message))?;
        let components = self.0.components(engine);
        let loading = components.load(engine, artifact, self.0.settings.watcher.clone());
        match block_on(engine.handle(), loading) {
            Ok((component, _)) => Ok(described(engine, &component, &entry.skill.manifest.name)),
            Err(LoadFault::Invalid(message)) => Err(invalid(&entry.skill.artifact(), message)),
            Err(LoadFault::Busy) => Err(io(busy())),
        }
    }

    /// Calls a typed function of a skill once. `function` is its [name](Function::name) or a short form of that which
    /// can mean nothing else; `arguments` is an object by the names of its parameters, as its
    /// [schema](Function::input_schema) has it.
    ///
    /// Everything holds for it that holds for [`execute_skill`](Self::execute_skill): grants, limits, deadline, one
    /// record. Arguments are checked before any code of the skill runs. If the function returns a `result`, the output is
    /// what is `ok`.
    ///
    /// # Errors
    /// [`OpenSkillError::InvalidFunction`] if there is none of that name or if it cannot be called,
    /// [`OpenSkillError::InvalidInput`] with the path of the argument at fault, [`OpenSkillError::ExecutionFailure`] with
    /// the JSON of what is `err`; and each of those of a call.
    pub fn call_function(
        &self,
        skill_id: &str,
        function: &str,
        arguments: Value,
        options: ExecutionOptions,
    ) -> Result<ExecutionResult, OpenSkillError> {
        self.call(skill_id).function(function).input(arguments).options(options).run()
    }

    /// As [`OpenSkillRuntime::call_function`], without blocking: the future can be polled by any executor. Dropping it
    /// stops the guest.
    pub fn call_function_async(
        &self,
        skill_id: &str,
        function: &str,
        arguments: Value,
        options: ExecutionOptions,
    ) -> impl Future<Output = Result<ExecutionResult, OpenSkillError>> + Send + use<> {
        self.call(skill_id).function(function).input(arguments).options(options).run_async()
    }
}

/// The functions of a component, with names for agents.
pub(super) fn described(engine: &Engine, component: &LoadedComponent, skill: &str) -> Vec<Function> {
    let mut functions = component.describe_functions(engine);
    name_functions(skill, &mut functions);
    functions
}
