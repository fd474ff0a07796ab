//! A flow whose names have been turned into numbers.

use syn::Ident;
use syn::ext::IdentExt;

use super::graph::Wait;
use super::signature::{Param, Signature};
use super::tree::{Field, Group, Kind, Tree, Use, Value};

/// A flow whose names have been looked up.
pub(crate) struct Resolved<'t> {
    pub(crate) tree: &'t Tree,
    /// The tasks and flows in order of definition.
    pub(crate) nodes: Vec<Node<'t>>,
    /// The pattern, over the numbers of nodes.
    pub(crate) shape: Shape<'t>,
    /// What stands behind `->`, in its order.
    pub(crate) outputs: Vec<Handed>,
}

/// A task or a flow at its place.
pub(crate) struct Node<'t> {
    pub(crate) used: &'t Use,
    pub(crate) signature: &'t Signature,
    /// The atom's name.
    pub(crate) name: String,
    /// The symbols that it provides here.
    pub(crate) provides: Vec<String>,
    /// For each of its parameters, what it gets.
    pub(crate) args: Vec<Arg<'t>>,
    /// The way from the outermost group to the node.
    pub(crate) way: Vec<Turn>,
}

/// Which item one takes in which group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The number of the group.
    pub(crate) group: usize,
    pub(crate) kind: Kind,
    pub(crate) item: usize,
}

pub(crate) struct Arg<'t> {
    pub(crate) param: &'t Param,
    /// The token that asks for it, where it is not the node's own.
    pub(crate) token: Option<&'t Ident>,
    pub(crate) given: Given<'t>,
}

/// What a parameter gets.
pub(crate) enum Given<'t> {
    /// A symbol, or a field of it.
    Symbol(Source, &'t [syn::Member]),
    /// A literal or a constant.
    Fixed(&'t Value),
    /// The context of the run.
    Context,
    /// Nothing here provides the symbol of this name.
    Missing(String),
}

/// Where a symbol comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The field with this number.
    Field(usize),
    /// The node with this number, and which of the symbols that it provides.
    Node { node: usize, part: usize },
}

/// A pattern over the numbers of nodes.
pub(crate) enum Shape<'t> {
    Node(usize),
    Group {
        tree: &'t Group,
        items: Vec<Shape<'t>>,
        /// In a `graph`: what waits for what, by the numbers of items.
        edges: Vec<Wait>,
        /// The items so that each stands behind those that it waits for; short where they wait
        /// for each other.
        order: Vec<usize>,
    },
}

/// A symbol that is handed out.
pub(crate) enum Handed {
    From(Source),
    /// The last result is not one symbol; these could be meant.
    Unclear(Vec<String>),
    /// There is no such symbol.
    Missing,
}

/// Where the ways of two nodes part: the kind of the group, and which item each takes.
pub(crate) fn parting(a: &Node<'_>, b: &Node<'_>) -> Option<(Kind, usize, usize)> {
    a.way
        .iter()
        .zip(&b.way)
        .find(|(a, b)| a != b)
        .map(|(a, b)| (a.kind, a.item, b.item))
}

/// Whether a reader sees what a provider provides.
pub(crate) fn sees(reader: &Node<'_>, provider: &Node<'_>) -> bool {
    match parting(reader, provider) {
        Some((Kind::Linear, reader, provider)) => provider < reader,
        Some((Kind::Graph, ..)) => true,
        Some((Kind::Unordered, ..)) | None => false,
    }
}

impl Field {
    pub(crate) fn symbol(&self) -> String {
        self.name.unraw().to_string()
    }
}

impl Node<'_> {
    /// Whether an explicit edge means this node by a name.
    pub(crate) fn is_called(&self, name: &Ident) -> bool {
        let name = name.unraw();
        name == self.name || self.used.rename.is_none() && self.used.token().unraw() == name
    }

    /// What it provides, as sources.
    fn sources(&self, node: usize) -> impl Iterator<Item = Source> {
        (0..self.provides.len()).map(move |part| Source::Node { node, part })
    }
}

impl Shape<'_> {
    /// The numbers of the nodes in it.
    pub(crate) fn nodes(&self) -> Vec<usize> {
        match self {
            Self::Node(node) => vec![*node],
            Self::Group { items, .. } => items.iter().flat_map(Shape::nodes).collect(),
        }
    }

    /// What it provides at its end.
    pub(crate) fn ends(&self, nodes: &[Node<'_>]) -> Vec<Source> {
        match self {
            Self::Node(node) => nodes[*node].sources(*node).collect(),
            Self::Group {
                tree, items, edges, ..
            } => {
                let last = |&(at, _): &(usize, &Self)| match tree.kind {
                    Kind::Linear => at + 1 == items.len(),
                    Kind::Unordered => true,
                    Kind::Graph => edges.iter().all(|edge| edge.from != at),
                };
                let last = items.iter().enumerate().filter(last);
                last.flat_map(|(_, item)| item.ends(nodes)).collect()
            }
        }
    }
}
