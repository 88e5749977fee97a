//! The one place where the project writes `unsafe` by hand: mapping a compiled component of our own cache.
#![expect(
    unsafe_code,
    reason = "mapping compiled code cannot be checked by the compiler; the argument is below"
)]

use std::path::Path;

use wasmtime::Engine;
use wasmtime::component::Component;

/// Maps a compiled component from `path`.
///
/// The caller has to have established what [`Cache::load`](super::cache::Cache::load) establishes.
pub(super) fn map(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: `Component::deserialize_file` asks for two things.
    //
    // 1. The file is what `Engine::precompile_component` wrote. It lies in a folder that only this user can enter
    //    (mode 0700, owner checked), is owned by this user and not writable by others (checked on the open file);
    //    nothing but `Cache::store` writes there, under a name that holds the digest of the component, in a folder
    //    named after the exact engine version and its settings; and its checksum was compared with the one written
    //    beside it, now or within the last day, with the kernel's word that the same inode was not changed since; so
    //    a damaged file does not get here. Whoever can forge all of that can already run code as this
    //    user. Skills cannot reach the folder: it is protected from every grant, and nothing is ever mapped from a
    //    skill's own folder.
    // 2. The file does not change while it is mapped. `Cache::store` writes to a temporary file and renames it into
    //    place, so an entry is replaced, never rewritten.
    unsafe { Component::deserialize_file(engine, path) }
}
