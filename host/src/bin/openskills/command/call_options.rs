//! What every call of a skill takes, by whatever command, and how its result is printed.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use openskills_runtime::{
    AuditFile, AuditRecord, MountPoint, OnAuditFailure, OpenSkillRuntime, RuntimeBuilder, SkillCall,
};
use serde_json::Value;

use crate::args::{Permissions, mount};
use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::interrupt;
use crate::printer::plain;
use crate::prompt::Prompt;
use crate::render::refused;

#[derive(Args, Debug)]
pub(super) struct CallOptions {
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

/// Runs the call and prints its output.
pub(super) fn finish(call: SkillCall, skill: &str, options: &CallOptions, context: &Context) -> Result<Exit> {
    let printer = context.printer;
    let mut call = call.cancel_token(&interrupt::token());
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
    printer.guest(skill, &result.stdout);
    printer.guest(skill, &result.stderr);
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
pub(super) fn runtime(options: &CallOptions, context: &Context) -> Result<OpenSkillRuntime> {
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
fn folders(mut builder: RuntimeBuilder, options: &CallOptions, context: &Context) -> Result<RuntimeBuilder> {
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
fn obey_lock(builder: &RuntimeBuilder, options: &CallOptions) -> Result<()> {
    let Some(lock) = builder.current_policy().lock() else { return Ok(()) };
    let flag = match options {
        CallOptions { mount, .. } if !mount.is_empty() => "--mount",
        CallOptions { allow_broad_workspace: true, .. } => "--allow-broad-workspace",
        _ => return Ok(()),
    };
    let complaint =
        Complaint::usage(format!("`{flag}` would widen the policy, and `lock: true` stands in {lock}"));
    Err(complaint.hint("leave it out, or take the lock out of that file").into())
}

/// The input as JSON, from wherever it comes. `option` is what it was given with, to be named where it is wrong.
pub(super) fn input(argument: &str, option: &str, context: &Context) -> Result<Value> {
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
        (text, None) => (text.as_bytes().to_vec(), format!("`{option}`")),
    };
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    serde_json::from_slice(text).map_err(|error| wrong(&error, argument, option, &place).into())
}

fn wrong(error: &serde_json::Error, argument: &str, option: &str, place: &str) -> Complaint {
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or(&reason);
    let complaint = Complaint::input(format!(
        "the input is not valid JSON: {reason} (line {}, column {} of {place})",
        error.line(),
        error.column()
    ));
    if place != format!("`{option}`") {
        return complaint;
    }
    // What has no option of its own is written by itself.
    let before = if option.starts_with('-') { format!("{option} ") } else { String::new() };
    if fs::metadata(argument).is_ok_and(|metadata| metadata.is_file()) {
        return complaint.hint(format!("to read a file: `{before}@{argument}`"));
    }
    if argument.trim().is_empty() {
        return complaint.hint("a skill that needs no input takes `{}`, which is the default");
    }
    if argument.starts_with(['{', '[']) && !argument.contains('"') {
        return complaint.hint(format!(
            "the shell may have taken the quotes away; put the whole in single ones: {before}'{{\"text\": \"Hello\"}}'"
        ));
    }
    complaint.hint(format!(
        "put JSON in single quotes: {before}'{{\"text\": \"Hello\"}}', or in a file: {before}@FILE"
    ))
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
