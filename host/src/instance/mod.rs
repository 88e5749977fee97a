//! A linker and a component in, instances out: the engine, compiling, and the cache of what was compiled.

mod adapter;
mod admission;
mod artifact;
mod cache;
mod component;
mod core_module;
mod engine;
mod expansion;
mod features;
mod function_work;
mod mapped;
mod sighting;
mod store;
mod ticker;

pub(crate) use adapter::VERSION as ADAPTER;
pub(crate) use admission::QueueIsFull;
pub(crate) use artifact::Artifact;
pub use cache::compiled_is_whole;
pub(crate) use cache::is_own;
pub(crate) use component::LoadedComponent;
pub(crate) use engine::{Engine, Metering};
pub use store::{CompileWatcher, Readiness};
pub(crate) use store::{ComponentStore, LoadFault, default_cache};
