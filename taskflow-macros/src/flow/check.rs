//! Everything that can be wrong with a flow whose form is right, and how it is said.

use syn::Error;

use super::model::{Given, Resolved};

mod closest;
mod groups;
mod needs;
mod results;
mod structure;
mod uses;

pub(crate) use structure::{check_tree, mend};

/// What is wrong with how the tasks fit together.
pub(crate) fn check(flow: &Resolved<'_>) -> Vec<Error> {
    let mut errors = Vec::new();
    for (at, node) in flow.nodes.iter().enumerate() {
        uses::supported(flow.tree, node, &mut errors);
        uses::bindings(node, &mut errors);
        groups::bound(flow, node, &mut errors);
        groups::inside(flow, at, &mut errors);
        let (before, _) = flow.nodes.split_at(at);
        if uses::unique_name(node, before, &mut errors) && !uses::is_itself(flow.tree, node) {
            uses::providers(flow, node, before, &mut errors);
        }
        for (token, given) in node.given() {
            if let Given::Missing(symbol, _) = given {
                errors.push(needs::missing(flow, node, token, symbol));
            }
        }
        needs::optional(node, &mut errors);
        groups::transient(flow, at, &mut errors);
    }
    results::graphs(flow, &flow.shape, &mut errors);
    results::outputs(flow, &mut errors);
    errors
}
