//! Reads a task or a flow where it is named, with what is bound to it.

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, Path, PathArguments, Result, Token, parenthesized, token};

use super::skip_to_comma;
use super::values::value;
use crate::flow::tree::{Binding, Use};

pub(super) fn use_of(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Use> {
    let mut path: Path = input.parse()?;
    for segment in &mut path.segments {
        // `parse<T>` is written where a call would need `parse::<T>`.
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            arguments.colon2_token.get_or_insert_default();
        }
    }
    let mut bindings = Vec::new();
    if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        while !content.is_empty() {
            match binding(&content) {
                Ok(binding) => bindings.push(binding),
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
    }
    let rename = match input.parse::<Option<Token![as]>>()? {
        Some(_) => Some(input.parse()?),
        None => None,
    };
    Ok(Use {
        path,
        bindings,
        rename,
    })
}

fn binding(content: ParseStream<'_>) -> Result<Binding> {
    let start = content.span();
    let form = "parentheses bind parameters; write `parameter = symbol`";
    let param = content
        .call(Ident::parse_any)
        .map_err(|_| Error::new(start, form))?;
    if content.parse::<Option<Token![=]>>()?.is_none() {
        return Err(Error::new(start, form));
    }
    let value = value(content, "a binding")?;
    Ok(Binding { param, value })
}
