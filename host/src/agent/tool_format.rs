//! The forms of tools that the clients of models take.

use std::str::FromStr;

use serde_json::{Value, json};

/// Whose form tool definitions, calls and replies have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToolFormat {
    /// OpenAI's Chat Completions: `{"type": "function", "function": {…}}`. Many other providers take it, too.
    #[default]
    OpenAi,
    /// OpenAI's Responses: `{"type": "function", "name", …}`.
    OpenAiResponses,
    /// Anthropic's Messages: `{"name", "description", "input_schema"}`.
    Anthropic,
    /// The Model Context Protocol: `{"name", "title", "description", "inputSchema", "outputSchema", "annotations"}`.
    Mcp,
}

/// Whether skills have tools of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ToolStyle {
    /// They have if at most 32 skills have components, and these make at most 96 tools.
    #[default]
    Auto,
    /// Each skill with a component has one, and one for each of its typed functions.
    Own,
    /// None has; `run_skill` runs all of them. For large catalogues, and where tools must not change with skills.
    General,
}

/// How tools are defined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolOptions {
    /// Their form.
    pub format: ToolFormat,
    /// Whether skills have tools of their own.
    pub style: ToolStyle,
}

impl From<ToolFormat> for ToolOptions {
    fn from(format: ToolFormat) -> Self {
        Self { format, ..Self::default() }
    }
}

impl ToolFormat {
    /// Its name: `openai`, `openai-responses`, `anthropic` or `mcp`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::OpenAiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::Mcp => "mcp",
        }
    }
}

impl FromStr for ToolFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all = [Self::OpenAi, Self::OpenAiResponses, Self::Anthropic, Self::Mcp];
        all.into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| format!("there is no format `{name}`: openai, openai-responses, anthropic or mcp"))
    }
}

/// A tool, in nobody's form.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) input_schema: Value,
    pub(super) output_schema: Option<Value>,
    /// Whether nothing changes by calling it, as far as the sandbox holds it.
    pub(super) is_read_only: bool,
    /// Whether it may reach the network.
    pub(super) is_open: bool,
}

impl Tool {
    pub(super) fn to_value(&self, format: ToolFormat) -> Value {
        let Self { name, description, input_schema, .. } = self;
        match format {
            ToolFormat::OpenAi => json!({
                "type": "function",
                "function": { "name": name, "description": description, "parameters": input_schema },
            }),
            ToolFormat::OpenAiResponses => json!({
                "type": "function",
                "name": name,
                "description": description,
                "parameters": input_schema,
                // Skills have optional fields, which the strict mode does not know.
                "strict": false,
            }),
            ToolFormat::Anthropic => {
                json!({ "name": name, "description": description, "input_schema": input_schema })
            }
            ToolFormat::Mcp => {
                let mut tool = json!({
                    "name": name,
                    "title": self.title,
                    "description": description,
                    "inputSchema": input_schema,
                    "annotations": {
                        "title": self.title,
                        "readOnlyHint": self.is_read_only,
                        "destructiveHint": !self.is_read_only,
                        "openWorldHint": self.is_open,
                    },
                });
                if let (Some(schema), Some(members)) = (&self.output_schema, tool.as_object_mut()) {
                    members.insert("outputSchema".to_owned(), schema.clone());
                }
                tool
            }
        }
    }
}
