//! The impls of a flow, which know nothing of its tasks.
//!
//! They ask everything of the function `__body`, in which the chain of companions is called. So a
//! task that rustc does not find is one error, and not one more wherever the flow is used.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Lifetime, Type};

use super::tree::{Output, Tree, located};
use crate::library::placed;

/// The impls of a flow, around the contents of its `__body`.
pub(crate) fn frame(tree: &Tree, library: &TokenStream, contents: &TokenStream) -> TokenStream {
    let span = located(tree.name.span());
    let library = placed(span, library.clone());
    let private = quote_spanned!(span=> #library::__private);
    let (cfgs, vis, name, generics) = (tree.cfgs(), &tree.vis, &tree.name, tree.generics());
    let (inputs, resources) = (tree.inputs_name(), tree.resources_name());
    let output = output_type(tree, span);
    let steps = steps_type(tree, &private, span);
    let (stored_name, version) = (tree.stored_name(), tree.version());
    let fields: Vec<_> = tree.fields.iter().map(|field| &field.name).collect();
    let input_fields = tree.inputs().map(|field| &field.name);
    let resource_fields = tree.resources().map(|field| &field.name);
    let resource_names: Vec<_> = tree.resources().map(|field| &field.name).collect();
    let resource_types = tree.resources().map(|field| &field.ty);
    let seen = Lifetime::new("'__s", span);
    let views = views(tree, span);
    let view_types = tree
        .fields
        .iter()
        .map(|field| view_type(tree, &field.ty, &seen));
    let out_types = tree.output.picks().into_iter().map(|(_, ty)| ty);
    let open = open(tree, &private, span);
    quote_spanned! {span=>
        #(#cfgs)*
        #[allow(
            clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction, dead_code,
            deprecated, missing_docs, non_local_definitions, non_upper_case_globals,
            private_interfaces, single_use_lifetimes, unreachable_code, unreachable_pub,
            unused_imports, unused_lifetimes, unused_qualifications
        )]
        const _: () = {
            #[automatically_derived]
            impl #generics #library::Flow for #name #generics {
                const NAME: &'static str = #stored_name;
                const VERSION: u32 = #version;
                const PLAN: &'static #private::Plan = #private::plan_of::<Self, _>(Self::__body);
                type Inputs = #inputs;
                type Resources = #resources #generics;
                type Output = #output;
                fn split(self) -> (#inputs, #resources #generics) {
                    let Self { #(#fields),* } = self;
                    (#inputs { #(#input_fields),* }, #resources { #(#resource_fields),* })
                }
            }

            #[automatically_derived]
            impl #generics ::core::clone::Clone for #resources #generics
            where
                #(for<'__x> #resource_types: #private::Reusable<'__x>,)*
            {
                fn clone(&self) -> Self {
                    Self { #(#resource_names: ::core::clone::Clone::clone(&self.#resource_names)),* }
                }
            }

            #[automatically_derived]
            #[doc(hidden)]
            impl #generics #private::Parts for #name #generics {
                type View<#seen> = (#(::core::option::Option<#view_types>,)*);
                type Outs<#seen> = (#(::core::option::Option<&#seen #out_types>,)*);
                fn view<#seen>(
                    __inputs: &#seen #inputs,
                    __resources: &#seen #resources #generics,
                ) -> Self::View<#seen> {
                    (#(#views,)*)
                }
            }

            #[automatically_derived]
            impl #generics #name #generics {
                #[doc(hidden)]
                pub fn __body() -> impl #private::Body<Self> {
                    #contents
                }
            }

            #[automatically_derived]
            #[doc(hidden)]
            impl #generics #private::Runnable for #name #generics {
                type Steps = #steps;
                fn open<'__f>(
                    __given: ::std::sync::Arc<#private::Given<Self>>,
                ) -> #private::Opened<'__f, Self>
                where
                    Self: '__f,
                {
                    #open
                }
            }

            #private::flow_methods! {
                [#vis] [#generics] [#name #generics] [#resources #generics] [#output] [#steps]
            }
        };
    }
}

fn output_type(tree: &Tree, span: Span) -> TokenStream {
    match &tree.output {
        Output::None => quote_spanned!(span=> ()),
        Output::Last(ty) => ty.to_token_stream(),
        Output::One(pick) => pick.ty.to_token_stream(),
        Output::Many(_) => tree.output_name().to_token_stream(),
    }
}

fn steps_type(tree: &Tree, private: &TokenStream, span: Span) -> TokenStream {
    let lifetime = tree
        .lifetimes
        .first()
        .map_or_else(|| Lifetime::new("'static", span), Clone::clone);
    if tree.settings.local {
        quote_spanned!(span=> #private::Local<#lifetime>)
    } else {
        quote_spanned!(span=> #private::Shared<#lifetime>)
    }
}

/// Opens a flow; where it goes to other threads, rustc is asked about each field at its type.
fn open(tree: &Tree, private: &TokenStream, span: Span) -> TokenStream {
    if tree.settings.local {
        return quote_spanned!(span=> #private::local(__given, Self::__body()));
    }
    let checks = tree.fields.iter().map(|field| {
        let (ty, span) = (&field.ty, located(field.ty.span()));
        let private = placed(span, private.clone());
        quote_spanned!(span=> (&#private::Sharing::<#ty>::NEW).check();)
    });
    quote_spanned! {span=>
        use #private::{CheckShared as _, CheckUnshared as _, OpenShared as _, OpenUnshared as _};
        #(#checks)*
        (&mut #private::Opening::<Self, _>::new(__given, Self::__body())).open()
    }
}

/// A body's view of fields that are all there.
fn views(tree: &Tree, span: Span) -> Vec<TokenStream> {
    let view = |field: &super::tree::Field| {
        let name = &field.name;
        let from = if field.resource {
            quote_spanned!(span=> __resources)
        } else {
            quote_spanned!(span=> __inputs)
        };
        let value = if field.is_reference() {
            quote_spanned!(span=> #from.#name)
        } else {
            quote_spanned!(span=> &#from.#name)
        };
        quote_spanned!(span=> ::core::option::Option::Some(#value))
    };
    tree.fields.iter().map(view).collect()
}

/// How a body sees a field: by reference, for its own lifetime.
fn view_type(tree: &Tree, ty: &Type, seen: &Lifetime) -> TokenStream {
    let tokens = tree.with_lifetime(ty.to_token_stream(), seen);
    if matches!(ty, Type::Reference(_)) {
        tokens
    } else {
        let span = seen.apostrophe;
        quote_spanned!(span=> &#seen #tokens)
    }
}

impl Tree {
    /// The name under which runs are stored; of an inline flow, what it is called without one.
    pub(crate) fn stored_name(&self) -> String {
        let own = || match &self.pattern {
            Some(pattern) if self.is_inline() => pattern.title(),
            _ => self.snake_name(),
        };
        let name = self.settings.name.as_ref();
        name.map_or_else(own, syn::LitStr::value)
    }

    /// The version under which runs are stored; 1 also where what is written is no number.
    pub(crate) fn version(&self) -> u32 {
        self.settings
            .version
            .as_ref()
            .and_then(|version| version.base10_parse().ok())
            .unwrap_or(1)
    }
}
