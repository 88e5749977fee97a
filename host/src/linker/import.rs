//! What a component imports, and what each import needs.

use crate::capability::Kind;

/// One interface that a component imports, with the functions of it that the component uses.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Import {
    /// The interface's name as the component has it, version included: `wasi:io/streams@0.2.6`.
    pub name: String,
    /// The functions, in the component's order.
    pub functions: Vec<String>,
}

/// What it takes to import an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportClass {
    /// A rule of that kind.
    ByGrant(Kind),
    /// Nothing: it is always there, filled only by grants or without authority.
    Always,
    /// Nothing helps: it is not an interface of this host.
    Unknown,
}

impl Import {
    /// The interface's name without its version.
    #[must_use]
    pub fn interface(&self) -> &str {
        self.name.split_once('@').map_or(self.name.as_str(), |(name, _)| name)
    }

    /// What it takes to import it.
    #[must_use]
    pub fn class(&self) -> ImportClass {
        match self.interface() {
            "openskills:skill/fs" => ImportClass::ByGrant(Kind::Files),
            "openskills:skill/http" => ImportClass::ByGrant(Kind::Http),
            "openskills:skill/env" => ImportClass::ByGrant(Kind::Env),
            "wasi:http/types" | "wasi:http/outgoing-handler" => ImportClass::ByGrant(Kind::Http),
            "openskills:skill/log" | "openskills:skill/types" | "openskills:interpreter/process" => {
                ImportClass::Always
            }
            "wasi:filesystem/types" | "wasi:filesystem/preopens" => ImportClass::Always,
            "wasi:io/error" | "wasi:io/poll" | "wasi:io/streams" => ImportClass::Always,
            "wasi:clocks/wall-clock" | "wasi:clocks/monotonic-clock" => ImportClass::Always,
            "wasi:random/random" | "wasi:random/insecure" | "wasi:random/insecure-seed" => {
                ImportClass::Always
            }
            "wasi:sockets/instance-network"
            | "wasi:sockets/network"
            | "wasi:sockets/ip-name-lookup"
            | "wasi:sockets/tcp"
            | "wasi:sockets/tcp-create-socket"
            | "wasi:sockets/udp"
            | "wasi:sockets/udp-create-socket" => ImportClass::Always,
            "wasi:cli/environment"
            | "wasi:cli/exit"
            | "wasi:cli/stdin"
            | "wasi:cli/stdout"
            | "wasi:cli/stderr"
            | "wasi:cli/terminal-input"
            | "wasi:cli/terminal-output"
            | "wasi:cli/terminal-stdin"
            | "wasi:cli/terminal-stdout"
            | "wasi:cli/terminal-stderr" => ImportClass::Always,
            _ => ImportClass::Unknown,
        }
    }
}
