//! `openskills cache`: what is kept in the cache folder, removed and verified.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum as _};
use indicatif::HumanBytes;
use jiff::{Span, SpanRelativeTo};
use openskills_toolchain::cache;
use serde_json::json;

use crate::context::Context;
use crate::exit::{Complaint, Exit};
use crate::kept::{self, Kept, Kind, State, Verdict, Wanted};
use crate::printer::{BAD, BOLD, DIM, GOOD, HINT, paint, plain};
use crate::render;

const EXAMPLES: &str = "\
The cache folder has compiled components, interpreters, packages of skills, compilers, and what builds keep. All but \
packages is made again when it is needed.

Examples:
  openskills cache list
  openskills cache prune --dry-run
  openskills cache prune --unused-for 30d
  openskills cache prune --down-to 1GiB --kind compiled
  openskills cache verify";

/// List, prune or verify what is kept in the cache folder.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what is kept, how large it is, and when it was last used
    List {
        /// Each thing by itself
        #[arg(long)]
        all: bool,
    },
    /// Remove what this version has no use for, and what you say
    Prune(Prune),
    /// Read everything through and compare it with its digest, or with the list of its files
    Verify {
        /// Remove what is damaged; it is made again when it is needed
        #[arg(long)]
        remove: bool,
    },
}

#[derive(Args, Debug)]
struct Prune {
    /// Also what was not used for so long: `12h`, `30d`, `8w`
    #[arg(long, value_name = "TIME", value_parser = time)]
    unused_for: Option<Duration>,
    /// Also what was used longest ago, until the whole cache is no larger: `500MiB`, `2GiB`
    #[arg(long, value_name = "SIZE", value_parser = size)]
    down_to: Option<u64>,
    /// Only of this kind; repeatable. Packages of skills go only where they are named
    #[arg(long, value_name = "KIND", value_enum)]
    kind: Vec<Kind>,
    /// Say what would go, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(options: &Options, context: &Context) -> Result<Exit> {
    let root = cache::folder()?;
    let runtime = context.builder().build()?;
    let engine = runtime.diagnose()?.cache.ok();
    let kept = kept::list(&root, engine.as_deref(), &runtime.interpreters()?)?;
    match &options.action {
        Action::List { all } => list(&root, &kept, *all, context),
        Action::Prune(options) => prune(options, kept, context),
        Action::Verify { remove } => verify(&kept, *remove, context),
    }
}

fn list(root: &Path, kept: &[Kept], all: bool, context: &Context) -> Result<Exit> {
    let total = kept.iter().map(|kept| kept.bytes).sum();
    if context.common.json {
        context.printer.json(&json!({ "folder": root, "bytes": total, "entries": kept }))?;
        return Ok(Exit::Success);
    }
    context.printer.out(&format!("{} {}", paint(BOLD, &render::path(root)), HumanBytes(total)))?;
    for &kind in Kind::value_variants() {
        let of_kind: Vec<&Kept> = kept.iter().filter(|kept| kept.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        let bytes = of_kind.iter().map(|kept| kept.bytes).sum();
        let unused: u64 =
            of_kind.iter().filter(|kept| kept.state != State::Kept).map(|kept| kept.bytes).sum();
        let unused = if unused > 0 { format!(", {} of no use", HumanBytes(unused)) } else { String::new() };
        let count = of_kind.len();
        let things = if count == 1 { "entry" } else { "entries" };
        context.printer.out(&format!(
            "  {:<13}{:>11}  {}",
            kind.name(),
            HumanBytes(bytes).to_string(),
            paint(DIM, &format!("{count} {things}{unused}"))
        ))?;
        for kept in of_kind.iter().filter(|_| all) {
            context.printer.out(&format!("    {}", line(kept)))?;
        }
    }
    if kept.iter().any(|kept| kept.state != State::Kept) {
        context.printer.hint("`openskills cache prune` removes what is of no use");
    }
    Ok(Exit::Success)
}

fn prune(options: &Prune, kept: Vec<Kept>, context: &Context) -> Result<Exit> {
    let wanted =
        Wanted { unused_for: options.unused_for, down_to: options.down_to, kinds: options.kind.clone() };
    let before: u64 = kept.iter().map(|kept| kept.bytes).sum();
    let (mut gone, mut bytes, mut busy) = (Vec::new(), 0, Vec::new());
    for kept in kept::choose(kept, &wanted, SystemTime::now()) {
        if !options.dry_run && !removed(&kept)? {
            busy.push(kept);
            continue;
        }
        bytes += kept.bytes;
        gone.push(kept);
    }
    if context.common.json {
        let left = before - bytes;
        context.printer.json(&json!({
            "dry_run": options.dry_run, "removed": gone, "in_use": busy, "bytes": bytes, "bytes_left": left,
        }))?;
        return Ok(Exit::Success);
    }
    for kept in &gone {
        context.printer.out(&line(kept))?;
    }
    for kept in &busy {
        context.printer.note(&format!("{} stays: a program is making it", plain(&kept.name)));
    }
    let what = if options.dry_run { "would be removed" } else { "removed" };
    let text = format!("{} {what}, {} left", HumanBytes(bytes), HumanBytes(before - bytes));
    context.printer.out(&paint(BOLD, &text))?;
    Ok(Exit::Success)
}

fn verify(kept: &[Kept], remove: bool, context: &Context) -> Result<Exit> {
    let mut counts: BTreeMap<&str, usize> = [("whole", 0), ("damaged", 0), ("unchecked", 0)].into();
    let mut told = Vec::new();
    for kept in kept {
        let verdict = kept::verify(kept);
        let name = match verdict {
            Verdict::Whole => "whole",
            Verdict::Damaged => "damaged",
            Verdict::Unchecked => "unchecked",
        };
        *counts.entry(name).or_default() += 1;
        let gone = verdict == Verdict::Damaged && remove && removed(kept)?;
        match (context.common.json, verdict) {
            (true, _) => told.push(json!({ "entry": kept, "verdict": verdict, "removed": gone })),
            (false, Verdict::Damaged) => {
                let note = if gone { " removed" } else { "" };
                context.printer.out(&format!("{}{note} {}", paint(BAD, "damaged"), line(kept)))?;
            }
            (false, _) => {}
        }
    }
    let damaged = counts.get("damaged").copied().unwrap_or_default();
    if context.common.json {
        context.printer.json(&json!({ "entries": told, "summary": counts }))?;
    } else {
        let style = if damaged > 0 { BAD } else { GOOD };
        let text: Vec<String> = ["whole", "damaged", "unchecked"]
            .iter()
            .map(|name| format!("{} {name}", counts.get(name).copied().unwrap_or_default()))
            .collect();
        context.printer.out(&paint(style, &text.join(", ")))?;
        if damaged > 0 && !remove {
            context
                .printer
                .hint("what is damaged is not used and made again when it is needed; `--remove` removes it");
        }
    }
    Ok(if damaged > 0 && !remove { Exit::Failed } else { Exit::Success })
}

fn removed(kept: &Kept) -> Result<bool, Complaint> {
    let path = kept.paths.first().map_or(Path::new(""), PathBuf::as_path);
    kept::remove(kept)
        .map_err(|error| Complaint::io(format!("`{}` cannot be removed: {error}", path.display())))
}

fn line(kept: &Kept) -> String {
    let age = SystemTime::now().duration_since(kept.used).unwrap_or_default().as_secs();
    let age = match age / 86_400 {
        0 => "today".to_owned(),
        1 => "a day ago".to_owned(),
        days => format!("{days} days ago"),
    };
    let state = match kept.state {
        State::Kept => String::new(),
        State::Old => paint(HINT, " old"),
        State::Leftover => paint(HINT, " left over"),
    };
    let name: String = plain(&kept.name).chars().take(60).collect();
    let rest = format!("{}, used {age}", HumanBytes(kept.bytes));
    format!("{} {name}{state} {}", kept.kind.name(), paint(DIM, &rest))
}

fn time(text: &str) -> Result<Duration, String> {
    let expected = || "expected a time, such as `12h`, `30d` or `8w`".to_owned();
    let span: Span = text.parse().map_err(|_| expected())?;
    let time = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| expected())?;
    Duration::try_from(time).map_err(|_| expected())
}

fn size(text: &str) -> Result<u64, String> {
    let expected = || "expected a size, such as `500MiB` or `2GiB`".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let scale: u64 = match unit.trim() {
        "" | "B" => 1,
        "KiB" | "K" => 1 << 10,
        "MiB" | "M" => 1 << 20,
        "GiB" | "G" => 1 << 30,
        _ => return Err(expected()),
    };
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(scale)).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_read_or_told_how() {
        assert_eq!(time("12h"), Ok(Duration::from_secs(43_200)));
        assert_eq!(time("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(time("2w"), Ok(Duration::from_secs(14 * 86_400)));
        assert_eq!(size("2GiB"), Ok(2 << 30));
        assert_eq!(size("10"), Ok(10));
        for wrong in ["", "d", "-1d", "2 moons", "1y", "99999999999999999999d"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "GiB", "-1", "1TB", "99999999999GiB", "1.5GiB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
