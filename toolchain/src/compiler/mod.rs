//! Compilers of components in other languages than Rust: which, where they are kept, and how they are asked.
//!
//! All are pinned and come from package registries into the user's cache: componentize-py and Zig as wheels,
//! componentize-qjs, esbuild and TypeScript by a lock file of npm. The versions stand in `pins/`, in no other place.

mod bundle;
mod c;
mod javascript;
mod pinned;
mod python;
mod typescript;

use std::path::{Path, PathBuf};

pub use c::{C, header, zig};
pub use javascript::JavaScript;
pub use pinned::{Pinned, WHEELS, npm_version};
pub use python::Python;
pub use typescript::declarations;

/// What a compiler makes a component of.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The folder of the sources.
    pub folder: &'a Path,
    /// The WIT package.
    pub wit: &'a Path,
    /// The world of it that the component has.
    pub world: &'a str,
    /// A folder for what is made on the way and for the component.
    pub work: &'a Path,
}

impl Sources<'_> {
    /// Where the component is put.
    fn component(&self) -> PathBuf {
        self.work.join("component.wasm")
    }
}
