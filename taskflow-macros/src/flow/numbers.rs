//! The number of each atom in its plan: a literal, or a constant behind a nested flow, whose size
//! only rustc knows.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::layout::{Atom, Layout};
use super::model::Resolved;
use super::tree::located;

/// A plan of a flow, with the numbers of its atoms.
pub(crate) struct Level {
    pub(crate) layout: Layout,
    pub(crate) numbers: Numbers,
}

pub(crate) struct Numbers {
    /// The number of the plan.
    level: usize,
    spots: Vec<Spot>,
    /// For each node of the plan, its atom.
    of_node: Vec<Option<usize>>,
}

struct Spot {
    /// The nested flow that it is counted from, and how far behind it it is.
    base: Option<usize>,
    offset: u32,
    /// The number of the nested flow, if it is one.
    nested: Option<usize>,
    node: Option<usize>,
}

/// Numbers the atoms of all plans.
pub(crate) fn levels(flow: &Resolved<'_>, layouts: Vec<Layout>) -> Vec<Level> {
    let level = |(level, layout)| Level {
        numbers: Numbers::new(flow, &layout, level),
        layout,
    };
    layouts.into_iter().enumerate().map(level).collect()
}

impl Numbers {
    fn new(flow: &Resolved<'_>, layout: &Layout, level: usize) -> Self {
        let mut of_node = vec![None; flow.nodes.len()];
        let (mut base, mut offset, mut flows) = (None, 0, 0);
        let mut spots = Vec::new();
        for (at, atom) in layout.atoms.iter().enumerate() {
            let node = match *atom {
                Atom::Node(node) => Some(node),
                Atom::Join => None,
            };
            let is_flow = node.is_some_and(|node| flow.nodes[node].is_flow());
            let nested = is_flow.then_some(flows);
            spots.push(Spot {
                base,
                offset,
                nested,
                node,
            });
            if let Some(node) = node {
                of_node[node] = Some(at);
            }
            if nested.is_some() {
                (base, offset, flows) = (nested, 1, flows + 1);
            } else {
                offset += 1;
            }
        }
        Self {
            level,
            spots,
            of_node,
        }
    }

    /// The number of an atom where others come before it: where one leaves a nested flow.
    pub(crate) fn leave(&self, atom: usize) -> TokenStream {
        match self.spots[atom].nested {
            Some(flow) => self.ident("L", flow).to_token_stream(),
            None => self.enter(atom),
        }
    }

    /// The number of an atom where it comes after others: where one enters a nested flow.
    pub(crate) fn enter(&self, atom: usize) -> TokenStream {
        let spot = &self.spots[atom];
        match (spot.nested, spot.base) {
            (Some(flow), _) => self.ident("B", flow).to_token_stream(),
            (None, Some(_)) => self.ident("A", atom).to_token_stream(),
            (None, None) => Literal::u32_unsuffixed(spot.offset).to_token_stream(),
        }
    }

    /// The number of a node's atom, for those who read what it provides; nothing for a node of
    /// another plan.
    pub(crate) fn provider(&self, node: usize) -> Option<TokenStream> {
        self.of_node[node].map(|atom| self.leave(atom))
    }

    /// The numbers of the nested flows.
    pub(crate) fn flows(&self) -> impl Iterator<Item = usize> {
        self.spots.iter().filter_map(|spot| spot.nested)
    }

    /// The plan of a nested flow.
    pub(crate) fn plan(&self, flow: usize) -> Ident {
        self.ident("C", flow)
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
                    let base = self.ident("L", base);
                    quote_spanned!(span=> #base + #offset)
                }
                None => offset.to_token_stream(),
            };
            let Some((nested, node)) = spot.nested.zip(spot.node) else {
                let name = self.ident("A", atom);
                return spot
                    .base
                    .map(|_| quote_spanned!(span=> const #name: u32 = #value;));
            };
            let child = flow.nodes[node].child_type(&quote!('static));
            let plan = self.plan(nested);
            let (enter, leave) = (self.ident("B", nested), self.ident("L", nested));
            Some(quote_spanned! {span=>
                const #plan: &#library::__private::Plan = <#child as #library::Flow>::PLAN;
                const #enter: u32 = #value;
                const #leave: u32 = #enter + #plan.size() + 1;
            })
        };
        self.spots.iter().enumerate().filter_map(constant).collect()
    }

    fn ident(&self, kind: &str, number: usize) -> Ident {
        format_ident!("__{kind}{number}_{}", self.level)
    }
}

/// The tables of a plan, and the plan itself, for a body.
pub(crate) fn names(level: usize) -> (Ident, Ident) {
    (
        format_ident!("__BUILD{level}"),
        format_ident!("__BODY{level}"),
    )
}
