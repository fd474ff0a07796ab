//! The names that an expression uses as values, found among its tokens.
//!
//! Tokens rather than syntax, because a name may stand inside of a macro.

use proc_macro2::{Literal, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::{Ident, LitStr};

/// The identifiers that may stand for a variable, in order.
pub(super) fn mentions(tokens: TokenStream) -> Vec<Ident> {
    let mut found = Vec::new();
    collect(tokens, false, &mut found);
    found
}

/// The first mention of one of two names for the same thing.
pub(super) fn find<'a>(mentions: &'a [Ident], name: &Ident, symbol: &Ident) -> Option<&'a Ident> {
    mentions.iter().find(|mention| {
        let mention = mention.unraw();
        mention == name.unraw() || mention == *symbol
    })
}

fn collect(tokens: TokenStream, in_macro: bool, found: &mut Vec<Ident>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let in_macro = in_macro || is_macro_input(&tokens, at);
                collect(group.stream(), in_macro, found);
            }
            TokenTree::Ident(ident) if stands_alone(&tokens, at) => found.push(ident.clone()),
            TokenTree::Literal(literal) if in_macro => collect_captures(literal, found),
            _ => {}
        }
    }
}

/// Adds what a format string captures, as in `format!("refund {payment}")`.
fn collect_captures(literal: &Literal, found: &mut Vec<Ident>) {
    let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()) else {
        return;
    };
    // Two braces stand for one that is printed; what is left of a pair of them opens a capture.
    let text = text.value().replace("{{", "");
    for opened in text.split('{').skip(1) {
        let name = opened.split([':', '}']).next().unwrap_or_default();
        if let Ok(name) = syn::parse_str::<Ident>(name) {
            found.push(Ident::new(&name.to_string(), literal.span()));
        }
    }
}

/// Whether the group at this place is the input of a macro.
fn is_macro_input(tokens: &[TokenTree], at: usize) -> bool {
    let is_name = |at| matches!(tokens.get(at), Some(TokenTree::Ident(_)));
    matches!(tokens.get(at), Some(TokenTree::Group(_)))
        && at >= 2
        && is_punct(tokens, at - 1, '!')
        && is_name(at - 2)
}

/// Whether the identifier at this place is no field, no method, no lifetime, no part of a longer
/// path, and no macro.
fn stands_alone(tokens: &[TokenTree], at: usize) -> bool {
    let before = |distance: usize, char| {
        at.checked_sub(distance)
            .is_some_and(|at| is_punct(tokens, at, char))
    };
    let is_member = before(1, '.') && !before(2, '.');
    let is_lifetime = before(1, '\'');
    let ends_path = before(1, ':') && before(2, ':');
    // The start of `a::b`, or the name of a field in `Struct { a: b }`.
    let is_label = is_punct(tokens, at + 1, ':');
    let is_macro = is_macro_input(tokens, at + 2);
    !(is_member || is_lifetime || ends_path || is_label || is_macro)
}

fn is_punct(tokens: &[TokenTree], at: usize, char: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}
