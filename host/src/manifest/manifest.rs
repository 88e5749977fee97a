//! The manifest: what the front matter of a skill says, as understood and as written.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{node::Node, tool_entry::ToolEntry};

/// The longest description of the specification, in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 1024;

/// The longest text on compatibility of the specification, in characters.
pub const MAX_COMPATIBILITY_CHARS: usize = 500;

/// The front matter of a skill.
///
/// Texts come without white space at their edges. An optional field is none (or empty) if it is not
/// written, if nothing or `null` is its value, or if its value is of another kind, which is a
/// [`Fault`](super::Fault) and leaves all other fields as they are. Of a key that occurs twice the
/// last one counts; `disallowed-tools` add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// What the skill is called: as written, after NFKC, if that is a legal name; otherwise the
    /// name of the folder, if it was given; otherwise what is written, or empty.
    pub name: String,
    /// The name as written, legal or not.
    pub written_name: Option<String>,
    /// What the skill does and when to use it. Clients get it whole, also above
    /// [`MAX_DESCRIPTION_CHARS`]. Empty only in a manifest that must not be loaded.
    pub description: String,
    /// `license`.
    pub license: Option<String>,
    /// `compatibility`; whole, also above [`MAX_COMPATIBILITY_CHARS`].
    pub compatibility: Option<String>,
    /// `allowed-tools`, in the order written, entries that are not valid among them.
    pub allowed_tools: Vec<ToolEntry>,
    /// `disallowed-tools`, likewise.
    pub disallowed_tools: Vec<ToolEntry>,
    /// The texts directly under `metadata`. Deeper values are in [`Manifest::field`].
    pub metadata: BTreeMap<String, String>,
    /// The skill's version: `metadata.version`, the specification's place for it, or else `version`.
    pub version: Option<String>,
    /// `when_to_use`: more on when to use it, for the catalogue.
    pub when_to_use: Option<String>,
    /// `argument-hint`: what to show beside the name; brackets as written.
    pub argument_hint: Option<String>,
    /// `arguments`: names for `$name` in the body; a list, or a text split at white space.
    pub arguments: Vec<String>,
    /// `disable-model-invocation`: true hides the skill from the model.
    pub disable_model_invocation: Option<bool>,
    /// `user-invocable`: false hides the skill from the user's menu.
    pub user_invocable: Option<bool>,
    /// `context`: `fork` runs the skill in an agent of its own.
    pub context: Option<String>,
    /// `agent`: the kind of agent for `context: fork`.
    pub agent: Option<String>,
    /// `model`.
    pub model: Option<String>,
    /// `effort`.
    pub effort: Option<String>,
    /// `shell`.
    pub shell: Option<String>,
    /// `paths`: patterns of files the skill is about; a list, or a text split at commas.
    pub paths: Vec<String>,
    /// All fields as written and in that order, known or not.
    pub fields: Vec<Field>,
}

/// One field as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The key.
    pub key: String,
    /// Line of the key, from 1.
    pub line: usize,
    /// Column of the key, from 1, in characters.
    pub column: usize,
    /// The value.
    pub value: Node,
}

impl Manifest {
    /// The value of a top-level field as written; of a key that occurs twice, the last.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Node> {
        self.fields.iter().rev().find(|field| field.key == key).map(|field| &field.value)
    }

    /// `hooks` as written. This runtime runs none; they are there for the embedder.
    #[must_use]
    pub fn hooks(&self) -> Option<&Node> {
        self.field("hooks")
    }

    /// The model may use the skill of its own accord: `disable-model-invocation` is not true.
    #[must_use]
    pub fn is_model_invocable(&self) -> bool {
        self.disable_model_invocation != Some(true)
    }

    /// The user may call the skill by name: `user-invocable` is not false.
    #[must_use]
    pub fn is_user_invocable(&self) -> bool {
        self.user_invocable != Some(false)
    }
}
