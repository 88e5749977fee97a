use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemFn, Result, ReturnType, Signature, Type};

/// The function as it was, and what makes a component of it. After a misuse, the function and the error: what else
/// is wrong in the crate is then not hidden.
pub(crate) fn expand(arguments: &TokenStream, item: &TokenStream) -> TokenStream {
    match component(arguments, item) {
        Ok(component) => quote! {
            #[allow(
                clippy::needless_pass_by_value, clippy::unnecessary_wraps,
                reason = "a skill owns its input and may be able to fail one day"
            )]
            #item
            #component
        },
        Err(error) => {
            let error = error.into_compile_error();
            quote! { #item #error }
        }
    }
}

fn component(arguments: &TokenStream, item: &TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`#[skill]` takes no arguments"));
    }
    let function: ItemFn = syn::parse2(item.clone()).map_err(|_| {
        Error::new_spanned(item, "`#[skill]` belongs on a function: `fn run(input: Input) -> Output`")
    })?;
    let input = input_of(&function.sig)?;
    let name = &function.sig.ident;
    let (output, kind) = match &function.sig.output {
        ReturnType::Default => (None, quote!(_)),
        ReturnType::Type(_, output) if is_result(output) => {
            (Some(output), quote!(::openskills_sdk::entry::Fallible<_>))
        }
        ReturnType::Type(_, output) => (Some(output), quote!(_)),
    };
    // The bounds are stated once more at the author's own types, so that the compiler complains there.
    let input_check = quote_spanned! {input.span()=>
        fn input_is_json<T: ::openskills_sdk::entry::Input>() {}
        let _ = input_is_json::<#input>;
    };
    let output_check = output.map(|output| {
        quote_spanned! {output.span()=>
            fn output_is_json<T: ::openskills_sdk::entry::Outcome<K>, K>() {}
            let _ = output_is_json::<#output, #kind>;
        }
    });
    // Two of these in one crate clash, wherever they stand, since `macro_export` puts both at its root.
    let only_one = Ident::new("a_component_has_only_one_skill", name.span());
    Ok(quote! {
        #[doc(hidden)]
        #[macro_export]
        macro_rules! #only_one {
            () => {};
        }

        const _: fn() = || {
            #input_check
            #output_check
        };

        const _: () = {
            struct Component;

            impl ::openskills_sdk::bindings::Guest for Component {
                fn execute(
                    __json: ::std::string::String,
                ) -> ::core::result::Result<
                    ::std::string::String,
                    ::openskills_sdk::bindings::openskills::skill::types::SkillError,
                > {
                    ::openskills_sdk::entry::execute::<_, _, #kind>(#name, &__json)
                }

                fn describe() -> ::std::string::String {
                    ::openskills_sdk::entry::describe::<_, _, #kind>(#name)
                }
            }

            ::openskills_sdk::bindings::export!(Component with_types_in ::openskills_sdk::bindings);
        };
    })
}

/// The type of the one argument.
fn input_of(signature: &Signature) -> Result<&Type> {
    if let Some(asyncness) = &signature.asyncness {
        return Err(Error::new_spanned(
            asyncness,
            "a skill is a plain function: remove `async` (the calls of the SDK wait by themselves)",
        ));
    }
    if let Some(unsafety) = &signature.unsafety {
        return Err(Error::new_spanned(unsafety, "a skill is a safe function: remove `unsafe`"));
    }
    if !signature.generics.params.is_empty() {
        let message = "a skill has one input type and one output type: remove the generic parameters";
        return Err(Error::new_spanned(&signature.generics, message));
    }
    let mut inputs = signature.inputs.iter();
    match (inputs.next(), inputs.next()) {
        (Some(FnArg::Receiver(receiver)), _) => {
            Err(Error::new_spanned(receiver, "a skill is a free function: move it out of the `impl` block"))
        }
        (Some(FnArg::Typed(input)), None) => match &*input.ty {
            Type::Reference(reference) => {
                Err(Error::new_spanned(reference, "a skill owns its input: take it by value"))
            }
            Type::ImplTrait(generic) => {
                Err(Error::new_spanned(generic, "the input of a skill is one concrete type"))
            }
            input => Ok(input),
        },
        (Some(_), Some(second)) => Err(Error::new_spanned(
            second,
            "a skill takes one argument: make these the fields of a struct with `#[derive(Deserialize, JsonSchema)]`",
        )),
        (None, _) => Err(Error::new_spanned(
            signature,
            "a skill takes its input as one argument: a struct with `#[derive(Deserialize, JsonSchema)]`, \
             without fields if there is nothing to say",
        )),
    }
}

fn is_result(output: &Type) -> bool {
    matches!(output, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Result"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(item: &TokenStream) -> String {
        component(&TokenStream::new(), item).map_or_else(|error| error.to_string(), |_| "none".into())
    }

    #[test]
    fn misuse_is_told_apart() {
        for (item, part) in [
            (
                quote!(
                    fn run() -> Output {}
                ),
                "takes its input as one argument",
            ),
            (
                quote!(
                    fn run(a: A, b: B) -> Output {}
                ),
                "takes one argument",
            ),
            (
                quote!(
                    async fn run(input: Input) -> Output {}
                ),
                "remove `async`",
            ),
            (
                quote!(
                    unsafe fn run(input: Input) -> Output {}
                ),
                "remove `unsafe`",
            ),
            (
                quote!(
                    fn run<T>(input: T) -> Output {}
                ),
                "remove the generic parameters",
            ),
            (
                quote!(
                    fn run(input: impl Read) -> Output {}
                ),
                "one concrete type",
            ),
            (
                quote!(
                    fn run(&self) -> Output {}
                ),
                "free function",
            ),
            (
                quote!(
                    fn run(input: &str) -> Output {}
                ),
                "by value",
            ),
            (
                quote!(
                    struct Run;
                ),
                "belongs on a function",
            ),
        ] {
            let complaint = complaint(&item);
            assert!(complaint.contains(part), "{complaint}");
        }
    }

    #[test]
    fn it_takes_no_arguments() {
        let item = quote!(
            fn run(input: Input) {}
        );
        assert!(component(&quote!(name = "x"), &item).is_err());
    }

    #[test]
    fn the_function_stays_as_it_was() {
        for item in [
            quote!(
                fn run(input: Input) -> Output {
                    output()
                }
            ),
            quote!(
                fn run() {}
            ),
        ] {
            let expanded = expand(&TokenStream::new(), &item).to_string();
            assert!(expanded.contains(&item.to_string()), "{expanded}");
        }
    }

    #[test]
    fn a_result_is_known_by_its_name() {
        for (function, expected) in [
            (
                quote!(
                    fn run(input: Input) -> Result<A, B> {}
                ),
                true,
            ),
            (
                quote!(
                    fn run(input: Input) -> io::Result<A> {}
                ),
                true,
            ),
            (
                quote!(
                    fn run(input: Input) -> Vec<A> {}
                ),
                false,
            ),
            (
                quote!(
                    fn run(input: Input) {}
                ),
                false,
            ),
        ] {
            let tokens = expand(&TokenStream::new(), &function).to_string();
            assert_eq!(tokens.contains("Fallible"), expected, "{tokens}");
        }
    }
}
