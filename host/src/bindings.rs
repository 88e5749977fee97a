//! The host's side of `wit/`, generated; nothing else.
#![allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "generated from wit/*.wit, where every item is documented"
)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "openskills:skill/skill",
    imports: { default: async | trappable },
    exports: { default: async },
    require_store_data_send: true,
});
