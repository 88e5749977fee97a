//! An agent without a model: what a model would decide is written down.
//!
//! `cargo run --example agent -- skills` offers the skills of a folder as tools and answers three calls.
#![expect(clippy::print_stdout, reason = "it is a program")]

use openskills_runtime::{OpenSkillRuntime, ToolCall, ToolFormat};
use serde_json::{Value, json};

#[expect(clippy::disallowed_methods, reason = "an example reads its own arguments")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "skills".to_owned());
    let runtime = OpenSkillRuntime::new(folder);
    runtime.load_skills()?;
    let tools = runtime.tools(ToolFormat::Anthropic);
    let mut messages = vec![json!({ "role": "user", "content": "How many words has `Hello, world.`?" })];
    while let Some(answer) = model(&tools, &messages) {
        let calls = ToolCall::all_in(&answer);
        messages.push(answer);
        if calls.is_empty() {
            break;
        }
        let results: Vec<Value> = calls.iter().map(|call| runtime.handle(call).to_value()).collect();
        messages.push(json!({ "role": "user", "content": results }));
    }
    for message in messages {
        println!("{message}");
    }
    Ok(())
}

/// The decisions of a model, which sees the tools and what was said so far.
fn model(tools: &[Value], messages: &[Value]) -> Option<Value> {
    let called = |name: &str, input: Value| {
        let is_there = tools.iter().any(|tool| tool.get("name").is_some_and(|it| it == name));
        let id = format!("call_{}", messages.len());
        let block = json!({ "type": "tool_use", "id": id, "name": name, "input": input });
        is_there.then(|| json!({ "role": "assistant", "content": [block] }))
    };
    match messages.len() {
        1 => called("activate_skill", json!({ "skill": "text-stats" })),
        3 => called("skill_text-stats", json!({ "text": "Hello, world." })),
        5 => Some(json!({ "role": "assistant", "content": "Two words." })),
        _ => None,
    }
}
