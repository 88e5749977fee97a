//! `openskills audit`: record files, checked and read.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use openskills_runtime::{AuditLog, AuditRecord, ChainReport, Outcome};
use serde_json::json;

use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::printer::{BAD, BOLD, DIM, GOOD, paint, plain};
use crate::render;

const VERIFY_EXAMPLES: &str = "\
The hashes of the file are computed anew. An edited, removed, moved or inserted line is found, and named by its \
number. A line on which a writer died is no error: the next record names it. A cut-off end is found only with \
--head, by the hash that this command showed before.

Exit codes: 0 the file is whole, 1 it is not, 7 it cannot be read.

Examples:
  openskills audit verify audit.jsonl
  openskills audit verify audit.jsonl --head $(cat head.txt)
  openskills audit verify audit-2.jsonl --after HEAD-OF-AUDIT-1";

const SHOW_EXAMPLES: &str = "\
Times are in UTC without --local. --since takes `2h`, `7d`, a day (`2026-11-23`) or a time \
(`2026-11-23T10:00:00Z`). With --json, stdout has the records, one on each line.

Examples:
  openskills audit show audit.jsonl
  openskills audit show audit.jsonl --outcome denied --since 2h
  openskills audit show audit.jsonl --skill notes --json";

/// Check and read the files that `--audit-log` writes.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    /// Check that nothing in a record file was changed, removed, moved or inserted
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Verify),
    /// Tell what the records say, call by call
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Show),
}

#[derive(Args, Debug)]
struct Verify {
    /// The record file
    file: PathBuf,
    /// A hash that was the last one: finds a cut-off end
    #[arg(long, value_name = "HASH", value_parser = hash)]
    head: Option<String>,
    /// The last hash of the file that this one continues
    #[arg(long, value_name = "HASH", value_parser = hash)]
    after: Option<String>,
}

#[derive(Args, Debug)]
struct Show {
    /// The record file
    file: PathBuf,
    /// Only the call whose id begins so
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Only calls of this skill
    #[arg(long, value_name = "NAME")]
    skill: Option<String>,
    /// Only calls that ended so: success, failed, invalid-input, denied, timeout, cancelled, limit,
    /// invalid-artifact or io
    #[arg(long, value_name = "OUTCOME", value_parser = OUTCOMES, hide_possible_values = true)]
    outcome: Option<String>,
    /// Only calls that began at this time or later
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Timestamp>,
    /// Show times in this machine's time zone
    #[arg(long)]
    local: bool,
}

const OUTCOMES: [&str; 9] = [
    "success",
    "failed",
    "invalid-input",
    "denied",
    "timeout",
    "cancelled",
    "limit",
    "invalid-artifact",
    "io",
];

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    match &options.command {
        Which::Verify(options) => verify(options, context),
        Which::Show(options) => show(options, context),
    }
}

fn hash(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err("expected the 64 hexadecimal digits of a record's `hash`".to_owned()),
    }
}

fn since(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(day) = text.parse::<Date>() {
        return day.to_zoned(TimeZone::UTC).map(|day| day.timestamp()).map_err(|error| error.to_string());
    }
    // jiff leaves days out, since not all are of 24 hours; these are.
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit {
        "s" => Some(1),
        "m" | "min" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        _ => None,
    };
    let span = number.parse::<i64>().ok().zip(seconds).and_then(|(number, unit)| number.checked_mul(unit));
    span.and_then(|seconds| Timestamp::now().checked_sub(SignedDuration::from_secs(seconds)).ok()).ok_or_else(
        || "expected `30m`, `2h`, `7d`, a day such as `2026-11-23`, or a time in RFC 3339".to_owned(),
    )
}

fn open(file: &Path) -> Result<AuditLog> {
    Ok(AuditLog::open(file).map_err(|error| unreadable(file, &error))?)
}

fn unreadable(file: &Path, error: &std::io::Error) -> Complaint {
    Complaint::io(format!("the record file `{}` cannot be read: {error}", file.display()))
}

fn verify(options: &Verify, context: &Context) -> Result<Exit> {
    let log = open(&options.file)?;
    let report = log
        .verify(options.after.as_deref(), options.head.as_deref())
        .map_err(|error| unreadable(&options.file, &error))?;
    let exit = if report.broken.is_some() { Exit::Failed } else { Exit::Success };
    if context.common.json {
        context
            .printer
            .json(&json!({ "file": options.file, "whole": report.broken.is_none(), "report": report }))?;
        return Ok(exit);
    }
    let file = render::path(&options.file);
    match &report.broken {
        Some(found) => {
            context.printer.error(&format!("`{file}`: line {} {}", found.line, found.fault.words()));
            context.printer.more(&format!(
                "  {} before it {} in order",
                records(report.records),
                are(report.records)
            ));
        }
        None => {
            context.printer.out(&whole(&file, &report))?;
        }
    }
    Ok(exit)
}

fn whole(file: &str, report: &ChainReport) -> String {
    let mut text = format!("{file}: {}, {}", paint(GOOD, "whole"), records(report.records));
    if report.torn > 0 {
        text.push_str(&format!(", {} where a writer died", places(report.torn)));
    }
    if let Some(line) = report.unfinished {
        text.push_str(&format!(", line {line} unfinished: the next record will name it"));
    }
    if let Some(after) = report.after_head.filter(|after| *after > 0) {
        text.push_str(&format!(", {after} of them after the given head"));
    }
    if !report.head.is_empty() {
        text.push_str(&format!("\nhead {}", report.head));
    }
    text
}

fn records(count: u64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}

fn are(count: u64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn places(count: u64) -> String {
    if count == 1 { "1 place".to_owned() } else { format!("{count} places") }
}

fn show(options: &Show, context: &Context) -> Result<Exit> {
    let log = open(&options.file)?;
    let zone = if options.local { TimeZone::system() } else { TimeZone::UTC };
    let (mut shown, mut strange) = (0_u64, 0_u64);
    for line in log.lines().map_err(|error| unreadable(&options.file, &error))? {
        let line = line.map_err(|error| unreadable(&options.file, &error))?;
        let Some(record) = line.record else {
            strange += 1;
            continue;
        };
        if !options.wants(&record) {
            continue;
        }
        match context.common.json {
            true => context.printer.json_line(&record)?,
            false => {
                let space = if shown > 0 { "\n" } else { "" };
                context.printer.out(&format!("{space}{}", story(&record, &zone)))?;
            }
        }
        shown += 1;
    }
    if shown == 0 {
        context.printer.note("no record matches");
    }
    if strange > 0 {
        context.printer.warning(&format!("{strange} lines are no records of this version"));
    }
    // What was shown may be anyone's writing if the chain is broken.
    let report = log.verify(None, None).map_err(|error| unreadable(&options.file, &error))?;
    if let Some(found) = report.broken {
        context.printer.warning(&format!(
            "the file is not as it was written: line {} {}",
            found.line,
            found.fault.words()
        ));
    }
    Ok(Exit::Success)
}

impl Show {
    fn wants(&self, record: &AuditRecord) -> bool {
        self.id.as_deref().is_none_or(|id| record.id.starts_with(id))
            && self.skill.as_deref().is_none_or(|skill| record.skill == skill)
            && self.outcome.as_deref().is_none_or(|outcome| record.outcome.name() == outcome)
            && self.since.is_none_or(|since| record.started >= SystemTime::from(since))
    }
}

/// Targets of one kind that a story lists.
const MAX_TARGETS: usize = 12;

/// One call as a paragraph.
fn story(record: &AuditRecord, zone: &TimeZone) -> String {
    let time = Timestamp::try_from(record.started).map_or_else(
        |_| "at an unknown time".to_owned(),
        |time| time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
    );
    let version = record.version.as_deref().map(|version| format!(" {}", plain(version))).unwrap_or_default();
    let style = if record.outcome == Outcome::Success { GOOD } else { BAD };
    let mut text = format!(
        "{time}  {}{version}  {} after {}",
        paint(BOLD, &plain(&record.skill)),
        paint(style, &ended(&record.outcome)),
        milliseconds(record.duration)
    );
    let mut say = |line: &str| text.push_str(&format!("\n  {line}"));
    if !record.granted.is_empty() {
        say(&format!("granted {}", plain(&record.granted.join(", "))));
    }
    let taken: Vec<&str> =
        record.requested.iter().filter(|entry| !record.granted.contains(entry)).map(String::as_str).collect();
    if !taken.is_empty() {
        say(&format!("requested and not granted {}", plain(&taken.join(", "))));
    }
    for used in record.uses.iter().take(MAX_TARGETS) {
        let how = serde_json::to_value(used.decision).ok();
        let how = how.as_ref().and_then(|how| how.as_str()).unwrap_or_default();
        say(&format!("{} `{}`{}, {how}", verb(used.action), plain(&used.target), times(used.count)));
    }
    more(record.uses.len(), &mut say);
    if record.looks > 0 {
        say(&format!("looked at files{}", times(record.looks)));
    }
    for refusal in record.refusals.iter().take(MAX_TARGETS) {
        say(&paint(BAD, &format!("was refused {}{}", render::refused(refusal), times(refusal.count))));
        if !refusal.remedy.is_empty() {
            say(&format!("  {}", plain(&refusal.remedy)));
        }
    }
    more(record.refusals.len(), &mut say);
    if record.unlisted > 0 {
        say(&format!("and {} further uses and refusals that the record does not list", record.unlisted));
    }
    let usage = &record.usage;
    let mut against = format!(
        "memory {} of {}, time {} of {}, input {}, output {}",
        bytes(usage.memory_peak),
        bytes(usage.memory_limit),
        milliseconds(record.duration),
        milliseconds(Duration::from_millis(usage.timeout_ms)),
        bytes(usage.input_bytes),
        bytes(usage.output_bytes)
    );
    for (name, count) in [("stdout", usage.stdout_bytes), ("stderr", usage.stderr_bytes)] {
        if count > 0 {
            against.push_str(&format!(", {name} {}", bytes(count)));
        }
    }
    if usage.prompts > 0 {
        against.push_str(&format!(", questions {}", usage.prompts));
    }
    if let Some((fuel, limit)) = usage.fuel.zip(usage.fuel_limit) {
        against.push_str(&format!(", instructions {fuel} of {limit}"));
    }
    say(&against);
    let digest = |text: &str| plain(text.get(..12).unwrap_or(text));
    say(&paint(
        DIM,
        &format!(
            "id {}, SKILL.md {}, component {}",
            plain(&record.id),
            digest(&record.manifest_sha256),
            digest(&record.component_sha256)
        ),
    ));
    text
}

fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Success => "succeeded".to_owned(),
        Outcome::Failed { message } => format!("failed ({})", plain(message)),
        Outcome::InvalidInput => "refused its input".to_owned(),
        Outcome::Denied => "was denied what it needs".to_owned(),
        Outcome::Timeout { limit_ms } => format!("ran out of its {limit_ms} ms"),
        Outcome::Cancelled => "was cancelled".to_owned(),
        Outcome::Limit { limit, .. } => format!("exceeded {}", plain(limit)),
        Outcome::InvalidArtifact { message } => format!("could not be loaded ({})", plain(message)),
        Outcome::Io { message } => format!("met a fault of the host ({})", plain(message)),
    }
}

fn verb(action: openskills_runtime::audit::Action) -> &'static str {
    use openskills_runtime::audit::Action;
    match action {
        Action::Look => "looked at",
        Action::Read => "read",
        Action::List => "listed",
        Action::Write => "wrote",
        Action::Fetch => "sent requests to",
        Action::Env => "was given the variable",
        Action::Connect => "connected to",
        Action::Import => "imported",
        Action::Run => "ran",
    }
}

fn more(count: usize, say: &mut impl FnMut(&str)) {
    if let Some(more) = count.checked_sub(MAX_TARGETS).filter(|more| *more > 0) {
        say(&format!("… and {more} more: `--json` lists all"));
    }
}

fn times(count: u64) -> String {
    if count == 1 { String::new() } else { format!(" ({count} times)") }
}

fn milliseconds(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{seconds:.1} s"),
    }
}

fn bytes(count: u64) -> String {
    match count {
        0..1_024 => format!("{count} B"),
        1_024..1_048_576 => format!("{} KiB", count >> 10),
        _ => format!("{} MiB", count >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_several_ways() {
        let day = since("2026-11-23").unwrap();
        assert_eq!(day, since("2026-11-23T00:00:00Z").unwrap());
        assert!(since("2h").unwrap() < since("30m").unwrap());
        for wrong in ["", "h", "2x", "99999999999999999999d", "yesterday", "-1h"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_hash_has_64_digits() {
        assert_eq!(hash(&"AB".repeat(32)).unwrap(), "ab".repeat(32));
        assert!(hash("ab").is_err() && hash(&"zz".repeat(32)).is_err());
    }
}
