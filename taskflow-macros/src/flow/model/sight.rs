//! Who sees what somebody provides, and whether it is there for certain.

use super::{Node, Place, Symbol};
use crate::flow::tree::{Kind, LeafKind};

/// Which item one takes in which group.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The number of the group.
    pub(crate) group: usize,
    pub(crate) way: Way,
    pub(crate) item: usize,
}

/// How the items of a group stand to each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Items(Kind),
    /// One of them is taken: the choice's node, and how many there are.
    Arm {
        node: usize,
        of: usize,
    },
    /// There is one, which may be run more than once: the group's node, and whether only the group
    /// sees what is in it.
    Body {
        node: usize,
        hides: bool,
    },
}

/// Where the ways of two nodes part: at which turn, how the items stand to each other there, and
/// which item each takes.
pub(crate) fn parting(a: &Node<'_>, b: &Node<'_>) -> Option<(usize, Way, usize, usize)> {
    let turns = a.way.iter().zip(&b.way).enumerate();
    let mut apart = turns.filter(|(_, (a, b))| a != b);
    apart.next().map(|(at, (a, b))| (at, a.way, a.item, b.item))
}

/// Whether a reader sees what a provider provides.
pub(crate) fn sees(reader: &Node<'_>, provider: &Node<'_>) -> bool {
    let Some((at, way, reader, item)) = parting(reader, provider) else {
        return false;
    };
    let stands_right = match way {
        Way::Items(Kind::Linear) => item < reader,
        Way::Items(Kind::Graph) => true,
        Way::Items(Kind::Unordered) | Way::Arm { .. } | Way::Body { .. } => false,
    };
    stands_right && !is_hidden(&provider.way[at + 1..])
}

fn is_hidden(way: &[Turn]) -> bool {
    let hides = |turn: &Turn| matches!(turn.way, Way::Body { hides: true, .. });
    way.iter().any(hides)
}

/// What a reader sees under a name.
pub(crate) fn visible(name: &str, reader: &Node<'_>, nodes: &[Node<'_>]) -> Option<Symbol> {
    let is_meant = |node: &&Node<'_>| node.provides.iter().any(|symbol| symbol == name);
    let provider = nodes
        .iter()
        .filter(is_meant)
        .find(|provider| sees(reader, provider))?;
    let (at, ..) = parting(reader, provider)?;
    gathered(name, &provider.way[..=at], nodes)
}

/// What is provided under a name behind the turns of `way`, as it is seen from outside of them.
pub(crate) fn gathered(name: &str, way: &[Turn], nodes: &[Node<'_>]) -> Option<Symbol> {
    let inside = |node: &Node<'_>| node.way.starts_with(way) && !is_hidden(&node.way[way.len()..]);
    let mut providers = Vec::new();
    for (at, node) in nodes.iter().enumerate().filter(|(_, node)| inside(node)) {
        let part = node.provides.iter().position(|symbol| symbol == name);
        providers.extend(part.map(|part| (at, part)));
    }
    if providers.is_empty() {
        return None;
    }
    let mut ways: Vec<&[Turn]> = providers
        .iter()
        .map(|&(node, _)| &nodes[node].way[way.len()..])
        .collect();
    // Behind what always fails nobody reads anything.
    let fails = nodes.iter().filter(|node| {
        matches!(node.what, Place::Leaf(leaf) if matches!(leaf.kind, LeafKind::Fail(_)))
            && inside(node)
    });
    ways.extend(fails.map(|node| &node.way[way.len()..]));
    let optional = !is_certain(&ways);
    Some(Symbol {
        providers,
        optional,
    })
}

/// Whether one of the ways is taken whatever the choices are, the first of which leads to the
/// symbol.
fn is_certain(ways: &[&[Turn]]) -> bool {
    let is_arm = |turn: &Turn| matches!(turn.way, Way::Arm { .. });
    let arms: Vec<_> = ways.iter().map(|way| way.iter().position(is_arm)).collect();
    let (Some(&first), Some(Some(at))) = (ways.first(), arms.first()) else {
        return true;
    };
    let Turn {
        group,
        way: Way::Arm { of, .. },
        ..
    } = first[*at]
    else {
        return true;
    };
    if arms.iter().any(Option::is_none) {
        return true;
    }
    (0..of).all(|arm| {
        let inside = ways.iter().zip(&arms).filter_map(|(way, at)| {
            let turn = way[(*at)?];
            ((turn.group, turn.item) == (group, arm)).then_some(&way[(*at)? + 1..])
        });
        let inside: Vec<&[Turn]> = inside.collect();
        !inside.is_empty() && is_certain(&inside)
    })
}
