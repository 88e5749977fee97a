//! How a skill's scripts are used: their `--help`, run with nothing granted, and kept; or their docstring.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::catalogue::Entry;
use super::open_skill_runtime::{Inner, OpenSkillRuntime};
use super::ready::Ready;
use crate::audit::sha256;
use crate::call::{Invocation, Plan, block_on, call_id, run_script};
use crate::capability::{Limits, Policy, grant, printable};
use crate::error::OpenSkillError;
use crate::instance::Engine;
use crate::interpreter::{Tellings, Told};
use crate::linker::{Deadline, Gate, ProgramKind, SessionAnswers};
use crate::skill::{Script, ScriptHelp, docstring, resource_read};

/// Bytes of a text.
const MAX_TEXT: usize = 16 << 10;

/// Wall clock of one run.
const MAX_RUN: Duration = Duration::from_secs(5);

/// Wall clock of compiling the interpreter, where that was not done yet.
const MAX_COMPILE: Duration = Duration::from_secs(600);

/// Time in which runs are begun for several scripts together.
const MAX_RUNS: Duration = Duration::from_secs(10);

/// Runs that do not answer, or are interrupted, after which a script is not asked again until something of it changes.
const MAX_FAILURES: u8 = 3;

/// How long others who ask the same script are waited for.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// Scripts of one skill whose help is told with the list of them.
const MAX_SCRIPTS: usize = 100;

/// Python files of a skill, and their bytes, by which what was told is kept. Scripts of larger ones are not asked.
const MAX_FILES: usize = 500;
const MAX_BYTES: usize = 16 << 20;

/// What the source has of a script that knows `--help`: its own word, or a library that does it.
const SIGNS: [&str; 7] = ["--help", "argparse", "optparse", "click", "typer", "docopt", "fire"];

impl OpenSkillRuntime {
    /// How a script is used: what it prints for `--help`, or else the docstring at its top; none if it has neither.
    ///
    /// The first time a script that knows `--help` is run for that, in the interpreter and with nothing granted: no
    /// workspace, no variables, no requests, nobody asked, 5 s, 128 MiB, no record. What it prints is kept in the cache
    /// folder by the digests of the skill's Python files, its packages and the interpreter. A script that does not answer
    /// is run once more, as a module of the skill's folder (`python3 -m`); after that it is never run for this again.
    /// Who asks while another thread or process does waits for the same answer.
    /// Nothing is run without an [installed](Self::install_interpreter) interpreter.
    ///
    /// # Errors
    /// [`OpenSkillError::SkillNotFound`], [`OpenSkillError::InvalidManifest`]; [`OpenSkillError::Io`] if the skill has no
    /// such file.
    pub fn script_help(&self, skill_id: &str, script: &str) -> Result<Option<ScriptHelp>, OpenSkillError> {
        let entry = self.0.find(skill_id)?;
        if let Err(source) = resource_read(&entry.skill.folder, script) {
            let context = format!("the script `{}` of `{skill_id}` cannot be read", printable(script));
            return Err(OpenSkillError::Io { context, source, trace: None });
        }
        let asked = Asked::new(&self.0, &entry);
        Ok(self.0.help(&asked, script, true))
    }

    /// The same for several of a skill's scripts; those that there is no time left for, within 10 s, are not run.
    pub(crate) fn script_helps(&self, skill_id: &str, scripts: &[String]) -> Vec<Option<ScriptHelp>> {
        let Ok(entry) = self.0.find(skill_id) else { return Vec::new() };
        let asked = Asked::new(&self.0, &entry);
        let deadline = Deadline::new(MAX_RUNS);
        scripts.iter().map(|script| self.0.help(&asked, script, deadline.ended().is_none())).collect()
    }
}

/// The skill whose scripts are asked, and what answers are kept by.
struct Asked<'a> {
    entry: &'a Entry,
    kept: Option<(Tellings, String)>,
}

impl<'a> Asked<'a> {
    fn new(inner: &Inner, entry: &'a Entry) -> Self {
        let fingerprint = fingerprint(inner, entry);
        let kept = inner.settings.cache.as_deref().zip(fingerprint);
        Self { entry, kept: kept.map(|(cache, fingerprint)| (Tellings::below(cache), fingerprint)) }
    }

    fn key(&self, script: &str) -> Option<(&Tellings, String)> {
        let (tellings, fingerprint) = self.kept.as_ref()?;
        Some((tellings, sha256(format!("{fingerprint}\n{script}").as_bytes())))
    }
}

/// Names all that an answer can depend on; none without an interpreter, and for skills with very much Python.
fn fingerprint(inner: &Inner, entry: &Entry) -> Option<String> {
    let interpreter = inner.kept_interpreters().ok()?.digest()?;
    let packages = inner.kept_packages().ok()?.of_skill(&entry.skill.folder).map(|lock| lock.set);
    let mut text = format!("help 2\n{interpreter}\n{}\n", packages.unwrap_or_default());
    let files = entry.skill.python_files(true);
    let mut left = MAX_BYTES;
    if files.len() > MAX_FILES {
        return None;
    }
    for path in files {
        let bytes = resource_read(&entry.skill.folder, &path).unwrap_or_default();
        left = left.checked_sub(bytes.len())?;
        text.push_str(&format!("{}\n{path}\n", sha256(&bytes)));
    }
    Some(sha256(text.as_bytes()))
}

impl Inner {
    /// Adds what is known without running anything.
    pub(super) fn add_known_help(&self, entry: &Entry, scripts: &mut [Script]) {
        let asked = Asked::new(self, entry);
        for script in scripts.iter_mut().take(MAX_SCRIPTS) {
            script.help = self.help(&asked, &script.path, false);
        }
    }

    fn help(&self, asked: &Asked<'_>, script: &str, may_run: bool) -> Option<ScriptHelp> {
        let source = resource_read(&asked.entry.skill.folder, script).ok()?;
        let source = String::from_utf8_lossy(&source);
        let told = asked.key(script).and_then(|(tellings, key)| {
            let known = tellings.get(&key).unwrap_or_default();
            match is_final(&known) || !may_run || !SIGNS.iter().any(|sign| source.contains(sign)) {
                true => Some(known),
                false => self.ask(asked.entry, script, tellings, &key),
            }
        });
        match told {
            Some(Told { text: Some(text), module, .. }) => {
                Some(ScriptHelp { text: shown(&text), is_printed: true, module })
            }
            _ => docstring(&source).map(|text| ScriptHelp {
                text: shown(&text),
                is_printed: false,
                module: None,
            }),
        }
    }

    /// Runs it until it answers or has failed too often. What could not be kept is not run: it would be run each time.
    fn ask(&self, entry: &Entry, script: &str, tellings: &Tellings, key: &str) -> Option<Told> {
        let engine = self.engine().ok()?;
        // What the compiler takes over an interpreter that is not compiled here yet is no time of the script's.
        let deadline = Deadline::new(MAX_COMPILE);
        let ready = block_on(engine.handle(), self.script_ready(engine, entry, &deadline)).ok()?;
        let _held = tellings.hold(key, MAX_WAIT).ok()?;
        let mut told = tellings.get(key).unwrap_or_default();
        while !is_final(&told) {
            let module = told.is_no_file.then(|| module(script)).flatten();
            // Counted before it runs: whatever it does to this process, it does not do it for ever.
            told.failures += 1;
            tellings.keep(key, &told).ok()?;
            let asking = self.print_help(engine, entry, ready, script, module.as_deref());
            match block_on(engine.handle(), asking) {
                Some(text) => told = Told { text: Some(text), module, ..Told::default() },
                None if told.is_no_file => told.failures = MAX_FAILURES,
                None => told.is_no_file = true,
            }
            // An answer that could not be kept is told all the same.
            let _ = tellings.keep(key, &told);
        }
        Some(told)
    }

    async fn print_help(
        &self,
        engine: &'static Engine,
        entry: &Entry,
        ready: &Ready,
        script: &str,
        module: Option<&str>,
    ) -> Option<String> {
        let mut limits = entry.rights().capabilities.policy().limits(&self.settings.limits);
        limits = Limits {
            timeout: limits.timeout.min(MAX_RUN),
            memory: limits.memory.min(128 << 20),
            stdio: 4 * MAX_TEXT,
            requests: 0,
            written_bytes: 1 << 20,
            created_files: 32,
            prompts: 0,
            ..limits
        };
        let deadline = Deadline::new(limits.timeout);
        let nothing = grant(&[], &[], Arc::new(Policy::locked())).capabilities;
        let identity = Arc::new(entry.identity(ready.component.digest.clone()));
        let (id, session) = (call_id(), Arc::<SessionAnswers>::default());
        let gate = Arc::new(Gate::new(id, Arc::new(nothing), identity, &limits, deadline, None, session));
        let mut mounts = ready.mounts.alone();
        if let Ok(Some(lock)) = self.packages_of_run(entry, &[]) {
            mounts = self.mounts_with(&mounts, &lock).ok()?;
        }
        let plan = self.script_plan(engine, ready, &gate, &limits, Arc::default()).ok()?;
        let file = format!("/skill/{script}");
        let invocation = Invocation {
            kind: if module.is_some() { ProgramKind::Module } else { ProgramKind::Script },
            program: module.unwrap_or(&file),
            path: module.is_some().then_some("/skill"),
            arguments: &["--help".to_owned()],
            directory: "/",
            stdin: Bytes::new(),
            depth: 0,
        };
        let (status, printed) =
            run_script(Plan { mounts: Arc::new(mounts), ..plan }, &invocation).await.said();
        let is_usage = printed.trim_start().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("usage"));
        let answers = status == Some(0) || (status.is_some() && is_usage);
        (answers && !printed.trim().is_empty()).then(|| shown(&printed))
    }
}

/// Whether it is not asked again.
fn is_final(told: &Told) -> bool {
    told.text.is_some() || told.failures >= MAX_FAILURES
}

/// The name as which `python3 -m` runs a file of the skill's folder, if it lies in a folder and has one.
fn module(script: &str) -> Option<String> {
    let stem = script.strip_suffix(".py")?;
    let is_name = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(|first| first == '_' || first.is_alphabetic())
            && chars.all(|c| c == '_' || c.is_alphanumeric())
    };
    (stem.contains('/') && stem.split('/').all(is_name)).then(|| stem.replace('/', "."))
}

/// Fit for a terminal and for a model, and not too long.
fn shown(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| printable(line.trim_end())).collect();
    let text = lines.join("\n");
    let text = text.trim_matches('\n');
    match text.get(..text.floor_char_boundary(MAX_TEXT)) {
        Some(cut) if cut.len() < text.len() => format!("{cut}\n…"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_folders_have_a_name_as_a_module() {
        assert_eq!(module("scripts/run_it.py").as_deref(), Some("scripts.run_it"));
        for script in ["x.py", "scripts/a-b.py", "scripts/1.py", "scripts/x.sh", "a b/x.py", "/x.py"] {
            assert_eq!(module(script), None, "{script}");
        }
    }

    #[test]
    fn what_is_shown_is_printable_and_bounded() {
        assert_eq!(shown("\n\x1b[2Jusage:\u{202e} x \r\n  -a\tb\n\n"), " [2Jusage: x\n  -a b");
        let long = shown(&"ü\n".repeat(MAX_TEXT));
        assert!(long.len() <= MAX_TEXT + 4 && long.ends_with('…'), "{}", long.len());
    }
}
