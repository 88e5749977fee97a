//! The door of the SDK: `openskills:skill/fs`, over the same resolution as `wasi:filesystem`.

use std::io::Write;
use std::os::unix::fs::{FileExt, MetadataExt};

use super::files::{FileFault, Files, OpenOptions, Opened};
use super::guest_path::GuestPath;
use super::host_state::HostState;
use crate::bindings::openskills::skill::fs::{Entry, Error, Host, Kind, Metadata};
use crate::capability::FileUse;

/// What `read` gives back at most, as the interface says.
const MAX_READ: u64 = 4 << 20;

type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl From<FileFault> for Error {
    fn from(fault: FileFault) -> Self {
        use rustix::io::Errno;
        match fault {
            FileFault::Denied(refusal) => Self::Denied(refusal.explained()),
            FileFault::System(error) => match error {
                Errno::NOENT => Self::NotFound,
                Errno::EXIST => Self::Exists,
                Errno::ISDIR => Self::IsDirectory,
                Errno::NOTDIR => Self::NotDirectory,
                Errno::NOTEMPTY => Self::NotEmpty,
                Errno::INVAL => Self::Invalid("the path is empty or has a NUL".to_owned()),
                Errno::NAMETOOLONG => Self::Invalid("the path or a name in it is too long".to_owned()),
                Errno::LOOP => Self::Invalid("too many symbolic links".to_owned()),
                Errno::DQUOT => Self::Io("this call has written as much as it may".to_owned()),
                Errno::ILSEQ => Self::Invalid("a name is not UTF-8".to_owned()),
                error => Self::Io(error.to_string()),
            },
        }
    }
}

/// The interface's operations in its own terms.
impl Files {
    async fn open_file(
        &self,
        path: &str,
        usage: FileUse,
        options: OpenOptions,
    ) -> Result<std::fs::File, Error> {
        let path = self.join("", path, usage)?;
        match self.open(&path, options).await? {
            Opened::File(file) => Ok(file),
            Opened::Directory(_) => Err(Error::IsDirectory),
        }
    }

    async fn read_file(&self, path: &str, offset: u64, length: u64) -> Result<Vec<u8>, Error> {
        let options = OpenOptions { read: true, follow: true, ..OpenOptions::default() };
        let file = self.open_file(path, FileUse::Read, options).await?;
        let size = file.metadata().map_err(FileFault::from)?.len();
        // No more is set aside than there is to read, whatever the guest asks for.
        let wanted = length.min(MAX_READ).min(size.saturating_sub(offset));
        let mut bytes = vec![0; usize::try_from(wanted).unwrap_or(0)];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(FileFault::from(error).into()),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    async fn write_file(&self, path: &str, contents: &[u8], append: bool) -> Result<(), Error> {
        // What was there stays until it is known that the new content may be written.
        let options =
            OpenOptions { write: true, append, create: true, follow: true, ..OpenOptions::default() };
        let mut file = self.open_file(path, FileUse::Write, options).await?;
        self.quota.take_bytes(contents.len() as u64).map_err(FileFault::from)?;
        if !append {
            file.set_len(0).map_err(FileFault::from)?;
        }
        Ok(file.write_all(contents).map_err(FileFault::from)?)
    }

    async fn metadata(&self, path: &str) -> Result<Metadata, Error> {
        let path = self.join("", path, FileUse::Look)?;
        let file = self.look(&path, true).await?;
        let metadata = file.metadata().map_err(FileFault::from)?;
        let kind = kind(metadata.file_type());
        let size = if kind == Kind::Directory { 0 } else { metadata.len() };
        let modified = u64::try_from(metadata.mtime()).ok().map(|seconds| {
            seconds.saturating_mul(1_000) + u64::try_from(metadata.mtime_nsec()).unwrap_or(0) / 1_000_000
        });
        Ok(Metadata { kind, size, modified })
    }

    async fn entries(&self, path: &str) -> Result<Vec<Entry>, Error> {
        let path = self.join("", path, FileUse::List)?;
        let options = OpenOptions { read: true, directory: true, follow: true, ..OpenOptions::default() };
        let Opened::Directory(directory) = self.open(&path, options).await? else {
            return Err(Error::NotDirectory);
        };
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::new(directory).map_err(FileFault::from)? {
            let entry = entry.map_err(FileFault::from)?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            let Ok(child) = GuestPath::join(path.text(), name) else { continue };
            let kind = match entry.file_type() {
                rustix::fs::FileType::RegularFile => Kind::File,
                rustix::fs::FileType::Directory => Kind::Directory,
                rustix::fs::FileType::Symlink => Kind::Link,
                _ => Kind::Other,
            };
            let special = matches!(name, "." | "..");
            if !special && self.is_allowed(&child, FileUse::Look, kind == Kind::Directory) {
                entries.push(Entry { name: name.to_owned(), kind });
            }
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    async fn remove_any(&self, path: &str) -> Result<(), Error> {
        let path = self.join("", path, FileUse::Write)?;
        match self.remove(&path, false).await {
            // Linux says EISDIR where the name is a directory.
            Err(FileFault::System(rustix::io::Errno::ISDIR)) => Ok(self.remove(&path, true).await?),
            other => Ok(other?),
        }
    }

    async fn rename_any(&self, source: &str, target: &str) -> Result<(), Error> {
        let source = self.join("", source, FileUse::Write)?;
        let target = self.join("", target, FileUse::Write)?;
        Ok(self.rename(&source, &target).await?)
    }

    async fn make_one_directory(&self, path: &str) -> Result<(), Error> {
        let path = self.join("", path, FileUse::MakeDirectory)?;
        Ok(self.make_directory(&path).await?)
    }
}

impl Host for HostState {
    async fn read(&mut self, path: String, offset: u64, length: u64) -> Answer<Vec<u8>> {
        Ok(self.files.clone().read_file(&path, offset, length).await)
    }

    async fn write(&mut self, path: String, contents: Vec<u8>) -> Answer<()> {
        Ok(self.files.clone().write_file(&path, &contents, false).await)
    }

    async fn append(&mut self, path: String, contents: Vec<u8>) -> Answer<()> {
        Ok(self.files.clone().write_file(&path, &contents, true).await)
    }

    async fn stat(&mut self, path: String) -> Answer<Metadata> {
        Ok(self.files.clone().metadata(&path).await)
    }

    async fn list_dir(&mut self, path: String) -> Answer<Vec<Entry>> {
        Ok(self.files.clone().entries(&path).await)
    }

    async fn make_dir(&mut self, path: String) -> Answer<()> {
        Ok(self.files.clone().make_one_directory(&path).await)
    }

    async fn remove(&mut self, path: String) -> Answer<()> {
        Ok(self.files.clone().remove_any(&path).await)
    }

    async fn rename(&mut self, source: String, target: String) -> Answer<()> {
        Ok(self.files.clone().rename_any(&source, &target).await)
    }
}

fn kind(file_type: std::fs::FileType) -> Kind {
    match file_type {
        kind if kind.is_file() => Kind::File,
        kind if kind.is_dir() => Kind::Directory,
        kind if kind.is_symlink() => Kind::Link,
        _ => Kind::Other,
    }
}
