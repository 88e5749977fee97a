//! Requests to web servers.
//!
//! A component that uses this module imports `openskills:skill/http`, so its `allowed-tools` must have a
//! `WebFetch` entry, such as `WebFetch(domain:example.com)`. The host decides on every request by its own and
//! never follows a redirect; [`Request::follow_redirects`] does so here, each hop being a request of its own.
//!
//! ```no_run
//! use openskills_sdk::{Error, http};
//!
//! fn titles() -> Result<String, Error> {
//!     let page = http::get("https://example.com/titles.txt")?.error_for_status()?.text();
//!     let order = serde_json::json!({ "titles": page.lines().collect::<Vec<_>>() });
//!     let answer = http::Request::post("https://example.com/order")
//!         .header("accept", "application/json")
//!         .json(&order)?
//!         .send()?
//!         .error_for_status()?;
//!     Ok(answer.json::<serde_json::Value>()?["id"].to_string())
//! }
//! ```

mod error;
mod location;
mod request;
mod response;

pub use error::{Error, ErrorKind};
pub use location::resolve;
pub use request::{MAX_REDIRECTS, Request, get};
pub use response::Response;
