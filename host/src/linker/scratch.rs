//! `/tmp`: a folder of one call, made when it is first used and gone with the call.
#![expect(clippy::disallowed_methods, reason = "makes the folder behind the guest's `/tmp`")]

use std::io;
use std::sync::OnceLock;

use tempfile::TempDir;

use super::mounts::Mount;

/// The call's own `/tmp`.
#[derive(Debug, Default)]
pub(crate) struct Scratch(OnceLock<(TempDir, Mount)>);

impl Scratch {
    /// The folder, made now if it was not needed before.
    pub(crate) fn mount(&self) -> io::Result<&Mount> {
        if self.0.get().is_none() {
            let folder = tempfile::Builder::new().prefix("openskills-tmp-").tempdir()?;
            let mount = Mount::open(folder.path(), true)?;
            // Two uses at once cannot happen within a call; were it so, one folder would be dropped unused.
            let _ = self.0.set((folder, mount));
        }
        self.0.get().map(|(_, mount)| mount).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
