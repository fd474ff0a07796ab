//! What is wrong with the function itself.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::spanned::Spanned as _;
use syn::{Error, FnArg, Ident, ReturnType, Safety, Type};

use super::super::parse::Input;
use super::super::resolve::{name, setting, symbol, typed};
use super::super::types::{self, Borrow, Value};

pub(super) fn place(input: &Input) -> Vec<Error> {
    let name = &input.sig.ident;
    // Each of these tells the same mistake, so the first one found is enough.
    let error = if let Some(FnArg::Receiver(receiver)) = input.sig.inputs.first() {
        Error::new(
            receiver.self_token.span,
            "a task cannot take `self`; write a free function that takes `&T` as an ordinary \
             parameter",
        )
    } else if let Some(word) = self_type(input.sig.to_token_stream()) {
        Error::new(
            word,
            format!(
                "`{name}` is a task, which is a free function and has no `Self`; move it out of \
                 the `impl`, and write the type"
            ),
        )
    } else if !input.has_body {
        Error::new(
            name.span(),
            format!("`{name}` has no body; write the task as a free function"),
        )
    } else {
        return Vec::new();
    };
    vec![error]
}

/// Where a signature says `Self`.
fn self_type(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "Self" => Some(word.span()),
        TokenTree::Group(group) => self_type(group.stream()),
        _ => None,
    })
}

pub(super) fn qualifiers(input: &Input) -> Vec<Error> {
    let mut errors = Vec::new();
    if let Some(token) = &input.sig.asyncness {
        errors.push(Error::new(
            token.span,
            "`async fn` tasks are not yet supported; write a `fn` that returns when the work is \
             done",
        ));
    }
    if let Safety::Unsafe(token) = &input.sig.safety {
        errors.push(Error::new(
            token.span,
            "a task cannot be `unsafe`, because a flow vouches for nothing; write a safe function \
             around it, and make that the task",
        ));
    }
    if let Some(variadic) = &input.sig.variadic {
        errors.push(Error::new_spanned(
            variadic.dots,
            "a task has a fixed number of parameters; remove `...`",
        ));
    }
    errors
}

pub(super) fn params(input: &Input) -> Vec<Error> {
    let task = &input.sig.ident;
    let mut errors = Vec::new();
    let mut seen: Vec<Ident> = Vec::new();
    for typed in typed(input) {
        if let Some(cfg) = typed.attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
            errors.push(Error::new(
                cfg.path().span(),
                "`#[cfg]` on a parameter is nothing that a flow can see; write a task for each \
                 case, and put the `#[cfg]` on the tasks",
            ));
        }
        if let Some(token) = types::exclusive(&typed.ty) {
            errors.push(Error::new_spanned(
                token,
                format!(
                    "`{task}` takes `&mut`, but tasks share what they read; take `&T`, and return \
                     the new value"
                ),
            ));
        }
        let Some(name) = name(typed) else {
            errors.push(Error::new_spanned(
                &typed.pat,
                format!(
                    "the name of a parameter is the symbol that `{task}` requires, and this one \
                     has none; give the parameter a name, and take it apart in the body"
                ),
            ));
            continue;
        };
        match symbol(name) {
            None => errors.push(Error::new(
                name.span(),
                format!("`{name}` is no symbol without its `_`; give the parameter another name"),
            )),
            Some(symbol) if seen.contains(&symbol) => errors.push(Error::new(
                name.span(),
                format!("`{task}` requires `{symbol}` twice; rename one of the two parameters"),
            )),
            Some(symbol) => seen.push(symbol),
        }
    }
    errors
}

pub(super) fn result(input: &Input) -> Vec<Error> {
    let task = &input.sig.ident;
    if let ReturnType::Type(_, ty) = &input.sig.output
        && let Type::Never(never) = types::bare(ty)
    {
        return vec![Error::new_spanned(
            never,
            format!("`{task}` never returns; return what it provides, or `()`"),
        )];
    }
    let Value::Type(value) = types::value(&input.sig.output) else {
        return Vec::new();
    };
    let (tokens, text) = match types::borrow(value) {
        Some(Borrow::Shorter(tokens)) => (
            tokens,
            format!(
                "what `{task}` returns borrows, but it is kept after the call; return an owned \
                 value, such as a `String` for a `&str`"
            ),
        ),
        // What is not stored need not be read again.
        Some(Borrow::Static(tokens)) if setting(input, "transient").is_none() => (
            tokens,
            format!(
                "what `{task}` returns is stored, and cannot be read again as a reference; return \
                 an owned value, or mark the task `transient`"
            ),
        ),
        Some(Borrow::Static(_)) | None => return Vec::new(),
    };
    vec![Error::new_spanned(quote!(#tokens), text)]
}
