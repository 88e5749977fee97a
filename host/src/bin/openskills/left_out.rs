//! What a search for skills left out, in few words however much it is.

use openskills_runtime::SkillFault;
use openskills_runtime::manifest::Severity;

use crate::printer::{Printer, plain};
use crate::render::path;

/// Files and folders that are named.
const MAX_NAMED: usize = 5;

/// Says what was left out and why: what is not valid before names that are taken. Copies are counted only.
pub(crate) fn say(printer: Printer, faults: &[SkillFault]) {
    let refused = faults.iter().filter(|fault| fault.refused);
    let (clashes, others): (Vec<_>, Vec<_>) = refused.partition(|fault| code(fault) == "name-clash");
    for fault in others.iter().take(MAX_NAMED) {
        let is_manifest = fault.path.extension().is_some_and(|extension| extension == "md");
        let what = if is_manifest { "is left out" } else { "is not searched in full" };
        printer.warning(&format!("`{}` {what}: {}", path(&fault.path), plain(reason(fault))));
    }
    more(printer, others.len(), "`openskills validate` says where each is to be mended");
    for fault in clashes.iter().take(MAX_NAMED) {
        printer.warning(&format!("`{}` is left out: {}", path(&fault.path), plain(reason(fault))));
    }
    more(printer, clashes.len(), "`--json` lists all");
    if !clashes.is_empty() {
        printer.hint("a skill whose name is taken is used by its path, as in `openskills show PATH`");
    }
    match faults.iter().filter(|fault| code(fault) == "copy").count() {
        0 => {}
        1 => printer.note("1 copy of a skill above is not listed"),
        copies => printer.note(&format!("{copies} copies of skills above are not listed")),
    }
}

fn more(printer: Printer, all: usize, hint: &str) {
    if let Some(more) = all.checked_sub(MAX_NAMED).filter(|more| *more > 0) {
        printer.more(&format!("  … and {more} more: {hint}"));
    }
}

fn code(fault: &SkillFault) -> &'static str {
    fault.faults.first().map_or("", |fault| fault.code)
}

fn reason(fault: &SkillFault) -> &str {
    let refusing = fault.faults.iter().find(|fault| fault.load == Severity::Error);
    refusing.map_or("it cannot be used", |fault| fault.message.as_str())
}
