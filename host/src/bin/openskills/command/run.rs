//! `openskills run`: one call of one skill.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use openskills_runtime::{
    AuditFile, AuditRecord, MountPoint, OnAuditFailure, OpenSkillRuntime, RuntimeBuilder,
};
use serde_json::Value;

use crate::args::{Permissions, mount};
use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::interrupt;
use crate::printer::plain;
use crate::prompt::Prompt;
use crate::render::refused;

const EXAMPLES: &str = "\
The output is printed alone on stdout: indented on a terminal, else on one line. What the skill itself \
prints goes to stderr, behind its name. With --json, stdout has the whole result and the audit record.

Examples:
  openskills run text-stats --input '{\"text\": \"Hello, world.\"}'
  openskills run skills/csv-profile --workspace data --input '{\"path\": \"sales.csv\"}'
  echo '{\"text\": \"Hello\"}' | openskills run text-stats --input -
  openskills run env-card --allow 'Env(LANG)'
  openskills run pdf-tools --script scripts/split.py --stdin list.txt -- --pages 3 report.txt
  openskills run notes --deny 'Edit(notes/private/**)' --input @request.json --json";

/// Run a skill once on a JSON input.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The skill: a name, or a path if it contains `/` or starts with `.`
    pub(super) skill: String,
    /// Run this Python script of the skill, unchanged, in place of its component
    #[arg(long, value_name = "PATH", conflicts_with = "input")]
    pub(super) script: Option<String>,
    /// Run a module of the skill's folder, as `python3 -m` does
    #[arg(long, value_name = "NAME", conflicts_with_all = ["input", "script"])]
    pub(super) module: Option<String>,
    /// What the script reads from its standard input: a file, or `-` for this command's own
    #[arg(long, value_name = "FILE|-")]
    pub(super) stdin: Option<PathBuf>,
    /// What the script gets as its arguments
    #[arg(last = true, value_name = "ARGS")]
    pub(super) arguments: Vec<String>,
    /// The input: JSON, `@FILE` for a file's content, `-` for stdin
    #[arg(long, short, value_name = "JSON|@FILE|-", default_value = "{}", allow_negative_numbers = true)]
    input: String,
    /// Stop the call after this many milliseconds [default: 30000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) timeout_ms: Option<u64>,
    /// The folder whose files the skill may use, as far as its rules go [default: the current directory]
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Add a further folder, as `/GUEST` for the skill; read-only without `:rw`
    #[arg(long, value_name = "HOST:GUEST[:rw]", value_parser = mount)]
    mount: Vec<MountPoint>,
    /// Accept `/`, the home directory and what it lies in as workspace or mount
    #[arg(long)]
    allow_broad_workspace: bool,
    /// Append the call's audit record to this file; a record that cannot be written is an error
    #[arg(long, value_name = "FILE")]
    audit_log: Option<PathBuf>,
    /// Go on, with a warning, where the audit record cannot be written
    #[arg(long, requires = "audit_log")]
    audit_optional: bool,
    #[command(flatten)]
    permissions: Permissions,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    if let Some(script) = options.script.as_deref().or(options.module.as_deref()) {
        return super::script::run(script, options, &runtime(options, context)?, context);
    }
    if options.stdin.is_some() || !options.arguments.is_empty() {
        return Err(Complaint::usage("`--stdin` and arguments after `--` are for scripts")
            .hint("name the script: `--script scripts/NAME.py`; a component takes `--input JSON`")
            .into());
    }
    let printer = context.printer;
    let input = input(&options.input, context)?;
    let runtime = runtime(options, context)?;
    let skill = context.open(&runtime, &options.skill)?;
    let mut call = runtime.call(&skill.id).input(input).cancel_token(&interrupt::token());
    if let Some(milliseconds) = options.timeout_ms {
        call = call.timeout(Duration::from_millis(milliseconds));
    }
    let result = call.run()?;
    if let Some(error) = &result.audit_error {
        printer.warning(&unkept(error));
    }
    if context.common.json {
        printer.json(&result)?;
        return Ok(Exit::Success);
    }
    printer.guest(&skill.id, &result.stdout);
    printer.guest(&skill.id, &result.stderr);
    if let Some(note) = coped(&result.audit) {
        printer.note(&note);
    }
    printer.json(&result.output)?;
    Ok(Exit::Success)
}

/// The sink of `--audit-log`.
fn audit_log(
    builder: RuntimeBuilder,
    path: &PathBuf,
    is_optional: bool,
    context: &Context,
) -> Result<RuntimeBuilder> {
    let complain = |error| format!("the audit log `{}` cannot be written: {error}", path.display());
    match AuditFile::open(path) {
        Ok(sink) if is_optional => Ok(builder.audit_sink(sink).on_audit_failure(OnAuditFailure::GoOn)),
        Ok(sink) => Ok(builder.audit_sink(sink)),
        Err(error) if is_optional => {
            context.printer.warning(&plain(&complain(error)));
            Ok(builder)
        }
        Err(error) => Err(Complaint::io(complain(error))
            .hint("choose another file, or go on without a record: `--audit-optional`")
            .into()),
    }
}

/// What the call of an optional audit log says when its record is lost.
pub(super) fn unkept(error: &str) -> String {
    plain(&format!("the audit record could not be kept: {error}"))
}

/// The runtime that the options describe.
fn runtime(options: &Options, context: &Context) -> Result<OpenSkillRuntime> {
    let builder = context.builder_with(&options.permissions, options.workspace.as_deref())?;
    obey_lock(&builder, options)?;
    let mut builder = folders(builder, options, context)?;
    if let Some(path) = &options.audit_log {
        builder = audit_log(builder.protect(path), path, options.audit_optional, context)?;
    }
    if let Some(prompt) = Prompt::new(context.printer, context.common.no_input, context.progress.clone()) {
        builder = builder.approver(prompt);
    }
    let runtime = builder.build()?;
    context.tell_policy(&runtime);
    if let (Some(chosen), Some((cap, source))) = (options.timeout_ms, runtime.policy().timeout_cap())
        && u128::from(chosen) > cap.as_millis()
    {
        context.printer.warning(&format!("the policy lowers the time to {} ms: {source}", cap.as_millis()));
    }
    Ok(runtime)
}

/// The workspace and the mounts; nothing broad unless that is what the user wants.
fn folders(mut builder: RuntimeBuilder, options: &Options, context: &Context) -> Result<RuntimeBuilder> {
    let broad = |folder: &PathBuf| !options.allow_broad_workspace && context.is_broad(folder);
    let named = options.workspace.iter().chain(options.mount.iter().map(|mount| &mount.host));
    if let Some(folder) = named.into_iter().find(|folder| broad(folder)) {
        let complaint = Complaint::usage(format!(
            "`{}` is too much to give to a skill: it is the root, your home directory, or holds it",
            folder.display()
        ));
        return Err(complaint.hint("name a folder further down, or add `--allow-broad-workspace`").into());
    }
    builder = match &options.workspace {
        Some(folder) => builder.workspace(folder),
        // Where nobody chose it, a broad directory is no workspace.
        None if broad(&context.directory) => builder,
        None => builder.workspace(&context.directory),
    };
    Ok(options.mount.iter().cloned().fold(builder, RuntimeBuilder::mount))
}

/// What gives a skill more than rules do is held by a lock, too.
fn obey_lock(builder: &RuntimeBuilder, options: &Options) -> Result<()> {
    let Some(lock) = builder.current_policy().lock() else { return Ok(()) };
    let flag = match options {
        Options { mount, .. } if !mount.is_empty() => "--mount",
        Options { allow_broad_workspace: true, .. } => "--allow-broad-workspace",
        _ => return Ok(()),
    };
    let complaint =
        Complaint::usage(format!("`{flag}` would widen the policy, and `lock: true` stands in {lock}"));
    Err(complaint.hint("leave it out, or take the lock out of that file").into())
}

/// The input as JSON, from wherever it comes.
fn input(argument: &str, context: &Context) -> Result<Value> {
    let (bytes, place) = match (argument, argument.strip_prefix('@')) {
        ("-", _) => {
            if io::stdin().is_terminal() {
                context.printer.note("reading JSON from the terminal; end it with Ctrl-D");
            }
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| Complaint::io(format!("stdin cannot be read: {error}")))?;
            (bytes, "stdin".to_owned())
        }
        (_, Some(path)) => {
            let read = fs::read(path);
            let bytes = read
                .map_err(|error| Complaint::io(format!("the input file `{path}` cannot be read: {error}")))?;
            (bytes, format!("`{path}`"))
        }
        (text, None) => (text.as_bytes().to_vec(), "`--input`".to_owned()),
    };
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    serde_json::from_slice(text).map_err(|error| wrong(&error, argument, &place).into())
}

fn wrong(error: &serde_json::Error, argument: &str, place: &str) -> Complaint {
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or(&reason);
    let complaint = Complaint::input(format!(
        "the input is not valid JSON: {reason} (line {}, column {} of {place})",
        error.line(),
        error.column()
    ));
    if place != "`--input`" {
        return complaint;
    }
    if fs::metadata(argument).is_ok_and(|metadata| metadata.is_file()) {
        return complaint.hint(format!("to read a file: `--input @{argument}`"));
    }
    if argument.trim().is_empty() {
        return complaint.hint("a skill that needs no input takes `{}`, which is the default");
    }
    if argument.starts_with(['{', '[']) && !argument.contains('"') {
        return complaint.hint(
            "the shell may have taken the quotes away; put the whole in single ones: --input '{\"text\": \"Hello\"}'",
        );
    }
    complaint.hint("put JSON in single quotes: --input '{\"text\": \"Hello\"}', or in a file: --input @FILE")
}

/// What a call was refused and went on without.
pub(super) fn coped(audit: &AuditRecord) -> Option<String> {
    let (first, rest) = audit.refusals.split_first()?;
    let more = match rest.len() {
        0 => String::new(),
        count => format!(" (and {count} more)"),
    };
    Some(format!("it went on without what it was refused: {}{more}; `--json` lists all", refused(first)))
}
