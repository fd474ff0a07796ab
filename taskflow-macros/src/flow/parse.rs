//! Reads the tokens of `flow!` into a [`Tree`]; judges nothing but the form.
//!
//! A mistake inside a list costs its item alone, so that several are reported at once, and an
//! unfinished list still expands.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Error, GenericParam, Generics, Ident, Result, Token, Type, Visibility, braced,
    parenthesized, token,
};

use super::tree::{Field, Form, Item, Output, Pick, Tree};

mod choice;
mod groups;
mod inline;
mod leaf;
mod pattern;
mod settings;
mod used;
mod values;

/// The tree and what is wrong with its form; an error where not even the struct could be read.
pub(crate) fn parse(tokens: TokenStream) -> Result<(Tree, Vec<Error>)> {
    let mut errors = Vec::new();
    let parser = |input: ParseStream<'_>| tree(input, &mut errors);
    let tree = parser.parse2(tokens)?;
    Ok((tree, errors))
}

fn tree(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Tree> {
    if input.is_empty() {
        return Err(Error::new(
            input.span(),
            "`flow!` is empty; write a struct and a pattern: `struct Name { input: Type } -> Output linear[task]`",
        ));
    }
    let attrs = input.call(Attribute::parse_outer)?;
    if inline::is_next(input) {
        return inline::tree(attrs, input, errors);
    }
    let (attrs, settings) = settings::split_attrs(attrs, errors);
    let vis: Visibility = input.parse()?;
    input.parse::<Token![struct]>()?;
    let name: Ident = input.parse()?;
    let lifetimes = lifetimes(input.parse()?, errors);
    let content;
    braced!(content in input);
    let fields = fields(&content, errors)?;
    let mut tree = Tree {
        form: Form::Struct,
        attrs,
        settings,
        vis,
        name,
        lifetimes,
        fields,
        output: Output::None,
        pattern: None,
    };
    // From here on there is a struct, which is written whatever follows.
    match output(input, errors) {
        Ok(output) => tree.output = output,
        Err(error) => {
            errors.push(error);
            skip_all(input)?;
            return Ok(tree);
        }
    }
    input.parse::<Option<Token![;]>>()?;
    if input.is_empty() {
        let message = format!(
            "flow `{}` has no pattern; write one after the struct, such as `linear[first, second]`",
            tree.name
        );
        errors.push(Error::new(tree.name.span(), message));
        return Ok(tree);
    }
    tree.pattern = only_pattern(input, errors)?;
    Ok(tree)
}

/// The pattern, behind which nothing else stands.
fn only_pattern(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Option<Item>> {
    let pattern = match pattern::item(input, errors, None) {
        Ok(pattern) => pattern,
        Err(error) => {
            errors.push(error);
            skip_all(input)?;
            None
        }
    };
    input.parse::<Option<Token![,]>>()?;
    if !input.is_empty() {
        errors.push(
            input.error("a flow has one pattern; put several tasks in a `linear[first, second]`"),
        );
        skip_all(input)?;
    }
    Ok(pattern)
}

fn lifetimes(generics: Generics, errors: &mut Vec<Error>) -> Vec<syn::Lifetime> {
    let mut lifetimes = Vec::new();
    for param in generics.params {
        match param {
            GenericParam::Lifetime(param) => {
                if !param.bounds.is_empty() {
                    errors.push(Error::new_spanned(
                        param.bounds,
                        "a flow's lifetime has no bounds; remove them",
                    ));
                }
                lifetimes.push(param.lifetime);
            }
            GenericParam::Type(_) | GenericParam::Const(_) => errors.push(Error::new_spanned(
                param,
                "a flow has no type parameters, for its runs are stored; write the types that it is for",
            )),
        }
    }
    for extra in lifetimes.iter().skip(1) {
        errors.push(Error::new_spanned(
            extra,
            format!(
                "a flow has one lifetime; borrow all resources for `{}`",
                lifetimes[0]
            ),
        ));
    }
    lifetimes
}

fn fields(content: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Vec<Field>> {
    let mut fields = Vec::new();
    while !content.is_empty() {
        match field(content, errors) {
            Ok(field) => fields.push(field),
            Err(error) => {
                errors.push(error);
                skip_to_comma(content)?;
            }
        }
        if !content.is_empty()
            && let Err(error) = content.parse::<Token![,]>()
        {
            errors.push(error);
            skip_to_comma(content)?;
            content.parse::<Option<Token![,]>>()?;
        }
    }
    Ok(fields)
}

fn field(content: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Field> {
    let mut resource = false;
    let mut attrs = Vec::new();
    for attr in content.call(Attribute::parse_outer)? {
        if attr.path().is_ident("resource") {
            if let Err(error) = attr.meta.require_path_only() {
                errors.push(error);
            }
            resource = true;
        } else {
            attrs.push(attr);
        }
    }
    let vis = match content.parse()? {
        Visibility::Inherited => None,
        vis => Some(vis),
    };
    let name = content.parse()?;
    content.parse::<Token![:]>()?;
    Ok(Field {
        attrs,
        vis,
        name,
        ty: content.parse()?,
        resource,
    })
}

fn output(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Output> {
    if input.parse::<Option<Token![->]>>()?.is_none() {
        return Ok(Output::None);
    }
    if starts_pick(input) {
        return Ok(Output::One(pick(input)?));
    }
    if input.peek(token::Paren) {
        let ahead = input.fork();
        let content;
        parenthesized!(content in ahead);
        let picks = starts_pick(&content);
        skip_all(&content)?;
        if picks {
            let content;
            parenthesized!(content in input);
            return many(&content, errors);
        }
    }
    Ok(match input.parse::<Type>()? {
        Type::Tuple(tuple) if tuple.elems.is_empty() => Output::None,
        ty => Output::Last(ty),
    })
}

fn many(content: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Output> {
    let mut picks = Vec::new();
    while !content.is_empty() {
        match pick(content) {
            Ok(pick) => picks.push(pick),
            Err(error) => {
                errors.push(error);
                skip_to_comma(content)?;
            }
        }
        if !content.is_empty()
            && let Err(error) = content.parse::<Token![,]>()
        {
            errors.push(error);
            skip_all(content)?;
        }
    }
    Ok(if picks.len() == 1 {
        picks.pop().map_or(Output::None, Output::One)
    } else {
        Output::Many(picks)
    })
}

fn starts_pick(input: ParseStream<'_>) -> bool {
    input.peek(Ident) && input.peek2(Token![:]) && !input.peek2(Token![::])
}

fn pick(input: ParseStream<'_>) -> Result<Pick> {
    let name = input.parse()?;
    input.parse::<Token![:]>()?;
    Ok(Pick {
        name,
        ty: input.parse()?,
    })
}

fn skip_one(input: ParseStream<'_>) -> Result<()> {
    input.parse::<proc_macro2::TokenTree>().map(drop)
}

fn skip_to_comma(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        skip_one(input)?;
    }
    Ok(())
}

fn skip_all(input: ParseStream<'_>) -> Result<()> {
    input.parse::<TokenStream>().map(drop)
}
