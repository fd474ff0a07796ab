//! Everything that can be wrong with a flow whose form is right, and how it is said.

use syn::Error;

use super::model::{Given, Resolved};

mod closest;
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
        let (before, _) = flow.nodes.split_at(at);
        if uses::unique_name(node, before, &mut errors)
            && !structure::is_itself(flow.tree, node.used)
        {
            uses::providers(flow, node, before, &mut errors);
        }
        for arg in &node.args {
            if let Given::Missing(symbol) = &arg.given {
                errors.push(uses::missing(flow, node, arg, symbol));
            }
        }
    }
    results::graphs(flow, &flow.shape, &mut errors);
    results::outputs(flow, &mut errors);
    errors
}
