//! The macros of taskflow. Use them through that crate, which documents them.

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

mod flow;
mod library;

/// See `taskflow::flow`.
#[proc_macro]
pub fn flow(tokens: TokenStream) -> TokenStream {
    flow::flow(tokens.into()).into()
}

/// The second step of `flow`, which companion macros call.
#[doc(hidden)]
#[proc_macro]
pub fn resolve(tokens: TokenStream) -> TokenStream {
    flow::resolve(tokens.into()).into()
}
