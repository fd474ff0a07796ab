//! Turns the names of a flow into numbers; what cannot be found stays a fact for the check.

use std::collections::HashMap;

use syn::ext::IdentExt;
use syn::{Ident, Member};

use super::graph::{Wait, sort};
use super::model::{
    Arg, Given, Handed, Node, Place, Resolved, Shape, Source, Turn, Way, gathered, visible,
};
use super::signature::{Param, ParamKind, Provides, Signature, What};
use super::tree::{Group, Item, Kind, LeafKind, Tree, Use, Value, Wrap, WrapKind, snake};

mod settings;

/// Looks up the names of a flow whose signatures are those of its distinct paths.
pub(crate) fn resolve<'t>(
    tree: &'t Tree,
    pattern: &'t Item,
    signature: &dyn Fn(&Use) -> Option<&'t Signature>,
) -> Option<Resolved<'t>> {
    let mut walk = Walk {
        nodes: Vec::new(),
        groups: 0,
        transient: false,
        signature,
    };
    let mut shape = walk.item(pattern, &mut Vec::new())?;
    let mut nodes = walk.nodes;
    let names = Names::new(tree);
    for at in 0..nodes.len() {
        nodes[at].args = args(at, &nodes, &names);
        nodes[at].settings = settings::settings(at, &nodes, &names);
    }
    order(&mut shape, &nodes);
    let outputs = outputs(tree, &nodes, &shape);
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
    /// In a `transient[…]`.
    transient: bool,
    signature: &'s dyn Fn(&Use) -> Option<&'t Signature>,
}

impl<'t> Walk<'t, '_> {
    fn item(&mut self, item: &'t Item, way: &mut Vec<Turn>) -> Option<Shape<'t>> {
        match item {
            Item::Use(used) => {
                let signature = (self.signature)(used)?;
                let what = match &signature.what {
                    What::Task(task) => Place::Task(used, signature, task),
                    What::Flow { .. } => Place::Flow(used, signature),
                };
                let (name, provides) = provided(used, signature);
                Some(Shape::Node(self.push(what, name, provides, way)))
            }
            Item::Leaf(leaf) => {
                let provides = match &leaf.kind {
                    LeafKind::Signal { name, .. } => vec![name.unraw().to_string()],
                    LeafKind::Fail(_) | LeafKind::Sleep(_) => Vec::new(),
                };
                let name = leaf.rename.as_ref().unwrap_or(&leaf.keyword);
                let name = provides
                    .first()
                    .cloned()
                    .unwrap_or(name.unraw().to_string());
                Some(Shape::Node(self.push(
                    Place::Leaf(leaf),
                    name,
                    provides,
                    way,
                )))
            }
            Item::Group(group) => self.group(group, way),
            Item::Choice(choice) => {
                let what = Place::Choice(choice);
                let node = self.push(what, String::new(), Vec::new(), way);
                let group = self.next_group();
                let mut arms = Vec::new();
                for (item, arm) in choice.arms.iter().enumerate() {
                    let of = choice.arms.len();
                    way.push(Turn {
                        group,
                        way: Way::Arm { node, of },
                        item,
                    });
                    arms.push(match &arm.item {
                        Some(inner) => Some(self.item(inner, way)?),
                        None => None,
                    });
                    way.pop();
                }
                self.name_after(node, &choice.keyword);
                Some(Shape::Choice { node, arms })
            }
            Item::Wrap(wrap) if matches!(wrap.kind, WrapKind::Transient) => {
                let around = std::mem::replace(&mut self.transient, true);
                let shape = self.group(&wrap.inner, way);
                self.transient = around;
                shape
            }
            Item::Wrap(wrap) => self.wrap(wrap, way),
        }
    }

    fn group(&mut self, tree: &'t Group, way: &mut Vec<Turn>) -> Option<Shape<'t>> {
        let group = self.next_group();
        let mut items = Vec::new();
        for (item, inner) in tree.items.iter().enumerate() {
            way.push(Turn {
                group,
                way: Way::Items(tree.kind),
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

    fn wrap(&mut self, wrap: &'t Wrap, way: &mut Vec<Turn>) -> Option<Shape<'t>> {
        let node = self.push(Place::Wrap(wrap), String::new(), Vec::new(), way);
        let hides = wrap.kind.gathers();
        way.push(Turn {
            group: self.next_group(),
            way: Way::Body { node, hides },
            item: 0,
        });
        let inner = self.group(&wrap.inner, way)?;
        self.name_after(node, &wrap.keyword);
        if hides {
            let ends = inner.ends(&self.nodes);
            let rename = wrap.rename.as_ref().map(|name| name.unraw().to_string());
            let last = last(&ends, way, &self.nodes);
            let own = &mut self.nodes[node];
            own.provides = match (&last, rename, &wrap.kind) {
                (Handed::From(_), Some(name), _) | (_, Some(name), WrapKind::Try) => vec![name],
                (Handed::From(_), None, _) => ends,
                _ => Vec::new(),
            };
            own.last = last;
        }
        way.pop();
        if let (Some(name), true) = (&wrap.rename, hides) {
            let name = self.named(name.unraw().to_string(), way);
            self.nodes[node].name = name;
        }
        Some(Shape::Body {
            node,
            inner: Box::new(inner),
        })
    }

    fn push(
        &mut self,
        what: Place<'t>,
        name: String,
        provides: Vec<String>,
        way: &[Turn],
    ) -> usize {
        let name = self.named(name, way);
        self.nodes.push(Node {
            what,
            name,
            provides,
            args: Vec::new(),
            settings: Vec::new(),
            way: way.to_vec(),
            transient: self.transient,
            last: Handed::Missing,
        });
        self.nodes.len() - 1
    }

    /// Names a group after its kind and the first task in it, and numbers the names that are equal.
    fn name_after(&mut self, node: usize, keyword: &Ident) {
        let is_group = |node: &&Node<'_>| matches!(node.what, Place::Choice(_) | Place::Wrap(_));
        let mut inner = self.nodes[node + 1..].iter();
        let first = inner.find(|inner| !is_group(inner));
        let name = format!("{keyword}@{}", first.map_or("", |first| &first.name));
        self.nodes[node].name = self.numbered(name, |_| true);
    }

    /// The name of an atom. In arms of one choice several may have the same name, which are then
    /// numbered; elsewhere this is a mistake of the user's, and is reported.
    fn named(&self, name: String, way: &[Turn]) -> String {
        let apart = |other: &Node<'_>| {
            let parting = other.way.iter().zip(way).find(|(a, b)| a != b);
            parting.is_some_and(|(turn, _)| matches!(turn.way, Way::Arm { .. }))
        };
        self.numbered(name, apart)
    }

    /// A name with a number behind it, if only such nodes have it already that allow for that.
    fn numbered(&self, name: String, allows: impl Fn(&Node<'_>) -> bool) -> String {
        let mut same = self
            .nodes
            .iter()
            .filter(|other| other.name == name)
            .peekable();
        if same.peek().is_none() || !same.all(allows) {
            return name;
        }
        let taken = |name: &String| self.nodes.iter().any(|other| other.name == *name);
        let mut numbers = (2..).map(|number| format!("{name}#{number}"));
        numbers.find(|name| !taken(name)).unwrap_or(name)
    }

    fn next_group(&mut self) -> usize {
        self.groups += 1;
        self.groups
    }
}

/// The name of a task or a flow at its place, and the symbols that it provides there.
fn provided(used: &Use, signature: &Signature) -> (String, Vec<String>) {
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
    (name, provides)
}

/// The last result of what is behind `way`, whose ends are named.
fn last(ends: &[String], way: &[Turn], nodes: &[Node<'_>]) -> Handed {
    match ends {
        [] => Handed::Missing,
        [end] => gathered(end, way, nodes).map_or(Handed::Missing, Handed::From),
        _ => Handed::Unclear(ends.to_vec()),
    }
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
            None => Given::Missing(symbol),
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

fn outputs(tree: &Tree, nodes: &[Node<'_>], shape: &Shape<'_>) -> Vec<Handed> {
    let pick = |name: Option<&Ident>| match name {
        Some(name) => {
            let name = name.unraw().to_string();
            gathered(&name, &[], nodes).map_or(Handed::Missing, Handed::From)
        }
        None => match last(&shape.ends(nodes), &[], nodes) {
            // What the last result could be: anything that is provided, if there is none.
            Handed::Missing => {
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
