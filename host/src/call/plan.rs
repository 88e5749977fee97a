//! One run of a component: a fresh store, a fresh instance, one export.

use std::sync::Arc;

use wasmtime::component::InstancePre;
use wasmtime::{Store, UpdateDeadline};

use super::failure::Failure;
use super::listed::{cut, some};
use super::program::run_program;
use super::within::within;
use crate::bindings::openskills::skill::types::SkillError;
use crate::capability::{LimitKind, Limits};
use crate::error::BY_NAME;
use crate::instance::{Engine, LoadedComponent, QueueIsFull};
use crate::linker::{Beside, Gate, HostState, HttpClient, Mounts};

/// Everything that one run needs and that is known before it.
pub(crate) struct Plan<'a> {
    pub(crate) engine: &'static Engine,
    pub(crate) component: &'a Arc<LoadedComponent>,
    pub(crate) linked: &'a InstancePre<HostState>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) mounts: Arc<Mounts>,
    pub(crate) http: Arc<HttpClient>,
    pub(crate) environment: Arc<Vec<(String, String)>>,
    pub(crate) limits: &'a Limits,
    /// The guest that starts it beside itself, if it is no call of its own.
    pub(crate) beside: Option<Beside>,
}

/// What a run leaves behind, whatever its outcome.
#[derive(Debug)]
pub(crate) struct Remains<T = String> {
    pub(crate) outcome: Result<T, Failure>,
    pub(crate) stdout: (String, u64),
    pub(crate) stderr: (String, u64),
    pub(crate) memory_peak: u64,
    /// Instructions, if they were counted.
    pub(crate) fuel: Option<u64>,
}

/// Calls `execute` once, or runs the program once.
pub(crate) async fn run(plan: Plan<'_>, input: &str) -> Remains {
    let Some(export) = plan.component.execute else {
        if let Some(program) = plan.component.program {
            return run_program(plan, program, input).await;
        }
        return Remains::none(Failure::Artifact(no_entry(plan.component, plan.engine)));
    };
    enter(plan, async |store, instance| {
        let execute = instance
            .get_typed_func::<(&str,), (Result<String, SkillError>,)>(&mut *store, export)
            .map_err(|error| {
                Failure::Artifact(format!(
                    "its `execute` is not `func(input: string) -> result<string, skill-error>`: {}",
                    error.root_cause()
                ))
            })?;
        let answered = execute.call_async(&mut *store, (input,)).await;
        let (answer,) = answered.map_err(|error| Failure::of_trap(&error, &store.data().memory))?;
        answer.map_err(Failure::from)
    })
    .await
}

/// Why a component cannot be run, and how it is called instead.
fn no_entry(component: &LoadedComponent, engine: &Engine) -> String {
    let exports = match component.exports.as_slice() {
        [] => "nothing".to_owned(),
        names => some(names.iter().map(String::as_str)),
    };
    let mut functions = component.functions(engine).iter();
    let callable = functions.clone().find(|export| export.callable.is_ok());
    let instead = match (callable, functions.next().map(|export| &export.callable)) {
        (Some(export), _) => format!("{BY_NAME}, such as `{}`", cut(&export.name)),
        _ if component.is_web_server() => {
            "it is a web server, which waits for requests, and a skill is called: give it `execute` or functions of its own"
                .to_owned()
        }
        (None, Some(Err(reason))) => format!("none of its functions can be called: {reason}"),
        _ => "a skill exports the world `openskills:skill/base`, a program `wasi:cli/run` of WASI 0.2".to_owned(),
    };
    format!("it exports no function `execute` and is no program (it exports {exports}); {instead}")
}

/// Calls `describe` once.
pub(crate) async fn describe(plan: Plan<'_>) -> Remains {
    let Some(export) = plan.component.describe else {
        return Remains::none(Failure::Artifact("it exports no function `describe`".to_owned()));
    };
    enter(plan, async |store, instance| {
        let describe = instance.get_typed_func::<(), (String,)>(&mut *store, export).map_err(|error| {
            Failure::Artifact(format!("its `describe` is not `func() -> string`: {error:#}"))
        })?;
        let answered = describe.call_async(&mut *store, ()).await;
        let (answer,) = answered.map_err(|error| Failure::of_trap(&error, &store.data().memory))?;
        Ok(answer)
    })
    .await
}

/// Makes the store and the instance, and has `body` use them until the deadline. The store is never used again.
pub(super) async fn enter<T, F>(plan: Plan<'_>, body: F) -> Remains<T>
where
    F: AsyncFnOnce(&mut Store<HostState>, wasmtime::component::Instance) -> Result<T, Failure>,
{
    let gate = Arc::clone(&plan.gate);
    if let Some(limit) = plan.component.beyond(plan.limits) {
        return Remains::none(Failure::Limit(limit));
    }
    let admission = async {
        let (admission, weight) = (&plan.engine.admission, plan.component.weight);
        match plan.beside {
            None => admission.enter(weight, plan.limits.queue).await,
            // Who holds a place does not wait for another: all of them might.
            Some(_) => admission.try_enter(weight).ok_or(QueueIsFull),
        }
    };
    // Given back after the store, whose slots in the pool it stands for.
    let _place = match within(&gate.deadline, admission).await {
        Ok(Ok(place)) => place,
        Ok(Err(QueueIsFull)) => return Remains::none(Failure::Limit(LimitKind::Queue)),
        Err(ended) => return Remains::none(ended.into()),
    };
    // It may have waited until now.
    if let Some(ended) = gate.deadline.ended() {
        return Remains::none(ended.into());
    }
    // What it writes is taken by whoever started it.
    let is_beside = plan.beside.is_some();
    let state =
        HostState::new(Arc::clone(&gate), plan.mounts, plan.http, plan.environment, plan.limits, plan.beside);
    let mut store = Store::new(&plan.engine.wasm, state);
    store.limiter(|state| &mut state.memory);
    store.set_hostcall_fuel(plan.limits.hostcall_bytes);
    store.set_max_component_handles(plan.limits.handles);
    if let Some(fuel) = plan.limits.fuel
        && let Err(error) = store.set_fuel(fuel)
    {
        return Remains::none(Failure::Failed(format!("its instructions cannot be counted: {error}")));
    }
    store.set_epoch_deadline(1);
    let clock = Arc::clone(&gate);
    store.epoch_deadline_callback(move |_| match clock.deadline.ended() {
        Some(ended) => Err(ended.into()),
        None => Ok(UpdateDeadline::Yield(1)),
    });
    let ticking = plan.engine.ticker.tick();
    let whole = async {
        let instance = plan.linked.instantiate_async(&mut store).await;
        let instance = instance.map_err(|error| Failure::of_trap(&error, &store.data().memory))?;
        body(&mut store, instance).await
    };
    let outcome = within(&gate.deadline, whole).await.unwrap_or_else(|ended| Err(ended.into()));
    drop(ticking);
    let fuel = plan.limits.fuel.zip(store.get_fuel().ok()).map(|(limit, left)| limit.saturating_sub(left));
    let state = store.data();
    // A guest that fails after its writes, or more memory, were refused has most likely failed because of that.
    let outcome = outcome.map_err(|failure| match (failure, state.memory.exceeded()) {
        (Failure::Failed(_) | Failure::Said(_) | Failure::Exited { .. }, _)
            if state.files.quota.is_exceeded() =>
        {
            Failure::Limit(LimitKind::Written)
        }
        (Failure::Failed(_) | Failure::Said(_) | Failure::Exited { .. }, _) if gate.traffic.is_exceeded() => {
            Failure::Limit(LimitKind::Traffic)
        }
        (Failure::Failed(_) | Failure::Said(_) | Failure::Exited { .. }, Some(limit)) => {
            Failure::Limit(limit)
        }
        (failure, _) => failure,
    });
    Remains {
        outcome,
        stdout: if is_beside { Default::default() } else { state.stdout.take() },
        stderr: if is_beside { Default::default() } else { state.stderr.take() },
        memory_peak: state.memory.peak() as u64,
        fuel,
    }
}

impl<T> Remains<T> {
    /// The same with another outcome.
    pub(super) fn then<U>(self, next: impl FnOnce(T) -> Result<U, Failure>) -> Remains<U> {
        Remains {
            outcome: self.outcome.and_then(next),
            stdout: self.stdout,
            stderr: self.stderr,
            memory_peak: self.memory_peak,
            fuel: self.fuel,
        }
    }

    pub(crate) fn none(failure: Failure) -> Self {
        Self {
            outcome: Err(failure),
            stdout: Default::default(),
            stderr: Default::default(),
            memory_peak: 0,
            fuel: None,
        }
    }
}
