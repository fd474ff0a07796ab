//! Turns the names of a flow into numbers; what cannot be found stays a fact for the check.

use std::collections::HashMap;

use syn::ext::IdentExt;
use syn::{Ident, Member};

use super::graph::{Wait, sort};
use super::model::{
    Arg, Given, Handed, Node, Place, Resolved, Shape, Source, Turn, Way, gathered, visible,
};
use super::signature::{Param, ParamKind, Signature};
use super::tree::{Item, Kind, Tree, Use, Value};

mod captured;
mod settings;
mod walk;

/// Looks up the names of a flow whose signatures are those of its distinct paths.
pub(crate) fn resolve<'t>(
    tree: &'t Tree,
    pattern: &'t Item,
    signature: &dyn Fn(&Use) -> Option<&'t Signature>,
) -> Option<Resolved<'t>> {
    let (mut nodes, mut shape) = walk::walk(pattern, signature)?;
    let names = Names::new(tree);
    for at in 0..nodes.len() {
        nodes[at].args = args(at, &nodes, &names);
        nodes[at].settings = settings::settings(at, &nodes, &names);
    }
    let captured = if tree.is_inline() {
        captured::capture(&mut nodes)
    } else {
        Vec::new()
    };
    order(&mut shape, &nodes);
    let outputs = outputs(tree, &nodes, &shape);
    Some(Resolved {
        tree,
        nodes,
        shape,
        captured,
        outputs,
    })
}

/// The fields of a flow, of which the first of a name counts.
struct Names {
    fields: HashMap<String, usize>,
}

impl Names {
    fn new(tree: &Tree) -> Self {
        let mut fields = HashMap::new();
        for (at, field) in tree.fields.iter().enumerate() {
            fields.entry(field.symbol()).or_insert(at);
        }
        Self { fields }
    }

    /// The source of a symbol for the node `at`, if it is visible there.
    fn find<'t>(&self, symbol: &str, at: usize, nodes: &[Node<'t>]) -> Option<Source<'t>> {
        if let Some(bound) = bound(symbol, at, nodes) {
            return Some(bound);
        }
        if let Some(&field) = self.fields.get(symbol) {
            return Some(Source::Field(field));
        }
        visible(symbol, &nodes[at], nodes).map(Source::Symbol)
    }

    /// The same as what a parameter or a setting gets.
    fn given<'t>(
        &self,
        symbol: String,
        fields: &'t [Member],
        at: usize,
        nodes: &[Node<'t>],
    ) -> Given<'t> {
        match self.find(&symbol, at, nodes) {
            Some(source) => Given::Symbol(source, fields),
            None => Given::Missing(symbol, fields),
        }
    }

    /// What a value of the user's stands for, with its token if it is a symbol.
    fn value<'t>(
        &self,
        value: &'t Value,
        at: usize,
        nodes: &[Node<'t>],
    ) -> (Option<&'t Ident>, Given<'t>) {
        match value.symbol() {
            Some((base, fields)) => {
                let symbol = base.unraw().to_string();
                (Some(base), self.given(symbol, fields, at, nodes))
            }
            None => (None, Given::Fixed(value)),
        }
    }
}

/// What a group around the node `at` binds under a name.
fn bound<'t>(symbol: &str, at: usize, nodes: &[Node<'t>]) -> Option<Source<'t>> {
    nodes[at].way.iter().rev().find_map(|turn| match turn.way {
        Way::Body { node, .. } => {
            let each = nodes[node].each()?;
            (each.item.unraw() == symbol).then_some(Source::Item(node))
        }
        Way::Arm { node, .. } => {
            let Place::Choice(choice) = nodes[node].what else {
                return None;
            };
            let mut bindings = choice.arms[turn.item].bindings.iter();
            let name = bindings.find(|name| name.unraw() == symbol)?;
            Some(Source::Binding(node, turn.item, name))
        }
        Way::Items(_) => None,
    })
}

fn args<'t>(at: usize, nodes: &[Node<'t>], names: &Names) -> Vec<Arg<'t>> {
    let Some((used, signature)) = nodes[at].used() else {
        return Vec::new();
    };
    let arg = |param: &'t Param| {
        let symbol = param.symbol();
        let mut bindings = used.bindings.iter();
        let binding = bindings.find(|binding| binding.param.unraw() == symbol);
        let (token, given) = match binding {
            _ if param.kind == ParamKind::Ctx => (None, Given::Context),
            None => (None, names.given(symbol, &[], at, nodes)),
            Some(binding) => names.value(&binding.value, at, nodes),
        };
        Arg {
            param,
            token,
            given,
        }
    };
    signature.params.iter().map(arg).collect()
}

/// Orders the items of every `graph` by what they read from each other and by explicit edges.
fn order(shape: &mut Shape<'_>, nodes: &[Node<'_>]) {
    let (tree, items, edges, order) = match shape {
        Shape::Node(_) => return,
        Shape::Choice { arms, .. } => {
            let inner = arms.iter_mut().flatten();
            return inner.for_each(|arm| self::order(arm, nodes));
        }
        Shape::Body { inner, .. } => return self::order(inner, nodes),
        Shape::Group {
            tree,
            items,
            edges,
            order,
        } => (tree, items, edges, order),
    };
    for item in items.iter_mut() {
        self::order(item, nodes);
    }
    if tree.kind != Kind::Graph {
        return;
    }
    let mut home = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        for node in item.nodes() {
            home.insert(node, at);
        }
    }
    let mut push = |wait: Wait| {
        let known = |edge: &Wait| (edge.from, edge.to) == (wait.from, wait.to);
        if wait.from != wait.to && !edges.iter().any(known) {
            edges.push(wait);
        }
    };
    let mut readers: Vec<_> = home.iter().map(|(&node, &to)| (node, to)).collect();
    readers.sort_unstable();
    for (reader, to) in readers {
        for (_, given) in nodes[reader].given() {
            let Given::Symbol(Source::Symbol(symbol), _) = given else {
                continue;
            };
            for &(node, part) in &symbol.providers {
                if let Some(&from) = home.get(&node) {
                    let symbol = Some(nodes[node].provides[part].clone());
                    push(Wait { from, to, symbol });
                }
            }
        }
    }
    let item_of = |name: &Ident| {
        let is_meant =
            |item: &Shape<'_>| item.head().is_some_and(|node| nodes[node].is_called(name));
        items.iter().position(is_meant)
    };
    for edge in &tree.edges {
        if let (Some(from), Some(to)) = (item_of(&edge.from), item_of(&edge.to)) {
            let symbol = None;
            push(Wait { from, to, symbol });
        }
    }
    *order = sort(items.len(), edges);
}

/// The last result of what is behind `way`, whose ends are named.
fn last(ends: &[String], way: &[Turn], nodes: &[Node<'_>]) -> Handed {
    match ends {
        [] => Handed::Missing,
        [end] => gathered(end, way, nodes).map_or(Handed::Missing, Handed::From),
        _ => Handed::Unclear(ends.to_vec()),
    }
}

fn outputs(tree: &Tree, nodes: &[Node<'_>], shape: &Shape<'_>) -> Vec<Handed> {
    let pick = |name: Option<&Ident>| match name {
        Some(name) => {
            let name = name.unraw().to_string();
            gathered(&name, &[], nodes).map_or(Handed::Missing, Handed::From)
        }
        None => match last(&shape.ends(nodes), &[], nodes) {
            // What the last result could be: anything that is provided, if there is none.
            Handed::Missing if !tree.is_inline() => {
                let visible = |name: &String| gathered(name, &[], nodes).is_some();
                let all = nodes.iter().flat_map(|node| node.provides.clone());
                Handed::Unclear(all.filter(visible).collect())
            }
            last => last,
        },
    };
    let picks = tree.output.picks();
    picks.into_iter().map(|(name, _)| pick(name)).collect()
}
