//! A program that knows nothing of skills: its input is on stdin, its answer on stdout.
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::{Value, json};

#[path = "../../src/std_files.rs"]
mod std_files;

/// Operations on files, or one thing to do.
#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    ops: Vec<Op>,
    #[serde(default, rename = "do")]
    what: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    number: u64,
}

/// One operation on a file, as the guests of the SDK take it.
#[derive(Deserialize)]
struct Op {
    op: String,
    path: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    number: u64,
}

fn unknown(op: &Op) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, format!("no operation `{}` here", op.op))
}

fn repeated(times: u64, mut run: impl FnMut() -> io::Result<usize>) -> io::Result<Value> {
    (0..times).try_fold(0, |sum, _| Ok(sum + run()?)).map(Value::from)
}

fn main() -> ExitCode {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    let input: Input = match serde_json::from_str(&text) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("the input is not what I take: {error}");
            return ExitCode::from(2);
        }
    };
    let number = i32::try_from(input.number).unwrap_or(i32::MAX);
    match input.what.as_str() {
        "" => println!("{}", input.ops.iter().map(answer).collect::<Value>()),
        "say" => print!("{}", input.text),
        "repeat" => {
            let mut out = io::stdout().lock();
            (0..input.number).for_each(|_| out.write_all(input.text.as_bytes()).unwrap());
        }
        "bytes" => io::stdout().write_all(&[b'a', 0xff, b'b']).unwrap(),
        "exit" => {
            println!("{}", input.text);
            eprintln!("ending with {number}");
            std::process::exit(number);
        }
        "return" => return ExitCode::from(number as u8),
        "panic" => panic!("{}", input.text),
        "about" => {
            let vars: Vec<_> = std::env::vars().collect();
            let args: Vec<_> = std::env::args().collect();
            println!("{}", json!({ "args": args, "vars": vars, "stdin": text.len() }));
        }
        "spin" => loop {
            std::hint::spin_loop();
        },
        "hold" => println!("{}", std::hint::black_box(vec![1_u8; number as usize]).len()),
        "connect" => {
            println!("{}", json!(TcpStream::connect(&input.text).map(drop).map_err(|e| e.to_string())))
        }
        other => {
            eprintln!("I cannot do `{other}`");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn answer(op: &Op) -> Value {
    match std_files::one(op) {
        Ok(value) => json!({ "ok": value }),
        Err(error) => json!({ "error": format!("{:?}", error.kind()), "message": error.to_string() }),
    }
}
