//! `flow!`: how tasks fit together, as a typed struct.
//!
//! It takes two steps, for `flow!` sees only paths. [`flow`] writes the structs and calls the
//! companion macro of the first task. Each companion adds its task's signature and calls the next
//! one, and the last calls [`resolve`], which knows all signatures and writes the plan and the code.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::library;

// What the user wrote.
mod parse;
mod tree;

// What companions say, and what it means together.
mod graph;
mod model;
mod resolve;
mod signature;

mod check;

// What is written before the tasks are known.
mod define;
mod frame;

// And after.
mod body;
mod expand;
mod layout;
mod numbers;
mod tables;

#[cfg(test)]
mod tests;

/// The structs and impls of a flow, and in them the start of the chain of companions; of an inline
/// flow a block with that start.
pub(crate) fn flow(tokens: &TokenStream) -> TokenStream {
    let (mut tree, mut errors) = match parse::parse(tokens.clone()) {
        Ok(parsed) => parsed,
        Err(error) => return error.to_compile_error(),
    };
    let syntax_is_right = errors.is_empty();
    errors.extend(check::check_tree(&tree));
    check::mend(&mut tree);
    let library = library::path(tree.settings.krate.as_ref());
    let errors = errors.iter().map(syn::Error::to_compile_error);
    let paths = tree::distinct(&tree.uses());
    let paths: Vec<_> = paths.iter().map(|used| used.companion_path()).collect();
    let contents = match paths.split_first() {
        _ if !syntax_is_right => expand::fallback(&tree, &library),
        Some((first, rest)) => quote! {
            #first! { @taskflow [] [#(#rest,)* #library::__private::resolve] { #tokens } }
        },
        None => quote!(#library::__private::resolve! { @taskflow [] [] { #tokens } }),
    };
    if tree.is_inline() {
        return quote!({ #(#errors)* #contents });
    }
    let structs = define::define(&tree, &library);
    let frame = frame::frame(&tree, &library, &contents);
    quote!(#structs #(#errors)* #frame)
}

/// The contents of a flow's `__body`, from the signatures of its tasks and its own tokens.
pub(crate) fn resolve(tokens: TokenStream) -> TokenStream {
    try_resolve(tokens).unwrap_or_else(|error| error.to_compile_error())
}

fn try_resolve(tokens: TokenStream) -> syn::Result<TokenStream> {
    let (signatures, state) = signature::parse_chain(tokens)?;
    let (mut tree, _) = parse::parse(state)?;
    let tree_is_right = check::check_tree(&tree).is_empty();
    check::mend(&mut tree);
    let library = library::path(tree.settings.krate.as_ref());
    let flow = match (&tree.pattern, &signatures) {
        (Some(pattern), Some(signatures)) => {
            let known = known(&tree, signatures);
            resolve::resolve(&tree, pattern, &|used| known.get(&used.key()).copied())
        }
        _ => None,
    };
    let Some(flow) = flow else {
        return Ok(expand::fallback(&tree, &library));
    };
    let errors = check::check(&flow);
    if tree_is_right && errors.is_empty() {
        return Ok(expand::expand(&flow, &library));
    }
    let errors = errors.iter().map(syn::Error::to_compile_error);
    let fallback = expand::fallback(&tree, &library);
    Ok(quote!(#(#errors)* #fallback))
}

/// The signatures by the paths that they were asked for.
fn known<'t>(
    tree: &tree::Tree,
    signatures: &'t [signature::Signature],
) -> HashMap<String, &'t signature::Signature> {
    let paths = tree::distinct(&tree.uses());
    let keys = paths.into_iter().map(tree::Use::key);
    keys.zip(signatures).collect()
}
