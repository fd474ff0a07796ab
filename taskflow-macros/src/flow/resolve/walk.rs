//! Goes through the pattern and gives each place a node: its name, what it provides and the way to
//! it.

use syn::Ident;
use syn::ext::IdentExt;

use super::last;
use crate::flow::model::{Handed, Node, Place, Shape, Turn, Way};
use crate::flow::signature::{Provides, Signature, What};
use crate::flow::tree::{Group, Item, LeafKind, Use, Wrap, WrapKind, snake};

/// The nodes of a pattern, and its shape; nothing where a signature is missing.
pub(super) fn walk<'t>(
    pattern: &'t Item,
    signature: &dyn Fn(&Use) -> Option<&'t Signature>,
) -> Option<(Vec<Node<'t>>, Shape<'t>)> {
    let mut walk = Walk {
        nodes: Vec::new(),
        groups: 0,
        transient: false,
        signature,
    };
    let shape = walk.item(pattern, &mut Vec::new())?;
    Some((walk.nodes, shape))
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
