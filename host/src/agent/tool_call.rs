//! A call that a model made, whoever's form it has.

use std::time::Duration;

use serde_json::{Map, Value};

use super::tool_format::ToolFormat;
use crate::linker::CancelToken;

/// How many calls of one message are read.
const MAX_CALLS: usize = 128;

/// A tool call of a model's.
///
/// `From` reads it as it comes from a provider: OpenAI's (`function` with `name` and `arguments` as a JSON text, or an
/// item `function_call` of the Responses API), Anthropic's `tool_use` block, the `params` of MCP's `tools/call` or the
/// request around them, or `{"name", "arguments"}`. What is none of these becomes a call that
/// [`handle`](crate::OpenSkillRuntime::handle) answers with an error that the model can read.
#[derive(Clone, Debug)]
pub struct ToolCall {
    /// The tool's name.
    pub name: String,
    /// Its arguments: an object, or a JSON text of one.
    pub arguments: Value,
    /// The provider's id of the call, which its answer repeats.
    pub id: Option<Value>,
    /// Whose form it came in, and its answer gets.
    pub format: Option<ToolFormat>,
    pub(super) timeout: Option<Duration>,
    pub(super) cancel: Option<CancelToken>,
}

impl ToolCall {
    /// A call in nobody's form.
    #[must_use]
    pub fn new(name: impl Into<String>, arguments: Value) -> Self {
        Self { name: name.into(), arguments, id: None, format: None, timeout: None, cancel: None }
    }

    /// Wall clock for what it runs: the runtime's limit (30 s) by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Who can stop it.
    #[must_use]
    pub fn cancel_token(mut self, token: &CancelToken) -> Self {
        self.cancel = Some(token.clone());
        self
    }

    /// All calls in a provider's answer, in their order, at most 128: of OpenAI's completion or message
    /// (`tool_calls`), a response of the Responses API (`output`), Anthropic's message (`content`), or a list of any
    /// of these. None if the model called nothing.
    #[must_use]
    pub fn all_in(answer: &Value) -> Vec<Self> {
        let mut found = Vec::new();
        collect(answer, 0, &mut found);
        found
    }
}

impl From<&Self> for ToolCall {
    fn from(call: &Self) -> Self {
        call.clone()
    }
}

impl From<Value> for ToolCall {
    fn from(call: Value) -> Self {
        Self::from(&call)
    }
}

impl From<&Value> for ToolCall {
    fn from(call: &Value) -> Self {
        let empty = Map::new();
        let members = call.as_object().unwrap_or(&empty);
        let get = |name: &str| members.get(name).cloned();
        let is = |name: &str| members.get("type").and_then(Value::as_str) == Some(name);
        let text = |members: &Map<String, Value>| {
            members.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let made = |name, arguments: Option<Value>, id, format| Self {
            name,
            arguments: arguments.unwrap_or_default(),
            id,
            format,
            timeout: None,
            cancel: None,
        };
        if let Some(Value::Object(function)) = members.get("function") {
            let arguments = function.get("arguments").cloned();
            return made(text(function), arguments, get("id"), Some(ToolFormat::OpenAi));
        }
        if is("function_call") {
            return made(text(members), get("arguments"), get("call_id"), Some(ToolFormat::OpenAiResponses));
        }
        if is("tool_use") {
            return made(text(members), get("input"), get("id"), Some(ToolFormat::Anthropic));
        }
        if let Some(Value::Object(params)) = members.get("params") {
            return made(text(params), params.get("arguments").cloned(), get("id"), Some(ToolFormat::Mcp));
        }
        let arguments = get("arguments").or_else(|| get("input"));
        // A call that was read before, by a program that keeps it as data.
        let format = members.get("format").and_then(Value::as_str).and_then(|name| name.parse().ok());
        made(text(members), arguments, get("id"), format)
    }
}

fn collect(value: &Value, depth: usize, found: &mut Vec<ToolCall>) {
    if depth > 8 || found.len() >= MAX_CALLS {
        return;
    }
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, depth + 1, found)),
        Value::Object(members) => {
            let kind = members.get("type").and_then(Value::as_str);
            let is_call = matches!(kind, Some("function_call" | "tool_use"))
                || members.get("function").is_some_and(Value::is_object);
            if is_call {
                found.push(ToolCall::from(value));
                return;
            }
            for name in ["choices", "message", "tool_calls", "output", "content"] {
                // The content of a message may be a text: it has no calls.
                if let Some(below) = members.get(name).filter(|below| !below.is_string()) {
                    collect(below, depth + 1, found);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_read_in_the_form_of_each_provider() {
        for (call, format) in [
            (
                json!({ "id": "c1", "type": "function", "function": { "name": "t", "arguments": "{\"a\":1}" } }),
                Some(ToolFormat::OpenAi),
            ),
            (
                json!({ "type": "function_call", "call_id": "c1", "name": "t", "arguments": "{\"a\":1}" }),
                Some(ToolFormat::OpenAiResponses),
            ),
            (
                json!({ "type": "tool_use", "id": "c1", "name": "t", "input": { "a": 1 } }),
                Some(ToolFormat::Anthropic),
            ),
            (
                json!({ "jsonrpc": "2.0", "id": "c1", "method": "tools/call", "params": { "name": "t", "arguments": { "a": 1 } } }),
                Some(ToolFormat::Mcp),
            ),
            (json!({ "id": "c1", "name": "t", "arguments": { "a": 1 } }), None),
            (
                json!({ "id": "c1", "name": "t", "arguments": { "a": 1 }, "format": "anthropic" }),
                Some(ToolFormat::Anthropic),
            ),
            (json!({ "id": "c1", "name": "t", "arguments": { "a": 1 }, "format": "no such" }), None),
        ] {
            let read = ToolCall::from(&call);
            assert_eq!(
                (read.name.as_str(), read.id, read.format),
                ("t", Some(json!("c1")), format),
                "{call}"
            );
        }
        for odd in [json!(null), json!([]), json!("t"), json!({}), json!({ "function": 3, "name": 4 })] {
            assert_eq!(ToolCall::from(&odd).name, "", "{odd}");
        }
    }

    #[test]
    fn all_calls_of_an_answer_are_found() {
        let call = |id: &str| json!({ "id": id, "type": "function", "function": { "name": "t", "arguments": "{}" } });
        let completion = json!({ "choices": [{ "message": { "content": "text", "tool_calls": [call("1"), call("2")] } }] });
        let block = json!({ "type": "tool_use", "id": "1", "name": "t", "input": {} });
        let message = json!({ "content": [{ "type": "text", "text": "tool_use" }, block, block] });
        let response = json!({ "output": [{ "type": "message", "content": [] }, { "type": "function_call", "call_id": "1", "name": "t", "arguments": "{}" }] });
        assert_eq!(ToolCall::all_in(&completion).len(), 2);
        assert_eq!(ToolCall::all_in(&message).len(), 2);
        assert_eq!(ToolCall::all_in(&response).len(), 1);
        assert!(ToolCall::all_in(&json!({ "content": "none" })).is_empty());
        let many: Vec<_> = (0..200).map(|_| block.clone()).collect();
        assert_eq!(ToolCall::all_in(&json!({ "content": many })).len(), MAX_CALLS);
    }
}
