//! The guest toolchain: a Rust compiler that can build skills for `wasm32-wasip2`, wherever it runs, and compilers
//! for components in Python, JavaScript and C.
//!
//! The toolchain in use is taken if it has the target. Otherwise `rustup target add` is tried, and where
//! rustup cannot download, a toolchain is made from Debian's packages in the user's cache folder; nothing of
//! the system and no rustup setting is changed by that. The second run finds what the first one made.
//!
//! ```no_run
//! use openskills_toolchain::{GuestBuild, GuestToolchain};
//!
//! let toolchain = GuestToolchain::ensure(&mut |line| eprintln!("{line}"))?;
//! let components = GuestBuild::new("skills/text-stats").run(&toolchain)?;
//! # Ok::<(), openskills_toolchain::ToolchainError>(())
//! ```

mod build;
pub mod cache;
mod cargo;
pub mod cargo_component;
pub mod compiler;
pub mod component;
mod debian;
mod error;
mod guest;
pub mod process;
pub mod requirements;
mod rustup;
mod sysroot;
pub mod wheels;
pub mod wit;

pub use build::{Built, GuestBuild, place};
pub use error::{Attempt, ToolchainError};
pub use guest::{GuestToolchain, Source};

/// The target that skills are built for.
pub const WASIP2: &str = "wasm32-wasip2";

/// The target that `cargo component build` compiles for before it makes a component of the result.
pub const WASIP1: &str = "wasm32-wasip1";
