//! The whole way of a call, from a folder to a result and a record.

mod artifacts;
mod callers;
mod compiling;
mod discovery;
mod guide;
mod input;
mod instances;
mod records;
