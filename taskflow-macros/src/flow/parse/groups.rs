//! Reads the groups that stand before brackets with settings, the choices, and the steps that are
//! no tasks.

use proc_macro2::{Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{
    Error, Expr, Ident, Pat, Result, Token, braced, parenthesized, parse_quote_spanned, token,
};

use super::pattern::{brackets, item};
use super::values::{Settings, count, duration, list, place, symbol_in, text, tolerate, value};
use super::{skip_all, skip_to_comma};
use crate::flow::tree::{
    Arm, Choice, Each, Item, Leaf, LeafKind, Map, Retry, Value, Wrap, WrapKind, located,
};
use crate::settings::{Backoff, Time};

/// What stands before brackets, and is no task there.
const WRAPS: [&str; 6] = ["retry", "map", "try", "timeout", "limit", "transient"];

/// What stands before parentheses alone.
const LEAVES: [&str; 3] = ["fail", "sleep", "signal"];

/// The words that begin a group of this file.
pub(super) fn is_wrap(name: &str) -> bool {
    WRAPS.contains(&name) || name == "when"
}

pub(super) fn is_leaf(name: &str) -> bool {
    LEAVES.contains(&name)
}

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
    Ok(Some(Item::Wrap(Wrap {
        keyword,
        kind,
        inner,
        rename,
    })))
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
    let over = symbol_in(content, keyword)?;
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
        backoff: Backoff::None,
        waits: Vec::new(),
        predicate: None,
    };
    let first = each(content, keyword).map(|each| retry.each = each);
    let mut settings = Settings::new(keyword, &["times", "backoff", "if"]);
    settings.read(content, errors, first, |key, content| {
        match key {
            "times" => retry.times = Some(count(content, "times", 1)?),
            "backoff" => (retry.backoff, retry.waits) = backoff(content)?,
            _ => retry.predicate = Some(content.call(syn::Path::parse_mod_style)?),
        }
        Ok(())
    })?;
    if errors.len() > before {
        return Ok(None);
    }
    if retry.times.is_none() && retry.each.is_none() {
        errors.push(Error::new(
            keyword.span(),
            "`retry` does not say how often; write `retry(times = 3)[…]`, the number of attempts in all, or `retry(item in items)[…]`",
        ));
        return Ok(None);
    }
    Ok(Some(WrapKind::Retry(retry)))
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
    Ok(Some(WrapKind::Map(Map {
        each,
        limit,
        tolerate: tolerated,
        label,
    })))
}

/// `fail(…)`, `sleep(…)` or `signal(…)`.
pub(super) fn leaf(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Option<Item>> {
    let keyword = input.call(Ident::parse_any)?;
    let content;
    parenthesized!(content in input);
    let kind = leaf_kind(&content, &keyword, errors);
    skip_all(&content)?;
    if input.peek(token::Bracket) {
        errors.push(input.error(format!(
            "`{keyword}` has nothing inside; remove the brackets"
        )));
        list(input)?;
    }
    let rename = if keyword == "signal" {
        no_name(input, &keyword, errors)?;
        None
    } else {
        name_of(input)?
    };
    let kind = kind.map_err(|error| errors.push(error)).ok();
    Ok(kind.map(|kind| {
        Item::Leaf(Leaf {
            keyword,
            kind,
            rename,
        })
    }))
}

fn leaf_kind(
    content: ParseStream<'_>,
    keyword: &Ident,
    errors: &mut Vec<Error>,
) -> Result<LeafKind> {
    let start = content.span();
    let at_end = |kind| {
        content.parse::<Option<Token![,]>>()?;
        if content.is_empty() {
            Ok(kind)
        } else {
            Err(content.error(format!(
                "`{keyword}` takes one thing; remove this, or write `self::{keyword}` for a task of this name"
            )))
        }
    };
    match keyword.to_string().as_str() {
        "fail" => {
            let form = "`fail` says why; write `fail(reason = \"…\")`, or `self::fail` for a task of this name";
            let key = content.call(Ident::parse_any);
            if key.ok().is_none_or(|key| key != "reason") || content.parse::<Token![=]>().is_err() {
                return Err(Error::new(start, form));
            }
            at_end(LeafKind::Fail(value(content, "`reason`")?))
        }
        "sleep" => {
            let is_binding = content.peek(Ident::peek_any) && content.peek2(Token![=]);
            if content.is_empty() || is_binding {
                return Err(Error::new(
                    start,
                    "`sleep` takes a time; write `sleep(\"1m\")` or `sleep(pause)`, or `self::sleep` for a task of this name",
                ));
            }
            at_end(LeafKind::Sleep(duration(content)?))
        }
        _ => {
            let form = "`signal` names what it waits for and its type; write `signal(approval: Approval)`, or `self::signal` for a task of this name";
            if !(content.peek(Ident) && content.peek2(Token![:])) {
                return Err(Error::new(start, form));
            }
            let name = content.parse()?;
            content.parse::<Token![:]>()?;
            let ty = Box::new(content.parse()?);
            let mut timeout = None;
            let mut settings = Settings::new(keyword, &["timeout"]);
            let before = errors.len();
            settings.read(content, errors, Ok(()), |_, content| {
                timeout = Some(duration(content)?);
                Ok(())
            })?;
            match errors.len() > before {
                true => Err(errors.remove(before)),
                false => Ok(LeafKind::Signal { name, ty, timeout }),
            }
        }
    }
}

fn name_of(input: ParseStream<'_>) -> Result<Option<Ident>> {
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
