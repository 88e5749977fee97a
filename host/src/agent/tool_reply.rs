//! What a model's call is answered with.

use serde_json::{Value, json};

use super::tool_format::ToolFormat;
use crate::audit::AuditRecord;

/// The answer to a [`ToolCall`](crate::ToolCall).
///
/// `content` is for the model; `hint` and `audit` are for whoever operates it. What would grant something, such as the
/// line to add to a `SKILL.md`, is in the hint alone.
#[derive(Clone, Debug)]
pub struct ToolReply {
    /// The text for the model; at most 64 KiB and the note that says what was cut.
    pub content: String,
    /// What a skill answered, whole.
    pub value: Option<Value>,
    /// Whether the call did not do what it was to do.
    pub is_error: bool,
    /// For an error its kind: the name of an [`ErrorKind`](crate::ErrorKind), `UnknownTool` or `InvalidArguments`.
    pub kind: Option<&'static str>,
    /// What the operator can do about an error. Not for the model.
    pub hint: Option<String>,
    /// The record, if something was run.
    pub audit: Option<AuditRecord>,
    /// The provider's id of the call.
    pub id: Option<Value>,
    /// Whose form the call came in.
    pub format: Option<ToolFormat>,
    /// Whether `value` is the member `result` of the declared output.
    pub(super) is_wrapped: bool,
}

impl ToolReply {
    /// In the form in which the call came; of a call in nobody's form, as [`ToolReply::to_mcp`].
    #[must_use]
    pub fn to_value(&self) -> Value {
        let id = self.id.as_ref().map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        let id = id.unwrap_or_default();
        match self.format {
            Some(ToolFormat::OpenAi) => self.to_openai(&id),
            Some(ToolFormat::OpenAiResponses) => self.to_openai_responses(&id),
            Some(ToolFormat::Anthropic) => self.to_anthropic(&id),
            Some(ToolFormat::Mcp) | None => self.to_mcp(),
        }
    }

    /// A message of OpenAI's Chat Completions, with the id of the call.
    #[must_use]
    pub fn to_openai(&self, id: &str) -> Value {
        json!({ "role": "tool", "tool_call_id": id, "content": self.content })
    }

    /// An item of OpenAI's Responses, with the `call_id` of the call.
    #[must_use]
    pub fn to_openai_responses(&self, id: &str) -> Value {
        json!({ "type": "function_call_output", "call_id": id, "output": self.content })
    }

    /// A block of Anthropic's Messages, with the id of the call.
    #[must_use]
    pub fn to_anthropic(&self, id: &str) -> Value {
        json!({ "type": "tool_result", "tool_use_id": id, "content": self.content, "is_error": self.is_error })
    }

    /// The result of MCP's `tools/call`.
    #[must_use]
    pub fn to_mcp(&self) -> Value {
        let mut result =
            json!({ "content": [{ "type": "text", "text": self.content }], "isError": self.is_error });
        let structured = match (&self.value, self.is_wrapped) {
            (Some(value), true) => Some(json!({ "result": value })),
            (Some(value @ Value::Object(_)), false) => Some(value.clone()),
            _ => None,
        };
        if let (Some(structured), false, Some(members)) = (structured, self.is_error, result.as_object_mut())
        {
            members.insert("structuredContent".to_owned(), structured);
        }
        result
    }
}
