//! Web servers: the origin of a request, and the patterns of `WebFetch(domain:…)` that name them.
//!
//! Both sides are brought to one canonical form before they are compared: case, a trailing dot, the many spellings
//! of IPv4 addresses, v4-mapped IPv6 addresses and international names. Names are compared label by label, never as
//! parts of a string.

mod host;
mod host_pattern;
mod origin;

pub use host::{Host, Scheme};
pub use host_pattern::{HostPattern, HostPatternError};
pub use origin::{InvalidUrl, Origin};
