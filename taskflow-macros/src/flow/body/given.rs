//! Writes what a task or a nested flow is given.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Member;

use super::{Writer, outs_of, peek, slot};
use crate::flow::model::{Arg, Given, Source};
use crate::flow::signature::{ParamKind, What};
use crate::flow::tree::{Value, index, located};
use crate::library::placed;

impl Writer<'_, '_> {
    /// How an argument is bound before the call, and how it is named in it.
    pub(super) fn argument(&self, at: usize, arg: &Arg<'_>) -> (TokenStream, TokenStream) {
        let span = arg.token.map_or(self.span, |token| located(token.span()));
        let private = placed(span, self.private.clone());
        let name = format_ident!("__a{at}", span = span);
        let value = match &arg.given {
            Given::Context | Given::Missing(_) => {
                return (TokenStream::new(), quote_spanned!(span=> __c));
            }
            Given::Fixed(value) => {
                return (
                    TokenStream::new(),
                    fixed_argument(arg.param.kind, value, &private, span),
                );
            }
            Given::Symbol(source, fields) => self.symbol(*source, fields, span),
        };
        let bound = match arg.param.kind {
            ParamKind::Dyn => quote_spanned!(span=> (&#private::Held(#value)).pointee()),
            ParamKind::Val => quote_spanned!(span=> (&#private::Held(#value)).by_value()),
            ParamKind::Opt => quote_spanned!(span=> (&#private::Held(#value)).optional()),
            ParamKind::OptDeref => {
                quote_spanned!(span=> (&#private::Held(#value)).optional_deref())
            }
            ParamKind::Ref | ParamKind::Ctx | ParamKind::Whole => value,
        };
        (
            quote_spanned!(span=> let #name = #bound;),
            quote_spanned!(span=> #name),
        )
    }

    /// A reference to a symbol that is there.
    fn symbol(&self, source: Source, fields: &[Member], span: Span) -> TokenStream {
        let private = placed(span, self.private.clone());
        let (whole, part) = match source {
            Source::Field(field) => {
                let field = index(field, span);
                (quote_spanned!(span=> #private::given(__i.#field)), None)
            }
            Source::Node { node, part } => {
                let slot = slot(node, span);
                let provider = &self.flow.nodes[node];
                match provider.signature.what {
                    What::Task(_) => (
                        quote_spanned!(span=> #slot.get()),
                        provider.part(part, span),
                    ),
                    What::Flow { .. } => {
                        let part = index(part, span);
                        let outs = outs_of(provider, &slot, &private, span);
                        (quote_spanned!(span=> #private::given(#outs.#part)), None)
                    }
                }
            }
        };
        if part.is_none() && fields.is_empty() {
            return whole;
        }
        let part = part.into_iter();
        quote_spanned!(span=> &#whole #(.#part)* #(.#fields)*)
    }

    /// What a nested flow is given for a field: a reference, if the value is there already.
    pub(super) fn view(&self, arg: &Arg<'_>, slots: &mut Vec<TokenStream>) -> TokenStream {
        let span = arg.token.map_or(self.span, |token| located(token.span()));
        let private = placed(span, self.private.clone());
        let (maybe, part, fields): (_, _, &[Member]) = match &arg.given {
            Given::Fixed(value) => {
                let value = match value {
                    // It becomes a `String`, or whatever text the field is, once.
                    Value::Literal { tokens, text: true } if arg.param.kind == ParamKind::Whole => {
                        let slot = slot(slots.len(), span);
                        slots.push(quote_spanned!(span=> ::core::convert::Into::into(#tokens)));
                        quote_spanned!(span=> #slot)
                    }
                    value => fixed_argument(arg.param.kind, value, &private, span),
                };
                return quote_spanned!(span=> ::core::option::Option::Some(#value));
            }
            Given::Symbol(source, fields) => {
                let (maybe, part) = peek(self.flow, *source, &private, span);
                (maybe, part, fields)
            }
            Given::Context | Given::Missing(_) => {
                return quote_spanned!(span=> ::core::option::Option::None);
            }
        };
        let is_all = part.is_none() && fields.is_empty();
        if is_all && arg.param.kind == ParamKind::Whole {
            // Not taken apart, so that a wrong type is said of the field alone.
            return maybe;
        }
        let value = if is_all {
            quote_spanned!(span=> __v)
        } else {
            let part = part.into_iter();
            quote_spanned!(span=> &__v #(.#part)* #(.#fields)*)
        };
        let value = if arg.param.kind == ParamKind::Dyn {
            quote_spanned!(span=> (&#private::Held(#value)).pointee())
        } else {
            value
        };
        quote_spanned! {span=>
            match #maybe {
                ::core::option::Option::Some(__v) => ::core::option::Option::Some(#value),
                ::core::option::Option::None => ::core::option::Option::None,
            }
        }
    }
}

/// A literal or a constant as an argument; in the call itself, so that its type is inferred there.
fn fixed_argument(
    kind: ParamKind,
    value: &Value,
    private: &TokenStream,
    span: Span,
) -> TokenStream {
    let (value, is_reference) = match value {
        Value::Literal { tokens, text } => (tokens.clone(), *text),
        Value::Const(path) => (quote!(#path), false),
        Value::Symbol { base, .. } => (quote!(#base), false),
    };
    let borrowed = if is_reference {
        value.clone()
    } else {
        quote_spanned!(span=> &#value)
    };
    match kind {
        ParamKind::Val => value,
        ParamKind::Opt | ParamKind::OptDeref => {
            quote_spanned!(span=> ::core::option::Option::Some(#borrowed))
        }
        ParamKind::Dyn => quote_spanned!(span=> (&#private::Held(&#value)).pointee()),
        ParamKind::Ref | ParamKind::Ctx | ParamKind::Whole => borrowed,
    }
}
