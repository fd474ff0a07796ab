//! Settings that `#[task]` and `flow!` read alike: numbers, spans of time, and the waits between
//! attempts.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{
    Error, Expr, ExprLit, ExprUnary, Ident, Lit, LitStr, Path, Result, Token, UnOp, parenthesized,
    token,
};

use crate::library::placed;

/// What a setting is set to.
pub(crate) enum Amount<T> {
    /// A literal, which is known here, and where it stands.
    Literal(T, Span),
    /// `const PATH`.
    Const(Path),
    /// A path, or a field: of a symbol in a flow, of a constant in a task.
    Place(Expr),
}

impl<T> Amount<T> {
    /// Reads a constant or a place, or else what `literal` makes of the expression.
    fn parse(input: ParseStream<'_>, literal: impl FnOnce(&Expr) -> Result<T>) -> Result<Self> {
        if input.peek(Token![const]) && !input.peek2(token::Brace) {
            input.parse::<Token![const]>()?;
            return input.parse().map(Self::Const);
        }
        let expr = bare(input.parse()?);
        if is_place(&expr) {
            return Ok(Self::Place(expr));
        }
        Ok(Self::Literal(literal(&expr)?, expr.span()))
    }

    /// What a literal says.
    pub(crate) fn known(&self) -> Option<&T> {
        match self {
            Self::Literal(value, _) => Some(value),
            Self::Const(_) | Self::Place(_) => None,
        }
    }

    /// The place to which rustc is to point.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Literal(_, span) => *span,
            Self::Const(path) => path.span(),
            Self::Place(expr) => expr.span(),
        }
    }
}

impl<T: ToTokens> Amount<T> {
    /// The literal, or what is named, as it is; `place` gives the tokens of a place.
    pub(crate) fn to_tokens(&self, place: &dyn Fn(&Expr) -> TokenStream) -> TokenStream {
        match self {
            Self::Literal(value, _) => quote!(#value),
            Self::Const(path) => quote!(#path),
            Self::Place(expr) => place(expr),
        }
    }

    /// The literal, or what a function of the library makes of what is named.
    ///
    /// The call is where the name is, so that rustc points there if the type is wrong.
    pub(crate) fn through(
        &self,
        function: &str,
        private: &TokenStream,
        place: &dyn Fn(&Expr) -> TokenStream,
    ) -> TokenStream {
        let tokens = self.to_tokens(place);
        if let Self::Literal(..) = self {
            return tokens;
        }
        let span = Span::call_site().located_at(self.span());
        let private = placed(span, private.clone());
        let function = Ident::new(function, span);
        quote_spanned!(span=> #private::#function(#tokens))
    }
}

impl Amount<u32> {
    /// Reads a number of something, which is at least one.
    pub(crate) fn count(name: &str, input: ParseStream<'_>) -> Result<Self> {
        Self::parse(input, |expr| {
            let count = integer(expr, "u32").and_then(|digits| digits.parse().ok());
            count.filter(|&count| count > 0).ok_or_else(|| {
                let text = format!(
                    "`{name}` is a whole number from 1 to {}; write `{name} = 3`, or name a \
                     constant that holds it",
                    u32::MAX
                );
                Error::new_spanned(expr, text)
            })
        })
    }
}

impl Amount<i16> {
    /// Reads a priority.
    pub(crate) fn priority(input: ParseStream<'_>) -> Result<Self> {
        Self::parse(input, |expr| {
            let number = integer(expr, "i16").and_then(|digits| digits.parse().ok());
            number.ok_or_else(|| {
                let text = format!(
                    "`priority` is a whole number from {} to {}; write `priority = 5`, or name a \
                     constant that holds it",
                    i16::MIN,
                    i16::MAX
                );
                Error::new_spanned(expr, text)
            })
        })
    }
}

/// A span of time, in milliseconds where it is a literal, and else a `Duration`.
pub(crate) type Time = Amount<u64>;

impl Time {
    /// Reads a span of time: a text such as `"1m30s"`, or the name of a `Duration`.
    pub(crate) fn time(input: ParseStream<'_>) -> Result<Self> {
        Self::parse(input, |expr| match expr {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => duration_ms(text),
            _ => Err(Error::new_spanned(
                expr,
                "a span of time is a text with its units; write one such as `\"30s\"` or \
                 `\"1h30m\"`, or name a constant of the type `Duration`",
            )),
        })
    }

    /// The milliseconds, a `u64`; `place` gives the `Duration` of a place.
    pub(crate) fn millis(
        &self,
        private: &TokenStream,
        place: &dyn Fn(&Expr) -> TokenStream,
    ) -> TokenStream {
        self.through("millis", private, place)
    }
}

/// The units of a span of time, the largest first, with their milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The milliseconds of a text such as `"250ms"`, `"30s"` or `"1h30m"`.
pub(crate) fn duration_ms(text: &LitStr) -> Result<u64> {
    match sum_of_units(&text.value()) {
        Some(0) => Err(Error::new_spanned(
            text,
            format!(
                "{} is no time at all; write at least `\"1ms\"`, or leave it out",
                quoted(text)
            ),
        )),
        Some(ms) => Ok(ms),
        None => Err(Error::new_spanned(
            text,
            format!(
                "{} is no span of time; write whole numbers with the units `d`, `h`, `m`, `s` and \
                 `ms`, the largest first, such as `\"30s\"` or `\"1h30m\"`",
                quoted(text)
            ),
        )),
    }
}

fn quoted(text: &LitStr) -> String {
    format!("`{:?}`", text.value())
}

fn sum_of_units(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let letters = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let unit = rest.get(..letters)?;
        // Each unit is used up with those before it, so that they come in order and once.
        let (_, ms) = units.find(|(name, _)| *name == unit)?;
        sum = sum.checked_add(number.checked_mul(*ms)?)?;
        rest = rest.get(letters..)?;
    }
    (!text.is_empty()).then_some(sum)
}

/// The wait between two attempts.
pub(crate) enum Backoff {
    /// `none`
    None,
    /// `fixed("1s")`
    Fixed { wait: Time, jitter: bool },
    /// `exponential("100ms", max = "10s", jitter)`
    Exponential {
        first: Time,
        max: Option<Time>,
        jitter: bool,
    },
}

/// No wait is longer than an hour, where nothing else is said.
const MAX_MS: u64 = 3_600_000;

impl Backoff {
    /// Reads what stands behind `backoff =`.
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<Self> {
        const KINDS: &str = "`backoff` is `none`, `fixed(\"1s\")` or `exponential(\"100ms\", max = \
                             \"10s\")`, the last two perhaps with `jitter`; write one of the three";
        let start = input.cursor().span();
        let kind = input
            .call(Ident::parse_any)
            .map_err(|_| Error::new(start, KINDS))?;
        let has_args = input.peek(token::Paren);
        match (kind.to_string().as_str(), has_args) {
            ("none", false) => return Ok(Self::None),
            ("fixed" | "exponential", true) => {}
            _ => return Err(Error::new(kind.span(), KINDS)),
        }
        let args;
        parenthesized!(args in input);
        if args.is_empty() {
            let text = format!("`{kind}` has no wait; write `{kind}(\"1s\")`");
            return Err(Error::new(kind.span(), text));
        }
        let first = Time::time(&args)?;
        let grows = kind == "exponential";
        let (max, jitter) = further(&args, &kind)?;
        if let Some(max) = &max {
            longest(&first, max)?;
        } else if grows && first.known().is_some_and(|first| *first > MAX_MS) {
            return Err(Error::new(
                first.span(),
                "no wait is longer than an hour where nothing else is said, and this one is; give \
                 it a `max`",
            ));
        }
        Ok(if grows {
            Self::Exponential { first, max, jitter }
        } else {
            Self::Fixed {
                wait: first,
                jitter,
            }
        })
    }

    /// All spans of time that it is made of.
    pub(crate) fn waits(&self) -> impl Iterator<Item = &Time> {
        let (first, max) = match self {
            Self::None => (None, None),
            Self::Fixed { wait, .. } => (Some(wait), None),
            Self::Exponential { first, max, .. } => (Some(first), max.as_ref()),
        };
        first.into_iter().chain(max)
    }

    /// A `Backoff` of the library; `place` gives the `Duration` of a place.
    pub(crate) fn to_tokens(
        &self,
        private: &TokenStream,
        place: &dyn Fn(&Expr) -> TokenStream,
    ) -> TokenStream {
        let (backoff, jitter) = match self {
            Self::None => (quote!(#private::Backoff::NONE), false),
            Self::Fixed { wait, jitter } => {
                let wait = wait.millis(private, place);
                (quote!(#private::Backoff::fixed(#wait)), *jitter)
            }
            Self::Exponential { first, max, jitter } => {
                let first = first.millis(private, place);
                let max = max.as_ref().map(|max| max.millis(private, place));
                let max = max.unwrap_or_else(|| quote!(#MAX_MS));
                (
                    quote!(#private::Backoff::exponential(#first, #max)),
                    *jitter,
                )
            }
        };
        let jitter = jitter.then(|| quote!(.with_jitter()));
        quote!(#backoff #jitter)
    }
}

/// What follows the first wait: the longest one, and whether waits are drawn.
fn further(args: ParseStream<'_>, kind: &Ident) -> Result<(Option<Time>, bool)> {
    let (mut max, mut jitter) = (None, false);
    while !args.is_empty() {
        args.parse::<Token![,]>()?;
        if args.is_empty() {
            break;
        }
        let start = args.cursor().span();
        let word = args.call(Ident::parse_any).ok();
        let is_given = match word.as_ref().map(ToString::to_string).as_deref() {
            Some("jitter") => std::mem::replace(&mut jitter, true),
            Some("max") if kind == "exponential" => {
                args.parse::<Token![=]>()?;
                max.replace(Time::time(args)?).is_some()
            }
            _ => {
                let known = if kind == "exponential" {
                    "`max = \"10s\"` or `jitter`"
                } else {
                    "`jitter`"
                };
                let text = format!("`{kind}` knows no such setting; write {known}, or nothing");
                return Err(Error::new(start, text));
            }
        };
        if let (true, Some(word)) = (is_given, word) {
            let text = format!("`{word}` is given twice; remove one of the two");
            return Err(Error::new(word.span(), text));
        }
    }
    Ok((max, jitter))
}

/// Whether the longest wait is one, as far as literals tell.
fn longest(first: &Time, max: &Time) -> Result<()> {
    match (first.known(), max.known()) {
        (Some(first), Some(longest)) if longest < first => Err(Error::new(
            max.span(),
            "the longest wait is shorter than the first one; make `max` longer",
        )),
        _ => Ok(()),
    }
}

/// An expression without the parentheses and invisible groups around it.
pub(crate) fn bare(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => bare(*group.expr),
        Expr::Paren(paren) => bare(*paren.expr),
        _ => expr,
    }
}

/// A path without type arguments in front, or a field of a place.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path.qself.is_none(),
        Expr::Field(field) => is_place(&field.base),
        _ => false,
    }
}

/// The digits of an integer, with its sign, if it has this type or none.
fn integer(expr: &Expr, ty: &str) -> Option<String> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Int(int), ..
        }) => ["", ty]
            .contains(&int.suffix())
            .then(|| int.base10_digits().to_owned()),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => integer(expr, ty)
            .filter(|digits| !digits.starts_with('-'))
            .map(|digits| format!("-{digits}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
