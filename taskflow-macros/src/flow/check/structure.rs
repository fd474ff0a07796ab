//! What can be wrong with the struct and the pattern, whatever the tasks are.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Error, Ident, Type};

use crate::flow::tree::{Field, Item, Output, Settings, Tree, Use};

/// The longest name under which a flow is stored, in bytes.
const NAME_MAX: usize = 64;

/// What is wrong with the struct and the pattern, whatever the tasks are.
pub(crate) fn check_tree(tree: &Tree) -> Vec<Error> {
    let mut errors = Vec::new();
    settings(tree, &mut errors);
    fields(tree, &mut errors);
    outputs_own_their_data(tree, &mut errors);
    outputs_differ(tree, &mut errors);
    if let Some(pattern) = &tree.pattern {
        empty_groups(pattern, &mut errors);
    }
    for used in tree.uses() {
        if is_itself(tree, used) {
            let message = format!(
                "flow `{}` contains itself; a flow is made of other flows and tasks",
                tree.name
            );
            errors.push(Error::new(used.token().span(), message));
        }
    }
    errors
}

/// Whether a flow is named in its own pattern.
pub(super) fn is_itself(tree: &Tree, used: &Use) -> bool {
    !tree.is_inline() && used.path.get_ident() == Some(&tree.name)
}

/// Leaves nothing in the struct that would be a second mistake where it is written again.
pub(crate) fn mend(tree: &mut Tree) {
    let mut names = HashSet::new();
    tree.fields.retain(|field| names.insert(field.symbol()));
    if let Output::Many(picks) = &mut tree.output {
        let mut names = HashSet::new();
        picks.retain(|pick| names.insert(pick.name.clone()));
    }
    let mended = |field: &Field| {
        (
            borrowed(tree, &field.ty).is_some(),
            mended_type(tree, field),
        )
    };
    let mended: Vec<(bool, Type)> = tree.fields.iter().map(mended).collect();
    tree.lifetimes.truncate(1);
    for (field, (borrows, ty)) in tree.fields.iter_mut().zip(mended) {
        field.resource |= borrows;
        field.ty = ty;
        field
            .attrs
            .retain(|attr| !attr.path().is_ident("cfg") && !attr.path().is_ident("cfg_attr"));
    }
    if tree
        .output
        .picks()
        .iter()
        .any(|(_, ty)| borrowed(tree, ty).is_some())
    {
        tree.output = Output::None;
    }
}

/// The type of a field, borrowed for the first lifetime and never exclusively.
fn mended_type(tree: &Tree, field: &Field) -> Type {
    let mut ty = field.ty.clone();
    if let [first, _, ..] = &tree.lifetimes[..] {
        ty = syn::parse2(tree.with_lifetime(ty.to_token_stream(), first)).unwrap_or(ty);
    }
    if let Type::Reference(reference) = &mut ty {
        reference.mutability = None;
    }
    ty
}

fn settings(tree: &Tree, errors: &mut Vec<Error>) {
    if tree.is_inline() {
        let Settings { name, version, .. } = &tree.settings;
        let name = name.iter().map(|name| (name.span(), "named(\"…\")"));
        let version = version.iter().map(|version| (version.span(), "version(…)"));
        errors.extend(name.chain(version).map(|(span, method)| {
            Error::new(
                span,
                format!(
                    "a flow without a struct has this from a method; write `flow![…].{method}`"
                ),
            )
        }));
        return;
    }
    if let Some(name) = &tree.settings.name {
        let len = name.value().len();
        if len == 0 || len > NAME_MAX {
            errors.push(Error::new(
                name.span(),
                format!(
                    "the name of a flow has 1 to {NAME_MAX} bytes, and this one has {len}; choose another"
                ),
            ));
        }
    } else if tree.snake_name().len() > NAME_MAX {
        errors.push(Error::new(
            tree.name.span(),
            format!(
                "the name of a flow has 1 to {NAME_MAX} bytes; give a shorter one with `#[flow(name = \"…\")]`"
            ),
        ));
    }
    if let Some(version) = &tree.settings.version
        && version.base10_parse::<u32>().is_err()
    {
        errors.push(Error::new(
            version.span(),
            "the version of a flow is a `u32`; write a number up to 4294967295",
        ));
    }
}

fn fields(tree: &Tree, errors: &mut Vec<Error>) {
    let mut seen: HashMap<String, &Ident> = HashMap::new();
    for field in &tree.fields {
        let name = field.symbol();
        if seen.insert(name.clone(), &field.name).is_some() {
            errors.push(Error::new(
                field.name.span(),
                format!("`{name}` is declared twice; rename or remove one"),
            ));
        }
        for attr in &field.attrs {
            if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
                errors.push(Error::new_spanned(
                    attr.path(),
                    "a field of a flow is there in every build, as its runs are stored; put the `cfg` on the flow",
                ));
            }
        }
        if let Some(borrow) = borrowed(tree, &field.ty)
            && !field.resource
        {
            errors.push(Error::new(
                borrow,
                format!("input `{name}` borrows, and inputs are stored; own the data, or mark it `#[resource]`"),
            ));
        }
        if let Type::Reference(reference) = &field.ty
            && let Some(mutable) = &reference.mutability
        {
            errors.push(Error::new_spanned(
                mutable,
                format!("resource `{name}` is shared by the tasks; borrow it with `&`, or put it behind a lock"),
            ));
        }
    }
}

fn outputs_own_their_data(tree: &Tree, errors: &mut Vec<Error>) {
    for (_, ty) in tree.output.picks() {
        if let Some(borrow) = borrowed(tree, ty) {
            errors.push(Error::new(
                borrow,
                "the output borrows, and results are stored; hand out owned data",
            ));
        }
    }
}

fn outputs_differ(tree: &Tree, errors: &mut Vec<Error>) {
    let mut seen = HashSet::new();
    for name in tree.output.picks().into_iter().filter_map(|(name, _)| name) {
        if !seen.insert(name) {
            errors.push(Error::new(
                name.span(),
                format!("`{name}` is handed out twice; remove one"),
            ));
        }
    }
}

/// Where a type is a reference or names the flow's lifetime.
fn borrowed(tree: &Tree, ty: &Type) -> Option<Span> {
    fn lifetime(tokens: TokenStream, names: &[String]) -> Option<Span> {
        let mut quoted = false;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) => quoted = punct.as_char() == '\'',
                TokenTree::Ident(name) if quoted && names.contains(&name.to_string()) => {
                    return Some(name.span());
                }
                TokenTree::Group(group) => {
                    let found = lifetime(group.stream(), names);
                    if found.is_some() {
                        return found;
                    }
                    quoted = false;
                }
                TokenTree::Ident(_) | TokenTree::Literal(_) => quoted = false,
            }
        }
        None
    }
    if let Type::Reference(reference) = ty {
        return Some(reference.and_token.span);
    }
    let names = tree.lifetimes.iter().map(|name| name.ident.to_string());
    lifetime(ty.to_token_stream(), &names.collect::<Vec<_>>())
}

fn empty_groups(item: &Item, errors: &mut Vec<Error>) {
    let group = match item {
        Item::Group(group) => Some(group),
        Item::Wrap(wrap) => Some(&wrap.inner),
        Item::Use(_) | Item::Leaf(_) | Item::Choice(_) => None,
    };
    if let Some(group) = group
        && group.items.is_empty()
        && !group.damaged
    {
        let message = format!(
            "`{}` is empty; list at least one task, or remove it",
            group.keyword
        );
        errors.push(Error::new(group.keyword.span(), message));
    }
    if let Item::Choice(choice) = item
        && choice.arms.iter().all(|arm| arm.item.is_none())
    {
        let message = format!(
            "no arm of the `{}` has a task; give it one, or remove it",
            choice.keyword
        );
        errors.push(Error::new(choice.keyword.span(), message));
    }
    for inner in item.inner() {
        empty_groups(inner, errors);
    }
}
