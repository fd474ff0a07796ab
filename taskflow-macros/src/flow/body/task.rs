//! Writes what is done with a task: it is called, undone, and what it provides is kept.

use proc_macro2::{Literal, TokenStream};
use quote::quote_spanned;
use syn::PathArguments;

use super::{Writer, slot};
use crate::flow::model::{Place, Way};
use crate::flow::signature::{Param, TaskFacts};
use crate::flow::tree::{Use, WrapKind};

impl Writer<'_, '_> {
    pub(super) fn task(&self, number: &TokenStream, used: &Use, task: &TaskFacts) -> TokenStream {
        let Self {
            node,
            span,
            private,
            flow,
            ..
        } = self;
        let span = *span;
        let slot = slot(self.number, span);
        let path = if flow.tree.is_inline() {
            used.item_path()
        } else {
            used.path.clone()
        };
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
        let alike = self.alike();
        let put = if alike.is_empty() {
            put
        } else {
            quote_spanned!(span=> { let __p = #put; #alike __p })
        };
        let store = if node.is_transient() {
            quote_spanned!(span=> transient)
        } else {
            quote_spanned!(span=> stored)
        };
        let call = quote_spanned!(span=> #path(#(#args),*));
        let revert = task
            .revert
            .as_ref()
            .map(|params| self.revert(used, task, params));
        let (judged, failure) = self.refusals(used, task);
        quote_spanned! {span=>
            #number => match __op {
                #private::Op::Run(__c) => {
                    #(#lets)*
                    match (&mut #private::Returned::new(#call)).result() {
                        ::core::result::Result::Ok(__v) => #put,
                        ::core::result::Result::Err(__e) => {
                            #judged
                            #private::Step::failed(#failure)
                        }
                    }
                }
                #revert
                __op => #slot.#store(__op),
            },
        }
    }

    fn revert(&self, used: &Use, task: &TaskFacts, params: &[Param]) -> TokenStream {
        let Self {
            node,
            span,
            private,
            ..
        } = self;
        let span = *span;
        let slot = slot(self.number, span);
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
        let generics = generics(used, task);
        quote_spanned! {span=>
            #private::Op::Revert(__c, __u) => {
                #(#lets)*
                #private::site::<#key, _>().revert #generics(#(#args,)* #slot.undoing(__u))
            }
        }
    }

    /// What is asked of an error before it becomes a failure, and the failure: it says which of the
    /// retries around the task are not for it.
    fn refusals(&self, used: &Use, task: &TaskFacts) -> (TokenStream, TokenStream) {
        let Self { span, private, .. } = self;
        let span = *span;
        let mut judged = TokenStream::new();
        let mut failure = quote_spanned!(span=> (&&&#private::Thrown(__e)).failure());
        let mut refuse = |retry: usize, verdict: TokenStream| {
            let name = quote::format_ident!("__r{retry}", span = span);
            let retry = Literal::usize_unsuffixed(retry);
            judged.extend(quote_spanned!(span=> let #name = #verdict;));
            failure = quote_spanned!(span=> #private::refused(#failure, #name, #retry));
        };
        if task.retry_if {
            let key = &task.key;
            let generics = generics(used, task);
            let (lets, args): (Vec<_>, Vec<_>) = self
                .node
                .args
                .iter()
                .enumerate()
                .filter(|_| task.generic)
                .map(|(at, arg)| self.argument(at, arg))
                .unzip();
            refuse(
                0,
                quote_spanned! {span=> {
                    #(#lets)*
                    #private::site::<#key, _>().retry_if #generics(#(#args,)* &__e)
                }},
            );
        }
        let retries = self.node.way.iter().rev().filter_map(|turn| {
            let Way::Body { node, .. } = turn.way else {
                return None;
            };
            match self.flow.nodes[node].what {
                Place::Wrap(wrap) if let WrapKind::Retry(retry) = &wrap.kind => Some(retry),
                _ => None,
            }
        });
        for (at, retry) in retries.enumerate() {
            if let Some(predicate) = &retry.predicate {
                refuse(
                    at + 1,
                    quote_spanned!(span=> (&#private::Judged(&__e)).judge(#predicate)),
                );
            }
        }
        (judged, failure)
    }
}

/// The generic arguments that a task's own code must be told as well.
fn generics<'u>(used: &'u Use, task: &TaskFacts) -> Option<&'u PathArguments> {
    match used.path.segments.last().map(|last| &last.arguments) {
        Some(generics @ PathArguments::AngleBracketed(_)) if task.generic => Some(generics),
        _ => None,
    }
}
