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

    /// What it takes to import it. Of WASI, that is 0.2 as it was released.
    #[must_use]
    pub fn class(&self) -> ImportClass {
        match self.interface() {
            interface if interface.starts_with("wasi:") && !self.is_released() => ImportClass::Unknown,
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

    /// Why an import that is [`ImportClass::Unknown`] is not there, and what to do about it.
    #[must_use]
    pub fn absence(&self) -> (&'static str, &'static str) {
        let version = self.name.split_once('@').map(|(_, version)| version);
        match (self.interface().starts_with("wasi:"), version) {
            (true, Some(version)) if version.starts_with("0.3") => (
                "it is of WASI 0.3, and this host has WASI 0.2",
                "build for wasm32-wasip2 with what makes WASI 0.2 of it",
            ),
            (true, Some(version)) if version.starts_with("0.2.0-") && self.is_known() => (
                "it is of a draft of WASI 0.2, and this host has what was released",
                "build it with current tools",
            ),
            (true, _) if self.is_known() && !self.is_released() => (
                "it is of another version of WASI, and this host has 0.2",
                "build for wasm32-wasip2 with current tools",
            ),
            (true, _) => (
                "this host has no such interface",
                "build for wasm32-wasip2 and import only `openskills:skill` and WASI 0.2",
            ),
            (false, _) => (
                "this host has no such interface",
                "put a component that exports it into this one (`wac plug`), or import only `openskills:skill` and WASI 0.2",
            ),
        }
    }

    /// Whether it has a version of WASI 0.2 that is no draft.
    fn is_released(&self) -> bool {
        let version = self.name.split_once('@').and_then(|(_, version)| version.strip_prefix("0.2"));
        version.is_some_and(|rest| {
            let patch = rest.strip_prefix('.');
            rest.is_empty()
                || patch.is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit()))
        })
    }

    /// Whether this host has it in some version.
    fn is_known(&self) -> bool {
        let released = Self { name: format!("{}@0.2.0", self.interface()), functions: Vec::new() };
        released.class() != ImportClass::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(name: &str) -> Import {
        Import { name: name.to_owned(), functions: Vec::new() }
    }

    #[test]
    fn wasi_is_known_in_what_was_released_of_0_2() {
        for name in
            ["wasi:io/streams@0.2.0", "wasi:io/streams@0.2.12", "wasi:cli/exit@0.2", "wasi:cli/exit@0.2.99"]
        {
            assert_eq!(import(name).class(), ImportClass::Always, "{name}");
        }
        assert_eq!(import("wasi:http/types@0.2.6").class(), ImportClass::ByGrant(Kind::Http));
        for (name, words) in [
            ("wasi:cli/environment@0.3.0", "WASI 0.3"),
            ("wasi:cli/environment@0.3.0-rc-2025-09-16", "WASI 0.3"),
            ("wasi:clocks/system-clock@0.3.0", "WASI 0.3"),
            ("wasi:io/streams@0.2.0-rc-2023-11-10", "a draft"),
            ("wasi:io/streams@0.2.x", "another version"),
            ("wasi:io/streams", "another version"),
            ("wasi:http/types@1.0.0", "another version"),
            ("wasi:keyvalue/store@0.2.0-draft", "no such interface"),
            ("wasi:http/incoming-handler@0.2.6", "no such interface"),
            ("acme:rockets/launch@1.0.0", "no such interface"),
        ] {
            let import = import(name);
            assert_eq!(import.class(), ImportClass::Unknown, "{name}");
            assert!(import.absence().0.contains(words), "{name}: {:?}", import.absence());
        }
        // What others can put into a component is worth a word; what only a host has is not.
        assert!(import("acme:rockets/launch@1.0.0").absence().1.contains("wac plug"));
        assert!(!import("wasi:keyvalue/store@0.2.0-draft").absence().1.contains("wac"));
    }
}
