//! `wasi:io/error`: the engine's own would print host backtraces to the guest.

use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::io::error;

/// Marks interfaces of `wasi:io` for the linker: they need the table and nothing else.
pub(super) struct TableDoor;

impl HasData for TableDoor {
    type Data<'a> = &'a mut ResourceTable;
}

pub(super) struct ErrorDoor;

impl HasData for ErrorDoor {
    type Data<'a> = ErrorView<'a>;
}

pub(super) struct ErrorView<'a>(pub(super) &'a mut ResourceTable);

impl error::Host for ErrorView<'_> {}

impl error::HostError for ErrorView<'_> {
    fn drop(&mut self, error: Resource<error::Error>) -> wasmtime::Result<()> {
        self.0.delete(error)?;
        Ok(())
    }

    fn to_debug_string(&mut self, error: Resource<error::Error>) -> wasmtime::Result<String> {
        Ok(format!("{:#}", self.0.get(&error)?))
    }
}
