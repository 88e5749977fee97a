//! `openskills new`: the first version of a skill.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use openskills_runtime::manifest::check_name;
use serde_json::json;

use crate::author::language::Language;
use crate::author::skeleton;
use crate::context::Context;
use crate::exit::Complaint;
use crate::exit::Exit;
use crate::printer::plain;
use crate::render;

const EXAMPLES: &str = "\
The skill counts the words of a file, has tests, and passes them. Nothing is overwritten. A skill in Rust carries the \
SDK in `vendor`, since it is on no registry yet.

Examples:
  openskills new word-count --lang rust
  openskills new word-count --lang python --dir skills
  cd word-count && openskills build && openskills test";

/// Make a new skill.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// What it is called: small letters, digits and hyphens
    #[arg(value_name = "NAME")]
    name: String,
    /// What it is written in
    #[arg(
        long,
        value_name = "rust|python|javascript|typescript|c",
        value_enum,
        ignore_case = true,
        hide_possible_values = true
    )]
    lang: Language,
    /// The folder in which the skill's folder is made
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

/// A name that says the same and follows the rules, if there is one.
fn near(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let parts = lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let near = parts.collect::<Vec<_>>().join("-");
    check_name(&near, None).is_empty().then_some(near)
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let name = options.name.as_str();
    if let Some(problem) = check_name(name, None).first() {
        let complaint =
            Complaint::usage(format!("`{}` cannot be the name of a skill: {problem}", plain(name)));
        let hint = match near(name) {
            None if name.is_empty() => "name it, such as `word-count`".to_owned(),
            Some(near) => format!("{}, such as `{near}`", problem.hint()),
            None => problem.hint(),
        };
        return Err(complaint.hint(hint).into());
    }
    let files = skeleton::files(options.lang, name);
    let folder = options.dir.join(name);
    if folder.symlink_metadata().is_ok() {
        return Err(Complaint::usage(format!("`{}` exists already", folder.display()))
            .hint("choose another name, or another folder with `--dir`")
            .into());
    }
    skeleton::write(&folder, options.lang, &files)?;
    match context.common.json {
        true => context.printer.json(&json!({ "skill": name, "folder": folder, "files": files.len() }))?,
        false => {
            context.printer.out(&render::path(&folder))?;
            context.printer.hint(
                "build and test it there: `openskills build`, `openskills test`; functions with types of your own: \
                 `openskills wit . --out wit`",
            );
        }
    }
    Ok(Exit::Success)
}
