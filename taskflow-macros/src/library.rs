//! The path by which generated code reaches the library, whatever a user's manifest calls it.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Ident, Path};

/// The path of the library: the one that the user gave, or the one that the manifest says.
pub(crate) fn path(given: Option<&Path>) -> TokenStream {
    match given {
        Some(path) => quote!(#path),
        None => found(),
    }
}

/// Tokens such as that path at a place, where rustc is to point, with the hygiene that they have.
pub(crate) fn placed(span: Span, tokens: TokenStream) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(token.span().located_at(span));
        token
    };
    tokens.into_iter().map(place).collect()
}

/// Whether a path means the same in every module.
pub(crate) fn is_absolute(path: &Path) -> bool {
    path.leading_colon.is_some() || starts_with_crate(path)
}

fn starts_with_crate(path: &Path) -> bool {
    path.segments
        .first()
        .is_some_and(|segment| segment.ident == "crate")
}

fn found() -> TokenStream {
    match proc_macro_crate::crate_name("taskflow") {
        Ok(proc_macro_crate::FoundCrate::Name(name)) => {
            let name = Ident::new(&name, Span::call_site());
            quote!(::#name)
        }
        // The library calls itself `::taskflow`. It is also the best guess where there is no
        // manifest; `crate = …` is for those who know better.
        Ok(proc_macro_crate::FoundCrate::Itself) | Err(_) => quote!(::taskflow),
    }
}
