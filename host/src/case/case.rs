//! One case: what a call is given, and what must come of it.

use serde_json::Value;

use super::expected::Expected;
use crate::capability::Policy;

/// One case of a skill. [`read_cases`](super::read_cases) reads them, [`Case::run`] runs one.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name: that in the file, or the file's own, or that and its number in the list.
    pub name: String,
    /// The path of its file, relative to the skill's folder.
    pub file: String,
    /// What it shows.
    pub about: Option<String>,
    /// Where it is in its file, if that is a list.
    pub(super) index: Option<usize>,
    pub(super) call: Call,
    /// Files and folders of the workspace, by their paths in it; no contents is a folder.
    pub(super) files: Vec<(String, Option<Vec<u8>>)>,
    /// The host's environment.
    pub(super) env: Vec<(String, String)>,
    pub(super) policy: Policy,
    pub(super) timeout_ms: Option<u64>,
    pub(super) expect: Expectation,
}

/// What is called, and with what.
#[derive(Clone, Debug)]
pub(super) enum Call {
    /// The component: its entry point, or a typed function of it.
    Component {
        function: Option<String>,
        input: Value,
    },
    Script {
        script: String,
        arguments: Vec<String>,
        stdin: String,
    },
}

/// What must come of a call. What is none is not looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Expectation {
    /// Whether the case says anything at all of the call's end.
    pub(super) is_given: bool,
    pub(super) output: Option<Expected>,
    pub(super) error: Option<ExpectedError>,
    pub(super) exit_code: Option<Expected>,
    pub(super) stdout: Option<Expected>,
    pub(super) stderr: Option<Expected>,
    pub(super) refusals: Option<Vec<Expected>>,
    /// By path; none is a file that must not be there.
    pub(super) files: Vec<(String, Option<Expected>)>,
}

/// An error that must end the call.
#[derive(Clone, Debug)]
pub(super) struct ExpectedError {
    pub(super) kind: Option<Expected>,
    pub(super) message: Option<Expected>,
    pub(super) field: Option<Expected>,
}

impl Case {
    /// Whether it runs a script, and not the component.
    #[must_use]
    pub fn is_of_script(&self) -> bool {
        matches!(self.call, Call::Script { .. })
    }
}
