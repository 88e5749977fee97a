//! The environment variables of one call, settled before it begins.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment, for what is granted"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::audit::{Action, Permission};
use crate::call::Failure;
use crate::capability::{Decision, Reach};
use crate::linker::{Gate, Request};

/// Why a variable that is granted and set is not given.
const NOT_TEXT: &str = "its value is not text in UTF-8, and a skill can be given nothing else";

type Variables = Arc<Vec<(String, String)>>;

/// The granted variables that are set, sorted by name. What needs an approval is asked for now, names and never
/// values, one question for each of the skill's rules; a no ends the call.
pub(super) async fn granted_environment(
    gate: &Gate,
    source: Option<&[(String, String)]>,
) -> Result<Variables, Failure> {
    static NOTHING: OnceLock<Variables> = OnceLock::new();
    let requested = |name: &str| {
        gate.capabilities.requested().iter().any(|rule| match rule.reach() {
            Reach::Env(pattern) => pattern.matches(name),
            Reach::Read(_) | Reach::Write(_) | Reach::Http(_) => false,
        })
    };
    if !gate.capabilities.requested().iter().any(|rule| matches!(rule.reach(), Reach::Env(_))) {
        return Ok(Arc::clone(NOTHING.get_or_init(Arc::default)));
    }
    // No value: it is set to what is not text.
    let set: BTreeMap<String, Option<String>> = match source {
        Some(variables) => variables
            .iter()
            .filter(|(name, _)| requested(name))
            .map(|(name, value)| (name.clone(), Some(value.clone())))
            .collect(),
        None => process_environment().filter(|(name, _)| requested(name)).collect(),
    };
    let mut granted = Vec::new();
    let mut open: BTreeMap<String, (Vec<(String, String)>, Decision)> = BTreeMap::new();
    for (name, value) in set {
        let decision = gate.capabilities.decide_env(&name);
        let Some(value) = value else {
            if !matches!(decision, Decision::Deny(_)) {
                gate.refuse_always(Request { action: Action::Env, target: &name }, NOT_TEXT);
            }
            continue;
        };
        match decision {
            Decision::Allow => {
                gate.ledger().used(Action::Env, &name, Permission::Allowed);
                granted.push((name, value));
            }
            decision @ Decision::Ask { .. } => {
                let Decision::Ask { rule, .. } = &decision else { continue };
                open.entry(rule.clone()).or_insert_with(|| (Vec::new(), decision)).0.push((name, value));
            }
            // Not granted: the guest that asks for it by name is told, and that is recorded.
            Decision::Deny(_) => {}
        }
    }
    for (variables, decision) in open.into_values() {
        let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
        gate.ask_for_each(Action::Env, &names, decision).await.map_err(|_| Failure::Refused)?;
        granted.extend(variables);
    }
    granted.sort();
    Ok(Arc::new(granted))
}

/// The variables of this process. No rule can name one whose name is not text.
fn process_environment() -> impl Iterator<Item = (String, Option<String>)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok())))
}
