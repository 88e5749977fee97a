//! Typed functions: components that export what their authors chose, described, and called with JSON.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod calls;
mod foreign;
mod guest;
mod host;
mod hostile;
mod made_up;
mod round_trips;
mod schemas;
mod values;
