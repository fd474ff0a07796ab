//! Writes a flow's body: a slot for each atom, and what is done with it.
//!
//! Arguments are bound first and then the task is called plainly, with everything located at the
//! task's token, so that a wrong type is rustc's own error there.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Index, Member, PathArguments};

use super::layout::{Atom, Layout};
use super::numbers::Numbers;
use super::resolve::{Arg, Given, Handed, Node, Resolved, Source};
use super::signature::{Param, ParamKind, Provides, TaskFacts, What};
use super::tree::{Output, Value, index, located};
use crate::library::placed;

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
    let (outs, take) = (outs(flow, &names, private), take(flow, private));
    quote_spanned! {span=>
        let __slots = (#(#slots,)*);
        let __call = #private::call::<Self, _, _>(&__slots, |__s, __i, __atom, __op| {
            // Once, as rustc looks at the whole type of the tuple wherever it is named.
            let (#(#names,)*) = __s;
            match __atom {
                #(#arms)*
                _ => #private::no_such_atom(),
            }
        });
        #private::body::<Self, __Plan, _, _, _, _>(__slots, __call, #outs, #take)
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

    /// How an argument is bound before the call, and how it is named in it.
    fn argument(&self, at: usize, arg: &Arg<'_>) -> (TokenStream, TokenStream) {
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
                        (
                            quote_spanned!(span=> #private::given(#slot.outs().#part)),
                            None,
                        )
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
                #slot, (#(#fields,)*), __atom.wrapping_sub(#enter + 1), __op
            ),
        }
    }

    /// What a nested flow is given for a field: a reference, if the value is there already.
    fn view(&self, arg: &Arg<'_>, slots: &mut Vec<TokenStream>) -> TokenStream {
        let span = arg.token.map_or(self.span, |token| located(token.span()));
        let private = placed(span, self.private.clone());
        let (maybe, part, fields): (_, _, &[Member]) = match &arg.given {
            Given::Fixed(value) => {
                let whole = arg.param.kind == ParamKind::Whole;
                let slot = slot(slots.len(), span);
                slots.push(fixed_field(whole, value, span));
                let value = quote_spanned!(span=> #slot);
                let value = if arg.param.kind == ParamKind::Dyn {
                    quote_spanned!(span=> (&#private::Held(#value)).pointee())
                } else {
                    value
                };
                return quote_spanned!(span=> ::core::option::Option::Some(#value));
            }
            Given::Symbol(source, fields) => {
                let (maybe, part) = peek(self.flow, *source, span);
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

/// A symbol as an `Option` of a reference, and the field of the value that it is.
fn peek(flow: &Resolved<'_>, source: Source, span: Span) -> (TokenStream, Option<Index>) {
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
                    (quote_spanned!(span=> #slot.outs().#part), None)
                }
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

/// A literal or a constant as a field of a nested flow, which is kept in a slot of its own.
fn fixed_field(whole: bool, value: &Value, span: Span) -> TokenStream {
    match value {
        // A text literal becomes a `String`, or whatever text the field is.
        Value::Literal { tokens, text: true } if whole => {
            quote_spanned!(span=> ::core::convert::Into::into(#tokens))
        }
        Value::Literal { tokens, .. } => tokens.clone(),
        Value::Const(path) => quote!(#path),
        Value::Symbol { base, .. } => quote!(#base),
    }
}

/// What is handed out, for an outer flow.
fn outs(flow: &Resolved<'_>, names: &[Ident], private: &TokenStream) -> TokenStream {
    let span = located(flow.tree.name.span());
    let outs = flow.outputs.iter().filter_map(|handed| {
        let Handed::From(source) = *handed else {
            return None;
        };
        let (maybe, part) = peek(flow, source, span);
        let maybe = match part {
            Some(part) => quote_spanned! {span=>
                match #maybe {
                    ::core::option::Option::Some(__v) => ::core::option::Option::Some(&__v.#part),
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            },
            None => maybe,
        };
        Some(quote_spanned!(span=> #private::same_type(#maybe)))
    });
    quote_spanned!(span=> |__s| { let (#(#names,)*) = __s; (#(#outs,)*) })
}

/// The name of a reference to a slot.
fn slot(number: usize, span: Span) -> Ident {
    format_ident!("__s{number}", span = span)
}

/// The output, taken out of the slots; the place where rustc compares the written type.
fn take(flow: &Resolved<'_>, private: &TokenStream) -> TokenStream {
    let name_span = located(flow.tree.name.span());
    let mut taken: Vec<usize> = Vec::new();
    let mut values = Vec::new();
    for ((_, ty), handed) in flow.tree.output.picks().into_iter().zip(&flow.outputs) {
        let Handed::From(Source::Node { node, part }) = *handed else {
            continue;
        };
        if !taken.contains(&node) {
            taken.push(node);
        }
        let span = located(ty.span());
        let from = format_ident!("__o{node}", span = span);
        let provider = &flow.nodes[node];
        let member = match (&provider.signature.what, &provider.signature.provides) {
            (_, Provides::None | Provides::One(_)) => None,
            (What::Task(_), Provides::Many(_)) => Some(Member::Unnamed(index(part, span))),
            (What::Flow { .. }, Provides::Many(_)) => {
                let name = super::tree::ident(&provider.provides[part], span);
                Some(Member::Named(name))
            }
        };
        let member = member.into_iter();
        let private = placed(span, private.clone());
        values
            .push(quote_spanned!(span=> #private::HandedOut(#from #(.#member)*).as_type::<#ty>()));
    }
    let span = name_span;
    let lets = taken.iter().map(|&node| {
        let (slot, name) = (index(node, span), format_ident!("__o{node}", span = span));
        quote_spanned!(span=> let #name = __s.#slot.take();)
    });
    let output = match &flow.tree.output {
        Output::None => quote_spanned!(span=> ()),
        Output::Last(_) | Output::One(_) => quote_spanned!(span=> #(#values)*),
        Output::Many(picks) => {
            let (name, fields) = (flow.tree.output_name(), picks.iter().map(|pick| &pick.name));
            quote_spanned!(span=> #name { #(#fields: #values),* })
        }
    };
    quote_spanned!(span=> |__s| { #(#lets)* #output })
}
