//! Operations on files through the standard library.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::{Op, repeated, unknown};

/// Does one.
pub fn one(op: &Op) -> io::Result<Value> {
    let path = op.path.as_str();
    Ok(match op.op.as_str() {
        "read" => fs::read_to_string(path)?.into(),
        "write" => fs::write(path, &op.text)?.into(),
        "append" => {
            OpenOptions::new().append(true).create(true).open(path)?.write_all(op.text.as_bytes())?.into()
        }
        // Never ends by itself.
        "append-forever" => loop {
            OpenOptions::new().append(true).create(true).open(path)?.write_all(op.text.as_bytes())?;
        },
        "create-new" => File::create_new(path)?.write_all(op.text.as_bytes())?.into(),
        "read-write" => {
            let mut file = OpenOptions::new().read(true).write(true).open(path)?;
            file.write_all(op.text.as_bytes())?.into()
        }
        "list" => {
            let names =
                fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
            let mut names = names.collect::<io::Result<Vec<_>>>()?;
            names.sort();
            names.into()
        }
        "stat" => {
            let found = fs::metadata(path)?;
            let kind = if found.is_dir() {
                "dir"
            } else if found.is_file() {
                "file"
            } else {
                "other"
            };
            json!({ "kind": kind, "size": if found.is_dir() { 0 } else { found.len() } })
        }
        "exists" => fs::exists(path)?.into(),
        "mkdir" => fs::create_dir(path)?.into(),
        "mkdir-all" => fs::create_dir_all(path)?.into(),
        "remove" => fs::remove_file(path)?.into(),
        // A file or an empty directory, as the SDK has it. 31 is EISDIR, for which there is no kind here.
        "remove-any" => match fs::remove_file(path) {
            Err(error) if error.raw_os_error() == Some(31) => fs::remove_dir(path)?.into(),
            other => other?.into(),
        },
        "rmdir" => fs::remove_dir(path)?.into(),
        "remove-all" => fs::remove_dir_all(path)?.into(),
        "rename" => fs::rename(path, &op.to)?.into(),
        "copy" => {
            fs::copy(path, &op.to)?;
            Value::Null
        }
        "hard-link" => fs::hard_link(path, &op.to)?.into(),
        #[expect(deprecated, reason = "the one way of the standard library on this target")]
        "symlink" => fs::soft_link(&op.to, path)?.into(),
        "read-link" => fs::read_link(path)?.to_string_lossy().into_owned().into(),
        "set-len" => OpenOptions::new().write(true).open(path)?.set_len(op.number)?.into(),
        "set-times" => {
            let times =
                FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(op.number));
            OpenOptions::new().write(true).open(path)?.set_times(times)?.into()
        }
        // Through a descriptor that was opened to read.
        "set-times-read-only" => {
            let times =
                FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(op.number));
            File::open(path)?.set_times(times)?.into()
        }
        // Over and over, to be timed.
        "read-times" => repeated(op.number, || Ok(fs::read(path)?.len()))?,
        "stat-times" => repeated(op.number, || fs::metadata(path).map(|_| 1))?,
        "open-times" => repeated(op.number, || File::open(path).map(|_| 1))?,
        "write-times" => {
            let bytes = vec![b'x'; 1 << 20];
            repeated(op.number, || fs::write(path, &bytes).map(|()| bytes.len()))?
        }
        // Opens the file so many times at once.
        "hold" => {
            let files = (0..op.number).map(|_| File::open(path)).collect::<io::Result<Vec<_>>>()?;
            files.len().into()
        }
        _ => return Err(unknown(op)),
    })
}
