//! The macros of taskflow. Use them through that crate, which documents them.

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

mod flow;
mod library;
mod settings;
mod task;

// Documented where users meet it, at its re-export: its examples need the library.
#[allow(missing_docs)]
#[proc_macro_attribute]
pub fn task(settings: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(settings.into(), item.into()).into()
}

/// See `taskflow::flow`.
#[proc_macro]
pub fn flow(tokens: TokenStream) -> TokenStream {
    flow::flow(&tokens.into()).into()
}

/// The second step of `flow`, which companion macros call.
#[doc(hidden)]
#[proc_macro]
pub fn resolve(tokens: TokenStream) -> TokenStream {
    flow::resolve(tokens.into()).into()
}
