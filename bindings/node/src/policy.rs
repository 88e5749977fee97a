//! The policy of a runtime, as `lib/policy.js` puts it together.
#![allow(
    clippy::needless_pass_by_value,
    unsafe_code,
    unreachable_pub,
    reason = "made, or called, by what the macros of napi make"
)]

use napi::Result;
use napi_derive::napi;
use openskills_runtime::Policy;
use serde::Deserialize;

use crate::failure::Failure;

/// What the policy begins with, and what is added, one after the other.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Rules {
    preset: PresetName,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PresetName {
    #[default]
    Standard,
    Trust,
    Locked,
}

/// One rule, or the text of a policy file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Step {
    Allow(String),
    Ask(String),
    Deny(String),
    Yaml(String),
}

impl Rules {
    pub(crate) fn policy(self) -> std::result::Result<Policy, Failure> {
        let policy = match self.preset {
            PresetName::Standard => Policy::default(),
            PresetName::Trust => Policy::trust_skills(),
            PresetName::Locked => Policy::locked(),
        };
        self.steps.into_iter().try_fold(policy, |policy, step| {
            Ok(match step {
                Step::Allow(rule) => policy.allow(&rule)?,
                Step::Ask(rule) => policy.ask(&rule)?,
                Step::Deny(rule) => policy.deny(&rule)?,
                Step::Yaml(text) => policy.with_yaml(&text)?,
            })
        })
    }
}

/// Tries to put a policy together, and gives the name of its preset.
#[napi]
pub fn try_policy(rules: String) -> Result<String> {
    let rules: Rules = serde_json::from_str(&rules).map_err(Failure::from)?;
    Ok(rules.policy()?.preset().name().to_owned())
}
