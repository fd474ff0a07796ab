//! What can be wrong with a task or a flow at its place, and with what it provides there.

use syn::Error;
use syn::ext::IdentExt;

use super::closest::closest;
use super::structure;
use crate::flow::model::{Node, Place, Resolved, Way, parting};
use crate::flow::signature::{Param, ParamKind, Provides, What};
use crate::flow::tree::{Tree, WrapKind};

pub(super) fn supported(tree: &Tree, node: &Node<'_>, errors: &mut Vec<Error>) {
    let token = node.token();
    let mut refuse = |message| errors.push(Error::new(token.span(), message));
    match node.what {
        Place::Task(_, _, task) => {
            if task.is_async {
                refuse(format!(
                    "task `{token}` is `async`, which flows do not yet support; make it a plain `fn`"
                ));
            }
            if node.transient && task.revert.is_some() {
                refuse(format!(
                    "task `{token}` is in a `transient` and has a revert, which needs its result; move it out, or remove the revert"
                ));
            }
        }
        Place::Flow(_, signature) => {
            if matches!(signature.what, What::Flow { local: true, .. }) && !tree.settings.local {
                refuse(format!(
                    "flow `{token}` is local and stays on one thread; mark `{}` with `#[flow(local)]` too",
                    tree.name
                ));
            }
            if node.transient {
                refuse(format!(
                    "flow `{token}` is in a `transient`, which is for tasks; move it out, or say `transient` inside of it"
                ));
            }
        }
        Place::Leaf(_) | Place::Choice(_) | Place::Wrap(_) => {}
    }
}

/// Whether it is the flow itself.
pub(super) fn is_itself(tree: &Tree, node: &Node<'_>) -> bool {
    node.used()
        .is_some_and(|(used, _)| structure::is_itself(tree, used))
}

pub(super) fn bindings(node: &Node<'_>, errors: &mut Vec<Error>) {
    let Some((used, signature)) = node.used() else {
        return;
    };
    let (what, token) = (noun(node), node.token());
    let known = |kind: ParamKind| kind != ParamKind::Ctx;
    let params = signature.params.iter();
    let names: Vec<String> = params
        .filter(|param| known(param.kind))
        .map(Param::symbol)
        .collect();
    for (at, binding) in used.bindings.iter().enumerate() {
        let name = binding.param.unraw().to_string();
        let mut refuse = |message| errors.push(Error::new(binding.param.span(), message));
        let param = signature.params.iter().find(|p| p.symbol() == name);
        match param {
            Some(param) if !known(param.kind) => refuse(format!(
                "`{name}` is the context of the run, which needs no binding; remove it"
            )),
            Some(_) => {
                let before = &used.bindings[..at];
                if before.iter().any(|other| other.param.unraw() == name) {
                    refuse(format!("`{name}` is bound twice; remove one"));
                }
            }
            None => {
                let cure = match (closest(&name, &names), names.is_empty()) {
                    (Some(close), _) => format!("did you mean `{close}`?"),
                    (None, true) => "it has none at all; remove the binding".to_owned(),
                    (None, false) => format!("it has: {}", names.join(", ")),
                };
                let parameter = if what == "task" { "parameter" } else { "field" };
                refuse(format!(
                    "{what} `{token}` has no {parameter} `{name}`; {cure}"
                ));
            }
        }
    }
}

/// Whether the atom's name is new.
pub(super) fn unique_name(node: &Node<'_>, before: &[Node<'_>], errors: &mut Vec<Error>) -> bool {
    let Some(first) = before.iter().find(|other| other.name == node.name) else {
        return true;
    };
    // A group is named after a task in it, or provides what it is named after.
    if matches!(node.what, Place::Choice(_)) {
        return true;
    }
    let token = node.rename().unwrap_or(node.token());
    let same = first.rename().is_none()
        && node.rename().is_none()
        && match (first.what, node.what) {
            (Place::Leaf(first), Place::Leaf(second)) => first.keyword == second.keyword,
            _ => match (first.used(), node.used()) {
                (Some((first, _)), Some((second, _))) => first.key() == second.key(),
                _ => false,
            },
        };
    errors.push(Error::new(
        token.span(),
        match node.what {
            _ if !same => format!(
                "two atoms of the flow are named `{}`; give this one another name with `as`",
                node.name
            ),
            Place::Leaf(leaf) if leaf.keyword == "signal" => format!(
                "the flow waits for `{token}` for the second time; give this signal another name"
            ),
            Place::Leaf(_) => format!(
                "`{token}` is here for the second time; give it another name with `{token}(…) as …`"
            ),
            _ => {
                let what = noun(node);
                format!(
                    "{what} `{token}` is here for the second time; give it another name with `{token} as …`"
                )
            }
        },
    ));
    false
}

pub(super) fn providers(
    flow: &Resolved<'_>,
    node: &Node<'_>,
    before: &[Node<'_>],
    errors: &mut Vec<Error>,
) {
    let span = node.rename().unwrap_or(node.token()).span();
    let (subject, token) = (subject(node), node.token());
    let cure_by_name = match node.what {
        Place::Task(_, signature, _) | Place::Flow(_, signature) => {
            matches!(signature.provides, Provides::One(_)).then(|| format!("`{token} as …`"))
        }
        Place::Wrap(_) => Some(format!("`{token}…[…] as …`")),
        Place::Leaf(_) | Place::Choice(_) => None,
    };
    for symbol in &node.provides {
        let mut fields = flow.tree.fields.iter();
        if let Some(field) = fields.find(|field| field.symbol() == *symbol) {
            let kind = if field.resource { "resource" } else { "input" };
            let cure = match &cure_by_name {
                Some(name) => format!("rename the result with {name}, or rename the {kind}"),
                None => format!("rename the {kind}"),
            };
            errors.push(Error::new(
                span,
                format!(
                    "{subject} provides `{symbol}`, which would hide the {kind} `{symbol}`; {cure}"
                ),
            ));
        }
        let clashes = |other: &&Node<'_>| other.provides.contains(symbol) && clash(other, node);
        if let Some(first) = before.iter().find(clashes) {
            let cure = match (&cure_by_name, node.what) {
                (Some(name), _) => format!("rename this one with {name}"),
                (None, Place::Leaf(_)) => "give this one another name".to_owned(),
                _ => "`as` renames one symbol only, so put one of them in a flow of its own"
                    .to_owned(),
            };
            errors.push(Error::new(
                span,
                format!(
                    "{subject} provides `{symbol}`, which `{}` provides already; {cure}",
                    written(first)
                ),
            ));
        }
    }
}

/// Whether two nodes must not provide the same symbol. They may in two arms of one choice; and what
/// only a group sees may have the name of what the group provides.
fn clash(first: &Node<'_>, second: &Node<'_>) -> bool {
    match parting(first, second) {
        Some((_, Way::Arm { .. }, ..)) => false,
        Some(_) => true,
        None => {
            let (outer, inner) = if first.way.len() < second.way.len() {
                (first, second)
            } else {
                (second, first)
            };
            let hides =
                |turn: &crate::flow::model::Turn| matches!(turn.way, Way::Body { hides: true, .. });
            !inner.way[outer.way.len()..].iter().any(hides)
        }
    }
}

/// A node as the user wrote it, without bindings.
pub(super) fn written(node: &Node<'_>) -> String {
    let path = node.token();
    match (node.rename(), node.what) {
        (Some(name), Place::Wrap(_)) => format!("{path}[…] as {name}"),
        (Some(name), _) => format!("{path} as {name}"),
        (None, Place::Wrap(_)) => format!("{path}[…]"),
        (None, _) => path.to_string(),
    }
}

/// The kind of a node and its token.
pub(super) fn subject(node: &Node<'_>) -> String {
    match node.what {
        Place::Task(..) | Place::Flow(..) => format!("{} `{}`", noun(node), node.token()),
        Place::Leaf(_) | Place::Choice(_) | Place::Wrap(_) => match node.token() {
            token if matches!(node.what, Place::Leaf(leaf) if leaf.keyword == "signal") => {
                format!("signal `{token}`")
            }
            token => format!("`{token}`"),
        },
    }
}

/// The word for what a node is.
pub(super) fn noun(node: &Node<'_>) -> &'static str {
    match node.what {
        Place::Task(..) => "task",
        Place::Flow(..) => "flow",
        Place::Leaf(_) => "step",
        Place::Choice(_) => "choice",
        Place::Wrap(wrap) => match wrap.kind {
            WrapKind::Map(_) => "map",
            _ => "group",
        },
    }
}
