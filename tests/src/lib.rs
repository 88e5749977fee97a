//! What the tests share: a scenario is a skill, a policy and a workspace, and what calls of it left behind.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

pub mod bare;
mod component;
mod scenario;
pub mod server;

pub use component::{adapted, exporting, guest, repository, skill_component};
pub use scenario::{Scenario, Stage, cache};
