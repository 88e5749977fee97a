//! The tools that a model is offered.

use serde_json::{Value, json};

use super::input_schema::{InputSchema, output_schema, visible};
use super::tool_format::{Tool, ToolOptions, ToolStyle};
use crate::runtime::OpenSkillRuntime;
use crate::skill::SkillDescriptor;
use crate::typed::{Function, skill_tool};

/// Skills that have tools of their own, if nobody chose.
const MAX_OWN: usize = 32;

/// Tools that skills have of their own, if nobody chose: some providers take 128 in all.
const MAX_OWN_TOOLS: usize = 96;

/// Skills that a tool names one by one; of more, `list_skills` tells.
const MAX_NAMED: usize = 64;

/// Characters of a description that all providers take.
const MAX_DESCRIPTION: usize = 1_024;

/// The tools that are there whatever skills there are.
pub(super) const ACTIVATE: &str = "activate_skill";
pub(super) const LIST: &str = "list_skills";
pub(super) const READ: &str = "read_skill_resource";
pub(super) const RUN: &str = "run_skill";
pub(super) const SCRIPT: &str = "run_skill_script";
pub(super) const GENERAL: [&str; 5] = [ACTIVATE, LIST, READ, RUN, SCRIPT];

impl OpenSkillRuntime {
    /// The tools to offer to a model, in the form that its client takes: a few general ones (`activate_skill` gives
    /// instructions, `read_skill_resource` files, `run_skill_script` runs scripts, `list_skills` lists), and one for each
    /// skill with a component and each typed function that it exports, or `run_skill` for all of them. Only skills that
    /// models may use on their own.
    ///
    /// A name has at most 64 characters, letters, digits, `_` and `-`, and depends on its skill's name alone. Schemas are
    /// made so that no provider refuses them, whatever a component says of itself; a component is asked once. The first
    /// call compiles what is not compiled yet, as [`compile_skill`](Self::compile_skill) does.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let skill = folder.path().join("greet");
    /// # std::fs::create_dir(&skill)?;
    /// # std::fs::write(skill.join("SKILL.md"), "---\nname: greet\ndescription: Greets.\n---\nSay hello.\n")?;
    /// use openskills_runtime::{OpenSkillRuntime, ToolCall, ToolFormat};
    ///
    /// let runtime = OpenSkillRuntime::new(folder.path());
    /// runtime.load_skills()?;
    /// let tools = runtime.tools(ToolFormat::OpenAi);
    /// assert_eq!(tools[0]["function"]["name"], "activate_skill");
    /// // What the model calls goes back to it:
    /// let call = serde_json::json!({"id": "c1", "type": "function",
    ///     "function": {"name": "activate_skill", "arguments": "{\"skill\": \"greet\"}"}});
    /// let message = runtime.handle(&call).to_value();
    /// assert_eq!(message["tool_call_id"], "c1");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn tools(&self, options: impl Into<ToolOptions>) -> Vec<Value> {
        let options = options.into();
        self.definitions(options.style).iter().map(|tool| tool.to_value(options.format)).collect()
    }

    fn definitions(&self, style: ToolStyle) -> Vec<Tool> {
        let skills = self.offered_skills();
        if skills.is_empty() {
            return Vec::new();
        }
        let with_component = skills.iter().filter(|skill| skill.has_component).count();
        let asks = match style {
            ToolStyle::Auto => with_component <= MAX_OWN,
            ToolStyle::Own => true,
            ToolStyle::General => false,
        };
        let own: Vec<Tool> =
            if asks { skills.iter().flat_map(|skill| self.own(skill)).collect() } else { Vec::new() };
        let has_own = asks && (style == ToolStyle::Own || own.len() <= MAX_OWN_TOOLS);
        let mut tools = vec![activate(&skills), list(), read()];
        if skills.iter().any(|skill| !self.offered_scripts(&skill.name).is_empty()) {
            tools.push(script());
        }
        if with_component > 0 && !has_own {
            tools.push(run());
        }
        if has_own {
            for tool in own {
                // A provider refuses all tools for two of one name: of such the first is offered.
                if tools.iter().all(|other| other.name != tool.name) {
                    tools.push(tool);
                }
            }
        }
        tools
    }

    /// The tools that run a skill's component: its entry point, and its typed functions.
    fn own(&self, skill: &SkillDescriptor) -> Vec<Tool> {
        let Some(described) = skill.has_component.then(|| self.described(&skill.id)).flatten() else {
            return Vec::new();
        };
        let part = |name: &str| described.schema.as_ref().and_then(|schema| schema.get(name));
        let (writes, is_open) = self.reach(&skill.id);
        let tool = |name: String,
                    title: String,
                    description: &str,
                    input: Option<&Value>,
                    output: Option<&Value>| Tool {
            name,
            title,
            description: cut(&visible(description), MAX_DESCRIPTION),
            input_schema: InputSchema::new(input).schema,
            output_schema: output.map(|schema| output_schema(schema).0),
            is_read_only: !writes && !is_open,
            is_open,
        };
        let mut tools = Vec::new();
        if described.runs {
            let name = skill_tool(&skill.id);
            tools.push(tool(name, skill.name.clone(), &skill.description, part("input"), part("output")));
        }
        for function in self.offered_functions(&skill.id) {
            let title = format!("{}: {}", skill.name, function.name);
            let (input, output) = (&function.input_schema, &function.output_schema);
            tools.push(tool(
                function.tool_name.clone(),
                title,
                &about(&function, skill),
                Some(input),
                Some(output),
            ));
        }
        tools
    }
}

/// What a function is for, in its author's words and by the skill that it belongs to.
fn about(function: &Function, skill: &SkillDescriptor) -> String {
    let of = format!("`{}`, a function of the skill `{}`", function.signature, skill.id);
    match &function.description {
        Some(text) => format!("{text}\n\n{of}."),
        None => format!("{of}: {}", skill.description),
    }
}

fn general(name: &str, title: &str, description: &str, input_schema: Value, is_read_only: bool) -> Tool {
    Tool {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        input_schema,
        output_schema: None,
        is_read_only,
        is_open: !is_read_only,
    }
}

fn parameters(properties: &Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn named() -> Value {
    json!({ "type": "string", "description": "The skill's name." })
}

fn activate(skills: &[SkillDescriptor]) -> Tool {
    let mut skill = named();
    if let (true, Some(members)) = (skills.len() <= MAX_NAMED, skill.as_object_mut()) {
        let lines: Vec<String> = skills
            .iter()
            .map(|skill| {
                let about = visible(&skill.description).replace('\n', " ");
                format!("- {}: {}", skill.id, cut(&about, 200))
            })
            .collect();
        members.insert("description".to_owned(), format!("One of:\n{}", lines.join("\n")).into());
        members.insert("enum".to_owned(), skills.iter().map(|skill| skill.id.clone()).collect());
    }
    let arguments = json!({ "type": "string", "description": "What the user typed after the skill's name, if anything." });
    general(
        ACTIVATE,
        "Activate a skill",
        "Gives the instructions of a skill, and what comes with it. Call this first when a task fits a skill's \
         description, and follow the instructions.",
        parameters(&json!({ "skill": skill, "arguments": arguments }), &["skill"]),
        true,
    )
}

fn list() -> Tool {
    general(
        LIST,
        "List skills",
        "Lists skills with their descriptions, those that match a query or all.",
        parameters(
            &json!({
                "query": { "type": "string", "description": "Words that name or description must have." },
                "offset": { "type": "integer", "minimum": 0, "description": "How many to leave out at the beginning." },
            }),
            &[],
        ),
        true,
    )
}

fn read() -> Tool {
    general(
        READ,
        "Read a file of a skill",
        "Reads a file that comes with a skill, such as one that its instructions name; without `path`, lists its files.",
        parameters(
            &json!({
                "skill": named(),
                "path": { "type": "string", "description": "The file's path within the skill's folder." },
                "offset": { "type": "integer", "minimum": 0, "description": "The byte to begin at, for a long file." },
            }),
            &["skill"],
        ),
        true,
    )
}

fn run() -> Tool {
    general(
        RUN,
        "Run a skill",
        "Runs a skill's own code on a JSON input. Activate the skill first: its instructions say what it takes.",
        parameters(
            &json!({
                "skill": named(),
                "input": { "type": "object", "properties": {}, "description": "The input, as the skill takes it." },
                "function": {
                    "type": "string",
                    "description": "One of the skill's functions, if it has any: `input` is the object of its arguments then.",
                },
            }),
            &["skill"],
        ),
        false,
    )
}

fn script() -> Tool {
    general(
        SCRIPT,
        "Run a script of a skill",
        "Runs a Python script of a skill, in a sandbox, as `python3 SCRIPT ARGUMENTS` would.",
        parameters(
            &json!({
                "skill": named(),
                "script": { "type": "string", "description": "Its path within the skill's folder: `scripts/x.py`." },
                "arguments": { "type": "array", "items": { "type": "string" }, "description": "Its command line, a text an argument." },
                "stdin": { "type": "string", "description": "What it reads from its standard input." },
            }),
            &["skill", "script"],
        ),
        false,
    )
}

/// The text, with `…` if it has more characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}
