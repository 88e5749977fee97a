//! What one call used and what it was refused, while it runs.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::digest::sha256;
use crate::capability::{Denial, Reason, Remedy};

/// Bytes of text that all entries of a ledger have together; what is beyond is only counted.
const MAX_TEXT: usize = 512 << 10;

/// Bytes of one text in an entry: a guest may ask for a name of a megabyte.
const MAX_ENTRY_TEXT: usize = 1_024;

/// What a call did, or tried to do, with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Looked at a file: existence, kind, size, times. Refusals only: allowed looks are counted, not listed.
    Look,
    /// Read a file.
    Read,
    /// Listed a directory.
    List,
    /// Changed, created or removed a file or directory.
    Write,
    /// Sent an http request.
    Fetch,
    /// Was given an environment variable, or asked for one.
    Env,
    /// Tried to use a socket.
    Connect,
    /// Imported an interface.
    Import,
    /// Started another program in the same sandbox: a script, a module (`-m`) or a text (`-c`).
    Run,
}

impl Action {
    /// Its name, as in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Read => "read",
            Self::List => "list",
            Self::Write => "write",
            Self::Fetch => "fetch",
            Self::Env => "env",
            Self::Connect => "connect",
            Self::Import => "import",
            Self::Run => "run",
        }
    }
}

/// One target that a call used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// What was done.
    pub action: Action,
    /// With what: a guest path, an origin, a variable's name.
    pub target: String,
    /// How it came to be allowed.
    pub decision: Permission,
    /// How often.
    pub count: u64,
}

/// How a use came to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// By the rules alone.
    Allowed,
    /// By an approver.
    Approved,
}

/// One target that a call was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What was tried.
    pub action: Action,
    /// With what: a guest path, an origin, a variable's name, an interface.
    pub target: String,
    /// Why it was refused.
    pub reason: String,
    /// The line that would permit it: an entry of `allowed-tools`, a policy rule, or advice; empty if there is none.
    pub remedy: String,
    /// How often it was tried.
    pub count: u64,
}

impl Refusal {
    /// A refusal that happened once.
    #[must_use]
    pub fn new(action: Action, target: impl Into<String>, denial: &Denial) -> Self {
        Self {
            action,
            target: cut(target.into()),
            reason: cut(denial.reason.to_string()),
            remedy: cut(denial.remedy.to_string()),
            count: 1,
        }
    }

    /// Why, and what would permit it, as the guest is told.
    #[must_use]
    pub fn explained(&self) -> String {
        match self.remedy.as_str() {
            "" => self.reason.clone(),
            remedy => format!("{}; {remedy}", self.reason),
        }
    }

    /// A refusal that no grant would change.
    #[must_use]
    pub fn never(action: Action, target: impl Into<String>, reason: &'static str) -> Self {
        Self::new(action, target, &Denial { reason: Reason::Never(reason), remedy: Remedy::None })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.action {
            Action::Look => "a look at",
            Action::Read => "reading",
            Action::List => "listing",
            Action::Write => "writing",
            Action::Fetch => "a request to",
            Action::Env => "the environment variable",
            Action::Connect => "a connection to",
            Action::Import => "the import",
            Action::Run => "running",
        };
        write!(f, "{what} `{}`: {}", self.target, self.reason)
    }
}

/// Uses and refusals of one call, bounded: a guest can ask for a million different paths.
#[derive(Debug, Default)]
pub struct Ledger {
    uses: Entries<(Action, Permission, String), Use>,
    refusals: Entries<(Action, String), Refusal>,
    looks: u64,
}

/// Distinct targets that a ledger lists, uses and refusals each; more are only counted.
const MAX_TARGETS: usize = 1_000;

#[derive(Debug)]
struct Entries<K, V> {
    index: HashMap<K, usize>,
    list: Vec<V>,
    text: usize,
    more: u64,
}

impl<K, V> Default for Entries<K, V> {
    fn default() -> Self {
        Self { index: HashMap::new(), list: Vec::new(), text: 0, more: 0 }
    }
}

impl<K: std::hash::Hash + Eq, V> Entries<K, V> {
    fn note(&mut self, key: K, text: usize, value: impl FnOnce() -> V, again: impl FnOnce(&mut V)) {
        if let Some(position) = self.index.get(&key) {
            self.list.get_mut(*position).map(again);
        } else if self.list.len() < MAX_TARGETS && self.text + text <= MAX_TEXT {
            self.text += text;
            self.index.insert(key, self.list.len());
            self.list.push(value());
        } else {
            self.more += 1;
        }
    }
}

impl Ledger {
    /// Notes that something was used.
    pub fn used(&mut self, action: Action, target: &str, decision: Permission) {
        let target = cut(target.to_owned());
        self.uses.note(
            (action, decision, target.clone()),
            target.len(),
            || Use { action, target, decision, count: 1 },
            |entry| entry.count += 1,
        );
    }

    /// Notes that a file was looked at.
    pub fn looked(&mut self) {
        self.looks += 1;
    }

    /// Notes that something was refused.
    pub fn refused(&mut self, refusal: Refusal) {
        let key = (refusal.action, refusal.target.clone());
        let text = refusal.target.len() + refusal.reason.len() + refusal.remedy.len();
        self.refusals.note(key, text, || refusal, |entry| entry.count += 1);
    }

    /// Whether anything was refused.
    #[must_use]
    pub fn has_refusals(&self) -> bool {
        !self.refusals.list.is_empty()
    }

    /// Takes the entries out: uses, refusals, looks, and how many distinct targets were left off.
    #[must_use]
    pub fn close(&mut self) -> (Vec<Use>, Vec<Refusal>, u64, u64) {
        let closed = std::mem::take(self);
        (closed.uses.list, closed.refusals.list, closed.looks, closed.uses.more + closed.refusals.more)
    }
}

/// The text, cut to what an entry holds. What is cut off is told apart by its digest.
fn cut(mut text: String) -> String {
    if text.len() > MAX_ENTRY_TEXT {
        let digest = sha256(text.as_bytes());
        let length = text.len();
        text.truncate(text.floor_char_boundary(MAX_ENTRY_TEXT - 128));
        text.push_str(&format!("… ({length} bytes, sha256 {digest})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_cannot_make_the_record_long() {
        let mut ledger = Ledger::default();
        for index in 0..MAX_TARGETS {
            let name = format!("{}{index}", "x".repeat(1 << 16));
            ledger.used(Action::Read, &name, Permission::Allowed);
            ledger.refused(Refusal::never(Action::Read, name, "no"));
        }
        let (uses, refusals, _, more) = ledger.close();
        let text = |target: &str| assert!(target.len() <= MAX_ENTRY_TEXT, "{}", target.len());
        uses.iter().for_each(|entry| text(&entry.target));
        refusals.iter().for_each(|entry| text(&entry.target));
        assert!(uses.len() > 100 && uses.len() < MAX_TARGETS && more > 0);
    }

    #[test]
    fn the_same_target_is_counted_and_distinct_ones_are_bounded() {
        let mut ledger = Ledger::default();
        for index in 0..MAX_TARGETS + 7 {
            ledger.used(Action::Read, &format!("f{index}"), Permission::Allowed);
        }
        ledger.used(Action::Read, "f0", Permission::Allowed);
        let (uses, refusals, _, more) = ledger.close();
        assert_eq!((uses.len(), refusals.len(), more), (MAX_TARGETS, 0, 7));
        assert_eq!(uses.first().map(|entry| entry.count), Some(2));
    }
}
