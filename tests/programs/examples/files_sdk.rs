//! Files through the SDK.
#![forbid(unsafe_code)]

use std::io;

use openskills_sdk::fs::{self, FileType};
use openskills_sdk::prelude::*;
use serde_json::{Value, json};
use test_programs::{Input, Op, each, repeated, unknown};

#[skill]
fn run(input: Input) -> Result<Value, Error> {
    each(&input, one)
}

fn one(op: &Op) -> io::Result<Value> {
    let path = op.path.as_str();
    Ok(match op.op.as_str() {
        "read" => fs::read_to_string(path)?.into(),
        "write" => fs::write(path, &op.text)?.into(),
        "append" => fs::append(path, &op.text)?.into(),
        "list" => fs::read_dir(path)?.iter().map(|entry| entry.name().to_owned()).collect::<Vec<_>>().into(),
        "stat" => {
            let found = fs::metadata(path)?;
            let kind = match found.file_type() {
                FileType::Dir => "dir",
                FileType::File => "file",
                FileType::Link | FileType::Other => "other",
            };
            json!({ "kind": kind, "size": found.len() })
        }
        "exists" => fs::exists(path)?.into(),
        "mkdir" => fs::create_dir(path)?.into(),
        "mkdir-all" => fs::create_dir_all(path)?.into(),
        "remove" | "rmdir" | "remove-any" => fs::remove(path)?.into(),
        "rename" => fs::rename(path, &op.to)?.into(),
        "copy" => fs::write(&op.to, fs::read(path)?)?.into(),
        // Over and over, to be timed.
        "read-times" => repeated(op.number, || Ok(fs::read(path)?.len()))?,
        "stat-times" => repeated(op.number, || Ok(fs::metadata(path).map(|_| 1)?))?,
        "write-times" => {
            let bytes = vec![b'x'; 1 << 20];
            repeated(op.number, || Ok(fs::write(path, &bytes).map(|()| bytes.len())?))?
        }
        _ => return Err(unknown(op)),
    })
}
