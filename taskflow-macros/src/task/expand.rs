//! What `#[task]` writes after the function. Nothing can fail here.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};

use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Expr, Ident, Type, Visibility};

use super::callee::{ask, callee};
use super::model::{Kind, Param, Provides, Revert, Task};
use super::resolve::as_call;
use super::types;
use crate::library;

/// The task's own code and its companion.
pub(super) fn task(task: &Task) -> TokenStream {
    let number = number(task);
    let site = site(task, number);
    let signature = signature(task, number);
    let rules = quote! {
        (@taskflow [$($done:tt)*] [$next:path $(, $rest:path)*] $state:tt) => {
            $next!{ @taskflow [$($done)* {#signature}] [$($rest),*] $state }
        };
    };
    let companion = companion(task, number, &rules);
    quote!(#site #companion)
}

/// A companion that says no more than that the task has been reported already.
pub(super) fn silent(task: &Task) -> TokenStream {
    let rules = quote! {
        (@taskflow [$($done:tt)*] [$next:path $(, $rest:path)*] $state:tt) => {
            $next!{ @taskflow [$($done)* {wrong}] [$($rest),*] $state }
        };
    };
    companion(task, number(task), &rules)
}

/// What tells this task from all others that a program is linked from.
///
/// It is hashed from everything that is known about the task and the place where it is written.
/// The count tells tasks apart that another macro writes in one place.
fn number(task: &Task) -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hasher = DefaultHasher::new();
    // Relaxed: only that no two tasks get the same number matters.
    COUNT.fetch_add(1, Ordering::Relaxed).hash(&mut hasher);
    for variable in ["CARGO_PKG_NAME", "CARGO_PKG_VERSION", "CARGO_CRATE_NAME"] {
        std::env::var(variable).ok().hash(&mut hasher);
    }
    let span = task.name.span();
    format!("{span:?}").hash(&mut hasher);
    if proc_macro::is_available() {
        let span = span.unwrap();
        (span.file(), span.line(), span.column()).hash(&mut hasher);
    }
    task.name.to_string().hash(&mut hasher);
    task.identity.to_string().hash(&mut hasher);
    hasher.finish()
}

/// The code that is compiled in the task's module and reached by the number.
fn site(task: &Task, number: u64) -> TokenStream {
    let cfgs = &task.cfgs;
    let library = library::path(task.library.as_ref());
    let number = Literal::u64_unsuffixed(number);
    let policy = policy(task, &library);
    let retry_if = retry_if(task, &library);
    let with_callee = task.revert.as_ref().and_then(|revert| {
        let private = quote!(#library::__private);
        let next = quote!(#private::callee_policy);
        let policy = ask(callee(task, revert)?, &next, &TokenStream::new(), &private);
        Some(quote!(.with_callee(&#policy)))
    });
    let own = with_callee
        .as_ref()
        .map(|_| quote!(const OWN: #library::__private::Policy = __POLICY;));
    let contexts = task
        .params
        .iter()
        .filter(|param| param.kind == Kind::Context)
        .map(|param| context_check(param, &library));
    let revert = task
        .revert
        .as_ref()
        .map(|revert| revert_method(task, revert, &library));
    let fields = fields_check(task, &library);
    // Named so that a `Site` in the user's types is the user's.
    quote! {
        #(#cfgs)*
        #[allow(
            dead_code, elided_lifetimes_in_paths, missing_copy_implementations,
            missing_debug_implementations, missing_docs, non_local_definitions,
            private_bounds, private_interfaces, single_use_lifetimes, unnameable_types,
            unreachable_pub, unused_imports, unused_lifetimes, unused_qualifications,
            unused_variables,
            clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction
        )]
        const _: () = {
            #[doc(hidden)]
            pub struct __Site;
            // By itself, so that it is judged where it is written, whether a flow asks or not.
            const __POLICY: #library::__private::Policy = #policy;
            #[automatically_derived]
            impl #library::__private::Site<__Site> for #library::__private::Key<#number> {}
            #[automatically_derived]
            impl #library::__private::Info for __Site {
                const SITE: Self = __Site;
                const POLICY: #library::__private::Policy = __POLICY #with_callee;
                #own
            }
            #revert
            #retry_if
            #(#contexts)*
            #fields
        };
    }
}

fn policy(task: &Task, library: &TokenStream) -> TokenStream {
    let reverts = format_ident!("{}", reverts(task).1);
    let on_unknown = format_ident!("{}", task.on_unknown.variant());
    let (irreversible, transient) = (task.irreversible, task.transient);
    let private = quote!(#library::__private);
    let retry = task.retry.as_ref().map(|retry| {
        let times = retry.times.through("attempts", &private, &constant);
        let backoff = retry.backoff.to_tokens(&private, &constant);
        quote!(retry: #private::Retry { times: #times, backoff: #backoff },)
    });
    let timeout = task.timeout.as_ref().map(|timeout| {
        let timeout = timeout.through("timeout_ms", &private, &constant);
        quote!(timeout_ms: #timeout,)
    });
    let priority = task.priority.as_ref().map(|priority| {
        let priority = priority.to_tokens(&constant);
        quote!(priority: #priority,)
    });
    quote! {
        #library::__private::Policy {
            reverts: #library::__private::Reverts::#reverts,
            on_unknown: #library::__private::OnUnknown::#on_unknown,
            irreversible: #irreversible,
            transient: #transient,
            #retry
            #timeout
            #priority
            ..#library::__private::Policy::DEFAULT
        }
    }
}

/// A place, where there are no symbols: a constant, or a field of one.
fn constant(place: &Expr) -> TokenStream {
    quote!(#place)
}

/// The question whether an error is worth another attempt.
///
/// A generic task's takes what the task takes, so that types are inferred; a plain projection
/// finds the error, whatever name the `Result` goes by.
fn retry_if(task: &Task, library: &TokenStream) -> Option<TokenStream> {
    let condition = task.retry.as_ref()?.condition.as_ref()?;
    let ours = Span::mixed_site();
    let receiver = Ident::new("self", ours);
    let error = Ident::new("error", ours);
    let (generics, _, wheres) = task.generics.split_for_impl();
    let params = task
        .params
        .iter()
        .filter(|_| task.is_generic)
        .map(|Param { name, ty, .. }| quote!(#name: #ty));
    let returns = &task.returns;
    let here = Span::call_site().located_at(returns.span());
    let at_type = library::placed(here, library.clone());
    // With the `&`, so that rustc says once of the type what is wrong with it.
    let ty = quote_spanned!(here=> &<#returns as #at_type::__private::Fails>::Error);
    let at_condition = Span::call_site().located_at(condition.span());
    let asked = Ident::new("error", ours.located_at(condition.span()));
    let asked = quote_spanned!(at_condition=> #condition(#asked));
    Some(quote! {
        #[automatically_derived]
        impl __Site {
            pub fn retry_if #generics (&#receiver, #(#params,)* #error: #ty) -> bool #wheres {
                #asked
            }
        }
    })
}

/// When the revert is called: the word for it in a signature, and in the library.
fn reverts(task: &Task) -> (&'static str, &'static str) {
    match &task.revert {
        None => ("never", "Never"),
        Some(Revert { outcome: None, .. }) => ("done", "Done"),
        Some(_) => ("any", "Any"),
    }
}

/// Lets rustc see whether a `TaskContext` is the one that a run gives.
fn context_check(param: &Param, library: &TokenStream) -> TokenStream {
    let ty = match types::bare(&param.ty) {
        Type::Reference(reference) => &*reference.elem,
        ty => ty,
    };
    let here = Span::call_site().located_at(ty.span());
    let given = Ident::new("given", Span::mixed_site().located_at(ty.span()));
    let body = quote_spanned!(here=> let _: &#library::TaskContext = #given;);
    quote! {
        fn is_the_context_of_a_run(#given: &#ty) {
            #body
        }
    }
}

/// Lets rustc see whether a task that provides several symbols returns a tuple of as many, where
/// that is not to be seen.
fn fields_check(task: &Task, library: &TokenStream) -> Option<TokenStream> {
    let Provides::Many(names) = &task.provides else {
        return None;
    };
    if let types::Value::Type(Type::Tuple(_)) = types::value_of(&task.returns) {
        return None;
    }
    let here = Span::call_site().located_at(names.first()?.span());
    let (generics, _, wheres) = task.generics.split_for_impl();
    let returns = &task.returns;
    let fields = names.iter().map(|_| quote_spanned!(here=> _));
    let fields = quote_spanned!(here=> (#(#fields,)*));
    Some(quote! {
        fn returns_the_fields #generics (returned: #returns) #wheres {
            use #library::__private::{Fallible as _, Infallibly as _};
            if let ::core::result::Result::Ok(#fields) =
                (&mut #library::__private::Returned::new(returned)).result()
            {}
        }
    })
}

fn revert_method(task: &Task, revert: &Revert, library: &TokenStream) -> TokenStream {
    // Names of ours that no name in the user's call can mean.
    let ours = Span::mixed_site();
    let receiver = Ident::new("self", ours);
    let undoing = Ident::new("undoing", ours);

    let (generics, _, wheres) = task.generics.split_for_impl();
    let params = taken(task, revert).into_iter().map(|(index, name)| {
        let ty = &task.params[index].ty;
        quote!(#name: #ty)
    });
    let returns = &task.returns;
    let here = Span::call_site().located_at(returns.span());
    let probe = quote_spanned!(here=> (&#library::__private::Returns::<#returns>::NEW));
    let outcome = revert
        .outcome
        .as_ref()
        .map(|name| quote_spanned!(here=> let #name = #probe.outcome(#undoing);));
    let provided = revert.provided.iter().map(|given| {
        let name = &given.name;
        match &task.provides {
            Provides::Many(_) => {
                let mut field = syn::Index::from(given.index);
                field.span = here;
                quote_spanned!(here=> let #name = &#probe.value(#undoing).#field;)
            }
            Provides::None | Provides::One(_) => {
                quote_spanned!(here=> let #name = #probe.value(#undoing);)
            }
        }
    });
    let call = &revert.call;
    let callee = as_call(call).map_or_else(Span::call_site, |call| call.func.span());
    let here = Span::call_site().located_at(callee);
    let returned = Ident::new("returned", ours.located_at(callee));
    let error = Ident::new("error", ours.located_at(callee));
    let at_callee = library::placed(here, library.clone());
    let refused = self::callee(task, revert).map(|path| {
        let private = quote!(#library::__private);
        let next = quote!(#private::callee_retry_if);
        let is_retried = ask(path, &next, &quote!(&#error), &private);
        quote!(let #returned = #is_retried;)
    });
    let refuse = refused.as_ref().map(|_| quote!(.refuse_unless(#returned)));
    let ran = quote_spanned! {here=>
        match (&mut #at_callee::__private::Returned::new(#call)).result() {
            ::core::result::Result::Ok(#returned) => {
                (&&#at_callee::__private::Undone(&#returned)).over();
                #at_callee::__private::Step::OK
            }
            ::core::result::Result::Err(#error) => {
                #refused
                #at_callee::__private::Step::failed(
                    (&&&#at_callee::__private::Thrown(#error)).failure() #refuse,
                )
            }
        }
    };
    quote! {
        #[automatically_derived]
        impl __Site {
            pub fn revert #generics (
                &#receiver,
                #(#params,)*
                #undoing: #library::__private::Undoing<'_>,
            ) -> #library::__private::Step #wheres {
                use #library::__private::{
                    Ended as _, Fallible as _, Infallibly as _, ReturnsResult as _,
                    ReturnsValue as _, TextOnly as _, ToSource as _, Unawaited as _,
                    WithSource as _,
                };
                #outcome
                #(#provided)*
                #ran
            }
        }
    }
}

/// The parameters that the revert takes: what it names, or all where types are to be inferred.
fn taken(task: &Task, revert: &Revert) -> Vec<(usize, Ident)> {
    let named = |index| revert.params.iter().find(|given| given.index == index);
    task.params
        .iter()
        .enumerate()
        .filter_map(|(index, param)| match named(index) {
            Some(given) => Some((index, given.name.clone())),
            None if task.is_generic => Some((index, param.name.clone())),
            None => None,
        })
        .collect()
}

/// What the companion tells a flow.
fn signature(task: &Task, number: u64) -> TokenStream {
    let name = task.name.unraw();
    let number = Literal::u64_suffixed(number);
    let has_condition = task
        .retry
        .as_ref()
        .is_some_and(|retry| retry.condition.is_some());
    let flags = [
        (task.transient, "transient"),
        (task.is_generic, "generic"),
        (has_condition, "retry_if"),
    ];
    let flags = flags
        .into_iter()
        .filter(|(is_set, _)| *is_set)
        .map(|(_, word)| Ident::new(word, Span::call_site()));
    let params = task.params.iter().map(described);
    let provides = match &task.provides {
        Provides::None => quote!(none),
        Provides::One(name) => quote!(one #name),
        Provides::Many(names) => quote!(many [#(#names)*]),
    };
    let reverts = format_ident!("{}", reverts(task).0);
    let taken = match &task.revert {
        Some(revert) => taken(task, revert),
        None => Vec::new(),
    };
    let taken = taken
        .iter()
        .map(|(index, _)| described(&task.params[*index]));
    let on_unknown = format_ident!("{}", task.on_unknown.word());
    quote! {
        task #name key #number flags [#(#flags)*]
        params [#(#params)*]
        provides #provides
        reverts #reverts revert [#(#taken)*]
        on_unknown #on_unknown
    }
}

fn described(param: &Param) -> TokenStream {
    let (symbol, kind) = (
        &param.symbol,
        Ident::new(param.kind.word(), Span::call_site()),
    );
    quote!((#symbol #kind))
}

/// The macro that has the task's name, so that whatever imports the function imports it too.
fn companion(task: &Task, number: u64, rules: &TokenStream) -> TokenStream {
    let (cfgs, vis, name) = (&task.cfgs, &task.vis, &task.name);
    let hidden = format!("__taskflow_{}_{number:x}", name.unraw());
    let hidden = Ident::new(&hidden, Span::call_site());
    let export = matches!(vis, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    let misuse = format!("`{name}` is a task; call it as a function, or name it in `flow!`");
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #export
        #[allow(non_local_definitions, unused_macros, unused_macro_rules)]
        macro_rules! #hidden {
            #rules
            ($($other:tt)*) => {
                ::core::compile_error! { #misuse }
            };
        }
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(
            unreachable_pub, unused_imports,
            clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction
        )]
        #vis use #hidden as #name;
    }
}
