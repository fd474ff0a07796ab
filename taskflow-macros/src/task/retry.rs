//! What stands in `retry(…)`, read setting by setting, so that every mistake is found.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Error, Expr, ExprPath, Ident, Result, Token};

use super::model::Retry;
use crate::settings::{Amount, Backoff, bare};

/// The settings that have been read.
#[derive(Default)]
struct Read {
    times: Option<Amount<u32>>,
    backoff: Option<Backoff>,
    condition: Option<ExprPath>,
}

/// The settings of a `retry`, whose word is `name`, or all that is wrong with them.
pub(super) fn retry(name: &Ident, args: TokenStream) -> std::result::Result<Retry, Vec<Error>> {
    let mut read = Read::default();
    let mut errors = Vec::new();
    let mut seen = Vec::new();
    let all = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let setting = setting(input, &mut read, &mut seen);
            let is_over = input.is_empty() || input.parse::<Option<Token![,]>>()?.is_some();
            match setting {
                Err(error) => errors.push(error),
                Ok(()) if is_over => {}
                Ok(()) => errors.push(input.error("expected `,`")),
            }
            if !is_over {
                skip_to_next(input)?;
            }
        }
        Ok(())
    };
    if let Err(error) = all.parse2(args) {
        errors.push(error);
    }
    if let (true, Some(times)) = (errors.is_empty(), read.times) {
        return Ok(Retry {
            times,
            backoff: read.backoff.unwrap_or(Backoff::None),
            condition: read.condition,
        });
    }
    // What could not be read may have been meant to say it.
    if errors.is_empty() {
        errors.push(Error::new(
            name.span(),
            "`retry` does not say how often; write `retry(times = 3)`, for 3 attempts in all",
        ));
    }
    Err(errors)
}

fn setting(input: ParseStream<'_>, read: &mut Read, seen: &mut Vec<String>) -> Result<()> {
    const KNOWN: &str = "write one of `times`, `backoff` and `if`";
    let start = input.cursor().span();
    let Ok(name) = input.call(Ident::parse_any) else {
        return Err(Error::new(
            start,
            format!("`retry` has settings, and this is none; {KNOWN}"),
        ));
    };
    let word = name.to_string();
    let example = match word.as_str() {
        "times" => "3",
        "backoff" => "exponential(\"100ms\")",
        "if" => "Error::is_transient",
        "with" => {
            return Err(Error::new(
                name.span(),
                "`with` names a symbol of a flow, and a task has none; put the task in a \
                 `retry(with = …)[…]` of the flow",
            ));
        }
        _ => {
            return Err(Error::new(
                name.span(),
                format!("`retry` knows no `{name}`; {KNOWN}"),
            ));
        }
    };
    if seen.contains(&word) {
        return Err(Error::new(
            name.span(),
            format!("`{name}` is given twice; remove one of the two"),
        ));
    }
    seen.push(word.clone());
    let is_set = input.parse::<Option<Token![=]>>()?.is_some();
    if !is_set || input.is_empty() {
        return Err(Error::new(
            name.span(),
            format!("`{name}` has no value; write `{name} = {example}`"),
        ));
    }
    match word.as_str() {
        "times" => read.times = Some(Amount::count("times", input)?),
        "backoff" => read.backoff = Some(Backoff::parse(input)?),
        _ => read.condition = Some(condition(input)?),
    }
    Ok(())
}

fn condition(input: ParseStream<'_>) -> Result<ExprPath> {
    match bare(input.parse()?) {
        Expr::Path(path) => Ok(path),
        other => Err(Error::new_spanned(
            other,
            "`if` is the path of a function that takes the error by reference and returns a \
             `bool`; write `if = Error::is_transient`",
        )),
    }
}

/// Leaves out the rest of a setting that could not be read.
fn skip_to_next(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() {
        if let TokenTree::Punct(punct) = input.parse()?
            && punct.as_char() == ','
        {
            break;
        }
    }
    Ok(())
}

impl Retry {
    /// Where its condition stands.
    pub(super) fn condition_span(&self) -> Option<Span> {
        self.condition.as_ref().map(syn::spanned::Spanned::span)
    }
}
