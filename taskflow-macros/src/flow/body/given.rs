//! Writes what a task, a nested flow or a setting is given.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{LitInt, Member};

use super::reach::{From, peek};
use super::{Code, Writer, list, slot, turn};
use crate::flow::model::{Arg, Given, Place, Role, Setting, Source, Symbol};
use crate::flow::signature::ParamKind;
use crate::flow::tree::{Value, WrapKind, index};
use crate::library::placed;

impl Writer<'_, '_> {
    /// How an argument is bound before the call, and how it is named in it.
    pub(super) fn argument(&self, at: usize, arg: &Arg<'_>) -> (TokenStream, TokenStream) {
        let (span, private) = self.place_of(arg.token);
        let name = format_ident!("__a{at}", span = span);
        let value = match &arg.given {
            Given::Context | Given::Missing(..) => {
                return (TokenStream::new(), quote_spanned!(span=> __c));
            }
            Given::Fixed(value) => {
                return (
                    TokenStream::new(),
                    fixed_argument(arg.param.kind, value, &private, span),
                );
            }
            Given::Symbol(source, fields) => self.symbol(source, fields, span),
        };
        let optional = Self::is_optional(&arg.given);
        let bound = match arg.param.kind {
            ParamKind::Val if optional => quote_spanned! {span=>
                match #value {
                    ::core::option::Option::Some(__v) => {
                        ::core::option::Option::Some((&#private::Held(__v)).by_value())
                    }
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            },
            ParamKind::OptDeref if optional => {
                quote_spanned!(span=> ::core::option::Option::map(#value, |__v| &**__v))
            }
            ParamKind::Opt if optional => value,
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

    /// Where a symbol is asked for, and the library's path there.
    fn place_of(&self, token: Option<&syn::Ident>) -> (Span, TokenStream) {
        match token {
            Some(token) => self.at(token.span()),
            None => (self.span, self.private.clone()),
        }
    }

    /// A reference to a symbol that is there, or an `Option` of one to a symbol that may be absent.
    fn symbol(&self, source: &Source<'_>, fields: &[Member], span: Span) -> TokenStream {
        let private = placed(span, self.private.clone());
        let whole = match source {
            Source::Field(field) if self.flow.tree.is_inline() => {
                grouped(variable(*field, span), fields, span)
            }
            Source::Field(field) => {
                let field = index(*field, span);
                quote_spanned!(span=> #private::given(__i.#field))
            }
            Source::Symbol(symbol) => {
                if let Some(value) = self.plain(symbol, fields, span) {
                    return value;
                }
                let value = self.peek(source, span);
                if symbol.optional {
                    return of_option(&value, fields, span);
                }
                quote_spanned!(span=> #private::given(#value))
            }
            Source::Item(node) => {
                let (item, list) = (self.item_of(*node), list(*node, span));
                let turn = turn(*node, span);
                quote_spanned!(span=> #private::#item(#list(), #turn))
            }
            Source::Binding(choice, arm, name) => {
                grouped(self.binding(*choice, *arm, name), fields, span)
            }
        };
        if fields.is_empty() {
            return whole;
        }
        quote_spanned!(span=> &#whole #(.#fields)*)
    }

    /// What one task in scope provides for certain: the least that one can write for it.
    fn plain(&self, symbol: &Symbol, fields: &[Member], span: Span) -> Option<TokenStream> {
        let [(number, part)] = symbol.providers[..] else {
            return None;
        };
        let provider = &self.flow.nodes[number];
        let in_scope = self.node.bodies().take(provider.bodies().count());
        if symbol.optional || provider.is_flow() || !provider.bodies().eq(in_scope) {
            return None;
        }
        let slot = slot(number, span);
        let part = provider.part(part, span).into_iter();
        let is_whole = part.len() == 0 && fields.is_empty();
        Some(if is_whole {
            quote_spanned!(span=> #slot.get())
        } else {
            quote_spanned!(span=> &#slot.get() #(.#part)* #(.#fields)*)
        })
    }

    /// A symbol as an `Option` of a reference, whether or not it can be there already.
    fn peek(&self, source: &Source<'_>, span: Span) -> TokenStream {
        let private = placed(span, self.private.clone());
        match source {
            Source::Field(field) if self.flow.tree.is_inline() => {
                let variable = variable(*field, span);
                quote_spanned!(span=> ::core::option::Option::Some(#variable))
            }
            Source::Field(field) => {
                let field = index(*field, span);
                quote_spanned!(span=> __i.#field)
            }
            Source::Symbol(symbol) => {
                let around: Vec<usize> = self.node.bodies().collect();
                let from = From::Scope(&around);
                peek(self.flow, self.frame.slots, from, symbol, &private, span)
            }
            Source::Item(node) => {
                let over = self.flow.nodes[*node].setting(&Role::Over);
                let over = over.map(|over| self.maybe_value(over));
                let (item, turn) = (self.item_of(*node), turn(*node, span));
                quote_spanned! {span=>
                    match #over {
                        ::core::option::Option::Some(__v) => {
                            ::core::option::Option::Some(#private::#item(__v, #turn))
                        }
                        ::core::option::Option::None => ::core::option::Option::None,
                    }
                }
            }
            Source::Binding(choice, arm, name) => self.maybe_binding(*choice, *arm, name),
        }
    }

    /// The function that finds the item of a group's body.
    fn item_of(&self, node: usize) -> TokenStream {
        match self.flow.nodes[node].what {
            Place::Wrap(wrap) if matches!(wrap.kind, WrapKind::Retry(_)) => quote!(item_in_turn),
            _ => quote!(item),
        }
    }

    /// A setting as a reference, or as an `Option` of one if its symbol may be absent.
    pub(super) fn value(&self, setting: &Setting<'_>) -> TokenStream {
        let (span, _) = self.place_of(setting.token);
        match &setting.given {
            Given::Symbol(source, fields) => self.symbol(source, fields, span),
            Given::Fixed(value) => borrowed(value, span),
            Given::Context | Given::Missing(..) => TokenStream::new(),
        }
    }

    /// A setting as an `Option` of that, as far as its symbol is there already.
    pub(super) fn maybe_value(&self, setting: &Setting<'_>) -> TokenStream {
        let (span, _) = self.place_of(setting.token);
        match &setting.given {
            Given::Symbol(source, fields) => {
                let value = of_option(&self.peek(source, span), fields, span);
                if Self::is_optional(&setting.given) {
                    quote_spanned!(span=> ::core::option::Option::Some(#value))
                } else {
                    value
                }
            }
            Given::Fixed(value) => {
                let value = borrowed(value, span);
                quote_spanned!(span=> ::core::option::Option::Some(#value))
            }
            Given::Context | Given::Missing(..) => TokenStream::new(),
        }
    }

    /// The setting of this node for a purpose.
    pub(super) fn setting(&self, role: &Role) -> TokenStream {
        let setting = self.node.setting(role);
        setting.map_or_else(TokenStream::new, |setting| self.value(setting))
    }

    /// A setting that is a number, as a `u32`; what does not fit counts as the nearest that does.
    pub(super) fn count(&self, role: &Role) -> TokenStream {
        let Some(setting) = self.node.setting(role) else {
            return TokenStream::new();
        };
        let (span, private) = self.place_of(setting.token);
        if let Given::Fixed(Value::Literal { tokens, .. }) = &setting.given
            && let Ok(number) = syn::parse2::<LitInt>(tokens.clone())
        {
            let number = number.base10_parse().unwrap_or(u32::MAX);
            return quote_spanned!(span=> #number);
        }
        let value = self.value(setting);
        quote_spanned!(span=> #private::count(#value))
    }

    /// A setting that is a time, in milliseconds; none at all where it is not given.
    pub(super) fn millis(&self, role: &Role) -> TokenStream {
        let Some(setting) = self.node.setting(role) else {
            return quote_spanned!(self.span=> 0);
        };
        if let Given::Fixed(Value::Millis(ms)) = &setting.given {
            return quote_spanned!(self.span=> #ms);
        }
        let (span, private) = self.place_of(setting.token);
        let value = self.value(setting);
        quote_spanned!(span=> #private::millis(*#value))
    }

    /// What a nested flow is given for a field: a reference, if the value is there already.
    pub(super) fn view(&self, arg: &Arg<'_>, code: &mut Code) -> TokenStream {
        let (span, private) = self.place_of(arg.token);
        let tag = format!("{}", self.number);
        let (maybe, fields): (_, &[Member]) = match &arg.given {
            Given::Fixed(value) => {
                let value = match value {
                    // It becomes a `String`, or whatever text the field is, once.
                    Value::Literal { tokens, text: true } if arg.param.kind == ParamKind::Whole => {
                        let init = quote_spanned!(span=> ::core::convert::Into::into(#tokens));
                        let slot = code.extra(&tag, quote_spanned!(span=> _), init);
                        quote_spanned!(span=> #slot)
                    }
                    value => fixed_argument(arg.param.kind, value, &private, span),
                };
                return quote_spanned!(span=> ::core::option::Option::Some(#value));
            }
            Given::Symbol(source, fields) => (self.peek(source, span), fields),
            Given::Context | Given::Missing(..) => {
                return quote_spanned!(span=> ::core::option::Option::None);
            }
        };
        if fields.is_empty() && arg.param.kind == ParamKind::Whole {
            // Not taken apart, so that a wrong type is said of the field alone.
            return maybe;
        }
        let value = if fields.is_empty() {
            quote_spanned!(span=> __v)
        } else {
            quote_spanned!(span=> &__v #(.#fields)*)
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

/// A value in parentheses, if fields of it are named.
fn grouped(value: TokenStream, fields: &[Member], span: Span) -> TokenStream {
    if fields.is_empty() {
        value
    } else {
        quote_spanned!(span=> (#value))
    }
}

/// A variable that an inline flow captures.
// It is reborrowed, so that the closure that it stands in keeps the reference, and not one to it.
fn variable(number: usize, span: Span) -> TokenStream {
    let number = index(number, span);
    quote_spanned!(span=> &*__i.#number)
}

/// A field of what may be absent.
fn of_option(value: &TokenStream, fields: &[Member], span: Span) -> TokenStream {
    if fields.is_empty() {
        return value.clone();
    }
    quote_spanned! {span=>
        match #value {
            ::core::option::Option::Some(__v) => ::core::option::Option::Some(&__v #(.#fields)*),
            ::core::option::Option::None => ::core::option::Option::None,
        }
    }
}

/// A reference to a literal or a constant.
fn borrowed(value: &Value, span: Span) -> TokenStream {
    match value {
        Value::Literal { tokens, text: true } => tokens.clone(),
        Value::Literal { tokens, .. } => quote_spanned!(span=> &#tokens),
        Value::Const(path) => quote_spanned!(span=> &#path),
        Value::Millis(ms) => quote_spanned!(span=> &#ms),
        Value::Symbol { base, .. } => quote_spanned!(span=> &#base),
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
        Value::Millis(ms) => (quote!(#ms), false),
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
