//! One call by code of the embedder's, which has types of its own for what the component exports.

use wasmtime::Store;
use wasmtime::component::Instance;

use super::failure::Failure;
use super::plan::{Plan, Remains, enter};
use crate::linker::HostState;

/// Has `body` use the instance once.
pub(crate) async fn call_with<T, F>(plan: Plan<'_>, body: F) -> Remains<T>
where
    F: AsyncFnOnce(&mut Store<HostState>, Instance) -> wasmtime::Result<T>,
{
    enter(plan, async |store, instance| {
        let ended = body(&mut *store, instance).await;
        ended.map_err(|error| Failure::of_trap(&error, &store.data().memory))
    })
    .await
}
