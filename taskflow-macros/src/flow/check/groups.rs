//! What can be wrong with a group: with what it binds, what is in it, and what it provides.

use syn::ext::IdentExt;
use syn::{Error, Ident};

use super::uses::subject;
use crate::flow::model::{Given, Handed, Node, Place, Resolved, Source, Way, visible};
use crate::flow::tree::WrapKind;

/// Whether what a group binds would hide a symbol.
pub(super) fn bound(flow: &Resolved<'_>, node: &Node<'_>, errors: &mut Vec<Error>) {
    let mut names: Vec<&Ident> = node.each().map(|each| &each.item).into_iter().collect();
    if let Place::Choice(choice) = node.what {
        names.extend(choice.arms.iter().flat_map(|arm| &arm.bindings));
    }
    for name in names {
        let symbol = name.unraw().to_string();
        let field = flow
            .tree
            .fields
            .iter()
            .find(|field| field.symbol() == symbol);
        let hidden = if let Some(field) = field {
            let kind = if field.resource { "resource" } else { "input" };
            format!("the {kind} `{symbol}`")
        } else if is_bound(flow, node, name) {
            format!("the `{symbol}` of a group around it")
        } else if visible(&symbol, node, &flow.nodes).is_some() {
            format!("the symbol `{symbol}`")
        } else {
            continue;
        };
        errors.push(Error::new(
            name.span(),
            format!(
                "`{symbol}` would hide {hidden}; choose another name for what the `{}` binds",
                node.token()
            ),
        ));
    }
}

/// Whether a group around a node binds a name.
fn is_bound(flow: &Resolved<'_>, node: &Node<'_>, name: &Ident) -> bool {
    let name = name.unraw();
    node.way.iter().any(|turn| match turn.way {
        Way::Body { node, .. } => {
            let each = flow.nodes[node].each();
            each.is_some_and(|each| each.item.unraw() == name)
        }
        Way::Arm { node, .. } => match flow.nodes[node].what {
            Place::Choice(choice) => {
                let mut bindings = choice.arms[turn.item].bindings.iter();
                bindings.any(|binding| binding.unraw() == name)
            }
            _ => false,
        },
        Way::Items(_) => false,
    })
}

/// What is wrong with what stands in a group, and with the last result of it.
pub(super) fn inside(flow: &Resolved<'_>, at: usize, errors: &mut Vec<Error>) {
    let node = &flow.nodes[at];
    // What is provided where a group around has bound the name already.
    for symbol in &node.provides {
        let span = node.rename().unwrap_or(node.token()).span();
        let name = Ident::new_raw("r", span);
        let name = syn::parse_str::<Ident>(symbol).unwrap_or(name);
        if is_bound(flow, node, &name) {
            errors.push(Error::new(
                span,
                format!(
                    "{} provides `{symbol}`, which would hide the `{symbol}` of a group around it; rename one of them",
                    subject(node)
                ),
            ));
        }
    }
    let Place::Wrap(wrap) = node.what else {
        return;
    };
    let keyword = &wrap.keyword;
    match (&node.last, &wrap.kind) {
        (Handed::Unclear(ends), _) => errors.push(Error::new(
            keyword.span(),
            format!(
                "the last result of the `{keyword}` is not one symbol; end it with a task that provides one\nat its end: {}",
                ends.join(", ")
            ),
        )),
        (Handed::Missing, WrapKind::Map(_)) => {
            if let Some(name) = &wrap.rename {
                errors.push(Error::new(
                    name.span(),
                    "the last task of the `map` provides nothing that could have a name; remove `as`, or return a value there",
                ));
            }
        }
        _ => {}
    }
    let WrapKind::Retry(retry) = &wrap.kind else {
        return;
    };
    if let Some(predicate) = &retry.predicate {
        let inner = flow
            .nodes
            .iter()
            .find(|inner| inner.is_flow() && inner.bodies().any(|body| body == at));
        if let Some(inner) = inner {
            errors.push(Error::new_spanned(
                predicate,
                format!(
                    "`if` asks the tasks in the `retry` for their errors, and those in flow `{}` are not known here; remove `if`, or put the `retry` into that flow",
                    inner.token()
                ),
            ));
        }
    }
}

/// Refuses to hand out of a body what is not stored.
pub(super) fn transient(flow: &Resolved<'_>, at: usize, errors: &mut Vec<Error>) {
    let node = &flow.nodes[at];
    if !node.is_transient() {
        return;
    }
    let Some(body) = node.bodies().last() else {
        return;
    };
    let outside = |other: &Node<'_>| !other.bodies().any(|around| around == body);
    let reads = |given: &Given<'_>| {
        let Given::Symbol(Source::Symbol(symbol), _) = given else {
            return false;
        };
        symbol.providers.iter().any(|&(provider, _)| provider == at)
    };
    let handed = |handed: &Handed| matches!(handed, Handed::From(symbol) if symbol.providers.iter().any(|&(p, _)| p == at));
    let is_read = flow.nodes.iter().any(|other| {
        outside(other) && (other.given().any(|(_, given)| reads(given)) || handed(&other.last))
    });
    if is_read || flow.outputs.iter().any(handed) {
        let group = flow.nodes[body].token();
        errors.push(Error::new(
            node.token().span(),
            format!(
                "{} is transient, and what a `{group}` hands out is stored; remove `transient`, or read it inside of the `{group}` only",
                subject(node)
            ),
        ));
    }
}
