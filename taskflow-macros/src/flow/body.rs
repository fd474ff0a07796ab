//! Writes a flow's body: a slot for each atom, and what is done with it.
//!
//! Arguments are bound first and then the task is called plainly, with everything located at the
//! task's token, so that a wrong type is rustc's own error there.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Index, PathArguments};

use super::layout::{Atom, Layout};
use super::model::{Node, Resolved, Source};
use super::numbers::Numbers;
use super::signature::{Param, Provides, TaskFacts, What};
use super::tree::{index, located};
use crate::library::placed;

mod given;
mod results;

use results::{outs, take};

/// The slots, and three closures over them.
pub(crate) fn body(
    flow: &Resolved<'_>,
    layout: &Layout,
    numbers: &Numbers,
    private: &TokenStream,
) -> TokenStream {
    let span = located(flow.tree.name.span());
    let mut slots: Vec<TokenStream> = flow
        .nodes
        .iter()
        .map(|node| match node.signature.what {
            What::Task(_) => quote_spanned!(span=> #private::Slot::empty()),
            What::Flow { .. } => {
                let path = node.used.bare_path();
                let span = node.used.located();
                quote_spanned!(span=> #path::__body())
            }
        })
        .collect();
    let mut arms = Vec::new();
    for (atom, what) in layout.atoms.iter().enumerate() {
        let Atom::Node(number) = *what else {
            continue;
        };
        let span = flow.nodes[number].used.located();
        let writer = Writer {
            flow,
            node: &flow.nodes[number],
            slot: slot(number, span),
            span,
            private: placed(span, private.clone()),
        };
        let (enter, leave) = (
            placed(span, numbers.enter(atom)),
            placed(span, numbers.leave(atom)),
        );
        arms.push(match &writer.node.signature.what {
            What::Task(task) => writer.task(&enter, task),
            What::Flow { .. } => writer.nested(&enter, &leave, &mut slots),
        });
    }
    let names: Vec<_> = (0..slots.len()).map(|at| slot(at, span)).collect();
    let types = (0..slots.len()).map(|at| match flow.nodes.get(at) {
        Some(node) if matches!(node.signature.what, What::Task(_)) => {
            quote_spanned!(span=> #private::Slot<_>)
        }
        _ => quote_spanned!(span=> _),
    });
    let (outs, take) = (outs(flow, &names, private), take(flow, private));
    quote_spanned! {span=>
        // The code comes before the slots, and names the tuple of them once: rustc would go through
        // its whole type for every call of a method as long as it is part of an open bound.
        let __call = |
            __s: &(#(#types,)*),
            __i: <Self as #private::Parts>::View<'_>,
            __atom: u32,
            __within: &[u32],
            __op: #private::Op<'_>,
        | -> #private::Step {
            let (#(#names,)*) = __s;
            match __atom {
                #(#arms)*
                _ => #private::no_such_atom(),
            }
        };
        #private::body::<Self, __Plan, _, _, _, _>((#(#slots,)*), __call, #outs, #take)
    }
}

/// Writes the arm of one node.
struct Writer<'w, 't> {
    flow: &'w Resolved<'t>,
    node: &'w Node<'t>,
    /// The reference to the node's slot.
    slot: Ident,
    span: Span,
    private: TokenStream,
}

impl Writer<'_, '_> {
    fn task(&self, number: &TokenStream, task: &TaskFacts) -> TokenStream {
        let Self {
            node,
            slot,
            span,
            private,
            flow,
        } = self;
        let span = *span;
        let path = &node.used.path;
        let (lets, args): (Vec<_>, Vec<_>) = node
            .args
            .iter()
            .enumerate()
            .map(|(at, arg)| self.argument(at, arg))
            .unzip();
        let put = if flow.tree.settings.local {
            quote_spanned!(span=> #slot.put_local(__v))
        } else {
            quote_spanned!(span=> (&mut #private::Made::new(__v)).put(#slot))
        };
        let store = if task.transient {
            quote_spanned!(span=> transient)
        } else {
            quote_spanned!(span=> stored)
        };
        let call = quote_spanned!(span=> #path(#(#args),*));
        let revert = task.revert.as_ref().map(|params| self.revert(task, params));
        quote_spanned! {span=>
            #number => match __op {
                #private::Op::Run(__c) => {
                    #(#lets)*
                    match (&mut #private::Returned::new(#call)).result() {
                        ::core::result::Result::Ok(__v) => #put,
                        ::core::result::Result::Err(__e) => {
                            #private::Step::failed((&&&#private::Thrown(__e)).failure())
                        }
                    }
                }
                #revert
                __op => #slot.#store(__op),
            },
        }
    }

    fn revert(&self, task: &TaskFacts, params: &[Param]) -> TokenStream {
        let Self {
            node,
            slot,
            span,
            private,
            ..
        } = self;
        let span = *span;
        let named = |param: &Param| {
            node.args
                .iter()
                .position(|arg| arg.param.symbol() == param.symbol())
        };
        let (lets, args): (Vec<_>, Vec<_>) = params
            .iter()
            .filter_map(named)
            .map(|at| self.argument(at, &node.args[at]))
            .unzip();
        let key = &task.key;
        let generics = node.used.path.segments.last().map(|last| &last.arguments);
        let generics = match generics {
            Some(generics @ PathArguments::AngleBracketed(_)) if task.generic => Some(generics),
            _ => None,
        };
        quote_spanned! {span=>
            #private::Op::Revert(__c, __u) => {
                #(#lets)*
                #private::site::<#key, _>().revert #generics(#(#args,)* #slot.undoing(__u))
            }
        }
    }

    fn nested(
        &self,
        enter: &TokenStream,
        leave: &TokenStream,
        slots: &mut Vec<TokenStream>,
    ) -> TokenStream {
        let Self {
            node,
            slot,
            span,
            private,
            ..
        } = self;
        let span = *span;
        let child = node.child_type(&quote!('_));
        let fields = node.args.iter().map(|arg| self.view(arg, slots));
        let fields: Vec<_> = fields.collect();
        quote_spanned! {span=>
            #enter..=#leave => #private::Body::<#child>::step(
                #slot, (#(#fields,)*), __atom.wrapping_sub(#enter + 1), __within, __op
            ),
        }
    }
}

impl Node<'_> {
    /// A nested flow's type, for a lifetime.
    pub(crate) fn child_type(&self, lifetime: &TokenStream) -> TokenStream {
        let path = self.used.bare_path();
        match self.signature.what {
            What::Flow { lifetimes: 1.., .. } => quote!(#path<#lifetime>),
            What::Flow { .. } | What::Task(_) => quote!(#path),
        }
    }

    /// The field of a task's value that a symbol is, where it provides several.
    fn part(&self, part: usize, span: Span) -> Option<Index> {
        matches!(self.signature.provides, Provides::Many(_)).then(|| index(part, span))
    }
}

/// The name of a reference to a slot.
fn slot(number: usize, span: Span) -> Ident {
    format_ident!("__s{number}", span = span)
}

/// A symbol as an `Option` of a reference, and the field of the value that it is.
fn peek(
    flow: &Resolved<'_>,
    source: Source,
    private: &TokenStream,
    span: Span,
) -> (TokenStream, Option<Index>) {
    match source {
        Source::Field(field) => {
            let field = index(field, span);
            (quote_spanned!(span=> __i.#field), None)
        }
        Source::Node { node, part } => {
            let slot = slot(node, span);
            let provider = &flow.nodes[node];
            match provider.signature.what {
                What::Task(_) => (
                    quote_spanned!(span=> #slot.peek()),
                    provider.part(part, span),
                ),
                What::Flow { .. } => {
                    let part = index(part, span);
                    let outs = outs_of(provider, &slot, private, span);
                    (quote_spanned!(span=> #outs.#part), None)
                }
            }
        }
    }
}

/// What a nested flow hands out; its body has no type that one could name.
fn outs_of(node: &Node<'_>, slot: &Ident, private: &TokenStream, span: Span) -> TokenStream {
    let child = node.child_type(&quote!('_));
    quote_spanned!(span=> #private::Body::<#child>::outs(#slot))
}
