//! Reads a pattern: tasks, flows and groups of them.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, Result, Token, braced, bracketed, parenthesized, token};

use super::used::use_of;
use super::{skip_all, skip_one, skip_to_comma};
use crate::flow::tree::{Edge, Group, Item, Kind};

/// Groups that have a meaning in other versions.
const LATER: [&str; 11] = [
    "retry",
    "map",
    "match",
    "when",
    "try",
    "timeout",
    "limit",
    "transient",
    "signal",
    "sleep",
    "fail",
];

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
        let grouped = input.peek2(token::Bracket)
            || LATER.contains(&name.as_str()) && input.peek2(token::Paren)
            || Kind::of(&keyword).is_some()
                && (input.peek2(token::Paren)
                    || input.peek2(token::Brace)
                    || input.peek2(Token![<]));
        if grouped || name == "match" {
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
    let name = keyword.to_string();
    let kind = Kind::of(&keyword);
    if LATER.contains(&name.as_str()) {
        let task = if input.peek(token::Paren) && !input.peek2(token::Bracket) {
            format!(", or `self::{name}` for a task of this name")
        } else {
            String::new()
        };
        errors.push(Error::new(
            keyword.span(),
            format!("`{name}` is not yet supported; use `linear`, `unordered` or `graph`{task}"),
        ));
    } else if kind.is_none() {
        errors.push(unknown_pattern(&keyword));
    }
    if kind.is_none() {
        // Settings, or the value of a `match`.
        while !input.is_empty() && !input.peek(token::Bracket) && !input.peek(Token![,]) {
            skip_one(input)?;
        }
        if !input.peek(token::Bracket) {
            return Ok(None);
        }
    }
    let before = errors.len();
    let content;
    if input.peek(token::Bracket) {
        bracketed!(content in input);
    } else {
        errors.push(input.error(format!("a pattern has brackets; write `{name}[…]`")));
        if input.peek(Token![<]) {
            // Where it ends is a guess, and what is in it may be more of the same.
            skip_all(input)?;
            return Ok(None);
        }
        if input.peek(token::Paren) {
            parenthesized!(content in input);
        } else {
            braced!(content in input);
        }
    }
    let mut edges = Vec::new();
    let items = items(
        &content,
        errors,
        (kind == Some(Kind::Graph)).then_some(&mut edges),
    )?;
    if kind.is_some() && input.peek(Token![as]) {
        errors.push(input.error("`as` names a task or a flow; a group has no name"));
    }
    if input.parse::<Option<Token![as]>>()?.is_some() {
        input.call(Ident::parse_any)?;
    }
    Ok(kind.map(|kind| {
        Item::Group(Group {
            kind,
            keyword,
            items,
            edges,
            damaged: errors.len() > before,
        })
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
