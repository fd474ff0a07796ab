//! Reads a task or a flow where it is named, with what is bound to it.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Expr, Ident, Member, Path, PathArguments, Result, Token, parenthesized, token};

use super::skip_to_comma;
use crate::flow::tree::{Binding, Use, Value};

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
    if content.parse::<Option<Token![const]>>()?.is_some() {
        let value = Value::Const(content.call(Path::parse_mod_style)?);
        return Ok(Binding { param, value });
    }
    let expr: Expr = content.parse()?;
    let value = Value::literal(&expr)
        .or_else(|| symbol(&expr))
        .ok_or_else(|| {
            let hint = match &expr {
                Expr::Path(path) => format!("; for a constant write `const {}`", text(path)),
                _ => "; compute other values in a task".to_owned(),
            };
            Error::new_spanned(
                &expr,
                format!(
                    "a binding takes a symbol, a field such as `order.item`, a literal or `const PATH`{hint}"
                ),
            )
        })?;
    Ok(Binding { param, value })
}

fn symbol(expr: &Expr) -> Option<Value> {
    let mut fields: Vec<Member> = Vec::new();
    let mut expr = expr;
    while let Expr::Field(field) = expr {
        fields.push(field.member.clone());
        expr = &field.base;
    }
    fields.reverse();
    match expr {
        Expr::Path(path) if path.qself.is_none() => Some(Value::Symbol {
            base: path.path.get_ident()?.clone(),
            fields,
        }),
        _ => None,
    }
}

fn text(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}
