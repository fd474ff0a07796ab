//! What `flow!` writes before anything is known of the tasks: the structs, and the companion that
//! lets other flows name this one.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Ident, Type};

use super::tree::{Field, Output, Tree, located};
use crate::library::placed;

/// The struct of a flow, those of its inputs, resources and outputs, and its companion.
pub(crate) fn define(tree: &Tree, library: &TokenStream) -> TokenStream {
    let (cfgs, vis) = (tree.cfgs(), &tree.vis);
    let (attrs, name, generics) = (&tree.attrs, &tree.name, tree.generics());
    let fields = tree.fields.iter().map(|field| {
        let attrs = field.attrs.iter().filter(|attr| !is(attr, &["serde"]));
        declare(tree, field, attrs)
    });
    let (inputs, resources) = (tree.inputs_name(), tree.resources_name());
    let input_fields = tree.inputs().map(|field| {
        let attrs = field
            .attrs
            .iter()
            .filter(|attr| is_shared(attr) || is(attr, &["serde"]));
        declare(tree, field, attrs)
    });
    let resource_fields = tree.resources().map(|field| {
        declare(
            tree,
            field,
            field.attrs.iter().filter(|attr| is_shared(attr)),
        )
    });
    let inputs_doc = format!(" The inputs of [`{name}`], which are stored with a run.");
    let resources_doc = format!(
        " The resources of [`{name}`], which are never stored and are given again on resume."
    );
    let span = located(name.span());
    let library = placed(span, library.clone());
    let serde = quote_spanned!(span=> #library::__private::serde);
    let serde_path = serde.to_string().replace(' ', "");
    let (names, types) = stored_types(tree);
    let private = quote_spanned!(span=> #library::__private);
    let private = private.to_string().replace(' ', "");
    let demands = names
        .iter()
        .map(|name| format!("for<'x> {name}: {private}::Recordable<'x>,"));
    let demands: String = demands.collect();
    let aliases = names.iter().zip(types).map(|(name, ty)| {
        quote_spanned! {span=>
            #(#cfgs)*
            #[doc(hidden)]
            #[allow(dead_code)]
            type #name = #ty;
        }
    });
    let outputs = outputs(tree);
    let companion = companion(tree);
    quote_spanned! {span=>
        #(#attrs)*
        #vis struct #name #generics { #(#fields),* }

        #(#cfgs)*
        #[doc = #inputs_doc]
        #[derive(::core::cmp::PartialEq, #serde::Serialize, #serde::Deserialize)]
        #[serde(crate = #serde_path, bound = #demands)]
        #[allow(missing_docs, dead_code, unreachable_pub, private_interfaces)]
        #vis struct #inputs { #(#input_fields),* }

        #(#aliases)*

        #(#cfgs)*
        #[doc = #resources_doc]
        #[allow(missing_docs, dead_code, unreachable_pub, private_interfaces)]
        #vis struct #resources #generics { #(#resource_fields),* }

        #outputs
        #companion
    }
}

/// The types of the inputs whose encoding is not the user's own, each under a name by which serde
/// can be told of it.
fn stored_types(tree: &Tree) -> (Vec<Ident>, Vec<&Type>) {
    let own = |field: &&Field| field.attrs.iter().any(|attr| is(attr, &["serde"]));
    let inputs = tree.inputs().filter(|field| !own(field)).enumerate();
    let name = |at| tree.derived_name(&format!("Input{at}"));
    inputs.map(|(at, field)| (name(at), &field.ty)).unzip()
}

fn declare<'t>(
    tree: &Tree,
    field: &Field,
    attrs: impl Iterator<Item = &'t Attribute>,
) -> TokenStream {
    let Field { name, ty, .. } = field;
    // At the field, or messages about it would point from the struct's visibility on.
    let vis = match &field.vis {
        Some(vis) => vis.to_token_stream(),
        None => placed(name.span(), tree.vis.to_token_stream()),
    };
    quote!(#(#attrs)* #vis #name: #ty)
}

fn outputs(tree: &Tree) -> TokenStream {
    let Output::Many(picks) = &tree.output else {
        return TokenStream::new();
    };
    let (cfgs, vis) = (tree.cfgs(), &tree.vis);
    let (name, flow) = (tree.output_name(), &tree.name);
    let doc = format!(" What [`{flow}`] results in.");
    let fields = picks.iter().map(|pick| {
        let (name, ty) = (&pick.name, &pick.ty);
        quote!(#vis #name: #ty)
    });
    quote! {
        #(#cfgs)*
        #[doc = #doc]
        #[allow(missing_docs, dead_code, unreachable_pub, private_interfaces)]
        #vis struct #name { #(#fields),* }
    }
}

/// The macro under the struct's name that hands the flow's signature to the next companion.
fn companion(tree: &Tree) -> TokenStream {
    let (cfgs, vis, name) = (tree.cfgs(), &tree.vis, &tree.name);
    let hidden = Ident::new(
        &format!("__taskflow_{}_{:x}", name.unraw(), unique(tree)),
        Span::call_site(),
    );
    let export = matches!(vis, syn::Visibility::Public(_)).then(|| quote!(#[macro_export]));
    let signature = signature(tree);
    let refusal = format!(
        "`{}` is a flow; make one and call `run` on it, or name it in `flow!`",
        name.unraw()
    );
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(non_local_definitions, unused_macros)]
        #export
        macro_rules! #hidden {
            (@taskflow [$($done:tt)*] [$next:path $(, $rest:path)*] $state:tt) => {
                $next!{ @taskflow [$($done)* { #signature }] [$($rest),*] $state }
            };
            ($($other:tt)*) => { ::core::compile_error!{#refusal} };
        }
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(unused_imports, unreachable_pub)]
        #vis use #hidden as #name;
    }
}

fn signature(tree: &Tree) -> TokenStream {
    let name = tree.name.unraw();
    let lifetimes = tree.lifetimes.len();
    let local = tree.settings.local.then(|| quote!(local));
    let fields = tree.fields.iter().map(|field| {
        let name = field.name.unraw();
        let kind = match &field.ty {
            Type::Reference(reference) if matches!(*reference.elem, Type::TraitObject(_)) => {
                quote!(dyn)
            }
            Type::Reference(_) => quote!(ref),
            _ if field.resource => quote!(resource),
            _ => quote!(input),
        };
        quote!((#name #kind))
    });
    let provides = match &tree.output {
        Output::None => quote!(none),
        Output::Last(_) => {
            let symbol = Ident::new(&tree.snake_name(), Span::call_site());
            quote!(one #symbol)
        }
        Output::One(pick) => {
            let symbol = pick.name.unraw();
            quote!(one #symbol)
        }
        Output::Many(picks) => {
            let symbols = picks.iter().map(|pick| pick.name.unraw());
            quote!(many [#(#symbols)*])
        }
    };
    quote! {
        flow #name lifetimes #lifetimes flags [#local] fields [#(#fields)*] provides #provides
    }
}

/// A number for the companion's name, which is of the whole crate.
fn unique(tree: &Tree) -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hasher = DefaultHasher::new();
    // The span tells flows of one name apart, and the count those that another macro made.
    format!("{} {:?}", tree.name, tree.name.span()).hash(&mut hasher);
    // Relaxed: the number says nothing about other data.
    COUNT.fetch_add(1, Ordering::Relaxed).hash(&mut hasher);
    hasher.finish()
}

fn is(attr: &Attribute, names: &[&str]) -> bool {
    names.iter().any(|name| attr.path().is_ident(name))
}

/// Whether an attribute of a field makes sense on a copy of the field.
fn is_shared(attr: &Attribute) -> bool {
    is(attr, &["doc", "allow", "expect", "deprecated"])
}

impl Tree {
    /// The conditions of the flow, which hold for all that is written for it.
    pub(crate) fn cfgs(&self) -> Vec<&Attribute> {
        self.attrs
            .iter()
            .filter(|attr| is(attr, &["cfg"]))
            .collect()
    }

    /// `<'a>`, or nothing.
    pub(crate) fn generics(&self) -> TokenStream {
        let lifetimes = &self.lifetimes;
        if lifetimes.is_empty() {
            TokenStream::new()
        } else {
            quote!(<#(#lifetimes),*>)
        }
    }

    pub(crate) fn inputs_name(&self) -> Ident {
        self.derived_name("Inputs")
    }

    pub(crate) fn resources_name(&self) -> Ident {
        self.derived_name("Resources")
    }

    pub(crate) fn output_name(&self) -> Ident {
        self.derived_name("Output")
    }

    fn derived_name(&self, suffix: &str) -> Ident {
        format_ident!(
            "{}{suffix}",
            self.name.unraw(),
            span = located(self.name.span())
        )
    }
}
