//! One call, from a name and an input to a result and a record.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tracing::Instrument;
use tracing::field::Empty;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::catalogue::{Entry, Rights};
use super::environment::granted_environment;
use super::open_skill_runtime::Inner;
use super::ready::Ready;
use super::skill_call::CallOptions;
use crate::call::{
    ExecutionResult, Failure, Plan, Remains, Report, Sink, block_on, call_function, call_id, call_with,
    find_function, lower_arguments, run, within,
};
use crate::capability::{LimitKind, Limits};
use crate::error::OpenSkillError;
use crate::instance::{Artifact, Engine, LoadFault, LoadedComponent};
use crate::linker::{CancelToken, Deadline, Ended, Gate, HostState, Identity};
use crate::typed::WideIntegers;

impl Inner {
    /// Calls on the caller's thread.
    pub(super) fn call(
        &self,
        id: &str,
        input: &Value,
        options: &CallOptions,
    ) -> Result<ExecutionResult, OpenSkillError> {
        let engine = self.engine()?;
        block_on(engine.handle(), self.execute(engine, id, input, options))
    }

    /// One call, in a span of its own for those who trace.
    pub(super) async fn execute(
        &self,
        engine: &'static Engine,
        id: &str,
        input: &Value,
        options: &CallOptions,
    ) -> Result<ExecutionResult, OpenSkillError> {
        let span = tracing::info_span!("call", skill = id, id = Empty, outcome = Empty);
        if span.is_disabled() {
            return self.execute_one(engine, id, input, options).await;
        }
        let outcome = self.execute_one(engine, id, input, options).instrument(span.clone()).await;
        let audit = match &outcome {
            Ok(result) => Some(&result.audit),
            Err(error) => error.audit(),
        };
        match (audit, &outcome) {
            (Some(audit), _) => span.record("id", audit.id.as_str()).record("outcome", audit.outcome.name()),
            (None, Err(error)) => span.record("outcome", error.kind().name()),
            (None, Ok(_)) => &span,
        };
        outcome
    }

    async fn execute_one(
        &self,
        engine: &'static Engine,
        id: &str,
        input: &Value,
        options: &CallOptions,
    ) -> Result<ExecutionResult, OpenSkillError> {
        let entry = self.find(id)?;
        let rights = entry.rights();
        let limits = &rights.capabilities.policy().limits(&self.settings.limits);
        let deadline = deadline(rights, limits, options.timeout, options.cancel.clone());
        let text = input.to_string();
        let (gate, artifact) = self.gate_of(&entry, rights, limits, deadline);
        let mut report = Report::begin(&rights.subject, Arc::clone(&gate), limits, self.sink(), &text);
        if let Some(function) = &options.function {
            report.of_function(function);
        }
        let ready = match self.prepare(engine, &entry, &gate, artifact).await {
            Ok(_) if text.len() > limits.input => Err(Failure::Limit(LimitKind::Input)),
            prepared => prepared,
        };
        match &options.function {
            None => {
                let remains = match ready {
                    Ok(ready) => self.run(engine, ready, &gate, limits, &text).await,
                    Err(failure) => Err(failure),
                };
                report.close(remains.unwrap_or_else(Remains::none))
            }
            Some(name) => {
                // It is in the values, too.
                drop(text);
                let remains = match ready {
                    Ok(ready) => {
                        let call = (name.as_str(), input, options.integers);
                        self.run_function(engine, ready, &gate, limits, call, &mut report).await
                    }
                    Err(failure) => Err(failure),
                };
                report.close_typed(remains.unwrap_or_else(Remains::none))
            }
        }
    }

    /// The gate of a call, and the artifact if it had to be read for that.
    fn gate_of(
        &self,
        entry: &Entry,
        rights: &Rights,
        limits: &Limits,
        deadline: Deadline,
    ) -> (Arc<Gate>, Option<Result<Artifact, String>>) {
        let known = entry.ready.get().map(|ready| Arc::clone(&ready.identity));
        let gate = |identity| self.gate(rights, identity, limits, deadline);
        match known {
            Some(identity) => (gate(identity), None),
            None => {
                let read = entry.skill.read_artifact(limits.component);
                let digest = read.as_ref().map_or("", Artifact::digest).to_owned();
                (gate(Arc::new(entry.identity(digest))), Some(read))
            }
        }
    }

    /// One call by code of the embedder's.
    pub(super) async fn execute_with<T, F>(
        &self,
        engine: &'static Engine,
        id: &str,
        input: &Value,
        options: &CallOptions,
        body: F,
    ) -> Result<(T, ExecutionResult), OpenSkillError>
    where
        F: AsyncFnOnce(&mut Store<HostState>, Instance) -> wasmtime::Result<T>,
    {
        let entry = self.find(id)?;
        let rights = entry.rights();
        let limits = &rights.capabilities.policy().limits(&self.settings.limits);
        let deadline = deadline(rights, limits, options.timeout, options.cancel.clone());
        let (gate, artifact) = self.gate_of(&entry, rights, limits, deadline);
        let mut report =
            Report::begin(&rights.subject, Arc::clone(&gate), limits, self.sink(), &input.to_string());
        if let Some(function) = &options.function {
            report.of_function(function);
        }
        let ran = async {
            let ready = self.prepare(engine, &entry, &gate, artifact).await?;
            let linked = ready.linked(engine, &gate)?;
            let environment = self.environment(&gate).await?;
            Ok(call_with(self.plan(engine, ready, linked, &gate, environment, limits), body).await)
        };
        let remains = ran.await;
        report.close_with(remains.unwrap_or_else(Remains::none))
    }

    /// The skill's component, loaded and linked: at the first call from the cache or the compiler, within the deadline.
    async fn prepare<'a>(
        &self,
        engine: &'static Engine,
        entry: &'a Entry,
        gate: &Gate,
        artifact: Option<Result<Artifact, String>>,
    ) -> Result<&'a Ready, Failure> {
        if gate.deadline.ended() == Some(Ended::ByCaller) {
            return Err(Failure::Cancelled);
        }
        if let Some(ready) = entry.ready.get() {
            return Ok(ready);
        }
        let artifact = artifact.unwrap_or_else(|| entry.skill.read_artifact(self.settings.limits.component));
        let artifact = artifact.map_err(Failure::Artifact)?;
        let span = tracing::info_span!("load", skill = entry.skill.manifest.name);
        let component = self.load(engine, artifact, &gate.deadline).instrument(span).await?;
        if entry.rights().pinned.as_ref().is_some_and(|pinned| *pinned != component.digest) {
            return Err(Failure::Artifact(
                "it changed while the policy's section for it was looked up".to_owned(),
            ));
        }
        let ready = self.ready(entry, component)?;
        Ok(entry.ready.get_or_init(|| ready))
    }

    /// A component, from the cache or the compiler, within the deadline.
    pub(super) async fn load(
        &self,
        engine: &'static Engine,
        artifact: Artifact,
        deadline: &Deadline,
    ) -> Result<Arc<LoadedComponent>, Failure> {
        let loading = self.components(engine).load(engine, artifact, self.settings.watcher.clone());
        let loaded = within(deadline, loading).await.map_err(|ended| match ended {
            Ended::ByTime => Failure::Timeout { compiling: true },
            Ended::ByCaller => Failure::Cancelled,
        })?;
        let (component, _) = loaded.map_err(|fault| match fault {
            LoadFault::Invalid(message) => Failure::Artifact(message),
            LoadFault::Busy => Failure::Limit(LimitKind::Compiling),
        })?;
        Ok(component)
    }

    /// A component with the folders that a skill's calls see.
    pub(super) fn ready(&self, entry: &Entry, component: Arc<LoadedComponent>) -> Result<Ready, Failure> {
        let fault = |error: std::io::Error| Failure::Io {
            context: "the folders of the call cannot be opened".to_owned(),
            message: error.to_string(),
        };
        let protected = self.catalogue().protected.clone();
        let root = self.root().map_err(fault)?;
        Ready::new(entry, component, &self.settings, root, protected).map_err(fault)
    }

    pub(super) fn gate(
        &self,
        rights: &Rights,
        identity: Arc<Identity>,
        limits: &Limits,
        deadline: Deadline,
    ) -> Arc<Gate> {
        Arc::new(Gate::new(
            call_id(),
            Arc::clone(&rights.capabilities),
            identity,
            limits,
            deadline,
            self.settings.approver.clone(),
            Arc::clone(&self.session),
        ))
    }

    pub(super) fn sink(&self) -> Sink<'_> {
        Sink { sink: self.settings.sink.as_deref(), on_failure: self.settings.on_audit_failure }
    }

    /// The variables that a call gets. An approver may be asked, and the caller may not want to wait for the answer.
    pub(super) async fn environment(&self, gate: &Gate) -> Result<Arc<Vec<(String, String)>>, Failure> {
        let granted = granted_environment(gate, self.settings.environment.as_deref());
        within(&gate.deadline, granted).await?
    }

    async fn run(
        &self,
        engine: &'static Engine,
        ready: &Ready,
        gate: &Arc<Gate>,
        limits: &Limits,
        input: &str,
    ) -> Result<Remains, Failure> {
        let linked = ready.linked(engine, gate)?;
        let environment = self.environment(gate).await?;
        Ok(run(self.plan(engine, ready, linked, gate, environment, limits), input).await)
    }

    async fn run_function(
        &self,
        engine: &'static Engine,
        ready: &Ready,
        gate: &Arc<Gate>,
        limits: &Limits,
        (name, input, integers): (&str, &Value, WideIntegers),
        report: &mut Report<'_>,
    ) -> Result<Remains<Value>, Failure> {
        let linked = ready.linked(engine, gate)?;
        let (export, callable) = find_function(ready.component.functions(engine), name)?;
        report.of_function(&export.name);
        let values = lower_arguments(callable, input, limits, integers)?;
        let environment = self.environment(gate).await?;
        let plan = self.plan(engine, ready, linked, gate, environment, limits);
        Ok(call_function(plan, export, callable, values, integers).await)
    }

    /// What a run of a linked component takes.
    pub(super) fn plan<'a>(
        &self,
        engine: &'static Engine,
        ready: &'a Ready,
        linked: &'a InstancePre<HostState>,
        gate: &Arc<Gate>,
        environment: Arc<Vec<(String, String)>>,
        limits: &'a Limits,
    ) -> Plan<'a> {
        Plan {
            engine,
            component: &ready.component,
            linked,
            gate: Arc::clone(gate),
            mounts: Arc::clone(&ready.mounts),
            http: Arc::clone(&self.http),
            environment,
            limits,
            beside: None,
        }
    }
}

/// The time that a call has: what was chosen for it or the limit, as far as the policy lets it.
pub(super) fn deadline(
    rights: &Rights,
    limits: &Limits,
    chosen: Option<Duration>,
    cancel: Option<CancelToken>,
) -> Deadline {
    let chosen = chosen.unwrap_or(limits.timeout);
    let cap = rights.capabilities.policy().timeout_cap();
    Deadline::new(cap.map_or(chosen, |(cap, _)| chosen.min(cap))).cancelled_by(cancel)
}
