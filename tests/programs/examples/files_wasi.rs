//! Files through `wasi:filesystem` itself: every operation, with every flag, without a C library in between.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use openskills_sdk::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, DirectoryEntryStream, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
    filesystem_error_code,
};
use wasip2::io::streams::StreamError;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Script {
    ops: Vec<Step>,
}

/// One operation on a descriptor.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
struct Step {
    op: String,
    /// The descriptor, by the name it was kept under; the root if empty.
    on: String,
    path: String,
    /// Whether a link at the end of the path is followed.
    follow: bool,
    /// Flags of both kinds, by name.
    flags: Vec<String>,
    /// The name to keep the new descriptor under.
    keep: String,
    to_on: String,
    to: String,
    text: String,
    offset: u64,
    number: u64,
}

struct Held {
    root: Descriptor,
    kept: HashMap<String, Descriptor>,
    listings: Vec<DirectoryEntryStream>,
}

#[skill]
fn run(input: Script) -> Result<Value, Error> {
    let root = get_directories().into_iter().next().ok_or_else(|| Error::failed("no root"))?.0;
    let mut held = Held { root, kept: HashMap::new(), listings: Vec::new() };
    Ok(input
        .ops
        .iter()
        .map(|step| match one(&mut held, step) {
            Ok(value) => json!({ "ok": value }),
            Err(error) => json!({ "error": error.name() }),
        })
        .collect())
}

fn one(held: &mut Held, step: &Step) -> Result<Value, ErrorCode> {
    if step.op == "drop" {
        return Ok(held.kept.remove(&step.on).is_some().into());
    }
    let path = step.path.as_str();
    let follow = if step.follow { PathFlags::SYMLINK_FOLLOW } else { PathFlags::empty() };
    if step.op == "open" {
        let opened = find(held, &step.on)?.open_at(follow, path, open_flags(step), descriptor_flags(step))?;
        if !step.keep.is_empty() {
            held.kept.insert(step.keep.clone(), opened);
        }
        return Ok(Value::Null);
    }
    if step.op == "open-many" {
        let mut count = 0_u64;
        for n in 0..step.number {
            let root = find(held, &step.on)?;
            let Ok(opened) = root.open_at(follow, path, open_flags(step), descriptor_flags(step)) else {
                break;
            };
            held.kept.insert(format!("many-{n}"), opened);
            count += 1;
        }
        return Ok(count.into());
    }
    if step.op == "list-many" {
        for _ in 0..step.number {
            let listing = find(held, &step.on)?.read_directory()?;
            held.listings.push(listing);
        }
        return Ok(held.listings.len().into());
    }
    let fd = find(held, &step.on)?;
    let text = step.text.as_bytes();
    Ok(match step.op.as_str() {
        "stat" => stat(&fd.stat()?),
        "stat-at" => stat(&fd.stat_at(follow, path)?),
        "hash" => hash(fd.metadata_hash()?),
        "hash-at" => hash(fd.metadata_hash_at(follow, path)?),
        "read" => String::from_utf8_lossy(&fd.read(step.number, step.offset)?.0).into_owned().into(),
        "write" => fd.write(text, step.offset)?.into(),
        "read-stream" => {
            let stream = fd.read_via_stream(step.offset)?;
            let mut bytes = Vec::new();
            loop {
                match stream.blocking_read(step.number.max(1)) {
                    Ok(more) => bytes.extend(more),
                    Err(StreamError::Closed) => break String::from_utf8_lossy(&bytes).into_owned().into(),
                    Err(error) => return Err(code(error)),
                }
            }
        }
        "write-stream" => {
            fd.write_via_stream(step.offset)?.blocking_write_and_flush(text).map_err(code)?.into()
        }
        "append-stream" => fd.append_via_stream()?.blocking_write_and_flush(text).map_err(code)?.into(),
        "poll-stream" => {
            let stream = fd.write_via_stream(step.offset)?;
            stream.subscribe().block();
            let room = stream.check_write().map_err(code)?;
            stream.write(&text[..text.len().min(usize::try_from(room).unwrap_or(0))]).map_err(code)?;
            stream.flush().map_err(code)?;
            stream.subscribe().block();
            stream.check_write().map_err(code)?;
            Value::Null
        }
        "zero-stream" => {
            let stream = fd.write_via_stream(step.offset)?;
            stream.blocking_write_zeroes_and_flush(step.number).map_err(code)?.into()
        }
        "set-size" => fd.set_size(step.number)?.into(),
        "set-times" => fd.set_times(NewTimestamp::NoChange, time(step))?.into(),
        "set-times-at" => fd.set_times_at(follow, path, NewTimestamp::NoChange, time(step))?.into(),
        "list" => {
            let listing = fd.read_directory()?;
            let mut names = Vec::new();
            while let Some(entry) = listing.read_directory_entry()? {
                names.push(entry.name);
            }
            names.sort();
            names.into()
        }
        "mkdir" => fd.create_directory_at(path)?.into(),
        "rmdir" => fd.remove_directory_at(path)?.into(),
        "unlink" => fd.unlink_file_at(path)?.into(),
        "rename" => fd.rename_at(path, find(held, &step.to_on)?, &step.to)?.into(),
        "link" => fd.link_at(follow, path, find(held, &step.to_on)?, &step.to)?.into(),
        "symlink" => fd.symlink_at(&step.to, path)?.into(),
        "readlink" => fd.readlink_at(path)?.into(),
        "same" => fd.is_same_object(find(held, &step.to_on)?).into(),
        "flags" => format!("{:?}", fd.get_flags()?).into(),
        "type" => format!("{:?}", fd.get_type()?).into(),
        "advise" => fd.advise(0, step.number, Advice::Sequential)?.into(),
        "sync" => fd.sync()?.into(),
        "sync-data" => fd.sync_data()?.into(),
        _ => return Err(ErrorCode::Unsupported),
    })
}

fn find<'a>(held: &'a Held, name: &str) -> Result<&'a Descriptor, ErrorCode> {
    if name.is_empty() { Ok(&held.root) } else { held.kept.get(name).ok_or(ErrorCode::BadDescriptor) }
}

fn open_flags(step: &Step) -> OpenFlags {
    let has = |name: &str, flag| if step.flags.iter().any(|f| f == name) { flag } else { OpenFlags::empty() };
    has("create", OpenFlags::CREATE)
        | has("directory", OpenFlags::DIRECTORY)
        | has("exclusive", OpenFlags::EXCLUSIVE)
        | has("truncate", OpenFlags::TRUNCATE)
}

fn descriptor_flags(step: &Step) -> DescriptorFlags {
    let has =
        |name: &str, flag| if step.flags.iter().any(|f| f == name) { flag } else { DescriptorFlags::empty() };
    has("read", DescriptorFlags::READ)
        | has("write", DescriptorFlags::WRITE)
        | has("sync", DescriptorFlags::FILE_INTEGRITY_SYNC)
        | has("mutate", DescriptorFlags::MUTATE_DIRECTORY)
}

fn time(step: &Step) -> NewTimestamp {
    NewTimestamp::Timestamp(wasip2::clocks::wall_clock::Datetime { seconds: step.number, nanoseconds: 0 })
}

fn stat(stat: &wasip2::filesystem::types::DescriptorStat) -> Value {
    json!({ "type": format!("{:?}", stat.type_), "size": stat.size })
}

fn hash(hash: wasip2::filesystem::types::MetadataHashValue) -> Value {
    format!("{:016x}{:016x}", hash.upper, hash.lower).into()
}

fn code(error: StreamError) -> ErrorCode {
    match error {
        StreamError::LastOperationFailed(error) => filesystem_error_code(&error).unwrap_or(ErrorCode::Io),
        StreamError::Closed => ErrorCode::BadDescriptor,
    }
}
