//! Reads values: what is bound to a parameter, and the settings of groups.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Expr, Ident, LitFloat, LitInt, Member, Path, Result, Token};

use super::skip_to_comma;
use crate::flow::tree::{Tolerate, Value};
use crate::settings::Time;

/// A symbol, a field of one, a literal or `const PATH`, for `what`.
pub(super) fn value(content: ParseStream<'_>, what: &str) -> Result<Value> {
    if content.parse::<Option<Token![const]>>()?.is_some() {
        return Ok(Value::Const(content.call(Path::parse_mod_style)?));
    }
    let expr: Expr = content.parse()?;
    Value::literal(&expr)
        .or_else(|| symbol(&expr))
        .ok_or_else(|| {
            let hint = match &expr {
                Expr::Path(path) => format!("; for a constant write `const {}`", text(path)),
                _ => "; compute other values in a task".to_owned(),
            };
            Error::new_spanned(
                &expr,
                format!(
                    "{what} takes a symbol, a field such as `order.item`, a literal or `const PATH`{hint}"
                ),
            )
        })
}

/// A symbol or a field of one, which a group is about.
pub(super) fn place(expr: &Expr, keyword: &str) -> Result<Value> {
    symbol(expr).ok_or_else(|| {
        Error::new_spanned(
            expr,
            format!(
                "`{keyword}` takes a symbol or a field such as `order.item`; compute other values in a task"
            ),
        )
    })
}

/// What a group goes through, or is controlled by: a symbol, a field of one or `const PATH`.
pub(super) fn symbol_in(content: ParseStream<'_>, keyword: &str) -> Result<Value> {
    if content.parse::<Option<Token![const]>>()?.is_some() {
        return Ok(Value::Const(content.call(Path::parse_mod_style)?));
    }
    place(&content.parse()?, keyword)
}

/// A number that is at least `least`, where it is written.
pub(super) fn count(content: ParseStream<'_>, key: &str, least: u64) -> Result<Value> {
    let start = content.span();
    let value = value(content, &format!("`{key}`"))?;
    if let Value::Literal { tokens, .. } = &value {
        let number = syn::parse2::<LitInt>(tokens.clone());
        let number = number.and_then(|number| number.base10_parse::<u64>());
        if number.is_err() || number.is_ok_and(|number| number < least) {
            return Err(Error::new(
                start,
                format!("`{key}` is a number of at least {least}; write one, or name a symbol"),
            ));
        }
    }
    Ok(value)
}

/// A time: a text, a symbol, a field of one or `const PATH`.
pub(super) fn duration(content: ParseStream<'_>) -> Result<Value> {
    match Time::time(content)? {
        Time::Literal(ms, _) => Ok(Value::Millis(ms)),
        Time::Const(path) => Ok(Value::Const(path)),
        Time::Place(expr) => place(&expr, "a time"),
    }
}

/// `3`, a symbol, or `1%`.
pub(super) fn tolerate(content: ParseStream<'_>) -> Result<Tolerate> {
    let is_number = content.peek(LitInt) || content.peek(LitFloat);
    if !(is_number && content.peek2(Token![%])) {
        return count(content, "tolerate", 0).map(Tolerate::Count);
    }
    let start = content.span();
    let number: f64 = if content.peek(LitInt) {
        content.parse::<LitInt>()?.base10_parse()?
    } else {
        content.parse::<LitFloat>()?.base10_parse()?
    };
    content.parse::<Token![%]>()?;
    if !(0.0..=100.0).contains(&number) {
        return Err(Error::new(
            start,
            "`tolerate` is a share of the items; write `0%` to `100%`",
        ));
    }
    // Between 0 and a million, as was just checked.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok(Tolerate::Share((number * 10_000.0).round() as u64))
}

/// The settings of one group, each at most once.
pub(super) struct Settings<'k> {
    keyword: &'k Ident,
    known: &'k [&'k str],
    seen: Vec<String>,
}

impl<'k> Settings<'k> {
    pub(super) fn new(keyword: &'k Ident, known: &'k [&'k str]) -> Self {
        Self {
            keyword,
            known,
            seen: Vec::new(),
        }
    }

    /// Reads `key = value` to the end, behind what came `first`, which may be nothing.
    pub(super) fn read(
        &mut self,
        content: ParseStream<'_>,
        errors: &mut Vec<Error>,
        first: Result<()>,
        mut set: impl FnMut(&str, ParseStream<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut read = first;
        loop {
            if let Err(error) = read {
                errors.push(error);
                skip_to_comma(content)?;
            }
            if content.is_empty() {
                return Ok(());
            }
            let at_start = self.seen.is_empty() && !content.peek(Token![,]);
            if !at_start {
                content.parse::<Token![,]>()?;
                if content.is_empty() {
                    return Ok(());
                }
            }
            read = self.one(content, &mut set);
        }
    }

    fn one(
        &mut self,
        content: ParseStream<'_>,
        set: &mut impl FnMut(&str, ParseStream<'_>) -> Result<()>,
    ) -> Result<()> {
        let keyword = self.keyword;
        let known: Vec<String> = self.known.iter().map(|key| format!("`{key}`")).collect();
        let known = known.join(", ");
        let start = content.span();
        let key = content.call(Ident::parse_any).map_err(|_| {
            // So that the next one is looked for behind a comma.
            self.seen.push(String::new());
            Error::new(
                start,
                format!("`{keyword}` has settings of the form `key = value`; it knows {known}"),
            )
        })?;
        let name = key.to_string();
        let again = self.seen.contains(&name);
        self.seen.push(name.clone());
        if !self.known.contains(&name.as_str()) {
            return Err(Error::new(
                key.span(),
                format!("`{keyword}` has no setting `{name}`; it knows {known}"),
            ));
        }
        if again {
            return Err(Error::new(
                key.span(),
                format!("`{name}` is set twice; remove one"),
            ));
        }
        let has_value = content.parse::<Option<Token![=]>>()?.is_some()
            && !content.is_empty()
            && !content.peek(Token![,]);
        if !has_value {
            return Err(Error::new(
                key.span(),
                format!("`{name}` has no value; write `{name} = …`"),
            ));
        }
        set(&name, content)
    }
}

/// A symbol, or a field of one.
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

/// Tokens as they are written, without spaces.
pub(super) fn text(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}
