//! The impls of a flow around its plan and its body, which are the same for a flow that is wrong.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Lifetime, Type};

use super::tree::{OnFailure, Output, Tree, located};

/// What is special to one flow.
pub(crate) struct Parts {
    /// Items that the plan and the body share.
    pub(crate) items: TokenStream,
    /// An expression for a `Build`, and its type.
    pub(crate) build: TokenStream,
    pub(crate) build_type: TokenStream,
    /// The atoms whose values make the output.
    pub(crate) outputs: TokenStream,
    /// The arguments of `body`.
    pub(crate) body: TokenStream,
}

/// The impls of a flow.
pub(crate) fn frame(tree: &Tree, library: &TokenStream, parts: &Parts) -> TokenStream {
    let private = quote!(#library::__private);
    let (name, generics, vis) = (&tree.name, tree.generics(), &tree.vis);
    let (inputs, resources) = (tree.inputs_name(), tree.resources_name());
    let output = output_type(tree);
    let steps = steps_type(tree, &private);
    let Parts {
        items,
        build,
        build_type,
        outputs,
        body,
    } = parts;
    let stored_name = tree.stored_name();
    let version = tree.version();
    let on_failure = match tree.settings.on_failure {
        Some(OnFailure::Revert) => {
            quote!(::core::option::Option::Some(#private::OnFailure::Revert))
        }
        Some(OnFailure::Keep) => quote!(::core::option::Option::Some(#private::OnFailure::Keep)),
        None => quote!(::core::option::Option::None),
    };
    let fields: Vec<_> = tree.fields.iter().map(|field| &field.name).collect();
    let input_fields = tree.inputs().map(|field| &field.name);
    let resource_fields = tree.resources().map(|field| &field.name);
    let seen = Lifetime::new("'__s", Span::call_site());
    let view_types = tree
        .fields
        .iter()
        .map(|field| view_type(tree, &field.ty, &seen));
    let out_types = tree.output.picks().into_iter().map(|(_, ty)| ty);
    let views = tree.fields.iter().map(|field| {
        let name = &field.name;
        let from = if field.resource {
            quote!(__resources)
        } else {
            quote!(__inputs)
        };
        if field.is_reference() {
            quote!(::core::option::Option::Some(#from.#name))
        } else {
            quote!(::core::option::Option::Some(&#from.#name))
        }
    });
    let open = Ident::new(
        if tree.settings.local {
            "local"
        } else {
            "shared"
        },
        located(name.span()),
    );
    quote! {
        #[allow(
            clippy::all, clippy::pedantic, dead_code, deprecated, missing_docs,
            non_local_definitions, non_upper_case_globals, private_interfaces, single_use_lifetimes,
            unreachable_code, unreachable_pub, unused_imports, unused_lifetimes, unused_qualifications,
            unused_variables
        )]
        const _: () = {
            #items

            #[automatically_derived]
            impl #generics #library::Flow for #name #generics {
                const NAME: &'static str = #stored_name;
                const VERSION: u32 = #version;
                const PLAN: &'static #private::Plan = {
                    static BUILD: #build_type = #build;
                    &BUILD.plan(#stored_name, #version, #on_failure, &[#outputs])
                };
                type Inputs = #inputs;
                type Resources = #resources #generics;
                type Output = #output;
                fn split(self) -> (#inputs, #resources #generics) {
                    let Self { #(#fields),* } = self;
                    (#inputs { #(#input_fields),* }, #resources { #(#resource_fields),* })
                }
            }

            #[automatically_derived]
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
                    use #private::{
                        Body as _, Certain as _, Fallible as _, Infallibly as _, Optional as _,
                        Pointer as _, TextOnly as _, ToSource as _, Value as _, WithSource as _,
                    };
                    #private::body::<Self, _, _, _, _>(#body)
                }
            }

            #[automatically_derived]
            impl #generics #private::Runnable for #name #generics {
                type Steps = #steps;
                fn open<'__f>(
                    __inputs: ::std::sync::Arc<#inputs>,
                    __resources: ::std::sync::Arc<#resources #generics>,
                ) -> #private::Opened<'__f, Self>
                where
                    Self: '__f,
                {
                    #private::#open(__inputs, __resources, Self::__body())
                }
            }

            #private::flow_methods! {
                [#vis] [#generics] [#name #generics] [#resources #generics] [#output] [#steps]
            }
        };
    }
}

/// The impls of a flow that is wrong, so that using it is no second mistake.
pub(crate) fn fallback(tree: &Tree, library: &TokenStream) -> TokenStream {
    let private = quote!(#library::__private);
    let never = quote!(::core::unreachable!("the flow does not compile"));
    let parts = Parts {
        items: TokenStream::new(),
        build: quote!(#private::Build::new()),
        build_type: quote!(#private::Build<0, 0, 0, 0, 1>),
        outputs: TokenStream::new(),
        body: quote!((), |_, _, _, _| #never, |_| #never, |_| #never),
    };
    let paths = super::tree::distinct(&tree.uses());
    let paths = paths.iter().map(|used| used.bare_path());
    let frame = frame(tree, library, &parts);
    quote! {
        #frame
        // Editors resolve the names of the pattern here.
        const _: () = {
            #(#[allow(unused_imports)] use #paths as _;)*
        };
    }
}

/// Warns of inputs and resources that nothing reads, in rustc's own words.
pub(crate) fn warn_unused(tree: &Tree, read: &[bool]) -> TokenStream {
    let unused = tree.fields.iter().zip(read).filter(|(_, read)| !**read);
    let lets: Vec<_> = unused
        .map(|(field, _)| {
            let allows = tree.attrs.iter().chain(&field.attrs);
            let allows = allows.filter(|attr| attr.path().is_ident("allow"));
            let name = &field.name;
            quote!(#(#allows)* let #name = 0_u8;)
        })
        .collect();
    if lets.is_empty() {
        return TokenStream::new();
    }
    quote! {
        const _: () = {
            #[allow(dead_code)]
            fn unused() { #(#lets)* }
        };
    }
}

fn output_type(tree: &Tree) -> TokenStream {
    match &tree.output {
        Output::None => quote!(()),
        Output::Last(ty) => ty.to_token_stream(),
        Output::One(pick) => pick.ty.to_token_stream(),
        Output::Many(_) => tree.output_name().to_token_stream(),
    }
}

fn steps_type(tree: &Tree, private: &TokenStream) -> TokenStream {
    let lifetime = tree
        .lifetimes
        .first()
        .map_or_else(|| Lifetime::new("'static", Span::call_site()), Clone::clone);
    if tree.settings.local {
        quote!(#private::Local<#lifetime>)
    } else {
        quote!(#private::Shared<#lifetime>)
    }
}

/// How a body sees a field: by reference, for its own lifetime.
fn view_type(tree: &Tree, ty: &Type, seen: &Lifetime) -> TokenStream {
    let tokens = shorten(tree, ty.to_token_stream(), seen);
    if matches!(ty, Type::Reference(_)) {
        tokens
    } else {
        quote!(&#seen #tokens)
    }
}

/// The tokens of a type with another lifetime in place of the flow's.
fn shorten(tree: &Tree, tokens: TokenStream, seen: &Lifetime) -> TokenStream {
    let mut quoted = false;
    let replace = |token: TokenTree| {
        let after_quote = std::mem::replace(
            &mut quoted,
            matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\''),
        );
        match token {
            TokenTree::Ident(name)
                if after_quote && tree.lifetimes.iter().any(|own| own.ident == name) =>
            {
                TokenTree::Ident(seen.ident.clone())
            }
            TokenTree::Group(group) => {
                let inner = shorten(tree, group.stream(), seen);
                let mut shortened = Group::new(group.delimiter(), inner);
                shortened.set_span(group.span());
                TokenTree::Group(shortened)
            }
            token => token,
        }
    };
    tokens.into_iter().map(replace).collect()
}

impl Tree {
    /// The name under which runs are stored.
    fn stored_name(&self) -> String {
        self.settings
            .name
            .as_ref()
            .map_or_else(|| self.snake_name(), syn::LitStr::value)
    }

    /// The version under which runs are stored; 1 also where what is written is no number.
    fn version(&self) -> u32 {
        self.settings
            .version
            .as_ref()
            .and_then(|version| version.base10_parse().ok())
            .unwrap_or(1)
    }
}
