//! Reads a pattern: tasks, flows and groups of them.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, Result, Token, braced, bracketed, parenthesized, token};

use super::groups::{self, no_name};
use super::used::use_of;
use super::{choice, leaf};
use super::{skip_all, skip_to_comma};
use crate::flow::tree::{Edge, Group, Item, Kind};

/// One place in the pattern, or nothing where a group is not supported; edges only in a `graph`.
pub(super) fn item(
    input: ParseStream<'_>,
    errors: &mut Vec<Error>,
    edges: Option<&mut Vec<Edge>>,
) -> Result<Option<Item>> {
    if !input.peek(Ident::peek_any) && !input.peek(Token![::]) {
        return Err(input.error(
            "expected a task or a pattern: `task`, `linear[…]`, `unordered[…]` or `graph[…]`",
        ));
    }
    if input.peek(Ident::peek_any) {
        let keyword: Ident = input.fork().call(Ident::parse_any)?;
        let name = keyword.to_string();
        let (bracket, paren) = (input.peek2(token::Bracket), input.peek2(token::Paren));
        if name == "match" {
            return choice::choice(input, errors);
        }
        if leaf::is_leaf(&name) && paren {
            return leaf::leaf(input, errors);
        }
        if groups::is_wrap(&name) && (bracket || paren) {
            return groups::wrap(input, errors);
        }
        if bracket
            || Kind::of(&keyword).is_some()
                && (paren || input.peek2(token::Brace) || input.peek2(Token![<]))
        {
            return group(input, errors);
        }
    }
    if input.peek(Ident) && input.peek2(Token![->]) {
        let ahead = input.fork();
        ahead.parse::<Ident>()?;
        let arrow = ahead.span();
        let arrows = arrows(input)?;
        match edges {
            Some(edges) => edges.extend(arrows),
            None => errors.push(Error::new(
                arrow,
                "`->` orders the tasks of a `graph`; use a `graph` here, or remove it",
            )),
        }
        return Ok(None);
    }
    let used = use_of(input, errors)?;
    if input.peek(token::Bracket) {
        errors.push(unknown_pattern(used.token()));
        skip_to_comma(input)?;
        return Ok(None);
    }
    Ok(Some(Item::Use(used)))
}

fn group(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Option<Item>> {
    let keyword = input.call(Ident::parse_any)?;
    let is_known = Kind::of(&keyword).is_some();
    if !is_known {
        errors.push(unknown_pattern(&keyword));
    }
    let group = brackets(input, &keyword, errors)?;
    if is_known {
        no_name(input, &keyword, errors)?;
    } else if input.parse::<Option<Token![as]>>()?.is_some() {
        input.call(Ident::parse_any)?;
    }
    Ok(group.filter(|_| is_known).map(Item::Group))
}

/// What stands in the brackets of a group; nothing where there are none, which is reported.
pub(super) fn brackets(
    input: ParseStream<'_>,
    keyword: &Ident,
    errors: &mut Vec<Error>,
) -> Result<Option<Group>> {
    let before = errors.len();
    let kind = Kind::of(keyword).unwrap_or(Kind::Linear);
    let content;
    if input.peek(token::Bracket) {
        bracketed!(content in input);
    } else {
        errors.push(input.error(format!("a pattern has brackets; write `{keyword}[…]`")));
        if input.peek(token::Paren) {
            parenthesized!(content in input);
        } else if input.peek(token::Brace) {
            braced!(content in input);
        } else {
            // Where it ends is a guess, and what is in it may be more of the same.
            skip_all(input)?;
            return Ok(None);
        }
    }
    let mut edges = Vec::new();
    let items = items(
        &content,
        errors,
        (kind == Kind::Graph).then_some(&mut edges),
    )?;
    Ok(Some(Group {
        kind,
        keyword: keyword.clone(),
        items,
        edges,
        damaged: errors.len() > before,
    }))
}

fn items(
    content: ParseStream<'_>,
    errors: &mut Vec<Error>,
    mut edges: Option<&mut Vec<Edge>>,
) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut comma_missed = false;
    while !content.is_empty() {
        match item(content, errors, edges.as_deref_mut()) {
            Ok(item) => items.extend(item),
            Err(error) => {
                errors.push(error);
                skip_to_comma(content)?;
            }
        }
        if content.is_empty() || content.parse::<Option<Token![,]>>()?.is_some() {
            continue;
        }
        if !comma_missed {
            errors.push(content.error("expected `,` between two items of a pattern"));
        }
        comma_missed = true;
        content.parse::<Option<Token![;]>>()?;
    }
    Ok(items)
}

fn unknown_pattern(keyword: &Ident) -> Error {
    Error::new(
        keyword.span(),
        format!("unknown pattern `{keyword}`; use `linear`, `unordered` or `graph`"),
    )
}

/// `a -> b -> c`
fn arrows(input: ParseStream<'_>) -> Result<Vec<Edge>> {
    let mut edges = Vec::new();
    let mut from: Ident = input.parse()?;
    while input.parse::<Option<Token![->]>>()?.is_some() {
        let to: Ident = input.parse()?;
        edges.push(Edge {
            from,
            to: to.clone(),
        });
        from = to;
    }
    Ok(edges)
}
