//! Files of the workspace and of the skill's own folder, in the manner of [`std::fs`].
//!
//! A component that uses this module imports `openskills:skill/fs`, so its `allowed-tools` must have a `Read` or
//! `Edit` entry or it is not loaded at all. (`std::fs` works too, under the same rules; it is always there, and
//! without a grant it sees only `/skill` and its own `/tmp`.)
//!
//! A path that begins with `/workspace/` or `/skill/` names that folder, `/skill` being read-only. Any other is
//! taken from the workspace.
//!
//! ```no_run
//! use openskills_sdk::{Error, fs};
//!
//! fn totals() -> Result<(), Error> {
//!     for entry in fs::read_dir("reports")? {
//!         let text = fs::read_to_string(entry.path())?;
//!         fs::append("totals.txt", format!("{}: {}\n", entry.name(), text.lines().count()))?;
//!     }
//!     Ok(())
//! }
//! ```

mod entry;
mod error;
mod file;

pub use entry::{DirEntry, FileType, Metadata, metadata, read_dir};
pub use error::{Error, ErrorKind};
pub use file::{append, create_dir, create_dir_all, exists, read, read_to_string, remove, rename, write};
