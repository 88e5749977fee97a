//! What a model is offered, and what answers its calls.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what a test cannot go on without")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use openskills_runtime::{CancelToken, ToolCall, ToolFormat, ToolOptions, ToolStyle};
use openskills_tests::Scenario;
use serde_json::{Value, json};

fn names(tools: &[Value]) -> Vec<&str> {
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

fn all_files(folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.is_symlink() {
            all_files(&path, found);
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap_or_default());
        }
    }
}

#[test]
fn a_skill_is_a_tool_in_each_form() {
    let stage = Scenario::new().guest("abuse").ready();
    let tools = stage.runtime.tools(ToolFormat::Anthropic);
    assert_eq!(names(&tools), ["activate_skill", "list_skills", "read_skill_resource", "skill_tried"]);
    assert_eq!(tools[3]["input_schema"]["type"], "object");
    assert_eq!(tools[3]["input_schema"]["required"], json!(["op"]));
    let tools = stage.runtime.tools(ToolFormat::OpenAi);
    assert_eq!(tools[3]["function"]["name"], "skill_tried");
    let tools = stage.runtime.tools(ToolFormat::Mcp);
    assert_eq!(tools[3]["annotations"]["readOnlyHint"], true);
    // `Value` as an output is any JSON, which MCP wants within an object.
    assert_eq!(tools[3]["outputSchema"]["type"], "object");
    let options = ToolOptions { format: ToolFormat::OpenAiResponses, style: ToolStyle::General };
    let tools = stage.runtime.tools(options);
    assert_eq!(names(&tools), ["activate_skill", "list_skills", "read_skill_resource", "run_skill"]);
    assert_eq!(stage.records.records().len(), 0, "a description is no call");
}

#[test]
fn a_call_is_answered_in_the_form_in_which_it_came() {
    let stage = Scenario::new().guest("abuse").ready();
    let runtime = &stage.runtime;
    let arguments = json!({ "op": "output", "number": 3 });
    let openai = runtime.handle(json!({ "id": "c", "type": "function",
        "function": { "name": "skill_tried", "arguments": arguments.to_string() } }));
    assert_eq!(openai.to_value(), json!({ "role": "tool", "tool_call_id": "c", "content": "xxx" }));
    assert_eq!(openai.audit.unwrap().skill, "tried");
    let anthropic = json!({ "type": "tool_use", "id": "c", "name": "run_skill",
        "input": { "skill": "tried", "input": arguments } });
    assert_eq!(
        runtime.handle(anthropic).to_value(),
        json!({ "type": "tool_result", "tool_use_id": "c", "content": "xxx", "is_error": false })
    );
    let mcp = json!({ "id": 1, "method": "tools/call", "params": { "name": "skill_tried", "arguments": arguments } });
    assert_eq!(runtime.handle(mcp).to_value()["structuredContent"], json!({ "result": "xxx" }));
    let reply = pollster::block_on(runtime.handle_async(ToolCall::new("skill_tried", arguments)));
    assert_eq!((reply.value, reply.is_error), (Some(json!("xxx")), false));
    assert_eq!(stage.records.records().len(), 4);
}

#[test]
fn a_malformed_call_gets_an_answer_that_says_what_would_be_right() {
    let stage = Scenario::new().guest("abuse").ready();
    for (call, kind, said) in [
        (json!(null), "UnknownTool", "names no tool"),
        (json!({ "name": "activate_skil" }), "UnknownTool", "did you mean `activate_skill`?"),
        (
            json!({ "name": "tried" }),
            "UnknownTool",
            "`tried` is a skill: call `activate_skill`, or `skill_tried`",
        ),
        (json!({ "name": "skill_no" }), "UnknownTool", "there is no tool `skill_no`"),
        (json!({ "name": "activate_skill", "arguments": "{" }), "InvalidArguments", "not valid JSON"),
        (
            json!({ "name": "activate_skill", "arguments": { "skil": "tried" } }),
            "InvalidArguments",
            "did you mean `skill`?",
        ),
        (
            json!({ "name": "activate_skill", "arguments": { "skill": 3 } }),
            "InvalidArguments",
            "must be a text",
        ),
        (
            json!({ "name": "activate_skill", "arguments": { "skill": "tired" } }),
            "SkillNotFound",
            "did you mean `tried`?",
        ),
        (
            json!({ "name": "run_skill_script", "arguments": { "skill": "tried", "script": "../x.py" } }),
            "InvalidArguments",
            "offers no script",
        ),
        (
            json!({ "name": "skill_tried", "arguments": { "op": "nothing", "amount": 1 } }),
            "InvalidInput",
            "amount",
        ),
    ] {
        let reply = stage.runtime.handle(&call);
        assert!(reply.is_error, "{call}");
        assert_eq!(reply.kind, Some(kind), "{call}: {}", reply.content);
        assert!(reply.content.contains(said), "{call}: {}", reply.content);
    }
}

#[test]
fn the_helpers_read_their_skill_and_nothing_else_and_write_nothing() {
    let stage = Scenario::new()
        .skill_file("resources/a.txt", "alpha")
        .file("package.json", "{}")
        .outside("secret", "s")
        .ready();
    std::os::unix::fs::symlink("../../secret", stage.skill.join("out")).unwrap();
    let mut before = BTreeMap::new();
    all_files(&stage.outside(""), &mut before);
    let read = |path: &str| {
        stage
            .runtime
            .handle(json!({ "name": "read_skill_resource", "arguments": { "skill": "tried", "path": path } }))
    };
    assert_eq!(read("resources/a.txt").content, "alpha");
    for path in [
        "../../../etc",
        "../../../etc/passwd",
        "/etc/passwd",
        "out",
        "../../secret",
        "../../workspace/package.json",
        "",
    ] {
        let reply = read(path);
        assert!(reply.is_error && reply.kind == Some("Io"), "{path}: {}", reply.content);
    }
    for skill in ["../../..", "/etc", "tried/../../..", "."] {
        for tool in ["activate_skill", "read_skill_resource", "run_skill"] {
            let reply = stage.runtime.handle(json!({ "name": tool, "arguments": { "skill": skill } }));
            assert_eq!(reply.kind, Some("SkillNotFound"), "{tool} {skill}");
        }
    }
    let reply = stage.runtime.handle(json!({ "name": "activate_skill", "arguments": { "skill": "tried" } }));
    assert!(reply.content.starts_with("\nInstructions."), "{}", reply.content);
    assert!(
        reply.content.contains("- resources/a.txt (5 bytes)") && !reply.content.contains("- out"),
        "{}",
        reply.content
    );
    let mut after = BTreeMap::new();
    all_files(&stage.outside(""), &mut after);
    assert_eq!(before, after);
}

#[test]
fn a_long_file_is_read_in_pieces_and_bytes_in_base64() {
    let long = "ä".repeat(20_000);
    let stage = Scenario::new().skill_file("long.txt", &long).skill_file("b.bin", [0, 255]).ready();
    let read = |path: &str, offset: usize| {
        let arguments = json!({ "skill": "tried", "path": path, "offset": offset });
        stage.runtime.handle(json!({ "name": "read_skill_resource", "arguments": arguments })).content
    };
    let first = read("long.txt", 0);
    assert!(
        first.len() < 33 << 10 && first.ends_with("(7232 bytes more: `offset` 32768)"),
        "{}",
        first.len()
    );
    let second = read("long.txt", 32_768);
    assert_eq!(second.len(), 7_232);
    assert!(read("b.bin", 0).ends_with("AP8="));
    assert_eq!(read("long.txt", usize::MAX), "");
}

#[test]
fn a_model_is_not_told_how_to_be_granted_what_was_refused() {
    let stage = Scenario::new().guest("files_sdk").allowed_tools("Read(a.txt)").file("b.txt", "b").ready();
    let call = |strict: bool| {
        let ops = json!([{ "op": "read", "path": "b.txt", "strict": strict }]);
        stage.runtime.handle(json!({ "name": "skill_tried", "arguments": { "ops": ops } }))
    };
    let failed = call(true);
    assert_eq!(failed.kind, Some("PermissionDenied"));
    assert_eq!(failed.hint.as_deref(), Some("add to SKILL.md: `allowed-tools: Read(b.txt)`"));
    let coped = call(false);
    assert!(!coped.is_error);
    assert_eq!(coped.audit.as_ref().unwrap().refusals.len(), 1);
    for reply in [failed, coped] {
        for shown in [reply.to_openai("c"), reply.to_anthropic("c"), reply.to_mcp()] {
            let shown = shown.to_string();
            assert!(!shown.contains("Read(b.txt)") && shown.contains("b.txt") | !reply.is_error, "{shown}");
        }
    }
}

#[test]
fn a_skill_that_is_not_for_models_is_not_there() {
    let stage = Scenario::new().guest("abuse").ready();
    let manifest = "---\nname: tried\ndescription: For people.\ndisable-model-invocation: true\n---\n";
    fs::write(stage.skill.join("SKILL.md"), manifest).unwrap();
    stage.runtime.load_skills().unwrap();
    assert!(stage.runtime.tools(ToolFormat::Mcp).is_empty());
    for name in ["activate_skill", "read_skill_resource", "run_skill"] {
        let reply = stage.runtime.handle(json!({ "name": name, "arguments": { "skill": "tried" } }));
        assert_eq!(reply.kind, Some("SkillNotFound"), "{name}");
    }
    assert!(stage.runtime.handle(json!({ "name": "skill_tried" })).is_error);
    assert_eq!(stage.records.records().len(), 0);
}

#[test]
fn a_call_ends_at_its_time_and_can_be_cancelled() {
    let stage = Scenario::new().guest("abuse").ready();
    stage.runtime.compile_skill("tried").unwrap();
    let spin = || ToolCall::new("skill_tried", json!({ "op": "spin" }));
    let reply = stage.runtime.handle(spin().timeout(std::time::Duration::from_millis(50)));
    assert_eq!(reply.kind, Some("Timeout"));
    let token = CancelToken::new();
    token.cancel();
    assert_eq!(stage.runtime.handle(spin().cancel_token(&token)).kind, Some("Cancelled"));
}

#[test]
fn typed_functions_are_tools_of_their_own() {
    let stage = Scenario::new().guest("typed").ready();
    let runtime = &stage.runtime;
    let tools = runtime.tools(ToolFormat::Mcp);
    let find = |name: &str| tools.iter().find(|tool| tool["name"] == name);
    // The component has no entry point, and resources are no tools.
    assert_eq!(find("skill_tried"), None);
    assert!(names(&tools).iter().all(|name| name.len() <= 64 && !name.contains("peek")));
    let distance = find("skill_tried_distance").unwrap();
    assert_eq!(
        distance["description"],
        "Measures how far two points are apart.\n\n`distance: func(a: point, b: point) -> f64`, a function of the skill `tried`."
    );
    assert_eq!(distance["inputSchema"]["required"], json!(["a", "b"]));
    assert_eq!(distance["inputSchema"]["$defs"]["point"]["description"], "A point of the plane.");
    assert_eq!(distance["outputSchema"]["required"], json!(["result"]));
    assert_eq!(distance["annotations"]["readOnlyHint"], true);
    // What is no function of the skill's own is described by the skill.
    let bool = find("skill_tried_kinds_echo-bool").unwrap();
    assert!(bool["description"].as_str().unwrap().ends_with("of the skill `tried`: A skill that is tried."));

    let arguments = json!({ "a": { "x": 0, "y": 0 }, "b": { "x": 3, "y": 4 } });
    let openai = runtime.handle(json!({ "id": "c", "type": "function",
        "function": { "name": "skill_tried_distance", "arguments": arguments.to_string() } }));
    assert_eq!(openai.to_value(), json!({ "role": "tool", "tool_call_id": "c", "content": "5.0" }));
    assert_eq!(openai.audit.unwrap().function.as_deref(), Some("distance"));
    let mcp = json!({ "id": 1, "method": "tools/call", "params": { "name": "skill_tried_distance", "arguments": arguments } });
    assert_eq!(runtime.handle(mcp).to_value()["structuredContent"], json!({ "result": 5.0 }));
    let general = json!({ "skill": "tried", "function": "distance", "input": arguments });
    let reply = pollster::block_on(runtime.handle_async(ToolCall::new("run_skill", general)));
    assert_eq!((reply.value, reply.is_error), (Some(json!(5.0)), false));

    // What goes wrong says what to do.
    let failed = |name: &str, arguments: Value| {
        let reply = runtime.handle(ToolCall::new(name, arguments));
        assert!(reply.is_error);
        (reply.kind.unwrap(), reply.content)
    };
    let (kind, said) = failed("skill_tried_distance", json!({ "a": { "x": 0 } }));
    assert_eq!(kind, "InvalidInput");
    assert!(said.contains("a.y"), "{said}");
    let (kind, said) = failed("run_skill", json!({ "skill": "tried", "function": "distanc" }));
    assert_eq!(kind, "InvalidFunction");
    assert!(said.contains("`distance`"), "{said}");
    assert_eq!(failed("skill_tried_peek", json!({})).0, "UnknownTool");
    let (kind, said) = failed("skill_tried_kinds_both", json!({ "v": { "err": "no" } }));
    assert_eq!((kind, said.contains("\"no\"")), ("ExecutionFailure", true), "{said}");

    let told = runtime.handle(json!({ "name": "activate_skill", "arguments": { "skill": "tried" } })).content;
    assert!(told.contains("- `distance` (tool `skill_tried_distance`): Measures how far"), "{told}");
    assert!(!told.contains("the tool `skill_tried` "), "{told}");
    assert!(told.len() < 32 << 10, "{}", told.len());
}

#[test]
fn a_component_with_many_functions_has_no_tool_for_each_unless_that_is_asked_for() {
    let functions: String = (0..120).map(|index| format!(r#"(export "f{index}" (func $f))"#)).collect();
    let component = format!(
        r#"(component (core module $m (func (export "f") (result i32) i32.const 7)) (core instance $i (instantiate $m))
            (func $f (result u8) (canon lift (core func $i "f"))) {functions})"#
    );
    let stage = Scenario::new().component(&wat::parse_str(component).unwrap()).ready();
    let tools = stage.runtime.tools(ToolFormat::OpenAi);
    assert_eq!(tools.last().unwrap()["function"]["name"], "run_skill");
    assert_eq!(tools.len(), 4);
    let own = ToolOptions { format: ToolFormat::OpenAi, style: ToolStyle::Own };
    assert_eq!(stage.runtime.tools(own).len(), 123);
    let general = json!({ "name": "run_skill", "arguments": { "skill": "tried", "function": "f119" } });
    assert_eq!(stage.runtime.handle(general).value, Some(json!(7)));
    let told =
        stage.runtime.handle(json!({ "name": "activate_skill", "arguments": { "skill": "tried" } })).content;
    assert!(told.contains("… and 20 more"), "{told}");
}
