//! What `wit-bindgen` makes of `wit/`: the one place of this crate with unsafe code, and no part of its
//! interface.

#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    rust_2018_idioms,
    clippy::all,
    clippy::semicolon_if_nothing_returned,
    clippy::allow_attributes_without_reason,
    clippy::undocumented_unsafe_blocks,
    reason = "generated"
)]

wit_bindgen::generate!({
    path: "../wit",
    world: "described-skill",
    pub_export_macro: true,
    default_bindings_module: "openskills_sdk::bindings",
});
