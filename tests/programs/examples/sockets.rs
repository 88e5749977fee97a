//! The network past the SDK: what a program tries that does not know where it runs.
#![forbid(unsafe_code)]

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

use openskills_sdk::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// `connect`, `listen`, `send`, `resolve` or `stdin`.
    op: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    strict: bool,
}

#[skill]
fn run(input: Input) -> Result<Value, Error> {
    match one(&input) {
        Ok(value) => Ok(json!({ "ok": value })),
        Err(error) if input.strict => Err(error.into()),
        Err(error) => Ok(json!({ "error": format!("{:?}", error.kind()), "message": error.to_string() })),
    }
}

fn one(input: &Input) -> io::Result<Value> {
    Ok(match input.op.as_str() {
        "connect" => TcpStream::connect(&input.address).map(drop)?.into(),
        "listen" => TcpListener::bind(&input.address).map(drop)?.into(),
        "send" => {
            let socket = UdpSocket::bind("0.0.0.0:0")?;
            socket.send_to(b"hello", &input.address)?.into()
        }
        "resolve" => {
            input.address.to_socket_addrs()?.map(|address| address.to_string()).collect::<Vec<_>>().into()
        }
        "stdin" => {
            let mut text = String::new();
            io::stdin().read_to_string(&mut text)?;
            text.into()
        }
        _ => return Err(io::ErrorKind::Unsupported.into()),
    })
}
