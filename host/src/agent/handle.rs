//! Answering a model's call: every tool goes through the runtime's own policy, and none writes or grants anything.

use std::future::Future;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::arguments::{Arguments, parse};
use super::definitions::{ACTIVATE, GENERAL, LIST, READ, RUN, SCRIPT, cut};
use super::input_schema::{InputSchema, output_schema, visible};
use super::model_words::{MAX_CONTENT, bounded, failure, output, short, without_remedies};
use super::tool_call::ToolCall;
use super::tool_reply::ToolReply;
use crate::call::{ExecutionResult, ScriptResult};
use crate::error::OpenSkillError;
use crate::runtime::{OpenSkillRuntime, ScriptOptions, SkillCall};
use crate::skill::SkillDescriptor;
use crate::typed::{Function, TOOL_START, could_be_of, skill_tool};

/// Bytes of a file that one call reads.
const MAX_READ: usize = 32 << 10;

/// Scripts whose use is told when their skill is activated.
const MAX_USAGES: usize = 20;

/// Characters of what one of them says, and bytes of all together.
const MAX_USAGE: usize = 2_000;
const MAX_USAGE_BYTES: usize = 16 << 10;

/// Skills, files and functions that one call lists.
const MAX_LISTED: usize = 100;

/// Bytes after which functions are named without what they take.
const MAX_FUNCTIONS: usize = 16 << 10;

/// What is left to do once a call is understood.
enum Step {
    Reply(Box<ToolReply>),
    Run { call: SkillCall, is_wrapped: bool },
    Script { skill: String, script: String, options: ScriptOptions },
}

/// Why a call cannot be understood: the kind and what the model is told.
struct Refused(&'static str, String);

impl OpenSkillRuntime {
    /// Answers a tool call of a model's, as it came from the provider or as a [`ToolCall`]. Blocks, as
    /// [`execute_skill`](Self::execute_skill) does.
    ///
    /// Whatever goes wrong is an answer that the model can read: see [`ToolReply`]. Skills that models may not use on
    /// their own are not there for it.
    #[must_use]
    pub fn handle(&self, call: impl Into<ToolCall>) -> ToolReply {
        let call = call.into();
        let reply = match self.step(&call) {
            Step::Reply(reply) => *reply,
            Step::Run { call, is_wrapped } => ran(call.run(), is_wrapped),
            Step::Script { skill, script, options } => ended(self.run_script(&skill, &script, options)),
        };
        ToolReply { id: call.id, format: call.format, ..reply }
    }

    /// As [`OpenSkillRuntime::handle`], without blocking: the future can be polled by any executor. Dropping it stops
    /// what runs.
    pub fn handle_async(&self, call: ToolCall) -> impl Future<Output = ToolReply> + Send + use<> {
        let runtime = self.clone();
        async move {
            let reply = match runtime.step(&call) {
                Step::Reply(reply) => *reply,
                Step::Run { call, is_wrapped } => ran(call.run_async().await, is_wrapped),
                Step::Script { skill, script, options } => {
                    ended(runtime.run_script_async(&skill, &script, options).await)
                }
            };
            ToolReply { id: call.id, format: call.format, ..reply }
        }
    }

    fn step(&self, call: &ToolCall) -> Step {
        self.understand(call).unwrap_or_else(|Refused(kind, message)| {
            Step::Reply(Box::new(ToolReply { is_error: true, kind: Some(kind), ..text(message) }))
        })
    }

    fn understand(&self, call: &ToolCall) -> Result<Step, Refused> {
        let wrong = |message| Refused("InvalidArguments", message);
        let arguments = || parse(&call.arguments).map_err(wrong);
        let taken = |parameters| Arguments::new(arguments()?, parameters).map_err(wrong);
        let skill = |arguments: &mut Arguments| {
            let name = arguments.text("skill").map_err(wrong)?.unwrap_or_default();
            self.for_models(&name)
        };
        match call.name.as_str() {
            ACTIVATE => {
                let mut given = taken(&[("skill", true), ("arguments", false)])?;
                let skill = skill(&mut given)?;
                let typed = given.text("arguments").map_err(wrong)?.unwrap_or_default();
                Ok(Step::Reply(Box::new(
                    self.activated(&skill, &typed).unwrap_or_else(|error| failed(&error)),
                )))
            }
            LIST => {
                let mut given = taken(&[("query", false), ("offset", false)])?;
                let query = given.text("query").map_err(wrong)?.unwrap_or_default();
                let offset = given.number("offset").map_err(wrong)?.unwrap_or_default();
                Ok(Step::Reply(Box::new(text(self.listed(&query, offset)))))
            }
            READ => {
                let mut given = taken(&[("skill", true), ("path", false), ("offset", false)])?;
                let skill = skill(&mut given)?;
                let offset = given.number("offset").map_err(wrong)?.unwrap_or_default();
                let read = match given.text("path").map_err(wrong)? {
                    Some(path) => self.read(&skill.id, &path, offset),
                    None => self.resources(&skill.id).map(|_| text(self.files(&skill.id))),
                };
                Ok(Step::Reply(Box::new(read.unwrap_or_else(|error| failed(&error)))))
            }
            RUN => {
                let mut given = taken(&[("skill", true), ("input", false), ("function", false)])?;
                let skill = skill(&mut given)?;
                let input = given.take("input").unwrap_or_else(|| json!({}));
                Ok(match given.text("function").map_err(wrong)?.filter(|name| !name.is_empty()) {
                    Some(name) => self.ready(call, self.call(&skill.id).function(name).input(input), false),
                    None => self.run(call, &skill, input, false),
                })
            }
            SCRIPT => {
                let mut given =
                    taken(&[("skill", true), ("script", true), ("arguments", false), ("stdin", false)])?;
                let skill = skill(&mut given)?;
                let script = given.text("script").map_err(wrong)?.unwrap_or_default();
                let offered = self.offered_scripts(&skill.id);
                // `scripts.x` is `scripts/x.py`, as `python3 -m` runs it.
                let is_module = offered.contains(&format!("{}.py", script.replace('.', "/")));
                if !is_module && !offered.contains(&script) {
                    let offered = if offered.is_empty() { "none".to_owned() } else { offered.join(", ") };
                    return Err(wrong(format!(
                        "`{}` offers no script `{}`; it offers {offered}",
                        skill.id,
                        short(&script)
                    )));
                }
                let options = ScriptOptions {
                    arguments: given.texts("arguments").map_err(wrong)?,
                    stdin: given.text("stdin").map_err(wrong)?.unwrap_or_default().into_bytes(),
                    timeout_ms: call
                        .timeout
                        .map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
                    cancel: call.cancel.clone(),
                    module: is_module,
                    ..ScriptOptions::default()
                };
                Ok(Step::Script { skill: skill.id, script, options })
            }
            name => match self.owner(name) {
                Some(skill) => {
                    let skill = self.for_models(&skill)?;
                    Ok(self.run(call, &skill, arguments()?, true))
                }
                None => {
                    let (skill, function) = self.function_of(name).ok_or_else(|| self.unknown(name))?;
                    let input = InputSchema::new(Some(&function.input_schema)).unwrap(arguments()?);
                    let is_wrapped = output_schema(&function.output_schema).1;
                    Ok(self.ready(call, self.call(&skill).function(function.name).input(input), is_wrapped))
                }
            },
        }
    }

    /// The skill whose own tool has that name.
    fn owner(&self, tool: &str) -> Option<String> {
        let rest = tool.strip_prefix(TOOL_START)?;
        if skill_tool(rest) == tool && self.descriptor(rest).is_some() {
            return Some(rest.to_owned());
        }
        self.offered().into_iter().find(|skill| skill_tool(skill) == tool)
    }

    /// The skill, and the function of it, whose tool has that name. Only skills of which it could be one are looked into.
    fn function_of(&self, tool: &str) -> Option<(String, Function)> {
        let skills = self.offered().into_iter().filter(|skill| could_be_of(tool, skill));
        skills.into_iter().find_map(|skill| {
            let functions = self.offered_functions(&skill);
            Some((skill, functions.into_iter().find(|function| function.tool_name == tool)?))
        })
    }

    fn unknown(&self, name: &str) -> Refused {
        let own = self.offered();
        let names = GENERAL.iter().map(|name| (*name).to_owned()).chain(own.iter().map(|it| skill_tool(it)));
        let nearest = names
            .map(|known| (strsim::damerau_levenshtein(&known, name), known))
            .filter(|(distance, _)| *distance <= 3)
            .min();
        let advice = match (nearest, own.iter().any(|skill| skill == name)) {
            (_, true) => {
                format!("`{}` is a skill: call `activate_skill`, or `{}`", short(name), skill_tool(name))
            }
            (Some((_, near)), _) => format!("did you mean `{near}`?"),
            (None, _) => format!("the tools are {} and those of skills", GENERAL.join(", ")),
        };
        match name {
            "" => Refused("UnknownTool", format!("the call names no tool; {advice}")),
            name => Refused("UnknownTool", format!("there is no tool `{}`; {advice}", short(name))),
        }
    }

    /// A skill that models may use; another is not there for them.
    fn for_models(&self, name: &str) -> Result<SkillDescriptor, Refused> {
        let found = self.descriptor(name);
        found.filter(|skill| skill.model_invocable).ok_or_else(|| {
            let mut near: Vec<_> = self
                .offered()
                .into_iter()
                .map(|known| (strsim::damerau_levenshtein(&known, name), known))
                .filter(|(distance, known)| *distance <= 2.max(known.chars().count() / 3))
                .collect();
            near.sort();
            let names: Vec<_> = near.iter().take(3).map(|(_, known)| format!("`{known}`")).collect();
            let advice = match names.is_empty() {
                true => "`list_skills` lists those that there are".to_owned(),
                false => format!("did you mean {}?", names.join(" or ")),
            };
            Refused("SkillNotFound", format!("no skill is named `{}`; {advice}", short(name)))
        })
    }

    fn run(&self, call: &ToolCall, skill: &SkillDescriptor, input: Value, is_own: bool) -> Step {
        let described = self.described(&skill.id);
        let part = |name: &str| described.as_ref()?.schema.as_ref()?.get(name);
        let is_wrapped = is_own && part("output").is_some_and(|schema| output_schema(schema).1);
        let input = if is_own { InputSchema::new(part("input")).unwrap(input) } else { input };
        self.ready(call, self.call(&skill.id).input(input), is_wrapped)
    }

    /// What is to be run, with what the tool call says of it.
    fn ready(&self, call: &ToolCall, mut run: SkillCall, is_wrapped: bool) -> Step {
        if let Some(timeout) = call.timeout {
            run = run.timeout(timeout);
        }
        if let Some(token) = &call.cancel {
            run = run.cancel_token(token);
        }
        Step::Run { call: run, is_wrapped }
    }

    /// The instructions, and what comes with them.
    fn activated(&self, skill: &SkillDescriptor, typed: &str) -> Result<ToolReply, OpenSkillError> {
        let mut told = bounded(self.activate(&skill.id, typed)?);
        let mut more = Vec::new();
        let described = self.described(&skill.id);
        if described.as_ref().is_some_and(|described| described.runs) {
            let input = described.and_then(|it| it.schema.as_ref()?.get("input").cloned());
            let schema = InputSchema::new(input.as_ref()).schema;
            let takes = input.map(|_| format!("; its input: {schema}")).unwrap_or_default();
            more.push(format!(
                "To run this skill: the tool `{}` if you have it, else `run_skill`{takes}",
                skill_tool(&skill.id)
            ));
        }
        let functions = self.offered_functions(&skill.id);
        if !functions.is_empty() {
            more.push(told_functions(&functions));
        }
        let scripts = self.offered_scripts(&skill.id);
        if !scripts.is_empty() {
            more.push(format!("Scripts, for `run_skill_script`:\n{}", self.usages(&skill.id, &scripts)));
        }
        let files = self.files(&skill.id);
        if !files.is_empty() {
            more.push(format!("Files, for `read_skill_resource`:\n{files}"));
        }
        if !more.is_empty() {
            told = format!("{}\n\n---\n{}", told.trim_end(), more.join("\n"));
        }
        Ok(text(told))
    }

    fn listed(&self, query: &str, offset: usize) -> String {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        let matching: Vec<SkillDescriptor> = self
            .offered_skills()
            .into_iter()
            .filter(|skill| {
                let text = format!("{} {}", skill.id, skill.description).to_lowercase();
                words.iter().all(|word| text.contains(word))
            })
            .collect();
        let shown = matching.iter().skip(offset).take(MAX_LISTED);
        let mut lines: Vec<String> = shown
            .map(|skill| {
                let about = visible(&skill.description).replace('\n', " ");
                format!("- {}: {}", skill.id, cut(&about, 300))
            })
            .collect();
        match (lines.len(), matching.len().saturating_sub(offset)) {
            (0, _) => lines.push("no skill matches; without `query` all are listed".to_owned()),
            (shown, left) if left > shown => {
                lines.push(format!("… and {} more: `offset` {}", left - shown, offset + shown));
            }
            _ => {}
        }
        lines.join("\n")
    }

    /// Scripts, each with how it is used as far as there is room; the others say so for `--help`.
    fn usages(&self, skill: &str, scripts: &[String]) -> String {
        let asked = scripts.get(..MAX_USAGES.min(scripts.len())).unwrap_or_default();
        let mut helps = self.script_helps(skill, asked).into_iter();
        let mut room = MAX_USAGE_BYTES;
        let mut lines = Vec::new();
        for script in scripts.iter().take(MAX_LISTED) {
            let help = helps.next().flatten();
            let as_module = help.as_ref().and_then(|help| help.module.as_deref());
            let name = as_module.unwrap_or(script);
            let text = help.as_ref().map(|help| cut(&help.text, MAX_USAGE)).unwrap_or_default();
            if text.is_empty() || text.len() > room {
                lines.push(format!("- {}", visible(name)));
                continue;
            }
            room -= text.len();
            lines.push(format!("- {}\n    {}", visible(name), text.trim().replace('\n', "\n    ")));
        }
        if let Some(more) = scripts.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
            lines.push(format!("… and {more} more"));
        }
        lines.join("\n")
    }

    fn files(&self, skill: &str) -> String {
        let all = self.resources(skill).unwrap_or_default();
        let mut lines: Vec<String> = all
            .iter()
            .filter(|resource| resource.problem.is_none() && !resource.path.starts_with("wasm/"))
            .map(|resource| format!("- {} ({} bytes)", visible(&resource.path), resource.bytes))
            .collect();
        if let Some(more) = lines.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
            lines.truncate(MAX_LISTED);
            lines.push(format!("… and {more} more"));
        }
        lines.join("\n")
    }

    fn read(&self, skill: &str, path: &str, offset: usize) -> Result<ToolReply, OpenSkillError> {
        let bytes = self.resource(skill, path)?;
        let rest = bytes.get(offset..).unwrap_or_default();
        let (mut piece, is_text) = match std::str::from_utf8(&bytes) {
            Ok(text) => {
                let from = text.ceil_char_boundary(offset.min(text.len()));
                let to = text.floor_char_boundary(from.saturating_add(MAX_READ));
                (text.get(from..to).unwrap_or_default().to_owned(), true)
            }
            Err(_) => (BASE64_STANDARD.encode(rest.get(..MAX_READ).unwrap_or(rest)), false),
        };
        if !is_text {
            piece = format!("binary, {} bytes; in base64 from byte {offset}:\n{piece}", bytes.len());
        }
        let end = offset.saturating_add(MAX_READ);
        if end < bytes.len() {
            piece.push_str(&format!("\n… ({} bytes more: `offset` {end})", bytes.len() - end));
        }
        Ok(text(piece))
    }
}

/// The functions of a skill: each with what it takes, as long as there is room, then the names alone.
fn told_functions(functions: &[Function]) -> String {
    let mut told =
        "Functions of this skill, each a tool if you have it, else for `run_skill` with `function`:"
            .to_owned();
    for function in functions.iter().take(MAX_LISTED) {
        let mut line = format!("\n- `{}` (tool `{}`)", function.name, function.tool_name);
        if told.len() < MAX_FUNCTIONS {
            if let Some(text) = &function.description {
                line.push_str(&format!(": {}", cut(&visible(text).replace('\n', " "), 300)));
            }
            let schema = InputSchema::new(Some(&function.input_schema)).schema;
            line.push_str(&format!("; its arguments: {schema}"));
        }
        told.push_str(&line);
    }
    if let Some(more) = functions.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        told.push_str(&format!("\n… and {more} more"));
    }
    told
}

fn text(content: String) -> ToolReply {
    ToolReply {
        content,
        value: None,
        is_error: false,
        kind: None,
        hint: None,
        audit: None,
        id: None,
        format: None,
        is_wrapped: false,
    }
}

fn failed(error: &OpenSkillError) -> ToolReply {
    ToolReply {
        is_error: true,
        kind: Some(error.kind().name()),
        hint: error.hint(),
        audit: error.audit().cloned(),
        ..text(bounded(failure(error)))
    }
}

fn ran(result: Result<ExecutionResult, OpenSkillError>, is_wrapped: bool) -> ToolReply {
    match result {
        Ok(result) => {
            let value = without_remedies(result.output, &result.audit.refusals);
            let content = bounded(output(&value));
            ToolReply { value: Some(value), audit: Some(result.audit), is_wrapped, ..text(content) }
        }
        Err(error) => failed(&error),
    }
}

fn ended(result: Result<ScriptResult, OpenSkillError>) -> ToolReply {
    match result {
        Ok(result) => {
            let mut content = String::from_utf8_lossy(&result.stdout).into_owned();
            let errors = String::from_utf8_lossy(&result.stderr);
            if result.exit_code != 0 || content.is_empty() {
                let start = errors.ceil_char_boundary(errors.len().saturating_sub(MAX_CONTENT / 4));
                content = format!(
                    "{content}\nexit status {}\nstderr: {}",
                    result.exit_code,
                    errors.get(start..).unwrap_or_default()
                );
            }
            let is_error = result.exit_code != 0;
            let content = without_remedies(content.into(), &result.audit.refusals);
            ToolReply {
                is_error,
                kind: is_error.then_some("ExecutionFailure"),
                value: Some(without_remedies(result.output, &result.audit.refusals)),
                audit: Some(result.audit),
                ..text(bounded(output(&content)))
            }
        }
        Err(error) => failed(&error),
    }
}
