//! What can be wrong with the order of a `graph`, and with what a flow hands out.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Error, Ident};

use super::closest::closest;
use crate::flow::graph::cycle;
use crate::flow::model::{Handed, Node, Resolved, Shape, gathered};

pub(super) fn graphs(flow: &Resolved<'_>, shape: &Shape<'_>, errors: &mut Vec<Error>) {
    let (tree, items, edges, order) = match shape {
        Shape::Node(_) => return,
        Shape::Choice { arms, .. } => {
            let inner = arms.iter().flatten();
            return inner.for_each(|arm| graphs(flow, arm, errors));
        }
        Shape::Body { inner, .. } => return graphs(flow, inner, errors),
        Shape::Group {
            tree,
            items,
            edges,
            order,
        } => (tree, items, edges, order),
    };
    for item in items {
        graphs(flow, item, errors);
    }
    let names: Vec<&Node<'_>> = items
        .iter()
        .filter_map(|item| item.head().map(|node| &flow.nodes[node]))
        .collect();
    for edge in &tree.edges {
        for end in [&edge.from, &edge.to] {
            if names.iter().any(|node| node.is_called(end)) {
                continue;
            }
            let known: Vec<_> = names.iter().map(|node| node.name.clone()).collect();
            let cure = closest(&end.to_string(), &known).map_or_else(
                || format!("it has: {}", known.join(", ")),
                |close| format!("did you mean `{close}`?"),
            );
            errors.push(Error::new(
                end.span(),
                format!("this `graph` has no task `{end}`; {cure}"),
            ));
        }
        if edge.from == edge.to {
            errors.push(Error::new(
                edge.to.span(),
                format!("`{}` cannot wait for itself; remove this edge", edge.to),
            ));
        }
    }
    if order.len() < items.len() {
        let waits = cycle(items.len(), edges, order);
        errors.extend(waits.first().map(|first| {
            let name = |item: usize| flow.nodes[items[item].nodes()[0]].name.clone();
            let mut path = format!("`{}`", name(first.from));
            for wait in &waits {
                let why = wait.symbol.as_ref().map_or_else(
                    || "by an explicit edge".to_owned(),
                    |symbol| format!("which reads `{symbol}`"),
                );
                path = format!("{path} -> `{}` ({why})", name(wait.to));
            }
            let token = flow.nodes[items[first.from].nodes()[0]].token();
            Error::new(
                token.span(),
                format!("tasks wait for each other: {path}; remove one of these dependencies"),
            )
        }));
    }
}

pub(super) fn outputs(flow: &Resolved<'_>, errors: &mut Vec<Error>) {
    for ((name, ty), handed) in flow.tree.output.picks().into_iter().zip(&flow.outputs) {
        match (handed, name) {
            (Handed::Unclear(candidates), _) => {
                let message = if candidates.is_empty() {
                    "none of the tasks provides anything that the flow could hand out; remove the output"
                        .to_owned()
                } else if flow.tree.is_inline() {
                    format!(
                        "the last result of the flow is not one symbol; pick with `-> name`, `-> (first, second)` or, for none, `-> ()`\navailable: {}",
                        candidates.join(", ")
                    )
                } else {
                    let ty = ty.to_token_stream().to_string().replace(' ', "");
                    format!(
                        "the last result of the flow is not one symbol; pick a symbol with `-> name: {ty}`\navailable: {}",
                        candidates.join(", ")
                    )
                };
                errors.push(Error::new_spanned(ty, message));
            }
            (Handed::Missing, Some(name)) => errors.push(unknown_output(flow, name)),
            (Handed::From(_), _) | (Handed::Missing, None) => {}
        }
    }
}

fn unknown_output(flow: &Resolved<'_>, name: &Ident) -> Error {
    let symbol = name.unraw().to_string();
    let mut provided: Vec<String> = Vec::new();
    for name in flow.nodes.iter().flat_map(|node| &node.provides) {
        if !provided.contains(name) && gathered(name, &[], &flow.nodes).is_some() {
            provided.push(name.clone());
        }
    }
    let field = flow
        .tree
        .fields
        .iter()
        .find(|field| field.symbol() == symbol);
    let kind = match field {
        Some(field) if field.resource => Some("a resource"),
        Some(_) => Some("an input"),
        None => {
            let is_captured = flow.captured.iter().any(|name| name.unraw() == symbol);
            is_captured.then_some("a variable")
        }
    };
    let message = if let Some(kind) = kind {
        format!(
            "`{symbol}` is {kind}, which is no result; hand out what a task provides\navailable: {}",
            provided.join(", ")
        )
    } else {
        let cure = closest(&symbol, &provided).map_or_else(
            || "hand out what a task provides".to_owned(),
            |close| format!("did you mean `{close}`?"),
        );
        format!(
            "nothing provides `{symbol}`; {cure}\navailable: {}",
            provided.join(", ")
        )
    };
    Error::new(name.span(), message)
}
