//! Puts the atoms of a flow in a row and draws the edges between them.
//!
//! An atom stands behind all that it waits for, so that the generated code, in the same order,
//! names the type of a value before it reads it.

use super::model::Shape;
use super::tree::Kind;

/// The atoms of one plan in their order: the flow's, or that of a group's body.
pub(crate) struct Layout {
    /// The group whose body it is.
    pub(crate) body: Option<usize>,
    pub(crate) atoms: Vec<Atom>,
    /// From each atom to one that comes directly after it.
    pub(crate) edges: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Atom {
    /// The task or flow with this number.
    Node(usize),
    /// A point where many atoms meet, so that the edges between two groups stay few.
    Join,
}

/// Where a part of the flow begins and ends.
struct Ends {
    first: Vec<usize>,
    last: Vec<usize>,
}

/// The plans of a flow: its own, and then those of the bodies in it.
pub(crate) fn layout(shape: &Shape<'_>) -> Vec<Layout> {
    let mut done = Vec::new();
    let mut open = vec![(None, shape)];
    while let Some((body, shape)) = open.pop() {
        let mut layout = Layout {
            body,
            atoms: Vec::new(),
            edges: Vec::new(),
        };
        layout.lay(shape);
        bodies(shape, &mut open);
        done.push(layout);
    }
    done
}

/// The bodies directly in a part of a flow.
fn bodies<'s, 't>(shape: &'s Shape<'t>, all: &mut Vec<(Option<usize>, &'s Shape<'t>)>) {
    match shape {
        Shape::Node(_) => {}
        Shape::Body { node, inner } => all.push((Some(*node), inner)),
        Shape::Group { items, .. } => items.iter().for_each(|item| bodies(item, all)),
        Shape::Choice { arms, .. } => arms.iter().flatten().for_each(|arm| bodies(arm, all)),
    }
}

impl Layout {
    fn lay(&mut self, shape: &Shape<'_>) -> Ends {
        let (tree, items, edges, order) = match shape {
            Shape::Node(node) | Shape::Body { node, .. } => {
                let atom = vec![self.push(Atom::Node(*node))];
                return Ends {
                    first: atom.clone(),
                    last: atom,
                };
            }
            Shape::Choice { node, arms } => return self.lay_choice(*node, arms),
            Shape::Group {
                tree,
                items,
                edges,
                order,
            } => (tree, items, edges, order),
        };
        match tree.kind {
            Kind::Linear => self.lay_linear(items),
            Kind::Unordered => {
                let parts: Vec<Ends> = items.iter().map(|item| self.lay(item)).collect();
                Ends {
                    first: parts.iter().flat_map(|part| part.first.clone()).collect(),
                    last: parts.iter().flat_map(|part| part.last.clone()).collect(),
                }
            }
            Kind::Graph => {
                let mut ends = Ends {
                    first: Vec::new(),
                    last: Vec::new(),
                };
                let mut lasts: Vec<Vec<usize>> = vec![Vec::new(); items.len()];
                for &at in order {
                    let before = edges.iter().filter(|edge| edge.to == at);
                    let before: Vec<Vec<usize>> = before
                        .map(|edge| self.meet(lasts[edge.from].clone(), &items[at]))
                        .collect();
                    let part = self.lay(&items[at]);
                    for from in &before {
                        self.connect(from, &part.first);
                    }
                    if before.is_empty() {
                        ends.first.extend(&part.first);
                    }
                    if edges.iter().all(|edge| edge.from != at) {
                        ends.last.extend(&part.last);
                    }
                    lasts[at] = part.last;
                }
                ends
            }
        }
    }

    /// The choice, and behind it each of its arms.
    fn lay_choice(&mut self, node: usize, arms: &[Option<Shape<'_>>]) -> Ends {
        let choice = self.push(Atom::Node(node));
        let mut last = Vec::new();
        for arm in arms.iter().flatten() {
            let part = self.lay(arm);
            self.connect(&[choice], &part.first);
            last.extend(part.last);
        }
        if last.is_empty() || arms.iter().any(Option::is_none) {
            last.push(choice);
        }
        Ends {
            first: vec![choice],
            last,
        }
    }

    fn lay_linear(&mut self, items: &[Shape<'_>]) -> Ends {
        let mut ends = Ends {
            first: Vec::new(),
            last: Vec::new(),
        };
        for item in items {
            let before = self.meet(std::mem::take(&mut ends.last), item);
            let part = self.lay(item);
            self.connect(&before, &part.first);
            if ends.first.is_empty() {
                ends.first = part.first;
            }
            ends.last = part.last;
        }
        ends
    }

    /// What `next` comes after: the atoms `from`, or their join where there are many on both sides.
    fn meet(&mut self, from: Vec<usize>, next: &Shape<'_>) -> Vec<usize> {
        if from.len() < 2 || next.width() < 2 {
            return from;
        }
        let join = vec![self.push(Atom::Join)];
        self.connect(&from, &join);
        join
    }

    fn connect(&mut self, from: &[usize], to: &[usize]) {
        for &from in from {
            self.edges.extend(to.iter().map(|&to| (from, to)));
        }
    }

    fn push(&mut self, atom: Atom) -> usize {
        self.atoms.push(atom);
        self.atoms.len() - 1
    }
}

impl Shape<'_> {
    /// The number of atoms that it begins with.
    fn width(&self) -> usize {
        let Self::Group {
            tree, items, edges, ..
        } = self
        else {
            return 1;
        };
        match tree.kind {
            Kind::Linear => items.first().map_or(0, Shape::width),
            Kind::Unordered => items.iter().map(Shape::width).sum(),
            Kind::Graph => {
                let begins = |at: usize| edges.iter().all(|edge| edge.to != at);
                let items = items.iter().enumerate();
                items
                    .filter(|&(at, _)| begins(at))
                    .map(|(_, item)| item.width())
                    .sum()
            }
        }
    }
}
