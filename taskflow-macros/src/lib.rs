//! The macros of taskflow. Use them through that crate, which documents them.

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

mod library;
mod task;

// Documented where users meet it, at its re-export: its examples need the library.
#[allow(missing_docs)]
#[proc_macro_attribute]
pub fn task(settings: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(settings.into(), item.into()).into()
}
