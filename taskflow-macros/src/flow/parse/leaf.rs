//! Reads a step that is no task: `fail`, `sleep` or `signal`.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, Result, Token, parenthesized, token};

use super::groups::{name_of, no_name};
use super::skip_all;
use super::values::{Settings, duration, value};
use crate::flow::tree::{Item, Leaf, LeafKind};

/// The words that begin one.
pub(super) fn is_leaf(name: &str) -> bool {
    ["fail", "sleep", "signal"].contains(&name)
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
        input.parse::<proc_macro2::TokenTree>()?;
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
            if errors.len() > before {
                Err(errors.remove(before))
            } else {
                Ok(LeafKind::Signal { name, ty, timeout })
            }
        }
    }
}
