//! The few questions about a type that are answered by how it is written.
//!
//! Everything else is rustc's to answer, because an alias may hide anything.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{
    GenericArgument, Path, PathArguments, PathSegment, ReturnType, Type, TypeParamBound,
    TypeReference,
};

use super::model::Kind;

/// A type without the parentheses and invisible groups around it.
pub(super) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        _ => ty,
    }
}

/// How a parameter of this type takes its symbol.
pub(super) fn kind(ty: &Type) -> Kind {
    match bare(ty) {
        Type::Reference(reference) => match bare(&reference.elem) {
            Type::TraitObject(_) => Kind::Dyn,
            elem if is_named(elem, "TaskContext") => Kind::Context,
            _ => Kind::Ref,
        },
        ty => match optional(ty) {
            Some(reference) if is_unsized(&reference.elem) => Kind::OptDeref,
            Some(_) => Kind::Opt,
            None => Kind::Val,
        },
    }
}

/// The reference in an `Option<&T>`.
fn optional(ty: &Type) -> Option<&TypeReference> {
    let segment = last_segment(ty)?;
    if segment.ident != "Option" {
        return None;
    }
    match only(type_arguments(segment))? {
        Type::Reference(reference) => Some(reference),
        _ => None,
    }
}

fn is_unsized(ty: &Type) -> bool {
    match bare(ty) {
        Type::Slice(_) | Type::TraitObject(_) => true,
        ty => ["str", "Path", "OsStr", "CStr"]
            .iter()
            .any(|name| is_named(ty, name)),
    }
}

/// The `&mut` by which a parameter would change what others read.
pub(super) fn exclusive(ty: &Type) -> Option<TokenStream> {
    let reference = match bare(ty) {
        Type::Reference(reference) => reference,
        ty => optional(ty)?,
    };
    let (and, mutability) = (&reference.and_token, reference.mutability?);
    Some(quote!(#and #mutability))
}

/// What a task provides, by how its return type is written.
pub(super) enum Value<'a> {
    /// Nothing: `()`, or `Result<(), E>`.
    Nothing,
    /// This type.
    Type(&'a Type),
    /// Something that an alias hides, such as `fmt::Result`.
    Hidden,
}

pub(super) fn value(output: &ReturnType) -> Value<'_> {
    match output {
        ReturnType::Type(_, ty) => value_of(ty),
        ReturnType::Default => Value::Nothing,
    }
}

/// What a task provides that returns a type.
pub(super) fn value_of(ty: &Type) -> Value<'_> {
    let ty = match last_segment(ty) {
        Some(segment) if segment.ident == "Result" => match type_arguments(segment).next() {
            Some(value) => value,
            None => return Value::Hidden,
        },
        _ => bare(ty),
    };
    match ty {
        Type::Tuple(tuple) if tuple.elems.is_empty() => Value::Nothing,
        _ => Value::Type(ty),
    }
}

/// The tokens by which a type says that its value borrows.
pub(super) enum Borrow {
    /// From something that lives as long as the process.
    Static(TokenStream),
    /// From something that ends.
    Shorter(TokenStream),
}

/// The first place where a value of this type borrows.
pub(super) fn borrow(ty: &Type) -> Option<Borrow> {
    match ty {
        Type::Reference(reference) => {
            let (and, lifetime) = (&reference.and_token, &reference.lifetime);
            let tokens = quote!(#and #lifetime);
            if lifetime.as_ref().is_some_and(|name| name.ident == "static") {
                Some(borrow(&reference.elem).unwrap_or(Borrow::Static(tokens)))
            } else {
                Some(Borrow::Shorter(tokens))
            }
        }
        Type::Path(path) => path
            .qself
            .as_ref()
            .and_then(|qself| borrow(&qself.ty))
            .or_else(|| borrow_in_path(&path.path)),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(borrow),
        Type::Array(array) => borrow(&array.elem),
        Type::Slice(slice) => borrow(&slice.elem),
        Type::Group(group) => borrow(&group.elem),
        Type::Paren(paren) => borrow(&paren.elem),
        Type::Ptr(pointer) => borrow(&pointer.elem),
        Type::TraitObject(object) => object.bounds.iter().find_map(borrow_in_bound),
        Type::ImplTrait(opaque) => opaque.bounds.iter().find_map(borrow_in_bound),
        // The references of a function pointer are those of its arguments.
        _ => None,
    }
}

fn borrow_in_path(path: &Path) -> Option<Borrow> {
    path.segments.iter().find_map(|segment| {
        // `Fn(&T)` borrows in its arguments only.
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return None;
        };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Lifetime(lifetime) if lifetime.ident != "static" => {
                Some(Borrow::Shorter(quote!(#lifetime)))
            }
            GenericArgument::Type(ty) => borrow(ty),
            GenericArgument::AssocType(assoc) => borrow(&assoc.ty),
            _ => None,
        })
    })
}

fn borrow_in_bound(bound: &TypeParamBound) -> Option<Borrow> {
    match bound {
        TypeParamBound::Lifetime(lifetime) if lifetime.ident != "static" => {
            Some(Borrow::Shorter(quote!(#lifetime)))
        }
        TypeParamBound::Trait(bound) if bound.lifetimes.is_none() => borrow_in_path(&bound.path),
        _ => None,
    }
}

const PRIMITIVES: [&str; 18] = [
    "bool", "char", "str", "String", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16",
    "i32", "i64", "i128", "isize", "f32", "f64",
];

/// Whether a name is that of a type in every module.
pub(super) fn is_primitive(name: &str) -> bool {
    PRIMITIVES.contains(&name)
}

/// Whether a type cannot be a tuple, whatever its names stand for.
pub(super) fn is_no_tuple(ty: &Type) -> bool {
    match bare(ty) {
        Type::Tuple(_) | Type::Macro(_) | Type::Infer(_) | Type::Verbatim(_) => false,
        ty @ Type::Path(_) => PRIMITIVES.iter().any(|name| is_named(ty, name)),
        _ => true,
    }
}

/// Whether a type cannot be a `Result`, whatever its names stand for.
pub(super) fn is_no_result(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(_)) || is_no_tuple(ty)
}

/// Whether `impl` stands anywhere in a type.
pub(super) fn is_opaque(ty: &Type) -> bool {
    fn has_impl(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == "impl",
            TokenTree::Group(group) => has_impl(group.stream()),
            _ => false,
        })
    }
    has_impl(ty.to_token_stream())
}

fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn type_arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(bare(ty)),
            _ => None,
        })
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let item = items.next()?;
    items.next().is_none().then_some(item)
}
