//! Programs that a script starts: each a run of the same interpreter, in an instance of its own, under the same gate.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime::component::InstancePre;

use super::failure::Failure;
use super::plan::Plan;
use super::script::{Invocation, run_script};
use crate::capability::{LimitKind, Limits};
use crate::instance::{Engine, LoadedComponent};
use crate::linker::{Beside, Capture, Finished, Gate, HostState, HttpClient, Mounts, Program, Programs};

/// Programs that start programs: how deep that goes. Each level holds an instance while the next one runs.
const MAX_DEPTH: u32 = 4;

/// What every program of a call runs with.
#[derive(Clone)]
pub(super) struct Interpreted {
    engine: &'static Engine,
    component: Arc<LoadedComponent>,
    linked: InstancePre<HostState>,
    gate: Arc<Gate>,
    mounts: Arc<Mounts>,
    http: Arc<HttpClient>,
    limits: Limits,
    depth: u32,
}

impl Interpreted {
    /// For the programs of what runs by this plan, which is `depth` programs deep itself.
    pub(super) fn by(plan: &Plan<'_>, depth: u32) -> Self {
        Self {
            engine: plan.engine,
            component: Arc::clone(plan.component),
            linked: plan.linked.clone(),
            gate: Arc::clone(&plan.gate),
            mounts: Arc::clone(&plan.mounts),
            http: Arc::clone(&plan.http),
            limits: plan.limits.clone(),
            depth,
        }
    }

    async fn start(&self, program: Program, beside: Beside) -> Result<Finished, String> {
        if self.depth >= MAX_DEPTH {
            return Err(format!("programs start programs {MAX_DEPTH} deep, and no deeper"));
        }
        // Together they hold what one call may hold, and compute what one may compute.
        let limits = Limits {
            memory: beside.memory,
            fuel: beside.fuel.filter(|_| self.limits.fuel.is_some()),
            ..self.limits.clone()
        };
        let fuel = limits.fuel;
        let stderr = beside.stderr.clone();
        let plan = Plan {
            engine: self.engine,
            component: &self.component,
            linked: &self.linked,
            gate: Arc::clone(&self.gate),
            mounts: Arc::clone(&self.mounts),
            http: Arc::clone(&self.http),
            environment: Arc::new(program.variables),
            limits: &limits,
            beside: Some(beside),
        };
        let invocation = Invocation {
            kind: program.kind,
            program: &program.name,
            path: program.path.as_deref(),
            arguments: &program.arguments,
            directory: &program.directory,
            stdin: Bytes::from(program.stdin),
            depth: self.depth + 1,
        };
        // Boxed: a program may start another.
        let run: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(run_script(plan, &invocation));
        let remains = match program.timeout {
            None => run.await.remains,
            Some(timeout) => match tokio::time::timeout(timeout, run).await {
                Ok(ended) => ended.remains,
                Err(_) => return Ok(Finished { status: None, memory_peak: 0, fuel: fuel.unwrap_or(0) }),
            },
        };
        let status = match remains.outcome {
            Ok(_) => 0,
            Err(Failure::Exited { status, .. }) => status.into(),
            Err(Failure::Limit(LimitKind::Queue)) => {
                return Err("as many programs run as may: try again later".to_owned());
            }
            Err(failure) => {
                said(&stderr, &failure, &limits);
                STOPPED
            }
        };
        let memory_peak = usize::try_from(remains.memory_peak).unwrap_or(usize::MAX);
        Ok(Finished { status: Some(status), memory_peak, fuel: remains.fuel.unwrap_or(0) })
    }
}

/// As a program has it that was killed.
const STOPPED: i32 = -9;

fn said(stderr: &Capture, failure: &Failure, limits: &Limits) {
    let what = match failure {
        Failure::Limit(limit) => format!("it used up {}", limits.words(*limit)),
        Failure::Failed(message) => message.clone(),
        Failure::Timeout { .. } | Failure::Cancelled => "the call is over".to_owned(),
        _ => "it could not be run".to_owned(),
    };
    stderr.push(format!("openskills: the program was stopped: {what}\n").as_bytes());
}

impl Programs for Interpreted {
    fn run(
        &self,
        program: Program,
        beside: Beside,
    ) -> Pin<Box<dyn Future<Output = Result<Finished, String>> + Send + '_>> {
        Box::pin(self.start(program, beside))
    }
}
