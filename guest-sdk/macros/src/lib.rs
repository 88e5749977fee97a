//! The attribute of [`openskills-sdk`](https://docs.rs/openskills-sdk), which re-exports it.

mod skill;

use proc_macro::TokenStream;

/// Makes a function the skill of this component.
///
/// The function takes one argument, whose type has `#[derive(Deserialize, JsonSchema)]`, and returns a type that
/// has `#[derive(Serialize, JsonSchema)]`, or a `Result` of one and an error. A component has exactly one.
///
/// ```ignore
/// #[skill]
/// fn run(input: Input) -> Result<Output, Error> {
///     Ok(Output { words: input.text.split_whitespace().count() })
/// }
/// ```
#[proc_macro_attribute]
pub fn skill(arguments: TokenStream, item: TokenStream) -> TokenStream {
    skill::expand(&arguments.into(), &item.into()).into()
}
