//! Writes a flow's body: a slot for each atom, and what is done with it.
//!
//! Arguments are bound first and then the task is called plainly, with everything located at the
//! task's token, so that a wrong type is rustc's own error there.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Index;

use super::layout::Atom;
use super::model::{Node, Place, Resolved};
use super::numbers::Level;
use super::signature::{Provides, What};
use super::tree::{LeafKind, index, located};
use crate::library::placed;

mod choice;
mod given;
mod group;
mod leaf;
mod reach;
mod results;
mod task;

use reach::Slots;
use results::{outs, take};

/// The slots, and three closures over them.
pub(crate) fn body(flow: &Resolved<'_>, levels: &[Level], private: &TokenStream) -> TokenStream {
    let span = located(flow.tree.name.span());
    let slots = Slots::new(flow);
    let frame = Frame {
        flow,
        levels,
        slots: &slots,
        private,
    };
    let mut level = frame.level(None);
    let is_inline = flow.tree.is_inline();
    let outs = (!is_inline).then(|| outs(&frame, &mut level, private));
    let take = take(flow, &slots, private);
    let Code {
        names,
        types,
        inits,
        arms,
    } = level;
    // An inline flow captures what another is given.
    let view =
        (!is_inline).then(|| quote_spanned!(span=> __i: <Self as #private::Parts>::View<'_>,));
    let made = if let Some(outs) = outs {
        quote_spanned! {span=>
            #private::body::<Self, __Plan, _, _, _, _>((#(#inits,)*), __call, #outs, #take)
        }
    } else {
        quote_spanned! {span=>
            #private::inline::<__Plan, _, _, _, _>((#(#inits,)*), __call, #take)
        }
    };
    quote_spanned! {span=>
        // The code comes before the slots, and names the tuple of them once: rustc would go through
        // its whole type for every call of a method as long as it is part of an open bound.
        let __call = |
            __s: &(#(#types,)*),
            #view
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
        #made
    }
}

/// What is known of the whole flow.
#[derive(Clone, Copy)]
struct Frame<'w, 't> {
    flow: &'w Resolved<'t>,
    levels: &'w [Level],
    slots: &'w Slots,
    private: &'w TokenStream,
}

/// The code of one plan: its slots, by name, type and first value, and an arm for each atom.
struct Code {
    names: Vec<Ident>,
    types: Vec<TokenStream>,
    inits: Vec<TokenStream>,
    arms: Vec<TokenStream>,
}

impl Code {
    /// Another slot, behind those of the nodes.
    fn extra(&mut self, tag: &str, ty: TokenStream, init: TokenStream) -> Ident {
        let name = format_ident!("__x{}_{tag}", self.names.len());
        self.names.push(name.clone());
        self.types.push(ty);
        self.inits.push(init);
        name
    }
}

impl Frame<'_, '_> {
    /// The code of the flow's own plan, or of that of a body.
    fn level(&self, body: Option<usize>) -> Code {
        let mut code = Code {
            names: Vec::new(),
            types: Vec::new(),
            inits: Vec::new(),
            arms: Vec::new(),
        };
        let Some(level) = self.levels.iter().find(|level| level.layout.body == body) else {
            return code;
        };
        // The bodies of groups are part of the type of this one, and come into being with it.
        let mut inner: Vec<Option<Code>> = Vec::new();
        for (at, node) in self.flow.nodes.iter().enumerate() {
            let is_group = self.slots.bodies(at).is_some();
            let here = node.body() == body;
            inner.push((here && is_group).then(|| self.level(Some(at))));
            if here {
                self.slots_of(at, inner[at].as_ref(), &mut code);
            }
        }
        for (atom, what) in level.layout.atoms.iter().enumerate() {
            let Atom::Node(number) = *what else {
                continue;
            };
            let node = &self.flow.nodes[number];
            let span = located(node.token().span());
            let writer = Writer {
                frame: *self,
                flow: self.flow,
                number,
                node,
                span,
                private: placed(span, self.private.clone()),
            };
            let (enter, leave) = (
                placed(span, level.numbers.enter(atom)),
                placed(span, level.numbers.leave(atom)),
            );
            let inner = inner.get_mut(number).and_then(Option::take);
            let arm = match node.what {
                Place::Task(used, _, task) => writer.task(&enter, used, task),
                Place::Flow(..) => writer.nested(&enter, &leave, &mut code),
                Place::Leaf(leaf) => writer.leaf(&enter, leaf),
                Place::Choice(choice) => writer.choice(&enter, choice),
                Place::Wrap(wrap) => writer.group(&enter, wrap, inner),
            };
            code.arms.push(arm);
        }
        code
    }

    /// The slots of a node: one for what it provides, and one for the bodies of a group.
    fn slots_of(&self, at: usize, inner: Option<&Code>, code: &mut Code) {
        let node = &self.flow.nodes[at];
        let private = self.private;
        let span = located(self.flow.tree.name.span());
        if self.slots.slot(at).is_some() {
            let (ty, init) = match node.what {
                Place::Flow(used, _) => {
                    let path = used.bare_path();
                    let at = used.located();
                    (
                        quote_spanned!(span=> _),
                        quote_spanned!(at=> #path::__body()),
                    )
                }
                Place::Leaf(leaf) if let LeafKind::Signal { ty, .. } = &leaf.kind => (
                    quote_spanned!(span=> #private::Slot<#ty>),
                    quote_spanned!(span=> #private::Slot::empty()),
                ),
                _ => (
                    quote_spanned!(span=> #private::Slot<_>),
                    quote_spanned!(span=> #private::Slot::empty()),
                ),
            };
            code.names.push(slot(at, span));
            code.types.push(ty);
            code.inits.push(init);
        }
        if let Some(Code { types, inits, .. }) = inner {
            let holder = match node.what {
                Place::Wrap(wrap) if wrap.kind.gathers() => quote_spanned!(span=> Gathered),
                _ => quote_spanned!(span=> Bodies),
            };
            code.names.push(bodies(at, span));
            code.types
                .push(quote_spanned!(span=> #private::#holder<(#(#types,)*)>));
            code.inits
                .push(quote_spanned!(span=> #private::#holder::new(|| (#(#inits,)*))));
        }
    }
}

/// Writes the arm of one node.
struct Writer<'w, 't> {
    frame: Frame<'w, 't>,
    flow: &'w Resolved<'t>,
    number: usize,
    node: &'w Node<'t>,
    span: Span,
    private: TokenStream,
}

impl Writer<'_, '_> {
    fn nested(&self, enter: &TokenStream, leave: &TokenStream, code: &mut Code) -> TokenStream {
        let Self {
            node,
            span,
            private,
            ..
        } = self;
        let span = *span;
        let slot = slot(self.number, span);
        let child = node.child_type(&quote!('_));
        let fields = node.args.iter().map(|arg| self.view(arg, code));
        let fields: Vec<_> = fields.collect();
        let alike = self.alike();
        quote_spanned! {span=>
            #enter..=#leave => {
                #alike
                #private::Body::<#child>::step(
                    #slot, (#(#fields,)*), __atom.wrapping_sub(#enter + 1), __within, __op
                )
            }
        }
    }
}

impl Node<'_> {
    /// A nested flow's type, for a lifetime.
    pub(crate) fn child_type(&self, lifetime: &TokenStream) -> TokenStream {
        let Some((used, signature)) = self.used() else {
            return TokenStream::new();
        };
        let path = used.bare_path();
        match signature.what {
            What::Flow { lifetimes: 1.., .. } => quote!(#path<#lifetime>),
            What::Flow { .. } | What::Task(_) => quote!(#path),
        }
    }

    /// The field of a task's value that a symbol is, where it provides several.
    fn part(&self, part: usize, span: Span) -> Option<Index> {
        match self.what {
            Place::Task(_, signature, _) => {
                matches!(signature.provides, Provides::Many(_)).then(|| index(part, span))
            }
            _ => None,
        }
    }
}

/// The name of a reference to a node's slot.
fn slot(number: usize, span: Span) -> Ident {
    format_ident!("__s{number}", span = span)
}

/// The name of a reference to the bodies of a group.
fn bodies(number: usize, span: Span) -> Ident {
    format_ident!("__b{number}", span = span)
}

/// The name of the function that finds what a group goes through.
fn list(number: usize, span: Span) -> Ident {
    format_ident!("__l{number}", span = span)
}

/// The name of the number of a body.
fn turn(number: usize, span: Span) -> Ident {
    format_ident!("__n{number}", span = span)
}
