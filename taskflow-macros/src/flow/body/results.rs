//! Writes how a flow's body hands out what it provides.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::Member;
use syn::spanned::Spanned;

use super::peek;
use crate::flow::model::{Handed, Resolved, Source};
use crate::flow::signature::{Provides, What};
use crate::flow::tree::{Output, ident, index, located};
use crate::library::placed;

/// What is handed out, for an outer flow.
pub(super) fn outs(flow: &Resolved<'_>, names: &[Ident], private: &TokenStream) -> TokenStream {
    let span = located(flow.tree.name.span());
    let outs = flow.outputs.iter().filter_map(|handed| {
        let Handed::From(source) = *handed else {
            return None;
        };
        let (maybe, part) = peek(flow, source, private, span);
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

/// The output, taken out of the slots; the place where rustc compares the written type.
pub(super) fn take(flow: &Resolved<'_>, private: &TokenStream) -> TokenStream {
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
                let name = ident(&provider.provides[part], span);
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
