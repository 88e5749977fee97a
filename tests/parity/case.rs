//! A case as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) about: String,
    pub(crate) cases: Vec<Case>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) skills: BTreeMap<String, Skill>,
    pub(crate) workspace: Option<BTreeMap<String, Contents>>,
    #[serde(default)]
    pub(crate) outside: BTreeMap<String, Contents>,
    #[serde(default)]
    pub(crate) links: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) mounts: Vec<Mount>,
    #[serde(default)]
    pub(crate) policy: Policy,
    #[serde(default)]
    pub(crate) limits: BTreeMap<String, u64>,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) approver: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) sink: Sink,
    #[serde(default = "yes")]
    pub(crate) load: bool,
    #[serde(default)]
    pub(crate) interpreter: bool,
    pub(crate) build: Option<Build>,
    #[serde(default)]
    pub(crate) calls: Vec<Call>,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Skill {
    pub(crate) from: Option<String>,
    pub(crate) manifest: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) allowed_tools: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) component: Option<String>,
    #[serde(default)]
    pub(crate) files: BTreeMap<String, Contents>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Contents {
    Text(String),
    Bytes { base64: String },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mount {
    pub(crate) host: String,
    pub(crate) guest: String,
    pub(crate) writable: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Policy {
    pub(crate) preset: Option<String>,
    pub(crate) allow: Vec<String>,
    pub(crate) ask: Vec<String>,
    pub(crate) deny: Vec<String>,
    pub(crate) yaml: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sink {
    #[default]
    Memory,
    Fails,
    FailsGoOn,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Build {
    pub(crate) error: Value,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) arguments: Map<String, Value>,
    pub(crate) cancel: Option<Cancel>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) returns: Option<Value>,
    pub(crate) error: Option<Value>,
    pub(crate) record: Option<Value>,
    pub(crate) records: Option<usize>,
    pub(crate) questions: Option<Value>,
    pub(crate) workspace: Option<BTreeMap<String, Option<String>>>,
}

/// `null` is an expectation, too.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Cancel {
    Before,
    During,
}
