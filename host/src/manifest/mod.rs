//! The first stage of the way of the data: the text of a `SKILL.md` becomes a [`Manifest`].
//!
//! Pure: no file, clock, network, environment or engine, and no meaning for tool names (the
//! capability stage alone gives them one). The steps, a file each:
//!
//! 1. [`frontmatter`](split) cuts the front matter from the body, on bytes;
//! 2. `text` makes text of it: UTF-8 and control characters;
//! 3. `yaml` builds a bounded tree of [`Node`]s that know their lines, `repair` mends it once;
//! 4. `fields` reads the fields, each on its own, so that an odd one never loses another;
//! 5. [`parse`] puts these together and gives two verdicts: [`Parsed::is_valid`], the open Agent
//!    Skills specification as its reference validator applies it, and [`Parsed::load`], what a
//!    client does with the file.
//!
//! Every departure from the rules is a [`Fault`] with a place, a hint and a weight for each of the
//! two verdicts. No input makes this stage panic, and time and memory grow with the length of the
//! input only.

mod allowed_tools;
mod document;
mod fault;
mod fields;
mod file_link;
mod frontmatter;
mod known_fields;
#[expect(clippy::module_inception, reason = "the stage is named after what it makes")]
mod manifest;
mod node;
mod optional_fields;
mod parsed;
mod repair;
mod skill_name;
mod source;
mod source_line;
mod strict_yaml;
mod text;
mod tool_entry;
mod yaml;

#[cfg(test)]
mod tests;

pub use allowed_tools::parse_entries;
pub(crate) use document::document;
pub use fault::{Fault, Load, Severity};
pub use file_link::{FileLink, file_links};
pub use frontmatter::{FrontMatter, MAX_FRONT_MATTER_BYTES, SplitError, split};
pub use manifest::{Field, MAX_COMPATIBILITY_CHARS, MAX_DESCRIPTION_CHARS, Manifest};
pub use node::{Node, NodeKind, Pair, ScalarStyle};
pub use parsed::{MAX_FILE_BYTES, Parsed, parse};
pub use skill_name::{MAX_NAME_CHARS, NameProblem, check_name};
pub use source_line::SourceLine;
pub use tool_entry::{EntryError, ToolEntry};
pub use yaml::{MAX_DEPTH, MAX_NODES, MAX_TEXT_BYTES};
