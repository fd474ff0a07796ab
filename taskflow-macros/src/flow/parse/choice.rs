//! Reads a `match`: what it is about, and its arms.

use proc_macro2::{Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Expr, Ident, Pat, Result, Token, braced, token};

use super::groups::no_name;
use super::pattern::item;
use super::values::place;
use super::{skip_all, skip_to_comma};
use crate::flow::tree::{Arm, Choice, Item};

/// `match plan { pattern => item, … }`
pub(super) fn choice(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Option<Item>> {
    let before = errors.len();
    let keyword = input.call(Ident::parse_any)?;
    let on = input.call(Expr::parse_without_eager_brace)?;
    let on = place(&on, "match").map_err(|error| errors.push(error)).ok();
    if !input.peek(token::Brace) {
        return Err(input.error("the arms of a `match` stand in braces; write `match plan { Plan::Free => task, _ => [] }`"));
    }
    let content;
    braced!(content in input);
    let mut arms = Vec::new();
    while !content.is_empty() {
        match arm(&content, errors) {
            Ok(arm) => arms.extend(arm),
            Err(error) => {
                errors.push(error);
                skip_to_comma(&content)?;
            }
        }
        if !content.is_empty()
            && let Err(error) = content.parse::<Token![,]>()
        {
            errors.push(error);
            skip_to_comma(&content)?;
            content.parse::<Option<Token![,]>>()?;
        }
    }
    no_name(input, &keyword, errors)?;
    let (Some(on), true) = (on, errors.len() == before) else {
        return Ok(None);
    };
    Ok(Some(Item::Choice(Choice { keyword, on, arms })))
}

fn arm(content: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Option<Arm>> {
    let pattern = content.call(Pat::parse_multi_with_leading_vert)?;
    let guard = match content.parse::<Option<Token![if]>>()? {
        Some(_) => Some(content.parse()?),
        None => None,
    };
    content.parse::<Token![=>]>()?;
    let nothing = content.peek(token::Bracket);
    let item = if nothing {
        let inner;
        syn::bracketed!(inner in content);
        if !inner.is_empty() {
            let error = inner.error("an arm is a task, a group or `[]`; write `linear[…]`");
            skip_all(&inner)?;
            return Err(error);
        }
        None
    } else {
        item(content, errors, None)?
    };
    if item.is_none() && !nothing {
        return Ok(None);
    }
    let mut bindings = Vec::new();
    bound(&pattern, &mut bindings);
    Ok(Some(Arm {
        pattern,
        bindings,
        guard_names: guard.as_ref().map_or_else(Vec::new, names_in),
        guard,
        item,
    }))
}

/// The names in an expression that are not parts of paths, fields, methods or macros.
fn names_in(expr: &Expr) -> Vec<Ident> {
    fn collect(tokens: TokenStream, all: &mut Vec<Ident>) {
        let mut before = [' '; 2];
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let mark = match &token {
                TokenTree::Punct(punct) => punct.as_char(),
                _ => ' ',
            };
            match token {
                TokenTree::Group(group) => collect(group.stream(), all),
                TokenTree::Ident(name) => {
                    let next = match tokens.peek() {
                        Some(TokenTree::Punct(punct)) => Some((punct.as_char(), punct.spacing())),
                        _ => None,
                    };
                    let leads_on =
                        matches!(next, Some((':', Spacing::Joint) | ('!', Spacing::Alone)));
                    let follows = before == [':', ':'] || before[1] == '.' && before[0] != '.';
                    if !leads_on && !follows && !all.contains(&name) {
                        all.push(name);
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            before = [before[1], mark];
        }
    }
    let mut all = Vec::new();
    collect(expr.to_token_stream(), &mut all);
    all
}

/// What a pattern binds. A name that begins with a capital is a constant or a variant.
fn bound(pattern: &Pat, all: &mut Vec<Ident>) {
    match pattern {
        Pat::Ident(pattern) => {
            let name = pattern.ident.unraw().to_string();
            let is_constant = name.starts_with(char::is_uppercase) && pattern.subpat.is_none();
            if !is_constant && all.iter().all(|known| *known != pattern.ident) {
                all.push(pattern.ident.clone());
            }
            if let Some((_, inner)) = &pattern.subpat {
                bound(inner, all);
            }
        }
        Pat::Or(pattern) => pattern.cases.iter().for_each(|case| bound(case, all)),
        Pat::Paren(pattern) => bound(&pattern.pat, all),
        Pat::Reference(pattern) => bound(&pattern.pat, all),
        Pat::Slice(pattern) => pattern.elems.iter().for_each(|inner| bound(inner, all)),
        Pat::Tuple(pattern) => pattern.elems.iter().for_each(|inner| bound(inner, all)),
        Pat::TupleStruct(pattern) => pattern.elems.iter().for_each(|inner| bound(inner, all)),
        Pat::Struct(pattern) => pattern
            .fields
            .iter()
            .for_each(|field| bound(&field.pat, all)),
        _ => {}
    }
}
