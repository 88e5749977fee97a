//! Skills as tools of a model: definitions, calls and answers.
#![allow(
    clippy::needless_pass_by_value,
    unsafe_code,
    unreachable_pub,
    reason = "made, or called, by what the macros of napi make"
)]

use std::time::Duration;

use napi::Result;
use napi_derive::napi;
use openskills_runtime::{ToolCall, ToolFormat, ToolOptions, ToolReply, ToolStyle};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::calls::Beside;
use crate::camel;
use crate::failure::Failure;
use crate::runtime::{Runtime, parsed, unreadable, whole};
use crate::skill_call::insert;
use crate::workers;

/// The options of `tools`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolSettings {
    format: String,
    #[serde(default)]
    style: Style,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Style {
    #[default]
    Auto,
    Own,
    General,
}

impl ToolSettings {
    fn options(&self) -> std::result::Result<ToolOptions, Failure> {
        let format: ToolFormat = self.format.parse().map_err(Failure::argument)?;
        let style = match self.style {
            Style::Auto => ToolStyle::Auto,
            Style::Own => ToolStyle::Own,
            Style::General => ToolStyle::General,
        };
        Ok(ToolOptions { format, style })
    }
}

/// The definitions, beside the event loop: a component that was never asked for its description may have to be compiled.
#[napi]
pub fn tools(runtime: &Runtime, id: u32, options: String) -> Result<()> {
    let options = parsed::<ToolSettings>(&options)?.options()?;
    runtime.blocking(id, move |runtime| Ok(Value::Array(runtime.tools(options)).to_string()))
}

/// The definitions, on the event loop.
#[napi]
pub fn tools_sync(runtime: &Runtime, options: String) -> Result<String> {
    let options = parsed::<ToolSettings>(&options)?.options()?;
    Ok(Value::Array(runtime.runtime.tools(options)).to_string())
}

/// Answers a call of a model. It is told with the [`Reply`].
#[napi]
pub fn handle(
    runtime: &Runtime,
    id: u32,
    call: String,
    timeout_ms: Option<f64>,
    is_cancelled: bool,
) -> Result<()> {
    let call = read(&call, timeout_ms)?;
    let promise = runtime.calls.begin(id);
    let token = runtime.calls.token(id, is_cancelled);
    let reply = runtime.runtime.handle_async(call.cancel_token(&token));
    workers::spawn(async move {
        let reply = Box::new(reply.await);
        promise.settle_with(Ok((String::new(), Beside::Reply(reply))));
    })
}

/// Answers a call of a model on the event loop.
#[napi]
pub fn handle_sync(runtime: &Runtime, call: String, timeout_ms: Option<f64>) -> Result<Reply> {
    Ok(Reply::new(runtime.runtime.handle(read(&call, timeout_ms)?)))
}

fn read(call: &str, timeout_ms: Option<f64>) -> std::result::Result<ToolCall, Failure> {
    let value: Value = serde_json::from_str(call).map_err(|error| unreadable(&error))?;
    let call = ToolCall::from(value);
    Ok(match timeout_ms {
        Some(milliseconds) => call.timeout(Duration::from_millis(whole(milliseconds))),
        None => call,
    })
}

/// The calls in the answer of a model.
#[napi]
pub fn tool_calls(answer: String) -> Result<String> {
    let answer: Value =
        serde_json::from_str(&answer).map_err(|error| napi::Error::from(unreadable(&error)))?;
    let calls = ToolCall::all_in(&answer).into_iter().map(|call| {
        let format = call.format.map(ToolFormat::name);
        json!({ "name": call.name, "arguments": call.arguments, "id": call.id, "format": format })
    });
    let mut fields = Map::new();
    insert(&mut fields, "calls", calls.collect());
    Ok(Value::Object(fields).to_string())
}

/// What a call was answered with, as `lib/tool-reply.js` reads it.
#[napi]
pub struct Reply {
    reply: ToolReply,
}

#[napi]
impl Reply {
    pub(crate) fn new(reply: ToolReply) -> Self {
        Self { reply }
    }

    /// Its members. There is no `value` if nothing was run.
    #[napi]
    pub fn fields(&self) -> Result<String> {
        let ToolReply { content, value, is_error, kind, hint, audit, id, format, .. } = &self.reply;
        let mut fields = Map::new();
        if let Some(value) = value {
            insert(&mut fields, "value", value.clone());
        }
        let audit = camel::value(audit).map_err(Failure::from)?;
        for (name, value) in [
            ("content", json!(content)),
            ("isError", json!(is_error)),
            ("kind", json!(kind)),
            ("hint", json!(hint)),
            ("audit", audit),
            ("id", json!(id)),
            ("format", json!(format.map(ToolFormat::name))),
        ] {
            fields.insert(name.to_owned(), value);
        }
        Ok(Value::Object(fields).to_string())
    }

    /// In the form in which the call came.
    #[napi]
    pub fn to_value(&self) -> String {
        self.reply.to_value().to_string()
    }

    #[napi(js_name = "toOpenAI")]
    pub fn to_openai(&self, id: String) -> String {
        self.reply.to_openai(&id).to_string()
    }

    #[napi(js_name = "toOpenAIResponses")]
    pub fn to_openai_responses(&self, id: String) -> String {
        self.reply.to_openai_responses(&id).to_string()
    }

    #[napi]
    pub fn to_anthropic(&self, id: String) -> String {
        self.reply.to_anthropic(&id).to_string()
    }

    #[napi]
    pub fn to_mcp(&self) -> String {
        self.reply.to_mcp().to_string()
    }
}
