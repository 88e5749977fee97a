//! `openskills:skill/env` and `wasi:cli/environment`: the same granted variables through both.

use wasmtime::component::HasData;
use wasmtime_wasi::p2::bindings::cli::environment;

use super::gate::Request;
use super::host_state::HostState;
use crate::audit::Action;
use crate::bindings::openskills::skill::env::{Error, Host};
use crate::capability::Decision;

impl Host for HostState {
    async fn get(&mut self, name: String) -> wasmtime::Result<Result<Option<String>, Error>> {
        let granted = self.environment.iter().find(|(granted, _)| *granted == name);
        if let Some((_, value)) = granted {
            return Ok(Ok(Some(value.clone())));
        }
        // What was granted was settled before the call; what is left is not set, or not granted.
        let denial = match self.gate.capabilities.decide_env(&name) {
            // Had it been set, it would have been asked for, and a no would have ended the call.
            Decision::Allow | Decision::Ask { .. } => return Ok(Ok(None)),
            Decision::Deny(denial) => denial,
        };
        let refusal = self.gate.refuse(Request { action: Action::Env, target: &name }, &denial);
        Ok(Err(Error::Denied(refusal.explained())))
    }

    async fn names(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.environment.iter().map(|(name, _)| name.clone()).collect())
    }
}

/// Marks our `wasi:cli/environment` for the linker.
pub(super) struct EnvironmentDoor;

impl HasData for EnvironmentDoor {
    type Data<'a> = EnvironmentView<'a>;
}

pub(super) struct EnvironmentView<'a>(pub(super) &'a HostState);

impl environment::Host for EnvironmentView<'_> {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.0.environment.to_vec())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.0.arguments.clone())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(None)
    }
}
