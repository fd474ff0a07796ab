//! Reads a flow without a struct: what it hands out, and its pattern.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{
    Attribute, Error, Ident, Result, Token, Type, Visibility, parenthesized, parse_quote_spanned,
    token,
};

use super::{only_pattern, settings, skip_all};
use crate::flow::tree::{Form, Kind, Output, Pick, Tree};

/// Whether what follows is no struct.
pub(super) fn is_next(input: ParseStream<'_>) -> bool {
    let starts_path = input.peek(Token![crate])
        || input.peek(Token![self])
        || input.peek(Token![super])
        || input.peek(Ident);
    if input.peek(Ident) && (input.peek2(Ident) || input.peek2(token::Brace)) {
        let keyword = input.fork().parse();
        return keyword.is_ok_and(|keyword| Kind::of(&keyword).is_some());
    }
    starts_path
        || input.peek(Token![->])
        || input.peek(Token![::])
        || input.peek(Token![match])
        || input.peek(Token![try])
        || input.peek(token::Brace)
}

pub(super) fn tree(
    attrs: Vec<Attribute>,
    input: ParseStream<'_>,
    errors: &mut Vec<Error>,
) -> Result<Tree> {
    let settings_at = attrs.iter().find(|attr| attr.path().is_ident("flow"));
    let settings_at = settings_at.cloned();
    let (others, mut settings) = settings::split_attrs(attrs, errors);
    for other in &others {
        errors.push(Error::new_spanned(
            other,
            "a flow without a struct has no attribute but `#[flow(…)]`; remove it",
        ));
    }
    if let Some(attr) = settings_at.filter(|_| settings.local) {
        errors.push(Error::new_spanned(
            attr,
            "a flow without a struct is run by any engine that its variables and results allow; remove `local`",
        ));
    }
    // No value has to go to other threads: the engine asks for that, where it is called.
    settings.local = true;
    fields(input, errors)?;
    let start = input.span();
    let output = output(input, errors)?;
    let at = if input.is_empty() {
        start
    } else {
        input.span()
    };
    let mut tree = Tree {
        form: Form::Inline,
        attrs: Vec::new(),
        settings,
        vis: Visibility::Inherited,
        name: Ident::new("flow", at),
        lifetimes: Vec::new(),
        fields: Vec::new(),
        output: output.unwrap_or_else(|| Output::Last(inferred(at))),
        pattern: None,
    };
    if input.is_empty() {
        errors.push(Error::new(
            at,
            "the flow has no pattern; write one, such as `linear[first, second]`",
        ));
        return Ok(tree);
    }
    tree.pattern = only_pattern(input, errors)?;
    Ok(tree)
}

/// Fields, which only a struct has.
fn fields(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<()> {
    if input.peek(token::Brace) {
        errors.push(input.error(
            "a flow without a struct has no fields: what its tasks need are the variables of these names; remove them, or write `struct Name { … }`",
        ));
        input.parse::<proc_macro2::Group>()?;
    }
    Ok(())
}

/// What stands behind `->`, if there is one: a symbol, several, or `()`.
fn output(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Option<Output>> {
    if input.parse::<Option<Token![->]>>()?.is_none() {
        return Ok(None);
    }
    if !input.peek(token::Paren) {
        return Ok(pick(input, errors)?.map(Output::One));
    }
    let content;
    parenthesized!(content in input);
    let mut picks = Vec::new();
    while !content.is_empty() {
        picks.extend(pick(&content, errors)?);
        if !content.is_empty()
            && let Err(error) = content.parse::<Token![,]>()
        {
            errors.push(error);
            skip_all(&content)?;
        }
    }
    Ok(Some(match picks.len() {
        0 => Output::None,
        1 => picks.pop().map_or(Output::None, Output::One),
        _ => Output::Many(picks),
    }))
}

fn pick(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Option<Pick>> {
    let name = if super::starts_pick(input) {
        let Pick { name, ty } = super::pick(input)?;
        errors.push(no_type(&ty));
        name
    } else if input.peek(Ident::peek_any) && !input.peek2(Token![<]) {
        input.call(Ident::parse_any)?
    } else {
        errors.push(no_type(&input.parse()?));
        return Ok(None);
    };
    let ty = inferred(name.span());
    Ok(Some(Pick { name, ty }))
}

fn no_type(ty: &Type) -> Error {
    Error::new_spanned(
        ty,
        "a flow without a struct hands out symbols, and their types are inferred; write `-> name`, `-> (first, second)` or `-> ()`",
    )
}

/// The type that rustc finds by itself.
fn inferred(span: Span) -> Type {
    parse_quote_spanned!(span=> _)
}
