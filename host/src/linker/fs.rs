//! The door of the SDK: `openskills:skill/fs`, over the same resolution as `wasi:filesystem`.

use std::io::Write;

use rustix::fs::FileType;

use super::file_stream::read_at;
use super::files::{FileFault, Files};
use super::guest_path::GuestPath;
use super::host_state::HostState;
use super::operations::{OpenOptions, Opened, Removal};
use crate::bindings::openskills::skill::fs::{Entry, Error, Host, Kind, Metadata};
use crate::capability::FileUse;

/// What `read` gives back at most, as the interface says.
const MAX_READ: u64 = 4 << 20;

type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl From<FileFault> for Error {
    fn from(fault: FileFault) -> Self {
        use rustix::io::Errno;
        match fault {
            FileFault::Denied(told) => Self::Denied(told),
            FileFault::System(error) => match error {
                Errno::NOENT => Self::NotFound,
                Errno::EXIST => Self::Exists,
                Errno::ISDIR => Self::IsDirectory,
                Errno::NOTDIR => Self::NotDirectory,
                Errno::NOTEMPTY => Self::NotEmpty,
                Errno::INVAL => Self::Invalid(
                    "a path is empty or has a NUL, or a directory would be moved into itself".to_owned(),
                ),
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
    async fn open_file(&self, path: &str, usage: FileUse, options: OpenOptions) -> Result<Opened, Error> {
        let path = self.join("", path, usage)?;
        let opened = self.open(&path, options).await?;
        if opened.directory { Err(Error::IsDirectory) } else { Ok(opened) }
    }

    async fn read_file(&self, path: &str, offset: u64, length: u64) -> Result<Vec<u8>, Error> {
        let options = OpenOptions { read: true, follow: true, ..OpenOptions::default() };
        let Opened { file, size, .. } = self.open_file(path, FileUse::Read, options).await?;
        // No more is set aside than there is to read, whatever the guest asks for.
        let wanted = length.min(MAX_READ).min(size.saturating_sub(offset));
        Ok(read_at(&file, offset, usize::try_from(wanted).unwrap_or(0)).map_err(FileFault::from)?)
    }

    async fn write_file(&self, path: &str, contents: &[u8], append: bool) -> Result<(), Error> {
        // What was there stays until it is known that the new content may be written.
        let options =
            OpenOptions { write: true, append, create: true, follow: true, ..OpenOptions::default() };
        let Opened { mut file, size, .. } = self.open_file(path, FileUse::Write, options).await?;
        self.quota.take_bytes(contents.len() as u64).map_err(FileFault::from)?;
        if !append && size > 0 {
            file.set_len(0).map_err(FileFault::from)?;
        }
        Ok(file.write_all(contents).map_err(FileFault::from)?)
    }

    async fn metadata(&self, path: &str) -> Result<Metadata, Error> {
        let path = self.join("", path, FileUse::Look)?;
        let stat = self.look(&path, true).await?;
        let kind = kind(FileType::from_raw_mode(stat.st_mode));
        let size = if kind == Kind::Directory { 0 } else { u64::try_from(stat.st_size).unwrap_or(0) };
        let modified = u64::try_from(stat.st_mtime)
            .ok()
            .map(|seconds| seconds.saturating_mul(1_000).saturating_add(stat.st_mtime_nsec / 1_000_000));
        Ok(Metadata { kind, size, modified })
    }

    async fn entries(&self, path: &str) -> Result<Vec<Entry>, Error> {
        let path = self.join("", path, FileUse::List)?;
        let options = OpenOptions { read: true, directory: true, follow: true, ..OpenOptions::default() };
        let opened = self.open(&path, options).await?;
        if !opened.directory {
            return Err(Error::NotDirectory);
        }
        let found = self.guest_path(&opened.location);
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::new(opened.file).map_err(FileFault::from)? {
            let entry = entry.map_err(FileFault::from)?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            let Ok(child) = GuestPath::join(&found, name) else { continue };
            let kind = kind(entry.file_type());
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
        Ok(self.remove(&path, Removal::Any).await?)
    }

    async fn rename_any(&self, source: &str, target: &str) -> Result<(), Error> {
        let source = self.join("", source, FileUse::Write)?;
        let target = self.join("", target, FileUse::Write)?;
        Ok(self.rename(&source, &target).await.map(drop)?)
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

fn kind(file_type: FileType) -> Kind {
    match file_type {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Link,
        _ => Kind::Other,
    }
}
