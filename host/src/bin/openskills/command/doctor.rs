//! `openskills doctor`: what this machine lets the runtime do.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use openskills_runtime::{Diagnosis, OpenSkillRuntime, user_policy_path};
use serde::Serialize;

use crate::args::{ENGINE, Permissions};
use crate::context::Context;
use crate::exit::Exit;
use crate::printer::{BOLD, DIM, GOOD, WARNING, paint, plain};
use crate::render::{path, places_hint};

const EXAMPLES: &str = "\
Nothing that is missing makes skills less safe; it makes them slower, or refuses them.

Examples:
  openskills doctor
  openskills doctor --json";

/// Check the engine, the kernel, the cache and the skills folders.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {}

#[derive(Serialize)]
struct Report {
    version: &'static str,
    engine: &'static str,
    pooling: Option<bool>,
    pooling_fault: Option<String>,
    pagemap_scan: Option<bool>,
    openat2: Option<bool>,
    wasip1_adapter: Option<&'static str>,
    cache: Option<PathBuf>,
    cache_fault: Option<String>,
    policy: Option<PathBuf>,
    policy_fault: Option<String>,
    places: Vec<Place>,
    fault: Option<String>,
}

#[derive(Serialize)]
struct Place {
    path: PathBuf,
    skills: usize,
    refused: usize,
    fault: Option<String>,
}

/// What a row says at a glance.
#[derive(Clone, Copy)]
enum Mark {
    Good,
    Slow,
    Nothing,
}

pub(crate) fn run(_: &Options, context: &Context) -> Result<Exit> {
    let report = report(context)?;
    match context.common.json {
        true => context.printer.json(&report)?,
        false => context.printer.out(&text(&report))?,
    }
    Ok(Exit::Success)
}

fn report(context: &Context) -> Result<Report> {
    let diagnosis: Result<Diagnosis, _> = context.builder().build()?.diagnose();
    let (diagnosis, fault) = match diagnosis {
        Ok(diagnosis) => (Some(diagnosis), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let policy = user_policy_path().filter(|path| path.exists());
    let policy_fault =
        context.builder_with(&Permissions::default(), None).err().map(|error| error.to_string());
    let cache = diagnosis.as_ref().map(|diagnosis| diagnosis.cache.clone());
    Ok(Report {
        version: env!("CARGO_PKG_VERSION"),
        engine: ENGINE,
        pooling: diagnosis.as_ref().map(|diagnosis| diagnosis.pooling.is_ok()),
        pooling_fault: diagnosis.as_ref().and_then(|diagnosis| diagnosis.pooling.clone().err()),
        pagemap_scan: diagnosis.as_ref().map(|diagnosis| diagnosis.pagemap_scan),
        openat2: diagnosis.as_ref().map(|diagnosis| diagnosis.openat2),
        wasip1_adapter: diagnosis.as_ref().map(|diagnosis| diagnosis.wasip1_adapter),
        cache_fault: cache.as_ref().and_then(|cache| cache.clone().err()),
        cache: cache.and_then(Result::ok),
        policy,
        policy_fault,
        places: context.places().into_iter().map(place).collect(),
        fault,
    })
}

fn place(path: PathBuf) -> Place {
    let looked = OpenSkillRuntime::builder().skills_dir(&path).build().and_then(|runtime| {
        let skills = runtime.load_skills()?.len();
        Ok((skills, runtime.faults().iter().filter(|fault| fault.refused).count()))
    });
    match looked {
        Ok((skills, refused)) => Place { path, skills, refused, fault: None },
        Err(error) => Place { path, skills: 0, refused: 0, fault: Some(error.to_string()) },
    }
}

fn text(report: &Report) -> String {
    let mut lines = vec![paint(BOLD, &format!("openskills {}", report.version))];
    let mut row = |name: &str, mark: Mark, value: &str| {
        let mark = match mark {
            Mark::Good => paint(GOOD, "ok  "),
            Mark::Slow => paint(WARNING, "slow"),
            Mark::Nothing => paint(DIM, "-   "),
        };
        lines.push(format!("  {mark} {} {value}", paint(DIM, &format!("{name:<13}"))));
    };
    let good = |there: bool| if there { Mark::Good } else { Mark::Slow };
    row("engine", Mark::Good, report.engine);
    if let Some(pooling) = report.pooling {
        row(
            "instance pool",
            good(pooling),
            &match &report.pooling_fault {
                None => "in use".to_owned(),
                Some(fault) => format!("not in use: {}", plain(fault)),
            },
        );
    }
    let kernel = |there: bool, without: &str| match there {
        true => "the kernel has it".to_owned(),
        false => format!("the kernel does not have it: {without}"),
    };
    if let Some(there) = report.pagemap_scan {
        row(
            "PAGEMAP_SCAN",
            good(there),
            &kernel(there, "each call faults its memory in again (Linux 6.7 has it)"),
        );
    }
    if let Some(there) = report.openat2 {
        row("openat2", good(there), &kernel(there, "paths are opened name by name (Linux 5.6 has it)"));
    }
    if let Some(version) = report.wasip1_adapter {
        row("wasip1", Mark::Good, &format!("programs are adapted when they are loaded (adapter {version})"));
    }
    match (&report.cache, &report.cache_fault) {
        (Some(folder), _) => row("cache", Mark::Good, &path(folder)),
        (None, Some(fault)) => {
            row("cache", Mark::Slow, &format!("not in use, each process compiles anew: {}", plain(fault)));
        }
        (None, None) => {}
    }
    match (&report.policy, &report.policy_fault) {
        (Some(file), None) => row("your policy", Mark::Good, &path(file)),
        (None, None) => row("your policy", Mark::Nothing, "none: the defaults hold"),
        (_, Some(_)) => {}
    }
    for place in &report.places {
        if place.fault.is_none() {
            let refused = match place.refused {
                0 => String::new(),
                count => format!(", {count} left out: `openskills validate {}`", path(&place.path)),
            };
            row("skills", Mark::Good, &format!("{} ({} usable{refused})", path(&place.path), place.skills));
        }
    }
    if report.places.is_empty() {
        row("skills", Mark::Nothing, &places_hint());
    }
    let faults = [&report.fault, &report.policy_fault].into_iter().flatten();
    for fault in faults.chain(report.places.iter().filter_map(|place| place.fault.as_ref())) {
        lines.push(format!("  {} {}", paint(WARNING, "bad "), plain(fault)));
    }
    lines.join("\n")
}
