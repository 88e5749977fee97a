//! What one call may use up.

use std::time::Duration;

/// The limits of one call. Every one has a default; none can be switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall clock for the whole call: waiting for the compiler, instantiation, guest and host code. 30 s.
    pub timeout: Duration,
    /// Memory of the guest in bytes, all its linear memories and tables together. 256 MiB.
    pub memory: usize,
    /// The output's JSON text in bytes. 8 MiB.
    pub output: usize,
    /// The input's JSON text in bytes. 8 MiB.
    pub input: usize,
    /// Captured stdout, and captured stderr, in bytes each. What is beyond is cut and marked, never an error.
    /// 1 MiB.
    pub stdio: usize,
    /// The body of one http request, and of one response, in bytes. 16 MiB.
    pub body: usize,
    /// Requests that may be sent, over http, redirects that the guest follows included. 1,000.
    pub requests: u64,
    /// Bytes of the bodies of all requests and responses together. 256 MiB.
    pub transferred_bytes: u64,
    /// Elements of all tables together. 200,000.
    pub table_elements: usize,
    /// Core instances within one component. 64.
    pub instances: usize,
    /// Handles that the guest may hold at a time (files, streams, pollables). 1,024.
    pub handles: usize,
    /// Bytes that may be copied between guest and host in one host call. 24 MiB, above `body`.
    pub hostcall_bytes: usize,
    /// Bytes that may be written to files, the workspace's and `/tmp`'s together. What is removed again is not given
    /// back. 256 MiB.
    pub written_bytes: u64,
    /// Files that may be opened for creation, and directories made. 10,000.
    pub created_files: u64,
    /// Questions that may be put to the approver in one call. 5.
    pub prompts: usize,
    /// How long an approver may take for one answer. The call's clock stands still meanwhile. 120 s.
    pub prompt_timeout: Duration,
    /// Size of a component file in bytes, checked before it is compiled. 64 MiB.
    pub component: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        Self {
            timeout: Duration::from_secs(30),
            memory: 256 * MIB,
            output: 8 * MIB,
            input: 8 * MIB,
            stdio: MIB,
            body: 16 * MIB,
            requests: 1_000,
            transferred_bytes: 256 * MIB as u64,
            table_elements: 200_000,
            instances: 64,
            handles: 1_024,
            hostcall_bytes: 24 * MIB,
            written_bytes: 256 * MIB as u64,
            created_files: 10_000,
            prompts: 5,
            prompt_timeout: Duration::from_secs(120),
            component: 64 * MIB as u64,
        }
    }
}
