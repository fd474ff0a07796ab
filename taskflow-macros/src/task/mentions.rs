//! The names that an expression uses as values, found among its tokens.
//!
//! Tokens rather than syntax, because a name may stand inside of a macro.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::Ident;
use syn::ext::IdentExt as _;

/// The identifiers that may stand for a variable, in order.
pub(super) fn mentions(tokens: TokenStream) -> Vec<Ident> {
    let mut found = Vec::new();
    collect(tokens, &mut found);
    found
}

/// The first mention of one of two names for the same thing.
pub(super) fn find<'a>(mentions: &'a [Ident], name: &Ident, symbol: &Ident) -> Option<&'a Ident> {
    mentions.iter().find(|mention| {
        let mention = mention.unraw();
        mention == name.unraw() || mention == *symbol
    })
}

fn collect(tokens: TokenStream, found: &mut Vec<Ident>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Ident(ident) if stands_alone(&tokens, at) => found.push(ident.clone()),
            _ => {}
        }
    }
}

/// Whether the identifier is no field, no method, no part of a longer path, and no macro.
fn stands_alone(tokens: &[TokenTree], at: usize) -> bool {
    let punct = |index: Option<usize>| match index.and_then(|index| tokens.get(index)) {
        Some(TokenTree::Punct(punct)) => Some(punct),
        _ => None,
    };
    let before = |distance| punct(at.checked_sub(distance));
    let after = |distance| punct(at.checked_add(distance));

    let is_member = before(1).is_some_and(|dot| dot.as_char() == '.')
        && !before(2).is_some_and(|dot| dot.as_char() == '.' && dot.spacing() == Spacing::Joint);
    // `a::b`, and also `Struct { a: b }`, where `a` is the name of a field.
    let is_lifetime = before(1).is_some_and(|quote| quote.as_char() == '\'');
    let ends_path = before(1).is_some_and(|colon| colon.as_char() == ':')
        && before(2)
            .is_some_and(|colon| colon.as_char() == ':' && colon.spacing() == Spacing::Joint);
    let starts_path = after(1).is_some_and(|colon| colon.as_char() == ':');
    let is_macro = after(1).is_some_and(|bang| bang.as_char() == '!')
        && matches!(
            tokens.get(at + 2),
            Some(TokenTree::Group(group)) if group.delimiter() != Delimiter::None
        );
    !(is_member || is_lifetime || ends_path || starts_path || is_macro)
}
