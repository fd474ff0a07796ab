//! From what is written to what is meant. Where something is wrong, the nearest thing is meant.

use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;
use syn::{Attribute, Expr, FnArg, GenericParam, Ident, Pat, PatType, Path, ReturnType, Type};

use super::mentions::{find, mentions};
use super::model::{Given, OnUnknown, Param, Provides, Retry, Revert, Task};
use super::parse::{Input, Setting, Value};
use super::{retry, types};
use crate::library;
use crate::settings::{Amount, Time};

pub(super) fn resolve(input: &Input) -> Task {
    let sig = &input.sig;
    let params: Vec<Param> = typed(input).filter_map(param).collect();
    let provides = provides(input);
    let revert = expr(input, "revert").and_then(|call| revert(call, &params, &provides));
    let attrs = &input.attrs;
    Task {
        name: sig.ident.clone(),
        cfgs: attrs.iter().filter(|a| is_cfg(a)).cloned().collect(),
        vis: input.vis.clone(),
        generics: sig.generics.clone(),
        is_generic: sig
            .generics
            .params
            .iter()
            .any(|param| !matches!(param, GenericParam::Lifetime(_)))
            || params.iter().any(|param| types::is_opaque(&param.ty)),
        returns: match &sig.output {
            ReturnType::Default => Type::Tuple(syn::TypeTuple {
                attrs: Vec::new(),
                paren_token: syn::token::Paren::default(),
                elems: syn::punctuated::Punctuated::new(),
            }),
            ReturnType::Type(_, ty) => (**ty).clone(),
        },
        params,
        provides,
        revert,
        on_unknown: expr(input, "on_unknown")
            .and_then(on_unknown)
            .unwrap_or(OnUnknown::Rerun),
        transient: setting(input, "transient").is_some(),
        irreversible: setting(input, "irreversible").is_some(),
        retry: attempts(input),
        timeout: expr(input, "timeout").and_then(|expr| timeout(expr).ok()),
        priority: expr(input, "priority").and_then(|expr| priority(expr).ok()),
        library: expr(input, "crate")
            .and_then(as_path)
            .filter(|path| library::is_absolute(path))
            .cloned(),
        identity: quote!(#(#attrs)* #sig),
    }
}

/// The parameters other than `self`.
pub(super) fn typed(input: &Input) -> impl Iterator<Item = &PatType> {
    input.sig.inputs.iter().filter_map(|arg| match arg {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    })
}

/// The first setting of a name.
pub(super) fn setting<'a>(input: &'a Input, name: &str) -> Option<&'a Setting> {
    input.settings.iter().find(|setting| setting.name == name)
}

/// What a setting of the form `name = …` says.
pub(super) fn expr<'a>(input: &'a Input, name: &str) -> Option<&'a Expr> {
    match &setting(input, name)?.value {
        Value::Expr(expr) => Some(bare(expr)),
        Value::Nothing | Value::Args(_) => None,
    }
}

/// An expression without the parentheses and invisible groups around it.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => bare(&group.expr),
        Expr::Paren(paren) => bare(&paren.expr),
        _ => expr,
    }
}

/// The path that an expression is.
pub(super) fn as_path(expr: &Expr) -> Option<&Path> {
    match bare(expr) {
        Expr::Path(path) if path.qself.is_none() => Some(&path.path),
        _ => None,
    }
}

/// The single name that an expression is.
pub(super) fn as_name(expr: &Expr) -> Option<&Ident> {
    as_path(expr)?.get_ident()
}

/// The name of a parameter that has one.
pub(super) fn name(typed: &PatType) -> Option<&Ident> {
    match &*typed.pat {
        Pat::Ident(pat) => Some(&pat.ident),
        _ => None,
    }
}

/// The symbol that a parameter of this name requires, if the rest of the name is one.
pub(super) fn symbol(name: &Ident) -> Option<Ident> {
    let text = name.unraw().to_string();
    let text = text.strip_prefix('_').unwrap_or(&text);
    let is_name = text != "_"
        && text.starts_with(|first: char| !first.is_ascii_digit())
        && !["self", "Self", "super", "crate"].contains(&text);
    is_name.then(|| Ident::new(text, name.span()))
}

/// What `on_unknown` is set to.
pub(super) fn on_unknown(expr: &Expr) -> Option<OnUnknown> {
    let word = as_name(expr)?;
    OnUnknown::ALL
        .into_iter()
        .find(|choice| word == choice.word())
}

/// What `retry` is set to.
fn attempts(input: &Input) -> Option<Retry> {
    let setting = setting(input, "retry")?;
    match &setting.value {
        Value::Args(args) => retry::retry(&setting.name, args.clone()).ok(),
        Value::Nothing | Value::Expr(_) => None,
    }
}

/// What `timeout` is set to.
pub(super) fn timeout(expr: &Expr) -> syn::Result<Time> {
    Time::time.parse2(expr.to_token_stream())
}

/// What `priority` is set to.
pub(super) fn priority(expr: &Expr) -> syn::Result<Amount<i16>> {
    Amount::priority.parse2(expr.to_token_stream())
}

/// The parts of a call of a function that is named by a path.
pub(super) fn as_call(expr: &Expr) -> Option<&syn::ExprCall> {
    match bare(expr) {
        Expr::Call(call) if matches!(bare(&call.func), Expr::Path(_)) => Some(call),
        _ => None,
    }
}

fn is_cfg(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg")
}

fn param(typed: &PatType) -> Option<Param> {
    let name = name(typed)?;
    Some(Param {
        name: name.clone(),
        symbol: symbol(name)?,
        kind: types::kind(&typed.ty),
        ty: (*typed.ty).clone(),
    })
}

fn provides(input: &Input) -> Provides {
    if let types::Value::Nothing = types::value(&input.sig.output) {
        return Provides::None;
    }
    let own_name = || Provides::One(input.sig.ident.unraw());
    match expr(input, "provides") {
        Some(Expr::Tuple(tuple)) => {
            let names: Vec<Ident> = tuple
                .elems
                .iter()
                .filter_map(as_name)
                .map(Ident::unraw)
                .collect();
            if names.is_empty() {
                own_name()
            } else {
                Provides::Many(names)
            }
        }
        Some(expr) => as_name(expr).map_or_else(own_name, |name| Provides::One(name.unraw())),
        None => own_name(),
    }
}

fn revert(call: &Expr, params: &[Param], symbols: &Provides) -> Option<Revert> {
    let args = &as_call(call)?.args;
    let mentions = mentions(quote!(#args));
    let params: Vec<Given> = params
        .iter()
        .enumerate()
        .filter_map(|(index, param)| {
            let name = find(&mentions, &param.name, &param.symbol)?.clone();
            Some(Given { index, name })
        })
        .collect();
    // A parameter wins over anything else of its name, as the inner of two variables does.
    let is_free = |name: &Ident| {
        params
            .iter()
            .all(|param| param.name.unraw() != name.unraw())
    };
    let outcome = mentions
        .iter()
        .find(|name| *name == "outcome" && is_free(name))
        .cloned();
    let provided = symbols
        .names()
        .iter()
        .enumerate()
        .filter_map(|(index, symbol)| {
            let name = find(&mentions, symbol, symbol)?.clone();
            (is_free(&name) && name != "outcome").then_some(Given { index, name })
        })
        .collect();
    Some(Revert {
        call: call.clone(),
        params,
        provided,
        outcome,
    })
}
