//! For agents: the tools that a model is offered, and what answers its calls.
//!
//! What a model calls goes through the runtime's own policy like every other call. Nothing here writes anything or
//! grants anything, and what would grant something is told to the operator, never to the model.

mod arguments;
mod definitions;
mod handle;
mod input_schema;
mod model_words;
mod tool_call;
mod tool_format;
mod tool_reply;

pub use tool_call::ToolCall;
pub use tool_format::{ToolFormat, ToolOptions, ToolStyle};
pub use tool_reply::ToolReply;
