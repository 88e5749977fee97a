//! The record of one call.

use std::time::{Duration, SystemTime};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ledger::{Refusal, Use};
use crate::capability::LimitKind;

/// The version of the record's form, in [`AuditRecord::schema`].
pub const SCHEMA: u32 = 1;

/// What one call asked, did and was refused: exactly one for every call, refusals and traps included.
///
/// Inputs, outputs and the values of variables are never in it, only their digests and names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// The version of this form: 1.
    pub schema: u32,
    /// A unique id of the call (UUID, version 7: sorts by time).
    pub id: String,
    /// The skill's name.
    pub skill: String,
    /// The skill's version, if its `SKILL.md` states one.
    pub version: Option<String>,
    /// SHA-256 of the `SKILL.md`.
    pub manifest_sha256: String,
    /// SHA-256 of the component; empty if it could not be read.
    pub component_sha256: String,
    /// The script that the component ran, if it is an interpreter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Script>,
    /// The typed function that was called, if it was not the skill's entry point: as the component exports it, or as
    /// it was asked for if there is none such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The packages that the script could import, with their digests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<Package>,
    /// SHA-256 of the input's JSON text: of a script, of its arguments and its standard input's digest.
    pub input_sha256: String,
    /// SHA-256 of the output's JSON text, if the call succeeded: of a script, of its standard output.
    pub output_sha256: Option<String>,
    /// When the call began, in UTC.
    #[serde(serialize_with = "timestamp", deserialize_with = "from_timestamp")]
    pub started: SystemTime,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds", deserialize_with = "from_milliseconds")]
    pub duration: Duration,
    /// The entries of `allowed-tools` that have a meaning, as written.
    pub requested: Vec<String>,
    /// Those of them that the policy did not take away wholly.
    pub granted: Vec<String>,
    /// What was used, each target once with a count; at most 1,000 targets.
    pub uses: Vec<Use>,
    /// What was refused, likewise.
    pub refusals: Vec<Refusal>,
    /// How often a file was looked at (allowed looks are not listed).
    pub looks: u64,
    /// Uses and refusals of targets beyond the first 1,000.
    pub unlisted: u64,
    /// How the call ended.
    pub outcome: Outcome,
    /// What it used up.
    pub usage: Usage,
}

/// A script of a skill, as it was when it ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Its path in the skill's folder, or the name of the module that was run.
    pub name: String,
    /// SHA-256 of the file; empty for a module.
    pub sha256: String,
}

/// A package of Python's: exactly one wheel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name, as package indices compare names: lower case, `-` between words.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the wheel.
    pub sha256: String,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// The skill answered.
    Success,
    /// The skill answered with an error, trapped, or answered something that is not JSON.
    Failed {
        /// What happened, in the host's words: the skill's own may repeat its input.
        message: String,
    },
    /// The input was not what the skill takes. The field is in the error that the caller got.
    InvalidInput,
    /// Something was refused, before the call or during it, and the call failed.
    Denied,
    /// The wall clock ran out.
    Timeout {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// The caller gave the call up before it ended.
    Cancelled,
    /// Another limit was exceeded.
    Limit {
        /// Which one.
        which: LimitKind,
        /// The limit in words, with its value.
        limit: String,
    },
    /// The component could not be loaded.
    InvalidArtifact {
        /// Why.
        message: String,
    },
    /// The host's own system failed.
    Io {
        /// How.
        message: String,
    },
}

impl Outcome {
    /// The outcome's name, as `kind` in JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed { .. } => "failed",
            Self::InvalidInput => "invalid-input",
            Self::Denied => "denied",
            Self::Timeout { .. } => "timeout",
            Self::Cancelled => "cancelled",
            Self::Limit { .. } => "limit",
            Self::InvalidArtifact { .. } => "invalid-artifact",
            Self::Io { .. } => "io",
        }
    }
}

/// What a call used up, beside its limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The most memory that the guest had at a time, in bytes.
    pub memory_peak: u64,
    /// The limit on it.
    pub memory_limit: u64,
    /// The limit on wall clock, in milliseconds.
    pub timeout_ms: u64,
    /// Bytes of the input's JSON text.
    pub input_bytes: u64,
    /// Bytes of the output's JSON text.
    pub output_bytes: u64,
    /// Bytes that the guest wrote to stdout, what was cut included.
    pub stdout_bytes: u64,
    /// Bytes that the guest wrote to stderr, what was cut included.
    pub stderr_bytes: u64,
    /// Questions put to the approver.
    pub prompts: u64,
    /// Http requests that were granted.
    pub requests: u64,
    /// Bytes of their bodies.
    pub sent_bytes: u64,
    /// Bytes of the bodies of the responses, as far as they were read.
    pub received_bytes: u64,
    /// Instructions of the guest, if they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// The limit on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel_limit: Option<u64>,
}

fn timestamp<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    match jiff::Timestamp::try_from(*time) {
        Ok(time) => serializer.collect_str(&time),
        Err(_) => serializer.serialize_str(""),
    }
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let microseconds = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
    serializer.serialize_f64(f64::from(microseconds) / 1_000.0)
}

fn from_timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    let time: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
    Ok(time.into())
}

fn from_milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let milliseconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(milliseconds / 1_000.0).map_err(D::Error::custom)
}
