//! Turns the names of a flow into numbers; what cannot be found stays a fact for the check.

use std::collections::HashMap;

use syn::Ident;
use syn::ext::IdentExt;

use super::graph::{Wait, sort};
use super::model::{Arg, Given, Handed, Node, Resolved, Shape, Source, Turn, sees};
use super::signature::{Param, ParamKind, Provides, Signature, What};
use super::tree::{Item, Kind, Tree, Use, Value, snake};

/// Looks up the names of a flow whose signatures are those of its distinct paths.
pub(crate) fn resolve<'t>(
    tree: &'t Tree,
    pattern: &'t Item,
    signature: &dyn Fn(&Use) -> Option<&'t Signature>,
) -> Option<Resolved<'t>> {
    let mut walk = Walk {
        nodes: Vec::new(),
        groups: 0,
        signature,
    };
    let mut shape = walk.item(pattern, &mut Vec::new())?;
    let mut nodes = walk.nodes;
    let names = Names::new(tree, &nodes);
    for at in 0..nodes.len() {
        nodes[at].args = args(at, &nodes, &names);
    }
    order(&mut shape, &nodes);
    let outputs = outputs(tree, &nodes, &shape, &names);
    Some(Resolved {
        tree,
        nodes,
        shape,
        outputs,
    })
}

struct Walk<'t, 's> {
    nodes: Vec<Node<'t>>,
    groups: usize,
    signature: &'s dyn Fn(&Use) -> Option<&'t Signature>,
}

impl<'t> Walk<'t, '_> {
    fn item(&mut self, item: &'t Item, way: &mut Vec<Turn>) -> Option<Shape<'t>> {
        match item {
            Item::Use(used) => {
                let signature = (self.signature)(used)?;
                self.nodes.push(node(used, signature, way.clone()));
                Some(Shape::Node(self.nodes.len() - 1))
            }
            Item::Group(tree) => {
                let group = self.groups;
                self.groups += 1;
                let mut items = Vec::new();
                for (item, inner) in tree.items.iter().enumerate() {
                    way.push(Turn {
                        group,
                        kind: tree.kind,
                        item,
                    });
                    items.push(self.item(inner, way)?);
                    way.pop();
                }
                Some(Shape::Group {
                    tree,
                    order: (0..items.len()).collect(),
                    items,
                    edges: Vec::new(),
                })
            }
        }
    }
}

fn node<'t>(used: &'t Use, signature: &'t Signature, way: Vec<Turn>) -> Node<'t> {
    let own = used.token();
    let rename = used.rename.as_ref().map(|name| name.unraw().to_string());
    let name = rename.clone().unwrap_or_else(|| match signature.what {
        What::Task(_) => own.unraw().to_string(),
        What::Flow { .. } => snake(own),
    });
    let provides = match (&signature.provides, rename) {
        (Provides::One(_), Some(rename)) => vec![rename],
        (provides, _) => provides.names().to_vec(),
    };
    Node {
        used,
        signature,
        name,
        provides,
        args: Vec::new(),
        way,
    }
}

/// The symbols of a flow; the first provider of a name counts.
struct Names {
    fields: HashMap<String, usize>,
    provided: HashMap<String, (usize, usize)>,
}

impl Names {
    fn new(tree: &Tree, nodes: &[Node<'_>]) -> Self {
        let mut fields = HashMap::new();
        for (at, field) in tree.fields.iter().enumerate() {
            fields.entry(field.symbol()).or_insert(at);
        }
        let mut provided = HashMap::new();
        for (at, node) in nodes.iter().enumerate() {
            for (part, symbol) in node.provides.iter().enumerate() {
                provided.entry(symbol.clone()).or_insert((at, part));
            }
        }
        Self { fields, provided }
    }

    /// The source of a symbol for the node `at`, if it is visible there.
    fn find(&self, symbol: &str, at: usize, nodes: &[Node<'_>]) -> Option<Source> {
        if let Some(&field) = self.fields.get(symbol) {
            return Some(Source::Field(field));
        }
        let &(node, part) = self.provided.get(symbol)?;
        sees(&nodes[at], &nodes[node]).then_some(Source::Node { node, part })
    }
}

fn args<'t>(at: usize, nodes: &[Node<'t>], names: &Names) -> Vec<Arg<'t>> {
    let node = &nodes[at];
    let find = |symbol: String, fields: &'t [syn::Member]| {
        names
            .find(&symbol, at, nodes)
            .map_or(Given::Missing(symbol), |source| {
                Given::Symbol(source, fields)
            })
    };
    let arg = |param: &'t Param| {
        let symbol = param.symbol();
        let binding = node
            .used
            .bindings
            .iter()
            .find(|binding| binding.param.unraw() == symbol);
        let (token, given) = match binding.map(|binding| &binding.value) {
            _ if param.kind == ParamKind::Ctx => (None, Given::Context),
            None => (None, find(symbol, &[])),
            Some(Value::Symbol { base, fields }) => {
                (Some(base), find(base.unraw().to_string(), fields))
            }
            Some(fixed) => (None, Given::Fixed(fixed)),
        };
        Arg {
            param,
            token,
            given,
        }
    };
    node.signature.params.iter().map(arg).collect()
}

/// Orders the items of every `graph` by what they read from each other and by explicit edges.
fn order(shape: &mut Shape<'_>, nodes: &[Node<'_>]) {
    let Shape::Group {
        tree,
        items,
        edges,
        order,
    } = shape
    else {
        return;
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
        for arg in &nodes[reader].args {
            let Given::Symbol(Source::Node { node, part }, _) = arg.given else {
                continue;
            };
            if let Some(&from) = home.get(&node) {
                let symbol = Some(nodes[node].provides[part].clone());
                push(Wait { from, to, symbol });
            }
        }
    }
    let item_of = |name: &Ident| {
        items
            .iter()
            .position(|item| matches!(item, Shape::Node(node) if nodes[*node].is_called(name)))
    };
    for edge in &tree.edges {
        if let (Some(from), Some(to)) = (item_of(&edge.from), item_of(&edge.to)) {
            let symbol = None;
            push(Wait { from, to, symbol });
        }
    }
    *order = sort(items.len(), edges);
}

fn outputs(tree: &Tree, nodes: &[Node<'_>], shape: &Shape<'_>, names: &Names) -> Vec<Handed> {
    let pick = |name: Option<&Ident>| {
        let Some(name) = name else {
            let ends = shape.ends(nodes);
            return match ends[..] {
                [source] => Handed::From(source),
                _ => Handed::Unclear(candidates(&ends, nodes)),
            };
        };
        match names.provided.get(&name.unraw().to_string()) {
            Some(&(node, part)) => Handed::From(Source::Node { node, part }),
            None => Handed::Missing,
        }
    };
    let picks = tree.output.picks();
    picks.into_iter().map(|(name, _)| pick(name)).collect()
}

/// What the last result could be: what is provided at the end, or else anything.
fn candidates(ends: &[Source], nodes: &[Node<'_>]) -> Vec<String> {
    let at_end = ends.iter().filter_map(|end| match *end {
        Source::Node { node, part } => Some(nodes[node].provides[part].clone()),
        Source::Field(_) => None,
    });
    let at_end: Vec<String> = at_end.collect();
    if at_end.is_empty() {
        nodes
            .iter()
            .flat_map(|node| node.provides.clone())
            .collect()
    } else {
        at_end
    }
}
