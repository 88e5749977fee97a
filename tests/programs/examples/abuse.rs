//! Everything that a guest should not do, or not so much of.
#![forbid(unsafe_code)]

use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;
use std::io::{self, Write};
use std::time::{Duration, Instant, SystemTime};

use openskills_sdk::log;
use openskills_sdk::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    op: String,
    /// How many, how long, how much.
    #[serde(default)]
    number: u64,
    /// In steps of how much.
    #[serde(default = "one")]
    step: u64,
    #[serde(default)]
    text: String,
    /// Whether an error of the operation is the skill's error, and not its answer.
    #[serde(default)]
    strict: bool,
}

fn one() -> u64 {
    1
}

#[skill]
fn run(input: Input) -> Result<Value, Error> {
    let number = usize::try_from(input.number)?;
    let step = usize::try_from(input.step)?;
    Ok(match input.op.as_str() {
        "nothing" => Value::Null,
        "spin" => loop {
            black_box(input.number);
        },
        "sleep" => {
            std::thread::sleep(Duration::from_millis(input.number));
            Value::Null
        }
        // Many short waits, one after the other.
        "naps" => {
            (0..number).for_each(|_| std::thread::sleep(Duration::from_micros(1)));
            number.into()
        }
        "alloc" => {
            let mut held = Vec::new();
            while held.len() * step < number {
                let mut block = Vec::<u8>::new();
                match block.try_reserve_exact(step) {
                    Ok(()) => block.resize(step, 1),
                    Err(error) if input.strict => return Err(error.into()),
                    Err(error) => {
                        return Ok(json!({ "error": error.to_string(), "held": held.len() * step }));
                    }
                }
                held.push(black_box(block));
            }
            (held.len() * step).into()
        }
        // Without asking first whether there is room.
        "grab" => {
            let held: Vec<u8> = black_box(vec![1; number]);
            held.len().into()
        }
        "stdout" => print(&mut io::stdout(), number, input.strict)?,
        "stderr" => print(&mut io::stderr(), number, input.strict)?,
        "say" => {
            println!("out: {}", input.text);
            eprintln!("err: {}", input.text);
            Value::Null
        }
        "log" => {
            (0..number).for_each(|line| log::warn!("line {line}: {}", input.text));
            Value::Null
        }
        "panic" => panic!("{}", input.text),
        "exit" => std::process::exit(i32::try_from(number)?),
        "abort" => std::process::abort(),
        "recurse" => recurse(0).into(),
        "output" => "x".repeat(number).into(),
        "random" => json!({ "hash": RandomState::new().hash_one(1).to_string() }),
        "clock" => {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
            json!({ "seconds": since.as_secs(), "monotonic": Instant::now() <= Instant::now() })
        }
        "fail" => return Err(Error::failed(input.text)),
        "deny" => return Err(Error::denied(input.text)),
        "blame" => return Err(Error::invalid_input("text", "nobody likes it")),
        other => return Err(Error::invalid_input("op", format_args!("no operation `{other}`"))),
    })
}

fn print(stream: &mut impl Write, bytes: usize, strict: bool) -> Result<Value, Error> {
    let line = [b'x'; 1_023];
    let mut left = bytes;
    while left > 0 {
        let piece = left.min(line.len());
        if let Err(error) = stream.write_all(&line[..piece]).and_then(|()| stream.write_all(b"\n")) {
            return if strict { Err(error.into()) } else { Ok(json!({ "error": error.to_string() })) };
        }
        left = left.saturating_sub(piece + 1);
    }
    Ok(bytes.into())
}

#[expect(unconditional_recursion, reason = "it is what is tried")]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    recurse(depth + 1) + frame[0]
}
