//! The methods of the runtime by their neutral names.

use std::time::Duration;

use openskills_runtime::{
    CancelToken, ExecutionResult, OpenSkillError, OpenSkillRuntime, PromptFormat, PromptOptions, Readiness,
    ScriptOptions, ScriptResult, SkillCall, ToolCall, ToolFormat, ToolOptions, ToolReply, ToolStyle,
};
use pollster::block_on;
use serde_json::{Value, json};

use crate::case::Cancel;
use crate::values::{bytes, json};

/// How calls are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    Blocking,
    /// As futures, where there is one.
    Async,
}

impl Form {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Async => "async",
        }
    }
}

/// What a call gave.
pub(crate) struct Found {
    pub(crate) value: Value,
    pub(crate) record: Option<Value>,
}

impl From<Value> for Found {
    fn from(value: Value) -> Self {
        Self { record: value.get("audit").cloned(), value }
    }
}

/// Makes one call.
pub(crate) fn make(
    runtime: &OpenSkillRuntime,
    method: &str,
    arguments: &Value,
    cancel: Option<Cancel>,
    form: Form,
) -> Result<Found, OpenSkillError> {
    let given = Given(arguments);
    let token = cancel.map(cancelled);
    let skill = || given.text("skill_id");
    let value = match method {
        "load_skills" => json(runtime.load_skills()?),
        "load_skill" => json(runtime.load_skill(given.text("folder"))?),
        "faults" => json(runtime.faults()),
        "prompt" => json(runtime.prompt(&prompt(&given))),
        "skill" => json(runtime.skill(skill())?),
        "activate" => json(runtime.activate(skill(), given.optional("arguments").unwrap_or_default())?),
        "instructions" => json(runtime.instructions(skill())?),
        "resources" => json(runtime.resources(skill())?),
        "resource" => bytes(&runtime.resource(skill(), given.text("path"))?),
        "execute_skill" => {
            let mut call = runtime.call(skill());
            if let Some(input) = arguments.get("input") {
                call = call.input(input.clone());
            }
            json(ended(call, &given, token.as_ref(), form)?)
        }
        "functions" => json(runtime.functions(skill())?),
        "call_function" => {
            let mut call = runtime.call(skill()).function(given.text("function"));
            if let Some(arguments) = arguments.get("arguments") {
                call = call.input(arguments.clone());
            }
            json(ended(call, &given, token.as_ref(), form)?)
        }
        "tools" => json(runtime.tools(tool_options(&given))),
        "handle" => {
            let mut call = ToolCall::from(&arguments["call"]);
            if let Some(milliseconds) = given.number("timeout_ms") {
                call = call.timeout(Duration::from_millis(milliseconds));
            }
            if let Some(token) = &token {
                call = call.cancel_token(token);
            }
            reply(match form {
                Form::Blocking => runtime.handle(call),
                Form::Async => block_on(runtime.handle_async(call)),
            })
        }
        "tool_calls" => ToolCall::all_in(&arguments["answer"]).iter().map(tool_call).collect(),
        "compile_skill" => match runtime.compile_skill(skill())? {
            Readiness::Cached => "cached".into(),
            Readiness::Compiled => "compiled".into(),
        },
        "inspect_skill" => json(runtime.inspect_skill(skill())?),
        "inspect_file" => json(runtime.inspect_file(given.text("path"))?),
        "permissions" => json(runtime.permissions(skill())?),
        "explain_target" => json(runtime.explain_target(skill(), &given.text("target").parse().unwrap())?),
        "diagnose" => json(runtime.diagnose()?),
        "interpreters" => json(runtime.interpreters()?),
        "scripts" => json(runtime.scripts(skill())?),
        "check_skill" => json(runtime.check_skill(skill())?),
        "script_help" => json(runtime.script_help(skill(), given.text("script"))?),
        "run_script" => {
            let options = ScriptOptions {
                arguments: given.texts("arguments"),
                stdin: given.optional("stdin").unwrap_or_default().as_bytes().to_vec(),
                module: arguments.get("module") == Some(&Value::Bool(true)),
                timeout_ms: given.number("timeout_ms"),
                cancel: token,
                ..ScriptOptions::default()
            };
            let script = given.text("script");
            script_result(match form {
                Form::Blocking => runtime.run_script(skill(), script, options)?,
                Form::Async => block_on(runtime.run_script_async(skill(), script, options))?,
            })
        }
        other => panic!("there is no method `{other}`"),
    };
    Ok(value.into())
}

/// Runs what was put together, for as long as the case says.
fn ended(
    mut call: SkillCall,
    given: &Given<'_>,
    token: Option<&CancelToken>,
    form: Form,
) -> Result<ExecutionResult, OpenSkillError> {
    if let Some(milliseconds) = given.number("timeout_ms") {
        call = call.timeout(Duration::from_millis(milliseconds));
    }
    if let Some(token) = token {
        call = call.cancel_token(token);
    }
    match form {
        Form::Blocking => call.run(),
        Form::Async => block_on(call.run_async()),
    }
}

fn script_result(result: ScriptResult) -> Value {
    let (stdout, stderr) = (bytes(&result.stdout), bytes(&result.stderr));
    let mut value = json(result);
    value["stdout"] = stdout;
    value["stderr"] = stderr;
    value
}

fn tool_options(given: &Given<'_>) -> ToolOptions {
    let style = match given.optional("style") {
        None | Some("auto") => ToolStyle::Auto,
        Some("own") => ToolStyle::Own,
        Some("general") => ToolStyle::General,
        Some(other) => panic!("there is no style `{other}`"),
    };
    ToolOptions { format: given.text("format").parse().unwrap(), style }
}

fn tool_call(call: &ToolCall) -> Value {
    let format = call.format.map(ToolFormat::name);
    json!({ "name": call.name, "arguments": call.arguments, "id": call.id, "format": format })
}

/// A reply's members, and what it sends to the model.
fn reply(reply: ToolReply) -> Value {
    let answer = reply.to_value();
    let mut value = json!({
        "content": reply.content,
        "is_error": reply.is_error,
        "kind": reply.kind,
        "hint": reply.hint,
        "id": reply.id,
        "format": reply.format.map(ToolFormat::name),
        "answer": answer,
    });
    if let Some(output) = reply.value {
        value["value"] = output;
    }
    if let Some(audit) = reply.audit {
        value["audit"] = json(audit);
    }
    value
}

fn prompt(given: &Given<'_>) -> PromptOptions {
    PromptOptions {
        format: given.optional("format").map_or_else(PromptFormat::default, |name| match name {
            "xml" => PromptFormat::Xml,
            "markdown" => PromptFormat::Markdown,
            "json" => PromptFormat::Json,
            other => panic!("there is no format `{other}`"),
        }),
        budget_tokens: given.number("budget_tokens").map(|number| usize::try_from(number).unwrap()),
        all: given.0.get("all") == Some(&json!(true)),
    }
}

/// A token that is cancelled already, or will be by another thread.
fn cancelled(cancel: Cancel) -> CancelToken {
    let token = CancelToken::new();
    let other = token.clone();
    match cancel {
        Cancel::Before => other.cancel(),
        Cancel::During => drop(std::thread::spawn(move || other.cancel())),
    }
    token
}

/// The arguments by name.
struct Given<'a>(&'a Value);

impl<'a> Given<'a> {
    fn text(&self, name: &str) -> &'a str {
        self.optional(name).unwrap_or_else(|| panic!("`{name}` is missing"))
    }

    fn optional(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|value| value.as_str().unwrap_or_else(|| panic!("`{name}` is a text")))
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name).and_then(Value::as_u64)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let texts = self.0.get(name).and_then(Value::as_array).into_iter().flatten();
        texts.map(|text| text.as_str().unwrap().to_owned()).collect()
    }
}
