//! Asks what a revert calls whether it is a task, in the task's own module.
//!
//! A function that is a task has a companion: a macro of the same name. So the name is imported
//! under one of ours, which brings the macro along if there is one; if there is none, the macro of
//! that name in the block around it answers instead.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Expr, ExprPath};

use super::model::{Revert, Task};
use super::resolve::{as_call, bare};
use super::types;

/// The function that a revert calls, if it can be imported.
///
/// An associated function cannot, nor a local variable, and types are known by their capitals.
pub(super) fn callee<'a>(task: &Task, revert: &'a Revert) -> Option<&'a ExprPath> {
    let Expr::Path(path) = bare(&as_call(&revert.call)?.func) else {
        return None;
    };
    let mut segments = path.path.segments.iter().map(|segment| &segment.ident);
    let is_plain = segments.all(|name| {
        let text = name.unraw().to_string();
        !text.starts_with(char::is_uppercase) && !types::is_primitive(&text)
    });
    let is_variable = path.path.get_ident().is_some_and(|name| {
        let given = revert.params.iter().chain(&revert.provided);
        let untold = task.params.iter().filter(|_| task.is_generic);
        given
            .map(|given| &given.name)
            .chain(untold.map(|param| &param.name))
            .any(|given| given.unraw() == name.unraw())
    });
    (path.qself.is_none() && is_plain && !is_variable).then_some(path)
}

/// The answer, which the macro `next` makes of what the companion says.
pub(super) fn ask(
    callee: &ExprPath,
    next: &TokenStream,
    state: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let names = callee.path.segments.iter().map(|segment| {
        let mut name = segment.ident.clone();
        name.set_span(Span::call_site().located_at(name.span()));
        name
    });
    let names: Vec<Ident> = names.collect();
    let (module, import) = match names.as_slice() {
        // A name alone may be one that cannot be imported, such as that of a function in the
        // prelude. The type of that name can be, and what the module has of that name comes along.
        [name] => (
            Some(quote! {
                mod __names {
                    pub(super) use super::*;
                    pub(super) struct #name {}
                }
            }),
            quote!(use __names::#name as __callee;),
        ),
        names => {
            // Where the path is, so that rustc points there if it leads to nothing.
            let span = names.last().map_or_else(Span::call_site, Ident::span);
            let colon = &callee.path.leading_colon;
            (
                None,
                quote_spanned!(span=> use #colon #(#names)::* as __callee;),
            )
        }
    };
    quote! {
        {
            #module
            use #private::no_task as __callee;
            {
                #import
                __callee! { @taskflow [] [#next] { #state } }
            }
        }
    }
}
