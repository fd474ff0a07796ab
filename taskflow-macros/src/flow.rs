//! `flow!`: how tasks fit together, as a typed struct.
//!
//! It takes two steps, for `flow!` sees only paths. [`flow`] writes the structs and calls the
//! companion macro of the first task. Each companion adds its task's signature and calls the next
//! one, and the last calls [`resolve`], which knows all signatures and writes the rest.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::library;

mod body;
mod check;
mod define;
mod expand;
mod frame;
mod graph;
mod layout;
mod numbers;
mod parse;
mod resolve;
mod signature;
mod tables;
#[cfg(test)]
mod tests;
mod tree;

/// The structs of a flow, and the start of the chain of companions.
pub(crate) fn flow(tokens: TokenStream) -> TokenStream {
    let (mut tree, mut errors) = match parse::parse(tokens.clone()) {
        Ok(parsed) => parsed,
        Err(error) => return error.to_compile_error(),
    };
    let syntax_is_right = errors.is_empty();
    errors.extend(check::check_tree(&tree));
    check::mend(&mut tree);
    let library = library::path(tree.settings.krate.as_ref());
    let structs = define::define(&tree, &library);
    let errors = errors.iter().map(syn::Error::to_compile_error);
    let paths = tree::distinct(&tree.uses());
    let paths: Vec<_> = paths.iter().map(|used| used.bare_path()).collect();
    let rest = match paths.split_first() {
        Some((first, rest)) if syntax_is_right => {
            let cfgs = tree.cfgs();
            quote! {
                #(#cfgs)*
                #first! {
                    @taskflow [] [#(#rest,)* #library::__private::resolve] { #tokens }
                }
            }
        }
        _ => frame::fallback(&tree, &library),
    };
    quote!(#structs #(#errors)* #rest)
}

/// The impls of a flow, from the signatures of its tasks and its own tokens.
pub(crate) fn resolve(tokens: TokenStream) -> TokenStream {
    try_resolve(tokens).unwrap_or_else(|error| error.to_compile_error())
}

fn try_resolve(tokens: TokenStream) -> syn::Result<TokenStream> {
    let (signatures, state) = signature::parse_chain(tokens)?;
    let (mut tree, _) = parse::parse(state)?;
    let tree_is_right = check::check_tree(&tree).is_empty();
    check::mend(&mut tree);
    let library = library::path(tree.settings.krate.as_ref());
    let uses = tree.uses();
    let known: HashMap<String, &signature::Signature> = tree::distinct(&uses)
        .iter()
        .map(|used| used.key())
        .zip(&signatures)
        .collect();
    let signature = |used: &tree::Use| known.get(&used.key()).copied();
    let flow = tree
        .pattern
        .as_ref()
        .and_then(|pattern| resolve::resolve(&tree, pattern, &signature));
    let Some(flow) = flow else {
        return Ok(frame::fallback(&tree, &library));
    };
    let errors = check::check(&flow);
    if tree_is_right && errors.is_empty() {
        return Ok(expand::expand(&flow, &library));
    }
    let errors = errors.iter().map(syn::Error::to_compile_error);
    let fallback = frame::fallback(&tree, &library);
    Ok(quote!(#(#errors)* #fallback))
}
