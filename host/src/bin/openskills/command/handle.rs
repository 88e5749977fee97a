//! `openskills handle`: the answer to what a model called.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use openskills_runtime::{ToolCall, ToolReply};
use serde_json::{Value, json};

use super::call_options::{CallOptions, input, runtime};
use crate::context::Context;
use crate::exit::Exit;
use crate::interrupt;
use crate::printer::plain;

const EXAMPLES: &str = "\
The answer has the form in which the call came, and goes back to the model as it is. Calls that go wrong are answered, \
too: the model reads what was wrong, so the exit code is 0. What only you can do, such as a line to add, is said on \
stderr and never to the model. With --json, stdout has the kind of an error, the hint and the audit record beside each \
answer.

Examples:
  openskills handle '{\"name\": \"activate_skill\", \"arguments\": {\"skill\": \"text-stats\"}}'
  openskills handle @message.json --workspace data --audit-log audit.jsonl
  curl … | openskills handle - > tool_results.json";

/// Answer a tool call of a model's, or all calls of its message.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// A call or a whole message as the provider sends it: JSON, `@FILE` for a file's content, `-` for stdin
    #[arg(value_name = "JSON|@FILE|-")]
    called: String,
    #[command(flatten)]
    call: CallOptions,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let called = input(&options.called, "CALL", context)?;
    let runtime = runtime(&options.call, context)?;
    runtime.load_skills()?;
    let answer = |call: ToolCall| {
        let mut call = call.cancel_token(&interrupt::token());
        if let Some(milliseconds) = options.call.timeout_ms {
            call = call.timeout(Duration::from_millis(milliseconds));
        }
        let reply = runtime.handle(call);
        if let Some(hint) = &reply.hint {
            context.printer.hint(&plain(hint));
        }
        match context.common.json {
            true => whole(&reply),
            false => reply.to_value(),
        }
    };
    let answers = match is_message(&called) {
        true => ToolCall::all_in(&called).into_iter().map(answer).collect(),
        false => answer(ToolCall::from(&called)),
    };
    context.printer.json(&answers)?;
    Ok(Exit::Success)
}

/// Whether it is what calls are in, and not a call: then the answers are a list, however many there are.
fn is_message(called: &Value) -> bool {
    let parts = ["choices", "message", "tool_calls", "output", "content"];
    called.is_array() || parts.iter().any(|part| called.get(part).is_some())
}

fn whole(reply: &ToolReply) -> Value {
    json!({
        "reply": reply.to_value(),
        "is_error": reply.is_error,
        "kind": reply.kind,
        "hint": reply.hint,
        "audit": reply.audit,
    })
}
