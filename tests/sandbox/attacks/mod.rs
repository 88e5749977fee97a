//! Attacks: what hostile guests try, and what becomes of it.

mod limits;
mod network;
