//! Writes how a flow's body hands out what it provides.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Member;
use syn::spanned::Spanned;

use super::reach::{From, Slots, peek, peek_one};
use super::{Code, Frame};
use crate::flow::model::{Handed, Resolved, Symbol};
use crate::flow::signature::{Provides, What};
use crate::flow::tree::{Output, ident, index, located};
use crate::library::placed;

/// What is handed out, for an outer flow.
pub(super) fn outs(frame: &Frame<'_, '_>, code: &mut Code, private: &TokenStream) -> TokenStream {
    let span = located(frame.flow.tree.name.span());
    let mut outs = Vec::new();
    for handed in &frame.flow.outputs {
        let Handed::From(symbol) = handed else {
            continue;
        };
        let maybe = peek(
            frame.flow,
            frame.slots,
            From::Scope(&[]),
            symbol,
            private,
            span,
        );
        let maybe = if symbol.optional {
            // What is handed out is an `Option` in one place, which none of the providers has.
            let (ty, init) = (
                quote_spanned!(span=> #private::Slot<_>),
                quote_spanned!(span=> #private::Slot::empty()),
            );
            let slot = code.extra("out", ty, init);
            quote_spanned! {span=>
                ::core::option::Option::Some(
                    #private::option(#slot, #maybe, |__v| (&#private::Held(__v)).kept())
                )
            }
        } else {
            maybe
        };
        outs.push(quote_spanned!(span=> #private::same_type(#maybe)));
    }
    let names = &code.names;
    quote_spanned!(span=> |__s| { let (#(#names,)*) = __s; (#(#outs,)*) })
}

/// The output, taken out of the slots; the place where rustc compares the written type.
pub(super) fn take(flow: &Resolved<'_>, slots: &Slots, private: &TokenStream) -> TokenStream {
    let span = located(flow.tree.name.span());
    let base = quote_spanned!(span=> __s);
    let mut taken = Taken::default();
    let mut values = Vec::new();
    for ((_, ty), handed) in flow.tree.output.picks().into_iter().zip(&flow.outputs) {
        let Handed::From(symbol) = handed else {
            continue;
        };
        let at = located(ty.span());
        let private = placed(at, private.clone());
        let value = taken.value(flow, symbol, &private, at);
        values.push(quote_spanned!(at=> #private::HandedOut(#value).as_type::<#ty>()));
    }
    let lets = taken.lets(flow, slots, (&base, 0), private, span);
    let output = match &flow.tree.output {
        Output::None => quote_spanned!(span=> ()),
        Output::Last(_) | Output::One(_) => quote_spanned!(span=> #(#values)*),
        Output::Many(_) if flow.tree.is_inline() => quote_spanned!(span=> (#(#values),*)),
        Output::Many(picks) => {
            let (name, fields) = (flow.tree.output_name(), picks.iter().map(|pick| &pick.name));
            quote_spanned!(span=> #name { #(#fields: #values),* })
        }
    };
    quote_spanned!(span=> |__s| { #lets #output })
}

/// A symbol, taken out of the slots under a name of the plan that is so many groups inside.
pub(super) fn take_symbol(
    flow: &Resolved<'_>,
    slots: &Slots,
    from: (&TokenStream, usize),
    symbol: &Symbol,
    private: &TokenStream,
    span: Span,
) -> TokenStream {
    let mut taken = Taken::default();
    let value = taken.value(flow, symbol, private, span);
    let lets = taken.lets(flow, slots, from, private, span);
    quote_spanned!(span=> { #lets #value })
}

/// What is taken of which nodes: the parts of each, and whether it must be there.
#[derive(Default)]
struct Taken(Vec<(usize, Vec<usize>, bool)>);

impl Taken {
    /// A symbol, in terms of what is bound by [`Taken::lets`].
    fn value(
        &mut self,
        flow: &Resolved<'_>,
        symbol: &Symbol,
        private: &TokenStream,
        span: Span,
    ) -> TokenStream {
        let certain = !symbol.optional && symbol.providers.len() == 1;
        for &(node, part) in &symbol.providers {
            match self.0.iter_mut().find(|(known, ..)| *known == node) {
                Some((_, parts, _)) => parts.push(part),
                None => self.0.push((node, vec![part], certain)),
            }
        }
        if let (&[(node, part)], true) = (&symbol.providers[..], certain) {
            let (from, member) = (
                format_ident!("__o{node}", span = span),
                member(flow, node, part, span),
            );
            let member = member.into_iter();
            return quote_spanned!(span=> #from #(.#member)*);
        }
        let mut options = symbol
            .providers
            .iter()
            .map(|(node, part)| format_ident!("__o{node}_{part}", span = span));
        let first = options.next();
        let any = options.fold(
            quote!(#first),
            |before, next| quote_spanned!(span=> #private::either_value(#before, #next)),
        );
        if symbol.optional {
            any
        } else {
            quote_spanned!(span=> #private::sure(#any))
        }
    }

    fn lets(
        &self,
        flow: &Resolved<'_>,
        slots: &Slots,
        from: (&TokenStream, usize),
        private: &TokenStream,
        span: Span,
    ) -> TokenStream {
        let lets = self.0.iter().map(|(node, parts, certain)| {
            let value = take_node(flow, slots, from, *node, private, span);
            if *certain {
                let name = format_ident!("__o{node}", span = span);
                return quote_spanned!(span=> let #name = #private::sure(#value););
            }
            let names = parts
                .iter()
                .map(|part| format_ident!("__o{node}_{part}", span = span));
            let members = parts.iter().map(|&part| {
                let member = member(flow, *node, part, span).into_iter();
                quote_spanned!(span=> ::core::option::Option::Some(__v #(.#member)*))
            });
            let nothing = parts
                .iter()
                .map(|_| quote_spanned!(span=> ::core::option::Option::None));
            quote_spanned! {span=>
                let (#(#names,)*) = match #value {
                    ::core::option::Option::Some(__v) => (#(#members,)*),
                    ::core::option::Option::None => (#(#nothing,)*),
                };
            }
        });
        lets.collect()
    }
}

/// The field of what is taken out of a node's slot that a symbol is.
fn member(flow: &Resolved<'_>, node: usize, part: usize, span: Span) -> Option<Member> {
    let provider = &flow.nodes[node];
    let (_, signature) = provider.used()?;
    match (&signature.what, &signature.provides) {
        (_, Provides::None | Provides::One(_)) => None,
        (What::Task(_), Provides::Many(_)) => Some(Member::Unnamed(index(part, span))),
        // The output of a flow has the names that the flow gave it.
        (What::Flow { .. }, Provides::Many(names)) => {
            Some(Member::Named(ident(&names[part], span)))
        }
    }
}

/// What is in a node's slot, taken out, if it is there.
fn take_node(
    flow: &Resolved<'_>,
    slots: &Slots,
    (base, inside): (&TokenStream, usize),
    node: usize,
    private: &TokenStream,
    span: Span,
) -> TokenStream {
    let provider = &flow.nodes[node];
    let own = index(slots.slot(node).unwrap_or(0), span);
    let chain: Vec<usize> = provider.bodies().skip(inside).collect();
    let steps = chain
        .iter()
        .map(|&body| index(slots.bodies(body).unwrap_or(0), span));
    let take = |place: TokenStream, there: TokenStream| {
        if provider.is_flow() {
            let child = provider.child_type(&quote!('_));
            quote_spanned! {span=>
                if #there {
                    ::core::option::Option::Some(#private::Body::<#child>::take(&mut #place))
                } else {
                    ::core::option::Option::None
                }
            }
        } else {
            quote_spanned!(span=> #place.try_take())
        }
    };
    let there = |place: &TokenStream, inside: usize| {
        let from = From::Slots(place, inside);
        let there = peek_one(flow, slots, from, (node, 0), private, span);
        quote_spanned!(span=> #there.is_some())
    };
    let mut steps = steps;
    match steps.next() {
        None => take(quote_spanned!(span=> #base.#own), there(base, inside)),
        Some(first) => {
            let last = quote_spanned!(span=> __b);
            let value = take(
                quote_spanned!(span=> __b.#own),
                there(&last, inside + chain.len()),
            );
            quote_spanned! {span=>
                #base.#first.last_mut() #(.and_then(|__b| __b.#steps.last_mut()))*.and_then(|__b| #value)
            }
        }
    }
}
