//! Reads a group whose settings stand before its brackets.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Expr, Ident, Result, Token, parenthesized, parse_quote_spanned, token};

use super::pattern::brackets;
use super::values::{Settings, count, duration, place, symbol_in, text, tolerate, value};
use super::{skip_all, skip_to_comma};
use crate::flow::tree::{Arm, Choice, Each, Item, Map, Retry, Value, Wrap, WrapKind, located};
use crate::settings::{Backoff, Time};

/// The words that begin one.
pub(super) fn is_wrap(name: &str) -> bool {
    let known = [
        "retry",
        "map",
        "try",
        "timeout",
        "limit",
        "transient",
        "when",
    ];
    known.contains(&name)
}

/// `retry(…)[…]` and its like.
pub(super) fn wrap(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Option<Item>> {
    let before = errors.len();
    let keyword = input.call(Ident::parse_any)?;
    let name = keyword.to_string();
    let settings = if input.peek(token::Paren) {
        let content;
        let parens = parenthesized!(content in input);
        if !input.peek(token::Bracket) {
            errors.push(Error::new(
                parens.span.join(),
                format!("a pattern has brackets; write `{name}(…)[…]`, or `self::{name}` for a task of this name"),
            ));
            skip_all(&content)?;
            skip_to_comma(input)?;
            return Ok(None);
        }
        settings(&content, &keyword, errors)?
    } else {
        bare(&keyword).map_err(|error| errors.push(error)).ok()
    };
    let inner = brackets(input, &keyword, errors)?;
    let rename = if matches!(name.as_str(), "map" | "try") {
        name_of(input)?
    } else {
        no_name(input, &keyword, errors)?;
        None
    };
    let (Some(head), Some(inner), true) = (settings, inner, errors.len() == before) else {
        return Ok(None);
    };
    let kind = match head {
        Head::Wrap(kind) => kind,
        Head::When(on) => {
            let arm = |pattern, item| Arm {
                pattern,
                bindings: Vec::new(),
                guard: None,
                guard_names: Vec::new(),
                item,
            };
            let span = located(on.span().unwrap_or_else(|| keyword.span()));
            let arms = vec![
                arm(parse_quote_spanned!(span=> true), Some(Item::Group(inner))),
                arm(parse_quote_spanned!(span=> false), None),
            ];
            return Ok(Some(Item::Choice(Choice { keyword, on, arms })));
        }
    };
    Ok(Some(Item::Wrap(Box::new(Wrap {
        keyword,
        kind,
        inner,
        rename,
    }))))
}

/// What stands before the brackets.
enum Head {
    Wrap(WrapKind),
    When(Value),
}

/// A group without settings.
fn bare(keyword: &Ident) -> Result<Head> {
    let form = match keyword.to_string().as_str() {
        "try" => return Ok(Head::Wrap(WrapKind::Try)),
        "transient" => return Ok(Head::Wrap(WrapKind::Transient)),
        "retry" => "retry(times = 3)[…]",
        "map" => "map(item in items)[…]",
        "timeout" => "timeout(\"5m\")[…]",
        "limit" => "limit(4)[…]",
        _ => "when(flag)[…]",
    };
    Err(Error::new(
        keyword.span(),
        format!("`{keyword}` has a setting; write `{form}`"),
    ))
}

fn settings(
    content: ParseStream<'_>,
    keyword: &Ident,
    errors: &mut Vec<Error>,
) -> Result<Option<Head>> {
    if content.is_empty() {
        return match bare(keyword) {
            Ok(head) => Ok(Some(head)),
            Err(error) => {
                errors.push(error);
                Ok(None)
            }
        };
    }
    let read = match keyword.to_string().as_str() {
        "retry" => return Ok(retry(content, keyword, errors)?.map(Head::Wrap)),
        "map" => return Ok(map(content, keyword, errors)?.map(Head::Wrap)),
        "timeout" => duration(content).map(|time| Head::Wrap(WrapKind::Timeout(time))),
        "limit" => count(content, "limit", 1).map(|most| Head::Wrap(WrapKind::Limit(most))),
        "when" => content
            .parse()
            .and_then(|flag: Expr| place(&flag, "when"))
            .map(Head::When),
        name => Err(Error::new(
            content.span(),
            format!("`{name}` has no settings; write `{name}[…]`"),
        )),
    };
    let read = read.and_then(|read| {
        content.parse::<Option<Token![,]>>()?;
        if content.is_empty() {
            Ok(read)
        } else {
            Err(content.error(format!("`{keyword}` has one setting; remove this")))
        }
    });
    skip_all(content)?;
    Ok(read.map_err(|error| errors.push(error)).ok())
}

/// `item in items`, where it stands.
fn each(content: ParseStream<'_>, keyword: &Ident) -> Result<Option<Each>> {
    if !(content.peek(Ident) && content.peek2(Token![in])) {
        return Ok(None);
    }
    let item = content.parse()?;
    content.parse::<Token![in]>()?;
    let over = symbol_in(content, &keyword.to_string())?;
    Ok(Some(Each { item, over }))
}

fn retry(
    content: ParseStream<'_>,
    keyword: &Ident,
    errors: &mut Vec<Error>,
) -> Result<Option<WrapKind>> {
    let before = errors.len();
    let mut retry = Retry {
        times: None,
        each: None,
        with: None,
        backoff: Backoff::None,
        waits: Vec::new(),
        predicate: None,
    };
    let first = each(content, keyword).map(|each| retry.each = each);
    let mut waits_at = None;
    let mut settings = Settings::new(keyword, &["times", "backoff", "if", "with"]);
    settings.read(content, errors, first, |key, content| {
        match key {
            "times" => retry.times = Some(count(content, "times", 1)?),
            "with" => retry.with = Some(symbol_in(content, "with")?),
            "backoff" => {
                waits_at = Some(content.span());
                (retry.backoff, retry.waits) = backoff(content)?;
            }
            _ => retry.predicate = Some(content.call(syn::Path::parse_mod_style)?),
        }
        Ok(())
    })?;
    if errors.len() > before {
        return Ok(None);
    }
    if let (Some(_), Some(waits_at)) = (&retry.with, waits_at) {
        errors.push(Error::new(
            waits_at,
            "what `with` names says how long is waited before the next attempt; remove `backoff`, or `with`",
        ));
        return Ok(None);
    }
    if retry.times.is_none() && retry.each.is_none() && retry.with.is_none() {
        errors.push(Error::new(
            keyword.span(),
            "`retry` does not say how often; write `retry(times = 3)[…]`, the number of attempts in all, `retry(item in items)[…]`, or `retry(with = controller)[…]`",
        ));
        return Ok(None);
    }
    Ok(Some(WrapKind::Retry(Box::new(retry))))
}

/// A backoff, and its waits that symbols name.
fn backoff(content: ParseStream<'_>) -> Result<(Backoff, Vec<(String, Value)>)> {
    let backoff = Backoff::parse(content)?;
    let mut waits = Vec::new();
    for time in backoff.waits() {
        if let Time::Place(expr) = time {
            waits.push((text(expr), place(expr, "backoff")?));
        }
    }
    Ok((backoff, waits))
}

fn map(
    content: ParseStream<'_>,
    keyword: &Ident,
    errors: &mut Vec<Error>,
) -> Result<Option<WrapKind>> {
    let before = errors.len();
    if !(content.peek(Ident) && content.peek2(Token![in])) {
        errors.push(Error::new(
            keyword.span(),
            "`map` does not say what it goes through; write `map(item in items)[…]`",
        ));
        skip_all(content)?;
        return Ok(None);
    }
    let mut found = None;
    let first = each(content, keyword).map(|each| found = each);
    let (mut limit, mut tolerated, mut label) = (None, None, None);
    let mut settings = Settings::new(keyword, &["limit", "tolerate", "label"]);
    settings.read(content, errors, first, |key, content| {
        match key {
            "limit" => limit = Some(count(content, "limit", 1)?),
            "tolerate" => tolerated = Some(tolerate(content)?),
            _ => label = Some(value(content, "`label`")?),
        }
        Ok(())
    })?;
    if errors.len() > before {
        return Ok(None);
    }
    let Some(each) = found else {
        return Ok(None);
    };
    if let Some(label) = &label
        && label.symbol().is_none_or(|(base, _)| *base != each.item)
    {
        errors.push(Error::new(
            label.span().unwrap_or_else(|| keyword.span()),
            format!(
                "`label` is the item or a field of it; write `label = {0}` or `label = {0}.field`",
                each.item
            ),
        ));
        return Ok(None);
    }
    Ok(Some(WrapKind::Map(Box::new(Map {
        each,
        limit,
        tolerate: tolerated,
        label,
    }))))
}

/// The name behind `as`, if there is one.
pub(super) fn name_of(input: ParseStream<'_>) -> Result<Option<Ident>> {
    match input.parse::<Option<Token![as]>>()? {
        Some(_) => input.parse().map(Some),
        None => Ok(None),
    }
}

/// Refuses `as` behind a group that provides nothing itself.
pub(super) fn no_name(
    input: ParseStream<'_>,
    keyword: &Ident,
    errors: &mut Vec<Error>,
) -> Result<()> {
    if !input.peek(Token![as]) {
        return Ok(());
    }
    let message = match keyword.to_string().as_str() {
        "signal" => "a `signal` is named after what it waits for; remove `as`".to_owned(),
        "linear" | "unordered" | "graph" => {
            "`as` names a task or a flow; a group has no name".to_owned()
        }
        name => format!(
            "`as` names a task, a flow, a `map` or a `try`; a `{name}` has no name, and what is inside it is visible behind it"
        ),
    };
    errors.push(input.error(message));
    input.parse::<Token![as]>()?;
    input.call(Ident::parse_any).map(drop)
}
