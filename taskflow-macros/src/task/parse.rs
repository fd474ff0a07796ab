//! What the user wrote, taken apart and not judged.

use proc_macro2::{Group, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Attribute, Error, Expr, Ident, Result, Signature, Token, Visibility};

/// A function marked `#[task]`.
pub(super) struct Input {
    pub(super) settings: Vec<Setting>,
    /// Why the rest of the settings could not be read.
    pub(super) unreadable: Option<Error>,
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    pub(super) has_body: bool,
}

/// One of the settings in `#[task(…)]`.
pub(super) struct Setting {
    pub(super) name: Ident,
    pub(super) value: Value,
}

/// What is said of a setting.
pub(super) enum Value {
    /// `transient`
    Nothing,
    /// `provides = payment`
    Expr(Expr),
    /// `retry(times = 3)`
    Args(TokenStream),
}

pub(super) fn parse(settings: TokenStream, item: TokenStream) -> Result<Input> {
    let (settings, unreadable) = parse_settings(settings);
    let (attrs, vis, sig, has_body) = parse_function.parse2(item)?;
    Ok(Input {
        settings,
        unreadable,
        attrs,
        vis,
        sig,
        has_body,
    })
}

/// The settings up to the first one that cannot be read, so that the others still count.
fn parse_settings(tokens: TokenStream) -> (Vec<Setting>, Option<Error>) {
    let mut settings = Vec::new();
    let all = |input: ParseStream<'_>| {
        while !input.is_empty() {
            settings.push(parse_setting(input)?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    let unreadable = all.parse2(tokens).err();
    (settings, unreadable)
}

fn parse_setting(input: ParseStream<'_>) -> Result<Setting> {
    let name = input.call(Ident::parse_any)?;
    let value = if input.parse::<Option<Token![=]>>()?.is_some() {
        // A constant may be marked, as it must be in a flow, where names are symbols.
        if input.peek(Token![const]) && !input.peek2(syn::token::Brace) {
            input.parse::<Token![const]>()?;
        }
        Value::Expr(input.parse()?)
    } else if input.peek(syn::token::Paren) {
        Value::Args(input.parse::<Group>()?.stream())
    } else {
        Value::Nothing
    };
    Ok(Setting { name, value })
}

/// The body is rustc's to read: it may be in a syntax that is newer than our parser.
fn parse_function(input: ParseStream<'_>) -> Result<(Vec<Attribute>, Visibility, Signature, bool)> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let keyword = input.span();
    if !is_function(&input.fork()) {
        return Err(Error::new(
            keyword,
            "`#[task]` is for functions; put it on a free `fn`",
        ));
    }
    let sig = input.parse()?;
    let has_body = input.peek(syn::token::Brace);
    input.parse::<TokenStream>()?;
    Ok((attrs, vis, sig, has_body))
}

/// Whether `fn` follows, perhaps after `const`, `extern "C"` and the like.
fn is_function(input: ParseStream<'_>) -> bool {
    while let Ok(token) = input.parse::<TokenTree>() {
        match token {
            TokenTree::Ident(word) if word == "fn" => return true,
            TokenTree::Ident(word)
                if ["default", "const", "async", "unsafe", "safe", "extern"]
                    .iter()
                    .any(|qualifier| word == qualifier) => {}
            TokenTree::Literal(_) => {}
            _ => return false,
        }
    }
    false
}
