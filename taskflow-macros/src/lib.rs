//! The macros of taskflow. Use them through that crate, which documents them.

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

mod library;
mod task;

/// See `taskflow::task`.
#[proc_macro_attribute]
pub fn task(settings: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(settings.into(), item.into()).into()
}
