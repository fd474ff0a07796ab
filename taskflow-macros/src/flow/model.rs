//! A flow whose names have been turned into numbers.

use syn::ext::IdentExt;
use syn::{Ident, Member};

use super::graph::Wait;
use super::signature::{Param, Signature, TaskFacts};
use super::tree::{Choice, Each, Field, Group, Kind, Leaf, LeafKind, Tree, Use, Value, Wrap};

mod sight;

pub(crate) use sight::{Turn, Way, gathered, parting, sees, visible};

/// A flow whose names have been looked up.
pub(crate) struct Resolved<'t> {
    pub(crate) tree: &'t Tree,
    /// What has a place in the pattern, in order of definition: a group before what is in it.
    pub(crate) nodes: Vec<Node<'t>>,
    /// The pattern, over the numbers of nodes.
    pub(crate) shape: Shape<'t>,
    /// The variables that an inline flow captures, by the tokens that ask for them first; they are
    /// numbered as the fields of another flow are.
    pub(crate) captured: Vec<Ident>,
    /// What stands behind `->`, in its order.
    pub(crate) outputs: Vec<Handed>,
}

/// A task, a flow, or what controls a group, at its place.
pub(crate) struct Node<'t> {
    pub(crate) what: Place<'t>,
    /// The atom's name.
    pub(crate) name: String,
    /// The symbols that it provides here.
    pub(crate) provides: Vec<String>,
    /// For each parameter of a task or a flow, what it gets.
    pub(crate) args: Vec<Arg<'t>>,
    /// What the settings of anything else are.
    pub(crate) settings: Vec<Setting<'t>>,
    /// The way from the outermost group to the node.
    pub(crate) way: Vec<Turn>,
    /// It is in a `transient[…]`.
    pub(crate) transient: bool,
    /// The last result of the body, for a `map` or a `try`.
    pub(crate) last: Handed,
}

/// What stands at a place in the pattern.
#[derive(Clone, Copy)]
pub(crate) enum Place<'t> {
    Task(&'t Use, &'t Signature, &'t TaskFacts),
    Flow(&'t Use, &'t Signature),
    Leaf(&'t Leaf),
    Choice(&'t Choice),
    Wrap(&'t Wrap),
}

pub(crate) struct Arg<'t> {
    pub(crate) param: &'t Param,
    /// The token that asks for it, where it is not the node's own.
    pub(crate) token: Option<&'t Ident>,
    pub(crate) given: Given<'t>,
}

/// What a group or a step that is no task is told.
pub(crate) struct Setting<'t> {
    pub(crate) role: Role,
    /// The token that asks for it, if it is a symbol.
    pub(crate) token: Option<&'t Ident>,
    pub(crate) given: Given<'t>,
}

/// What a setting is for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Role {
    /// What a choice is about.
    On,
    /// A symbol in the guard of an arm.
    Guard(usize),
    /// What a group goes through.
    Over,
    Times,
    /// The controller of a retry.
    With,
    /// A wait of a backoff, by its text.
    Wait(String),
    Limit,
    Tolerate,
    /// A time, of a `sleep`, a `signal` or a `timeout`.
    Time,
    Reason,
}

/// What a parameter or a setting gets.
pub(crate) enum Given<'t> {
    /// A symbol, or a field of it.
    Symbol(Source<'t>, &'t [Member]),
    /// A literal or a constant.
    Fixed(&'t Value),
    /// The context of the run.
    Context,
    /// Nothing here provides the symbol of this name, of which a field is asked for.
    Missing(String, &'t [Member]),
}

/// Where a symbol comes from.
#[derive(Clone)]
pub(crate) enum Source<'t> {
    /// The field with this number, or the captured variable.
    Field(usize),
    /// What nodes provide.
    Symbol(Symbol),
    /// The item of the group with this number.
    Item(usize),
    /// What the pattern of an arm binds: the number of the choice, that of the arm, and the name.
    Binding(usize, usize, &'t Ident),
}

/// What nodes provide under one name: several do only where they are in different arms.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Symbol {
    /// The numbers of nodes, and which of the symbols that each provides.
    pub(crate) providers: Vec<(usize, usize)>,
    /// Whether it may be that none of them has run.
    pub(crate) optional: bool,
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
    /// A choice and its arms, some of which may be empty.
    Choice {
        node: usize,
        arms: Vec<Option<Shape<'t>>>,
    },
    /// A group whose body has a plan of its own.
    Body {
        node: usize,
        inner: Box<Shape<'t>>,
    },
}

/// A symbol that is handed out.
#[derive(Clone)]
pub(crate) enum Handed {
    From(Symbol),
    /// The last result is not one symbol; these could be meant.
    Unclear(Vec<String>),
    /// There is no such symbol.
    Missing,
}

impl Field {
    pub(crate) fn symbol(&self) -> String {
        self.name.unraw().to_string()
    }
}

impl<'t> Node<'t> {
    /// The token that messages point at.
    pub(crate) fn token(&self) -> &'t Ident {
        match self.what {
            Place::Task(used, ..) | Place::Flow(used, _) => used.token(),
            Place::Leaf(leaf) => match &leaf.kind {
                LeafKind::Signal { name, .. } => name,
                LeafKind::Fail(_) | LeafKind::Sleep(_) => &leaf.keyword,
            },
            Place::Choice(choice) => &choice.keyword,
            Place::Wrap(wrap) => &wrap.keyword,
        }
    }

    /// The name that it is given with `as`.
    pub(crate) fn rename(&self) -> Option<&'t Ident> {
        match self.what {
            Place::Task(used, ..) | Place::Flow(used, _) => used.rename.as_ref(),
            Place::Leaf(leaf) => leaf.rename.as_ref(),
            Place::Wrap(wrap) => wrap.rename.as_ref(),
            Place::Choice(_) => None,
        }
    }

    /// The task or flow that is named there.
    pub(crate) fn used(&self) -> Option<(&'t Use, &'t Signature)> {
        match self.what {
            Place::Task(used, signature, _) | Place::Flow(used, signature) => {
                Some((used, signature))
            }
            Place::Leaf(_) | Place::Choice(_) | Place::Wrap(_) => None,
        }
    }

    pub(crate) fn is_flow(&self) -> bool {
        matches!(self.what, Place::Flow(..))
    }

    /// Whether what it provides is not stored.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self.what, Place::Task(_, _, task) if task.transient || self.transient)
    }

    /// The variable that stands for one of many in its body, and what they are.
    pub(crate) fn each(&self) -> Option<&'t Each> {
        match self.what {
            Place::Wrap(wrap) => wrap.kind.each(),
            _ => None,
        }
    }

    pub(crate) fn setting(&self, role: &Role) -> Option<&Setting<'t>> {
        self.settings.iter().find(|setting| setting.role == *role)
    }

    /// What it reads, with the tokens that ask for it.
    pub(crate) fn given(&self) -> impl Iterator<Item = (Option<&'t Ident>, &Given<'t>)> {
        let args = self.args.iter().map(|arg| (arg.token, &arg.given));
        args.chain(
            self.settings
                .iter()
                .map(|setting| (setting.token, &setting.given)),
        )
    }

    /// The groups around it that have a body, the outermost first.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = usize> {
        self.way.iter().filter_map(|turn| match turn.way {
            Way::Body { node, .. } => Some(node),
            _ => None,
        })
    }

    /// The innermost group around it that has a body.
    pub(crate) fn body(&self) -> Option<usize> {
        self.bodies().last()
    }

    /// The arms around it, the outermost first: of which choice, and which one.
    pub(crate) fn arms(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        self.way.iter().filter_map(|turn| match turn.way {
            Way::Arm { node, .. } => Some((node, turn.item)),
            _ => None,
        })
    }

    /// The innermost arm around it that is in the same body.
    pub(crate) fn guard(&self) -> Option<(usize, usize)> {
        let mut ways = self.way.iter().rev();
        ways.find_map(|turn| match turn.way {
            Way::Arm { node, .. } => Some(Some((node, turn.item))),
            Way::Body { .. } => Some(None),
            Way::Items(_) => None,
        })?
    }

    /// Whether an explicit edge means this node by a name.
    pub(crate) fn is_called(&self, name: &Ident) -> bool {
        let name = name.unraw();
        let own = self.used().is_some() && self.rename().is_none();
        name == self.name || own && self.token().unraw() == name
    }
}

impl Shape<'_> {
    /// The numbers of the nodes in it.
    pub(crate) fn nodes(&self) -> Vec<usize> {
        match self {
            Self::Node(node) => vec![*node],
            Self::Group { items, .. } => items.iter().flat_map(Shape::nodes).collect(),
            Self::Choice { node, arms } => {
                let inner = arms.iter().flatten().flat_map(Shape::nodes);
                std::iter::once(*node).chain(inner).collect()
            }
            Self::Body { node, inner } => std::iter::once(*node).chain(inner.nodes()).collect(),
        }
    }

    /// The node that stands for it, if it is no group of several.
    pub(crate) fn head(&self) -> Option<usize> {
        match self {
            Self::Node(node) | Self::Choice { node, .. } | Self::Body { node, .. } => Some(*node),
            Self::Group { .. } => None,
        }
    }

    /// The names of what it provides at its end, each once.
    pub(crate) fn ends(&self, nodes: &[Node<'_>]) -> Vec<String> {
        let inner: Vec<&Self> = match self {
            Self::Node(node) => return nodes[*node].provides.clone(),
            Self::Body { node, inner } => match nodes[*node].what {
                Place::Wrap(wrap) if wrap.kind.gathers() => return nodes[*node].provides.clone(),
                _ => vec![inner],
            },
            Self::Choice { arms, .. } => arms.iter().flatten().collect(),
            Self::Group {
                tree, items, edges, ..
            } => {
                let last = |&(at, _): &(usize, &Self)| match tree.kind {
                    Kind::Linear => at + 1 == items.len(),
                    Kind::Unordered => true,
                    Kind::Graph => edges.iter().all(|edge| edge.from != at),
                };
                let last = items.iter().enumerate().filter(last);
                last.map(|(_, item)| item).collect()
            }
        };
        let mut names: Vec<String> = Vec::new();
        for name in inner.into_iter().flat_map(|item| item.ends(nodes)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}
