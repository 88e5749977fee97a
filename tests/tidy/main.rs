//! What the layout of the code promises, read from the code.

mod modules;
mod source;
mod wit;
