//! `#[task]`: a function, what a flow may know of it, and the code that only its own module can
//! compile.

use proc_macro2::TokenStream;
use quote::quote;

mod callee;
mod check;
mod expand;
mod mentions;
mod model;
mod parse;
mod resolve;
mod retry;
#[cfg(test)]
mod tests;
mod types;

use check::Damage;

/// The function as it is, followed by what `#[task]` adds to it.
pub(crate) fn expand(settings: TokenStream, item: TokenStream) -> TokenStream {
    let added = added(settings, item.clone());
    let mut expanded = item;
    expanded.extend(added);
    expanded
}

fn added(settings: TokenStream, item: TokenStream) -> TokenStream {
    let input = match parse::parse(settings, item) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let task = resolve::resolve(&input);
    let (damage, errors) = check::check(&input, &task);
    let errors = errors.iter().map(syn::Error::to_compile_error);
    // One mistake is one message: what follows from it in a flow is not reported again.
    let task = match damage {
        Damage::None => expand::task(&task),
        Damage::Settings => expand::task(&task.without_settings()),
        Damage::Signature => expand::silent(&task),
        Damage::Place => TokenStream::new(),
    };
    quote!(#(#errors)* #task)
}
