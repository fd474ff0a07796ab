//! The number of each atom in the plan: a literal, or a constant behind a nested flow, whose size
//! only rustc knows.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::layout::{Atom, Layout};
use super::model::Resolved;
use super::signature::What;
use super::tree::located;

pub(crate) struct Numbers {
    spots: Vec<Spot>,
    /// For each node, its atom.
    of_node: Vec<usize>,
}

struct Spot {
    /// The nested flow that it is counted from, and how far behind it it is.
    base: Option<usize>,
    offset: u32,
    /// The number of the nested flow, if it is one.
    nested: Option<usize>,
    node: Option<usize>,
}

impl Numbers {
    pub(crate) fn new(flow: &Resolved<'_>, layout: &Layout) -> Self {
        let mut of_node = vec![0; flow.nodes.len()];
        let (mut base, mut offset, mut flows) = (None, 0, 0);
        let mut spots = Vec::new();
        for (at, atom) in layout.atoms.iter().enumerate() {
            let node = match *atom {
                Atom::Node(node) => Some(node),
                Atom::Join => None,
            };
            let is_flow =
                |node: usize| matches!(flow.nodes[node].signature.what, What::Flow { .. });
            let nested = node.filter(|&node| is_flow(node)).map(|_| flows);
            spots.push(Spot {
                base,
                offset,
                nested,
                node,
            });
            if let Some(node) = node {
                of_node[node] = at;
            }
            if nested.is_some() {
                (base, offset, flows) = (nested, 1, flows + 1);
            } else {
                offset += 1;
            }
        }
        Self { spots, of_node }
    }

    /// The number of an atom where others come before it: where one leaves a nested flow.
    pub(crate) fn leave(&self, atom: usize) -> TokenStream {
        match self.spots[atom].nested {
            Some(flow) => ident("L", flow).to_token_stream(),
            None => self.enter(atom),
        }
    }

    /// The number of an atom where it comes after others: where one enters a nested flow.
    pub(crate) fn enter(&self, atom: usize) -> TokenStream {
        let spot = &self.spots[atom];
        match (spot.nested, spot.base) {
            (Some(flow), _) => ident("B", flow).to_token_stream(),
            (None, Some(_)) => ident("A", atom).to_token_stream(),
            (None, None) => Literal::u32_unsuffixed(spot.offset).to_token_stream(),
        }
    }

    /// The number of a node's atom, for those who read what it provides.
    pub(crate) fn provider(&self, node: usize) -> TokenStream {
        self.leave(self.of_node[node])
    }

    /// The numbers of the nested flows.
    pub(crate) fn flows(&self) -> impl Iterator<Item = usize> {
        self.spots.iter().filter_map(|spot| spot.nested)
    }

    /// The plan of a nested flow.
    pub(crate) fn plan(flow: usize) -> Ident {
        ident("C", flow)
    }

    /// The number of the nested flow that an atom is.
    pub(crate) fn nested(&self, atom: usize) -> Option<usize> {
        self.spots[atom].nested
    }

    /// The constants.
    pub(crate) fn items(&self, flow: &Resolved<'_>, library: &TokenStream) -> TokenStream {
        let span = located(flow.tree.name.span());
        let constant = |(atom, spot): (usize, &Spot)| {
            let offset = Literal::u32_unsuffixed(spot.offset);
            let value = match spot.base {
                Some(base) => {
                    let base = ident("L", base);
                    quote_spanned!(span=> #base + #offset)
                }
                None => offset.to_token_stream(),
            };
            let Some((nested, node)) = spot.nested.zip(spot.node) else {
                let name = ident("A", atom);
                return spot
                    .base
                    .map(|_| quote_spanned!(span=> const #name: u32 = #value;));
            };
            let child = flow.nodes[node].child_type(&quote!('static));
            let (plan, enter, leave) = (Self::plan(nested), ident("B", nested), ident("L", nested));
            Some(quote_spanned! {span=>
                const #plan: &#library::__private::Plan = <#child as #library::Flow>::PLAN;
                const #enter: u32 = #value;
                const #leave: u32 = #enter + #plan.size() + 1;
            })
        };
        self.spots.iter().enumerate().filter_map(constant).collect()
    }
}

fn ident(kind: &str, number: usize) -> Ident {
    format_ident!("__{kind}{number}")
}
