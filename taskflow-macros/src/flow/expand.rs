//! Writes the plan and the body of a flow that is right.

use proc_macro2::TokenStream;
use quote::quote;

use super::body::body;
use super::frame::{Parts, frame, warn_unused};
use super::layout::layout;
use super::numbers::Numbers;
use super::resolve::{Given, Resolved, Source};
use super::tables::{build, outputs};

/// The impls of a flow, and a warning for each field that nothing reads.
pub(crate) fn expand(flow: &Resolved<'_>, library: &TokenStream) -> TokenStream {
    let private = quote!(#library::__private);
    let layout = layout(&flow.shape);
    let numbers = Numbers::new(flow, &layout);
    let (build, build_type) = build(flow, &layout, &numbers, &private);
    let parts = Parts {
        items: numbers.items(flow, library),
        build,
        build_type,
        outputs: outputs(flow, &numbers),
        body: body(flow, &layout, &numbers, &private),
    };
    let frame = frame(flow.tree, library, &parts);
    let warnings = warn_unused(flow.tree, &fields_read(flow));
    quote!(#frame #warnings)
}

fn fields_read(flow: &Resolved<'_>) -> Vec<bool> {
    let mut read = vec![false; flow.tree.fields.len()];
    for arg in flow.nodes.iter().flat_map(|node| &node.args) {
        if let Given::Symbol(Source::Field(field), _) = arg.given {
            read[field] = true;
        }
    }
    read
}
