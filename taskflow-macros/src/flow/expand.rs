//! Writes the contents of a flow's `__body`: its plan, its slots and what is done with them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::body::body;
use super::layout::layout;
use super::model::{Given, Node, Resolved, Source};
use super::numbers::{Level, levels, names};
use super::tables::{Tables, tables};
use super::tree::{OnFailure, Tree, Use, distinct, located};
use crate::library::placed;

/// The contents for a flow that is right, with a warning for each field that nothing reads.
pub(crate) fn expand(flow: &Resolved<'_>, library: &TokenStream) -> TokenStream {
    let span = located(flow.tree.name.span());
    let library = placed(span, library.clone());
    let private = quote_spanned!(span=> #library::__private);
    let levels = levels(flow, layout(&flow.shape));
    let items = levels
        .iter()
        .map(|level| level.numbers.items(flow, &library));
    let items: TokenStream = items.collect();
    let bodies = (1..levels.len()).map(|level| body_plan(flow, &levels, level, &private));
    let bodies: TokenStream = bodies.collect();
    let tables = tables(flow, &levels, 0, &private);
    let body = body(flow, &levels, &private);
    let contents = contents(flow.tree, &private, &tables, &body);
    if flow.tree.is_inline() {
        return inline(
            &flow.captured,
            &quote!(#items #bodies #contents),
            &private,
            span,
        );
    }
    let warnings = warn_unused(flow.tree, &fields_read(flow));
    quote!(#warnings #items #bodies #contents)
}

/// An inline flow: references to its variables, and the closure that makes its code.
fn inline(
    captured: &[Ident],
    contents: &TokenStream,
    private: &TokenStream,
    span: Span,
) -> TokenStream {
    // The name is the user's, so that it is that of a variable of the user's.
    let variables = captured.iter().map(|name| {
        let at = located(name.span());
        let private = placed(at, private.clone());
        quote_spanned!(at=> (&#private::Captured(&#name)).captured())
    });
    quote_spanned! {span=>
        use #private::{CapturedReference as _, CapturedValue as _};
        #[allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction, unused)]
        let __i = (#(#variables,)*);
        #[allow(
            clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction, dead_code,
            deprecated, non_upper_case_globals, unreachable_code, unused_imports,
            unused_qualifications
        )]
        let __flow = #private::InlineFlow::new(|| { #contents });
        __flow
    }
}

/// The plan of a group's body.
fn body_plan(
    flow: &Resolved<'_>,
    levels: &[Level],
    level: usize,
    private: &TokenStream,
) -> TokenStream {
    let span = located(flow.tree.name.span());
    let (build_name, body_name) = names(level);
    let Tables {
        build,
        build_type,
        outputs,
    } = tables(flow, levels, level, private);
    quote_spanned! {span=>
        static #build_name: #build_type = #build;
        static #body_name: #private::Plan = #build_name.body(&[#outputs]);
    }
}

/// The contents for a flow that is wrong, so that using it is no second mistake.
pub(crate) fn fallback(tree: &Tree, library: &TokenStream) -> TokenStream {
    let span = located(tree.name.span());
    let library = placed(span, library.clone());
    let private = quote_spanned!(span=> #library::__private);
    // A function, as each macro in a macro counts for `recursion_limit`.
    let never = quote_spanned!(span=> #private::no_such_atom());
    let tables = Tables {
        build: quote_spanned!(span=> #private::Build::new()),
        build_type: quote_spanned!(span=> #private::Build<0, 0, 0, 0, 1>),
        outputs: TokenStream::new(),
    };
    let body = if tree.is_inline() {
        quote_spanned! {span=>
            #private::inline::<__Plan, _, _, _, _>((), |_, _, _, _| #never, |_| #never)
        }
    } else {
        quote_spanned! {span=>
            #private::body::<Self, __Plan, _, _, _, _>(
                (), |_, _, _, _, _| #never, |_| #never, |_| #never
            )
        }
    };
    let contents = contents(tree, &private, &tables, &body);
    let paths = distinct(&tree.uses());
    // Around an inline flow a word may be a variable, which cannot be imported.
    let is_clear = |used: &&&Use| !tree.is_inline() || used.path.segments.len() > 1;
    let paths = paths.iter().filter(is_clear);
    let paths = paths.map(|used| used.companion_path());
    let contents = quote_spanned! {span=>
        // Editors resolve the names of the pattern here.
        #(use #paths as _;)*
        #contents
    };
    if tree.is_inline() {
        return inline(&[], &contents, &private, span);
    }
    contents
}

fn contents(
    tree: &Tree,
    private: &TokenStream,
    tables: &Tables,
    body: &TokenStream,
) -> TokenStream {
    let span = located(tree.name.span());
    let (name, version) = (tree.stored_name(), tree.version());
    let on_failure = match tree.settings.on_failure {
        Some(OnFailure::Revert) => {
            quote_spanned!(span=> ::core::option::Option::Some(#private::OnFailure::Revert))
        }
        Some(OnFailure::Keep) => {
            quote_spanned!(span=> ::core::option::Option::Some(#private::OnFailure::Keep))
        }
        None => quote_spanned!(span=> ::core::option::Option::None),
    };
    let Tables {
        build,
        build_type,
        outputs,
    } = tables;
    quote_spanned! {span=>
        use #private::{
            Body as _, ByClone as _, Certain as _, CheckShared as _, CheckUnshared as _,
            Fallible as _, Infallibly as _, Judges as _, Keeps as _, KeepsNot as _, Labels as _, LabelsByDebug as _, LabelsNot as _,
            NeverJudged as _, NotByClone as _, Optional as _, Pointer as _, PutShared as _,
            PutUnshared as _, TextOnly as _, ToSource as _, Unreceived as _, Unsized as _, Unstored as _, Value as _,
            WithSource as _,
        };
        static __BUILD: #build_type = #build;
        enum __Plan {}
        impl #private::Planned for __Plan {
            const PLAN: &'static #private::Plan =
                &__BUILD.plan(#name, #version, #on_failure, &[#outputs]);
        }
        #body
    }
}

/// Warns of inputs and resources that nothing reads, in rustc's own words.
fn warn_unused(tree: &Tree, read: &[bool]) -> TokenStream {
    let unused = tree.fields.iter().zip(read).filter(|(_, read)| !**read);
    let lets = unused.map(|(field, _)| {
        let allows = tree.attrs.iter().chain(&field.attrs);
        let allows = allows.filter(|attr| attr.path().is_ident("allow"));
        let name = &field.name;
        quote!(#(#allows)* let #name = 0_u8;)
    });
    let lets: Vec<_> = lets.collect();
    if lets.is_empty() {
        return TokenStream::new();
    }
    quote!(fn __unused() { #(#lets)* })
}

fn fields_read(flow: &Resolved<'_>) -> Vec<bool> {
    let mut read = vec![false; flow.tree.fields.len()];
    for (_, given) in flow.nodes.iter().flat_map(Node::given) {
        if let Given::Symbol(Source::Field(field), _) = given {
            read[*field] = true;
        }
    }
    read
}
