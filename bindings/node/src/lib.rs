//! The native half of the npm package `@openskills/runtime`.
//!
//! It carries values between JavaScript and the library, and decides nothing. What people use is written in
//! JavaScript, in `lib/`; what is in here is called from there alone. Whatever has more than one part crosses as JSON
//! text: V8 reads and writes that faster than values can be put together one by one from outside.
#![cfg_attr(test, allow(dead_code, reason = "the macros of napi export nothing in tests"))]

mod audit_log;
mod callback;
mod calls;
mod camel;
mod failure;
mod manifest;
mod place;
mod policy;
mod runtime;
mod settings;
mod skill_call;
mod tool;
mod workers;
