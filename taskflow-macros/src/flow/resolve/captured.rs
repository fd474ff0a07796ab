//! Lets an inline flow take from the variables around it what nothing in it provides.

use syn::Ident;
use syn::ext::IdentExt;

use crate::flow::model::{Given, Node, Source, sees};
use crate::flow::tree::ident;

/// Turns what is missing into variables, and gives these.
///
/// What something in the flow provides elsewhere stays missing: it is a mistake in the order, and
/// no variable.
pub(super) fn capture(nodes: &mut [Node<'_>]) -> Vec<Ident> {
    let mut captured = Vec::new();
    for at in 0..nodes.len() {
        let mut args = std::mem::take(&mut nodes[at].args);
        let mut settings = std::mem::take(&mut nodes[at].settings);
        let args_given = args.iter_mut().map(|arg| (arg.token, &mut arg.given));
        let settings_given = settings
            .iter_mut()
            .map(|setting| (setting.token, &mut setting.given));
        for (token, given) in args_given.chain(settings_given) {
            if let Given::Missing(symbol, fields) = given
                && !is_meant_inside(symbol, &nodes[at], nodes)
            {
                let span = nodes[at].token().span();
                let token = token.map_or_else(|| ident(symbol, span), Clone::clone);
                let source = Source::Field(number(&mut captured, token));
                *given = Given::Symbol(source, fields);
            }
        }
        nodes[at].args = args;
        nodes[at].settings = settings;
    }
    captured
}

/// Whether a node asks for what another one provides, or would provide if it returned a value.
fn is_meant_inside(symbol: &str, reader: &Node<'_>, nodes: &[Node<'_>]) -> bool {
    nodes.iter().any(|node| {
        node.provides.iter().any(|provided| provided == symbol)
            || node.provides.is_empty() && node.name == symbol && sees(reader, node)
    })
}

/// The number of a variable, which is captured once.
fn number(captured: &mut Vec<Ident>, token: Ident) -> usize {
    let is_same = |known: &Ident| known.unraw() == token.unraw();
    captured.iter().position(is_same).unwrap_or_else(|| {
        captured.push(token);
        captured.len() - 1
    })
}
