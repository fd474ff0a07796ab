//! Writes what is done with a group that has a body: it is set up, its bodies are run, and what
//! they provide is put together.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::reach::{From, peek};
use super::results::take_symbol;
use super::{Code, Writer, bodies, list, slot, turn};
use crate::flow::model::{Handed, Place, Role};
use crate::flow::tree::{Map, Retry, Tolerate, Wrap, WrapKind};

impl Writer<'_, '_> {
    pub(super) fn group(
        &self,
        number: &TokenStream,
        wrap: &Wrap,
        inner: Option<Code>,
    ) -> TokenStream {
        let Self { span, private, .. } = self;
        let span = *span;
        let Some(Code { names, arms, .. }) = inner else {
            return TokenStream::new();
        };
        let (bodies, turn) = (bodies(self.number, span), turn(self.number, span));
        let list = self.list();
        let setup = self.setup(wrap);
        let (close, label) = (self.close(wrap), self.label(wrap));
        let consult = self.consult();
        quote_spanned! {span=>
            #number => { #list match __within {
                [#turn, __atom, __within @ ..] => {
                    let (#turn, __atom) = (*#turn, *__atom);
                    let __body = #bodies.enter(#turn);
                    let (#(#names,)*) = &*__body;
                    match __atom {
                        #(#arms)*
                        _ => #private::no_such_atom(),
                    }
                }
                _ => match __op {
                    #private::Op::Open(_) => #setup,
                    #close
                    #consult
                    #label
                    _ => #private::Step::OK,
                },
            } }
        }
    }

    /// A function that finds what the group goes through; one, so that rustc says once of a type
    /// that it is no list.
    fn list(&self) -> Option<TokenStream> {
        let over = self.node.setting(&Role::Over)?;
        let (span, private) = match over.token {
            Some(token) => self.at(token.span()),
            None => (self.span, self.private.clone()),
        };
        let (list, over) = (list(self.number, self.span), self.value(over));
        // Bound first, so that whatever it is becomes a slice at the call.
        Some(quote_spanned!(span=> let #list = || { let __l = #over; #private::list(__l) };))
    }

    /// What the group is to do, from its settings.
    fn setup(&self, wrap: &Wrap) -> TokenStream {
        let Self { span, private, .. } = self;
        let span = *span;
        let setup = match &wrap.kind {
            WrapKind::Retry(retry) => return self.retry(retry),
            WrapKind::Map(map) => self.map(map),
            WrapKind::Try | WrapKind::Transient => quote_spanned!(span=> Try),
            WrapKind::Timeout(_) => {
                let time = self.millis(&Role::Time);
                quote_spanned!(span=> Timeout(#time))
            }
            WrapKind::Limit(_) => {
                let most = self.count(&Role::Limit);
                quote_spanned!(span=> Limit(#most))
            }
        };
        quote_spanned!(span=> #private::Step::Open(#private::Setup::#setup))
    }

    fn retry(&self, retry: &Retry) -> TokenStream {
        let Self { span, private, .. } = self;
        let span = *span;
        let attempts = self.attempts(retry);
        if retry.with.is_none() {
            return attempts;
        }
        quote_spanned!(span=> #private::controlled(#attempts))
    }

    /// How often a retry attempts what is in it, and how long it waits.
    fn attempts(&self, retry: &Retry) -> TokenStream {
        let Self { span, private, .. } = self;
        let span = *span;
        let backoff = retry.backoff.to_tokens(private, &|expr| {
            let time = quote!(#expr).to_string().replace(' ', "");
            let time = self.setting(&Role::Wait(time));
            let (at, _) = self.at(expr.span());
            quote_spanned!(at=> *#time)
        });
        let times = retry.times.as_ref().map(|_| self.count(&Role::Times));
        if retry.each.is_none() {
            let times = times.unwrap_or_else(|| quote_spanned!(span=> ::core::primitive::u32::MAX));
            return quote_spanned!(span=> #private::retry(#times, #backoff));
        }
        let len = self.len();
        let times = if let Some(times) = times {
            quote_spanned!(span=> ::core::option::Option::Some(#times))
        } else {
            quote_spanned!(span=> ::core::option::Option::None)
        };
        quote_spanned!(span=> #private::retry_each(#len, #times, #backoff))
    }

    fn map(&self, map: &Map) -> TokenStream {
        let Self { span, private, .. } = self;
        let span = *span;
        let len = self.len();
        let limit = if map.limit.is_some() {
            self.count(&Role::Limit)
        } else {
            quote_spanned!(span=> 0)
        };
        let tolerate = match &map.tolerate {
            Some(Tolerate::Count(_)) => self.count(&Role::Tolerate),
            Some(Tolerate::Share(millionths)) => {
                let millionths = Literal::u64_unsuffixed(*millionths);
                quote_spanned!(span=> #private::share(__items, #millionths))
            }
            None => quote_spanned!(span=> 0),
        };
        quote_spanned!(span=> Map {
            items: #len,
            limit: #limit,
            tolerate: {
                let __items = #len;
                #tolerate
            },
        })
    }

    /// What tells an item of a map from the others.
    fn label(&self, wrap: &Wrap) -> Option<TokenStream> {
        let WrapKind::Map(map) = &wrap.kind else {
            return None;
        };
        let (base, fields) = map.label.as_ref()?.symbol()?;
        let (span, private) = self.at(base.span());
        let list = list(self.number, span);
        Some(quote_spanned! {span=>
            #private::Op::Label(__n, __out) => {
                let __l = #private::item(#list(), __n);
                (&&#private::Held(&__l #(.#fields)*)).label(__out)
            }
        })
    }

    /// How many items the group goes through.
    fn len(&self) -> TokenStream {
        let Self { span, private, .. } = self;
        let span = *span;
        let list = list(self.number, span);
        quote_spanned!(span=> #private::len(#list()))
    }

    /// What a `retry` with a controller does when an attempt has failed.
    fn consult(&self) -> Option<TokenStream> {
        let with = self.node.setting(&Role::With)?;
        let controller = self.value(with);
        let (at, library) = match with.token {
            Some(token) => self.at(token.span()),
            None => (self.span, self.private.clone()),
        };
        // Bound first, so that rustc speaks of its type alone.
        let consult = quote_spanned! {at=>
            let __with = #controller;
            #library::consult(__with, __attempts)
        };
        let (span, private) = (self.span, &self.private);
        Some(quote_spanned!(span=> #private::Op::Consult(__attempts) => { #consult }))
    }

    /// What a `map` or a `try` does when its bodies have ended.
    fn close(&self, wrap: &Wrap) -> TokenStream {
        let Self { span, private, .. } = self;
        let span = *span;
        let len = match &wrap.kind {
            WrapKind::Map(_) => self.len(),
            WrapKind::Try => quote_spanned!(span=> 1),
            _ => return TokenStream::new(),
        };
        let bodies = bodies(self.number, span);
        let gather = if self.node.provides.is_empty() {
            if self.is_kept() {
                return TokenStream::new();
            }
            quote_spanned!(span=> #bodies.let_go(#len))
        } else {
            let (slot, value) = (slot(self.number, span), self.last());
            match &wrap.kind {
                WrapKind::Map(map) if map.tolerate.is_some() => {
                    quote_spanned!(span=> #private::gather_some(#slot, #len, __ended, #value))
                }
                WrapKind::Map(_) => quote_spanned!(span=> #private::gather(#slot, #len, #value)),
                _ => quote_spanned!(span=> #private::tried(#slot, __ended, #value)),
            }
        };
        let alike = self.alike();
        quote_spanned! {span=>
            #private::Op::Close(__ended) => {
                let __p = #gather;
                #alike
                __p
            }
        }
    }

    /// The last result of a body, as a function of its number.
    fn last(&self) -> TokenStream {
        let Self {
            span,
            private,
            flow,
            node,
            ..
        } = self;
        let span = *span;
        let Handed::From(symbol) = &node.last else {
            return quote_spanned!(span=> |_| ());
        };
        let slots = self.frame.slots;
        let inside = node.bodies().count() + 1;
        let bodies = bodies(self.number, span);
        let body = quote_spanned!(span=> __body);
        if !self.is_kept() {
            let value = take_symbol(flow, slots, (&body, inside), symbol, private, span);
            return quote_spanned!(span=> |__n| #bodies.taken(__n, |__body| #value));
        }
        let from = From::Slots(&body, inside);
        let value = peek(flow, slots, from, symbol, private, span);
        let value = if symbol.optional {
            quote_spanned! {span=>
                match #value {
                    ::core::option::Option::Some(__v) => {
                        ::core::option::Option::Some((&#private::Held(__v)).kept())
                    }
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            }
        } else {
            quote_spanned!(span=> (&#private::Held(#private::given(#value))).kept())
        };
        quote_spanned!(span=> |__n| #bodies.kept(__n, |__body| #value))
    }

    /// Whether what is in a body may be needed after the group: a task in it has a revert, or may
    /// have one, as those of a nested flow may.
    fn is_kept(&self) -> bool {
        let inside =
            |node: &&crate::flow::model::Node<'_>| node.bodies().any(|body| body == self.number);
        self.flow
            .nodes
            .iter()
            .filter(inside)
            .any(|node| match node.what {
                Place::Task(_, _, task) => task.revert.is_some(),
                Place::Flow(..) => true,
                _ => false,
            })
    }
}
