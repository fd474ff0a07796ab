//! Writes a flow's plan: its atoms, the edges between them, and which reads which.

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote_spanned;

use super::layout::{Atom, Layout};
use super::model::{Given, Handed, Node, Resolved, Source};
use super::numbers::Numbers;
use super::signature::What;
use super::tree::located;

/// A plan as tokens.
pub(crate) struct Tables {
    /// An expression for a `Build`, and its type.
    pub(crate) build: TokenStream,
    pub(crate) build_type: TokenStream,
    /// The atoms whose values make the output.
    pub(crate) outputs: TokenStream,
}

pub(crate) fn tables(
    flow: &Resolved<'_>,
    layout: &Layout,
    numbers: &Numbers,
    private: &TokenStream,
) -> Tables {
    let span = located(flow.tree.name.span());
    let mut parts = Vec::new();
    let (mut reads, mut wants) = (Vec::new(), Vec::new());
    for (at, atom) in layout.atoms.iter().enumerate() {
        let Atom::Node(node) = *atom else {
            parts.push(quote_spanned!(span=> #private::Part::Join));
            continue;
        };
        let node = &flow.nodes[node];
        let name = &node.name;
        match &node.signature.what {
            What::Task(task) => {
                let key = &task.key;
                parts.push(quote_spanned!(span=> #private::Part::Task(#name, #private::policy::<#key, _>())));
                let reader = numbers.enter(at);
                let sources = sources(node);
                reads.extend(sources.iter().filter_map(|source| match *source {
                    Source::Node { node, .. } => {
                        let provider = numbers.provider(node);
                        Some(quote_spanned!(span=> (#reader, #provider)))
                    }
                    Source::Field(_) => None,
                }));
                wants.extend(sources.iter().filter_map(|source| match *source {
                    Source::Field(field) => {
                        let field = Literal::usize_unsuffixed(field);
                        Some(quote_spanned!(span=> (#reader, #field)))
                    }
                    Source::Node { .. } => None,
                }));
            }
            What::Flow { .. } => {
                let plan = numbers.nested(at).map(Numbers::plan);
                let sources = node
                    .args
                    .iter()
                    .map(|arg| given(&arg.given, numbers, private, span));
                parts.push(
                    quote_spanned!(span=> #private::Part::Flow(#name, #plan, &[#(#sources),*])),
                );
            }
        }
    }
    let edges: Vec<_> = layout
        .edges
        .iter()
        .map(|&(from, to)| {
            let (from, to) = (numbers.leave(from), numbers.enter(to));
            quote_spanned!(span=> (#from, #to))
        })
        .collect();
    let plans: Vec<_> = numbers.flows().map(Numbers::plan).collect();
    let bound = |own: usize, child: TokenStream| {
        let own = Literal::usize_unsuffixed(own);
        quote_spanned!(span=> { #own #(+ #plans.#child)* })
    };
    let nested = plans.len();
    let atoms = bound(
        layout.atoms.len() + nested,
        quote_spanned!(span=> size() as usize),
    );
    let edge_bound = bound(edges.len(), quote_spanned!(span=> edge_bound()));
    let read_bound = bound(reads.len(), quote_spanned!(span=> read_bound()));
    let want_bound = bound(wants.len(), quote_spanned!(span=> read_bound()));
    let scope_bound = bound(1, quote_spanned!(span=> scope_bound()));
    let build = quote_spanned! {span=>
        #private::Build::new()
            .parts(&[#(#parts),*])
            .edges(&[#(#edges),*])
            .reads(&[#(#reads),*])
            .wants(&[#(#wants),*])
            .done()
    };
    let build_type = quote_spanned! {span=>
        #private::Build<#atoms, #edge_bound, #read_bound, #want_bound, #scope_bound>
    };
    Tables {
        build,
        build_type,
        outputs: outputs(flow, numbers),
    }
}

fn outputs(flow: &Resolved<'_>, numbers: &Numbers) -> TokenStream {
    let span = located(flow.tree.name.span());
    let mut nodes: Vec<usize> = Vec::new();
    for handed in &flow.outputs {
        if let Handed::From(Source::Node { node, .. }) = *handed
            && !nodes.contains(&node)
        {
            nodes.push(node);
        }
    }
    let atoms = nodes.into_iter().map(|node| numbers.provider(node));
    quote_spanned!(span=> #(#atoms),*)
}

/// What a task reads, each once.
fn sources(node: &Node<'_>) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for arg in &node.args {
        if let Given::Symbol(source, _) = arg.given
            && !sources.iter().any(|other| same_provider(*other, source))
        {
            sources.push(source);
        }
    }
    sources
}

/// Whether two symbols come from one field or one atom.
fn same_provider(a: Source, b: Source) -> bool {
    match (a, b) {
        (Source::Field(a), Source::Field(b))
        | (Source::Node { node: a, .. }, Source::Node { node: b, .. }) => a == b,
        _ => false,
    }
}

/// Where a nested flow gets a field from.
fn given(given: &Given<'_>, numbers: &Numbers, private: &TokenStream, span: Span) -> TokenStream {
    match *given {
        Given::Symbol(Source::Field(field), _) => {
            let field = Literal::usize_unsuffixed(field);
            quote_spanned!(span=> #private::Source::Input(#field))
        }
        Given::Symbol(Source::Node { node, .. }, _) => {
            let provider = numbers.provider(node);
            quote_spanned!(span=> #private::Source::Atom(#provider))
        }
        Given::Fixed(_) | Given::Context | Given::Missing(_) => {
            quote_spanned!(span=> #private::Source::Fixed)
        }
    }
}
