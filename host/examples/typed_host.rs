//! Calls a skill's typed functions with Rust's own types: no JSON on the way.
//!
//! `cargo run --example typed_host -- SKILLS_FOLDER SKILL`, where the skill exports the world of
//! `tests/programs/wit/typed`.
#![allow(clippy::disallowed_methods, reason = "a program reads its arguments")]

use std::io::Write;

use openskills_runtime::{OpenSkillError, OpenSkillRuntime};

#[allow(
    missing_docs,
    unused_qualifications,
    unreachable_pub,
    clippy::all,
    clippy::restriction,
    reason = "generated"
)]
mod bindings {
    openskills_runtime::wasmtime::component::bindgen!({
        path: "../tests/programs/wit/typed",
        world: "typed",
        exports: { default: async },
        wasmtime_crate: openskills_runtime::wasmtime,
    });
}

use bindings::Typed;
use bindings::exports::tests::typed::kinds::{Rights, Shape};
use bindings::tests::typed::kinds::Point;

/// The distance of two points, and what a shape and rights come back as: three calls in one instance.
pub(crate) fn measure(
    runtime: &OpenSkillRuntime,
    skill: &str,
) -> Result<(f64, Shape, Rights), OpenSkillError> {
    let call = runtime.call(skill).function("distance");
    let (measured, _) = call.run_with(async |store, instance| {
        let typed = Typed::new(&mut *store, &instance)?;
        let (a, b) = (Point { x: 0.0, y: 0.0 }, Point { x: 3.0, y: 4.0 });
        let distance = typed.call_distance(&mut *store, a, b).await?;
        let kinds = typed.tests_typed_kinds();
        let shape = kinds.call_echo_shape(&mut *store, &Shape::Hint(Some("here".to_owned()))).await?;
        let rights = kinds.call_echo_rights(&mut *store, Rights::READ | Rights::RUN).await?;
        Ok((distance, shape, rights))
    })?;
    Ok(measured)
}

#[allow(dead_code, reason = "the tests use the rest of this file")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(skill)) = (arguments.next(), arguments.next()) else {
        return Err("usage: typed_host SKILLS_FOLDER SKILL".into());
    };
    let runtime = OpenSkillRuntime::new(folder);
    runtime.load_skills()?;
    let (distance, shape, rights) = measure(&runtime, &skill)?;
    writeln!(std::io::stdout(), "{distance} {shape:?} {rights:?}")?;
    Ok(())
}
