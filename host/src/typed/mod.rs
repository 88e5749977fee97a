//! WIT types in; JSON Schema, and values from JSON and back, out.

mod docs;
mod function;
mod integer;
mod labels;
mod lift;
mod lower;
mod misfit;
mod names;
mod schema;
mod shape;
mod signature;
mod table;
mod tool_name;
mod world_types;

pub(crate) use docs::Docs;
pub use function::Function;
pub(crate) use integer::WideIntegers;
pub(crate) use lift::{Lifted, Unlifted, lift};
pub(crate) use lower::{Room, arguments};
pub(crate) use table::{Callable, Export, Found, Functions};
pub(crate) use tool_name::{START as TOOL_START, could_be_of, name_functions, skill_tool};
pub(crate) use world_types::head;
