//! Writes the way to a value: past groups whose last body has it, and to one of several providers.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Writer, bodies, slot};
use crate::flow::model::{Node, Place, Resolved, Symbol, Way, parting};
use crate::flow::tree::{LeafKind, WrapKind, index};
use crate::library::placed;

/// Where in the slots of its plan each node has its own.
pub(super) struct Slots(Vec<Spot>);

struct Spot {
    slot: Option<usize>,
    bodies: Option<usize>,
}

impl Slots {
    pub(super) fn new(flow: &Resolved<'_>) -> Self {
        let mut used = vec![0_usize; flow.nodes.len() + 1];
        let spot = |node: &Node<'_>| {
            let next = &mut used[node.body().map_or(0, |body| body + 1)];
            let mut take = |has: bool| {
                has.then(|| {
                    *next += 1;
                    *next - 1
                })
            };
            Spot {
                slot: take(has_slot(node)),
                bodies: take(has_bodies(node)),
            }
        };
        Self(flow.nodes.iter().map(spot).collect())
    }

    /// The number of the slot for what a node provides.
    pub(super) fn slot(&self, node: usize) -> Option<usize> {
        self.0[node].slot
    }

    /// The number of the slot for the bodies of a group.
    pub(super) fn bodies(&self, node: usize) -> Option<usize> {
        self.0[node].bodies
    }
}

fn has_slot(node: &Node<'_>) -> bool {
    match node.what {
        Place::Task(..) | Place::Flow(..) => true,
        Place::Leaf(leaf) => matches!(leaf.kind, LeafKind::Signal { .. }),
        Place::Choice(_) => false,
        Place::Wrap(wrap) => wrap.kind.gathers() && !node.provides.is_empty(),
    }
}

fn has_bodies(node: &Node<'_>) -> bool {
    matches!(node.what, Place::Wrap(wrap) if !matches!(wrap.kind, WrapKind::Transient))
}

/// From where one goes to a value.
#[derive(Clone, Copy)]
pub(super) enum From<'f> {
    /// From a place inside these groups, whose slots are all in scope.
    Scope(&'f [usize]),
    /// From the slots, under a name, of the plan that is this many groups inside.
    Slots(&'f TokenStream, usize),
}

/// What one provider has of a symbol, as an `Option` of a reference.
pub(super) fn peek_one(
    flow: &Resolved<'_>,
    slots: &Slots,
    from: From<'_>,
    (node, part): (usize, usize),
    private: &TokenStream,
    span: Span,
) -> TokenStream {
    let provider = &flow.nodes[node];
    let chain: Vec<usize> = provider.bodies().collect();
    let own = index(slots.slot(node).unwrap_or(0), span);
    let holder = |body: usize| index(slots.bodies(body).unwrap_or(0), span);
    let value = |place: TokenStream| value(provider, part, &place, private, span);
    let (first, rest) = match from {
        From::Scope(around) => {
            let common = chain.iter().zip(around).take_while(|(a, b)| a == b).count();
            match chain[common..].split_first() {
                None => {
                    let slot = slot(node, span);
                    return value(quote_spanned!(span=> #slot));
                }
                Some((first, rest)) => {
                    let bodies = bodies(*first, span);
                    (quote_spanned!(span=> #bodies.peek_last()), rest)
                }
            }
        }
        From::Slots(name, inside) => match chain[inside..].split_first() {
            None => return value(quote_spanned!(span=> &#name.#own)),
            Some((first, rest)) => {
                let first = holder(*first);
                (quote_spanned!(span=> #name.#first.peek_last()), rest)
            }
        },
    };
    let steps = rest.iter().map(|&body| holder(body));
    let value = value(quote_spanned!(span=> &__b.#own));
    quote_spanned!(span=> #first #(.and_then(|__b| __b.#steps.peek_last()))*.and_then(|__b| #value))
}

/// What a reference to a slot has of a symbol.
fn value(
    provider: &Node<'_>,
    part: usize,
    place: &TokenStream,
    private: &TokenStream,
    span: Span,
) -> TokenStream {
    if provider.is_flow() {
        let (child, part) = (provider.child_type(&quote!('_)), index(part, span));
        return quote_spanned!(span=> #private::Body::<#child>::outs(#place).#part);
    }
    let whole = quote_spanned!(span=> #private::Slot::peek(#place));
    match provider.part(part, span) {
        Some(part) => quote_spanned! {span=>
            match #whole {
                ::core::option::Option::Some(__v) => ::core::option::Option::Some(&__v.#part),
                ::core::option::Option::None => ::core::option::Option::None,
            }
        },
        None => whole,
    }
}

/// What any of the providers has of a symbol, as an `Option` of a reference.
pub(super) fn peek(
    flow: &Resolved<'_>,
    slots: &Slots,
    from: From<'_>,
    symbol: &Symbol,
    private: &TokenStream,
    span: Span,
) -> TokenStream {
    let one = |&provider: &(usize, usize)| peek_one(flow, slots, from, provider, private, span);
    let mut providers = symbol.providers.iter().map(one);
    let first = providers.next().unwrap_or_default();
    providers.fold(
        first,
        |before, next| quote_spanned!(span=> #private::either(#before, #next)),
    )
}

impl Writer<'_, '_> {
    /// Asks rustc to compare what this node provides with what is provided under the same name in
    /// an arm before this one.
    pub(super) fn alike(&self) -> TokenStream {
        let Self {
            flow, node, span, ..
        } = self;
        let span = *span;
        let private = placed(span, self.private.clone());
        let around: Vec<usize> = node.bodies().collect();
        let from = From::Scope(&around);
        let slots = self.frame.slots;
        let mut checks = TokenStream::new();
        for (part, symbol) in node.provides.iter().enumerate() {
            let before = flow.nodes[..self.number].iter().enumerate();
            let other = before.into_iter().find_map(|(at, other)| {
                let (_, way, ..) = parting(other, node)?;
                let part = other.provides.iter().position(|name| name == symbol)?;
                matches!(way, Way::Arm { .. }).then_some((at, part))
            });
            if let Some(other) = other {
                let before = peek_one(flow, slots, from, other, &private, span);
                let own = peek_one(flow, slots, from, (self.number, part), &private, span);
                checks.extend(quote_spanned! {span=>
                    let (__p0, __p1) = (#before, #own);
                    #private::alike(__p0, __p1);
                });
            }
        }
        checks
    }
}
