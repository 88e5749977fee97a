//! The host's side of every decision.

use openskills_runtime::{Effect, Source, capability};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::json;

use crate::error::{rule_fault, text_fault};
use crate::json::to_python;

/// A policy. Nothing changes it: what adds a rule gives a new one.
#[pyclass(frozen, module = "openskills._native")]
pub(crate) struct Policy(pub(crate) openskills_runtime::Policy);

#[pymethods]
impl Policy {
    #[new]
    fn new(preset: &str) -> PyResult<Self> {
        match preset {
            "standard" => Ok(Self(openskills_runtime::Policy::default())),
            "trust" => Ok(Self(openskills_runtime::Policy::trust_skills())),
            "locked" => Ok(Self(openskills_runtime::Policy::locked())),
            other => Err(PyValueError::new_err(format!(
                "there is no preset `{other}`: there are \"standard\", \"trust\" and \"locked\""
            ))),
        }
    }

    /// With one more rule: `effect` is `allow`, `ask` or `deny`.
    fn with_rule(&self, py: Python<'_>, effect: &str, rule: &str) -> PyResult<Self> {
        let effect = match effect {
            "allow" => Effect::Allow,
            "ask" => Effect::Ask,
            "deny" => Effect::Deny,
            other => return Err(PyValueError::new_err(format!("there is no effect `{other}`"))),
        };
        let added = self.0.clone().with_rule(effect, rule, Source::Code);
        added.map(Self).map_err(|error| rule_fault(py, &error))
    }

    /// With what the text of a policy file says.
    fn with_yaml(&self, py: Python<'_>, text: &str) -> PyResult<Self> {
        self.0.clone().with_yaml(text).map(Self).map_err(|error| text_fault(py, &error))
    }

    /// What is in it.
    fn fields(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let policy = &self.0;
        let texts =
            |rules: &[capability::Rule]| rules.iter().map(|rule| rule.text().to_owned()).collect::<Vec<_>>();
        let notes = policy.notes().map(|(file, fault)| {
            let mut note = serde_json::to_value(fault).unwrap_or_default();
            note["file"] = file.into();
            note
        });
        let fields = json!({
            "preset": policy.preset(), "allow": texts(policy.allow_rules()), "ask": texts(policy.ask_rules()),
            "deny": texts(policy.deny_rules()), "lock": policy.lock(), "notes": notes.collect::<Vec<_>>(),
            "timeout_cap_ms": policy.timeout_cap().map(|(cap, _)| u64::try_from(cap.as_millis()).unwrap_or(u64::MAX)),
        });
        to_python(py, &fields)
    }
}
