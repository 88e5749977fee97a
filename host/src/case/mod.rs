//! A skill's own cases in, what differs from their expectations out: `tests/*.json` of its folder, each an input, the
//! files and variables that a call finds, and what must come of it.

#[expect(clippy::module_inception, reason = "the noun of this module")]
mod case;
mod case_file;
mod case_run;
mod expected;

pub use case::Case;
pub use case_file::{CaseFault, read_cases};
pub use case_run::{CaseReport, Difference};
