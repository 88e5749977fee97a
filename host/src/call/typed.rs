//! One call of a typed function: JSON in, a value of its own type out.

use serde_json::Value;
use wasmtime::component::Val;

use super::failure::Failure;
use super::listed::some;
use super::plan::{Plan, Remains, enter};
use crate::capability::{LimitKind, Limits};
use crate::typed::{
    Callable, Export, Found, Functions, Lifted, Room, Unlifted, WideIntegers, arguments, lift,
};

/// What the engine makes of a byte takes forty; a result may have as many bytes as an output has room for.
const BYTES_FACTOR: usize = 10;

/// How much of a skill's own error goes into a message.
const MAX_SAID: usize = 64 << 10;

/// The function of that name, or why it cannot be called.
pub(crate) fn find<'a>(functions: &'a Functions, name: &str) -> Result<(&'a Export, &'a Callable), Failure> {
    let failure = |message: String, nearest| Failure::Function { name: name.to_owned(), message, nearest };
    match functions.find(name) {
        Found::One(export) => match &export.callable {
            Ok(callable) => Ok((export, callable)),
            Err(reason) => Err(failure(reason.clone(), Vec::new())),
        },
        Found::Unclear(names) => {
            Err(failure(format!("several have that name: {}", some(names.iter().copied())), Vec::new()))
        }
        Found::None { nearest } => Err(failure(
            match functions.iter().len() {
                0 => "the component exports no typed functions".to_owned(),
                _ => {
                    format!("there is none; there are {}", some(functions.iter().map(|export| &*export.name)))
                }
            },
            nearest,
        )),
    }
}

/// The arguments as values, before any guest runs.
pub(crate) fn lower(
    callable: &Callable,
    input: &Value,
    limits: &Limits,
    integers: WideIntegers,
) -> Result<Vec<Val>, Failure> {
    let mut room = Room::new(limits.hostcall_bytes.saturating_mul(BYTES_FACTOR), integers);
    arguments(&callable.parameters, input, &mut room).map_err(|misfit| match misfit.is_too_large {
        true => Failure::Limit(LimitKind::HostCall),
        false => Failure::InvalidInput { field: misfit.field(), message: misfit.message },
    })
}

/// Calls the function once.
pub(crate) async fn call(
    plan: Plan<'_>,
    export: &Export,
    callable: &Callable,
    input: Vec<Val>,
    integers: WideIntegers,
) -> Remains<Value> {
    let (limit, hostcall) = (plan.limits.output, plan.limits.hostcall_bytes);
    enter(plan, async |store, instance| {
        if callable.returns_bytes {
            store.set_hostcall_fuel(hostcall.saturating_mul(BYTES_FACTOR));
        }
        let Some(function) = instance.get_func(&mut *store, export.index) else {
            return Err(Failure::Artifact(format!("its `{}` is no function", export.name)));
        };
        let mut results = [Val::Bool(false)];
        let results = if callable.result.is_some() { &mut results[..] } else { &mut [] };
        let called = function.call_async(&mut *store, &input, results).await;
        called.map_err(|error| Failure::of_trap(&error, &store.data().memory))?;
        let value = results.first_mut().map(|value| std::mem::replace(value, Val::Bool(false)));
        match lift(callable.result.as_ref(), value, limit, integers) {
            Ok(Lifted::Ok(value)) => Ok(value),
            Ok(Lifted::Err(None)) => {
                Err(Failure::Said("it answered with an error that says nothing".to_owned()))
            }
            Ok(Lifted::Err(Some(value))) => Err(Failure::Said(said(&value))),
            Err(Unlifted::TooLarge) => Err(Failure::Limit(LimitKind::Output)),
            Err(Unlifted::NotOfItsType) => Err(Failure::Failed("its result is not of its type".to_owned())),
        }
    })
    .await
}

/// An error value as JSON, cut if it is long.
fn said(value: &Value) -> String {
    let mut text = value.to_string();
    if text.len() > MAX_SAID {
        text.truncate(text.floor_char_boundary(MAX_SAID));
        text.push('…');
    }
    text
}
