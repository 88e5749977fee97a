//! Patterns and a policy in, rights out.
//!
//! The second stage of the way of the data, and pure: it knows no engine, file, clock, network or environment.
//! [`grant`] is the only function that gives the name of a tool a meaning; [`Capabilities`] answers every later
//! question about a concrete target.

mod address;
mod capabilities;
#[cfg(test)]
mod capabilities_tests;
mod decision;
mod env_pattern;
mod explanation;
mod grant;
mod limits;
#[cfg(test)]
mod model_tests;
mod name_glob;
mod network;
mod path_pattern;
mod policy;
mod policy_file;
mod policy_limits;
#[cfg(test)]
mod policy_tests;
#[cfg(test)]
mod properties_tests;
mod protected;
mod question;
mod rule;
mod source;
mod world;

pub use address::AddressClass;
pub use capabilities::Capabilities;
pub use decision::{Basis, Decision, Denial, FileUse, Reason, Remedy, Verdict};
pub use env_pattern::{EnvPattern, EnvPatternError};
pub use explanation::{Answered, RuleExplanation, TargetExplanation};
pub use grant::{Grant, Meaning, Note, grant, meaning};
pub(crate) use limits::MAX_COMPILING;
pub use limits::{LimitKind, Limits};
pub use network::{Host, HostPattern, HostPatternError, InvalidUrl, Origin, Scheme};
pub use path_pattern::{PathPattern, PathPatternError};
pub use policy::{Effect, Pin, Policy, PolicyError, Preset};
pub(crate) use policy_file::nearest;
pub use policy_file::{Authority, MAX_POLICY_BYTES, PolicyFileError};
pub use question::{Answer, Approver, Question, printable};
pub use rule::{Kind, Reach, Rule};
pub use source::Source;
pub use world::{WitFile, World};
