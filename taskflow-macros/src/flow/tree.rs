//! What the user wrote in `flow!`, before anything is looked up.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Attribute, Expr, Ident, Index, Lifetime, LitInt, LitStr, Member, Path, Type, Visibility,
};

mod groups;

pub(crate) use groups::{Arm, Choice, Each, Leaf, LeafKind, Map, Retry, Tolerate, Wrap, WrapKind};

/// The macros that are known everywhere.
#[rustfmt::skip]
const STANDARD_MACROS: [&str; 36] = [
    "assert", "assert_eq", "assert_ne", "cfg", "column", "compile_error", "concat", "dbg",
    "debug_assert", "debug_assert_eq", "debug_assert_ne", "env", "eprint", "eprintln", "file",
    "format", "format_args", "include", "include_bytes", "include_str", "line", "matches",
    "module_path", "option_env", "panic", "print", "println", "stringify", "thread_local", "todo",
    "unimplemented", "unreachable", "vec", "write", "writeln", "is_x86_feature_detected",
];

/// A whole flow.
pub(crate) struct Tree {
    pub(crate) form: Form,
    /// Documentation and foreign attributes, without `#[flow(…)]`.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) settings: Settings,
    pub(crate) vis: Visibility,
    /// Of an inline flow, which has none, a word at the place of its pattern.
    pub(crate) name: Ident,
    pub(crate) lifetimes: Vec<Lifetime>,
    pub(crate) fields: Vec<Field>,
    pub(crate) output: Output,
    /// Missing only after a syntax error.
    pub(crate) pattern: Option<Item>,
}

/// Whether a flow is a type or a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A struct with fields.
    Struct,
    /// An expression without fields: what nothing provides is the variable of that name.
    Inline,
}

/// What `#[flow(…)]` says.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) name: Option<LitStr>,
    pub(crate) version: Option<LitInt>,
    pub(crate) on_failure: Option<OnFailure>,
    pub(crate) local: bool,
    pub(crate) krate: Option<Path>,
}

#[derive(Clone, Copy)]
pub(crate) enum OnFailure {
    Revert,
    Keep,
}

/// An input or a resource.
pub(crate) struct Field {
    /// Documentation and foreign attributes, without `#[resource]`.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Option<Visibility>,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) resource: bool,
}

/// What stands behind `->`.
pub(crate) enum Output {
    /// Nothing.
    None,
    /// `-> Type`: the last result; in an inline flow also nothing.
    Last(Type),
    /// `-> name: Type` or `-> (name: Type)`; the types of an inline flow are inferred.
    One(Pick),
    /// `-> (a: A, b: B)`.
    Many(Vec<Pick>),
}

/// A symbol that the flow hands out.
pub(crate) struct Pick {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// A place in the pattern.
pub(crate) enum Item {
    Use(Use),
    Group(Group),
    Choice(Choice),
    Wrap(Box<Wrap>),
    Leaf(Leaf),
}

/// A task or a flow, where it is named.
pub(crate) struct Use {
    pub(crate) path: Path,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) rename: Option<Ident>,
}

/// `linear[…]` and its like.
pub(crate) struct Group {
    pub(crate) kind: Kind,
    pub(crate) keyword: Ident,
    pub(crate) items: Vec<Item>,
    /// `a -> b`, in a `graph`.
    pub(crate) edges: Vec<Edge>,
    /// Something in it could not be read, which has been reported.
    pub(crate) damaged: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Linear,
    Unordered,
    Graph,
}

/// `from -> to`, by the names of items.
pub(crate) struct Edge {
    pub(crate) from: Ident,
    pub(crate) to: Ident,
}

/// `parameter = value`.
pub(crate) struct Binding {
    pub(crate) param: Ident,
    pub(crate) value: Value,
}

/// The right side of a binding.
pub(crate) enum Value {
    /// A symbol, or a field of it.
    Symbol { base: Ident, fields: Vec<Member> },
    /// A literal, with its sign.
    Literal { tokens: TokenStream, text: bool },
    /// `const PATH`.
    Const(Path),
    /// A time that is written as a text, in milliseconds.
    Millis(u64),
}

impl Tree {
    /// The name of the flow in messages and in the logbook, where `#[flow(name)]` says no other.
    pub(crate) fn snake_name(&self) -> String {
        snake(&self.name)
    }

    pub(crate) fn is_inline(&self) -> bool {
        self.form == Form::Inline
    }

    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.resource)
    }

    pub(crate) fn resources(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.resource)
    }

    /// The tokens of a type with another lifetime in place of the flow's.
    pub(crate) fn with_lifetime(&self, tokens: TokenStream, other: &Lifetime) -> TokenStream {
        let mut quoted = false;
        let replace = |token: TokenTree| {
            let after_quote = std::mem::replace(
                &mut quoted,
                matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\''),
            );
            match token {
                TokenTree::Ident(name)
                    if after_quote && self.lifetimes.iter().any(|own| own.ident == name) =>
                {
                    TokenTree::Ident(other.ident.clone())
                }
                TokenTree::Group(group) => {
                    let inner = self.with_lifetime(group.stream(), other);
                    let mut replaced = proc_macro2::Group::new(group.delimiter(), inner);
                    replaced.set_span(group.span());
                    TokenTree::Group(replaced)
                }
                token => token,
            }
        };
        tokens.into_iter().map(replace).collect()
    }

    /// Every task and flow that is named, in order of definition.
    pub(crate) fn uses(&self) -> Vec<&Use> {
        self.pattern.iter().flat_map(Item::uses).collect()
    }
}

impl Field {
    /// Whether the field is itself a reference, which is then given on as it is.
    pub(crate) fn is_reference(&self) -> bool {
        matches!(self.ty, Type::Reference(_))
    }
}

impl Output {
    /// The names and types that the flow hands out; no name for the last result.
    pub(crate) fn picks(&self) -> Vec<(Option<&Ident>, &Type)> {
        match self {
            Self::None => Vec::new(),
            Self::Last(ty) => vec![(None, ty)],
            Self::One(pick) => vec![(Some(&pick.name), &pick.ty)],
            Self::Many(picks) => picks
                .iter()
                .map(|pick| (Some(&pick.name), &pick.ty))
                .collect(),
        }
    }
}

impl Use {
    /// The token that messages point at.
    pub(crate) fn token(&self) -> &Ident {
        let last = self.path.segments.last();
        &last.expect("a path has a segment").ident
    }

    /// Where the generated call is located: errors of rustc land on the task's token, and yet the
    /// call resolves like any generated code.
    pub(crate) fn located(&self) -> Span {
        located(self.token().span())
    }

    /// The path by which the companion macro is called.
    ///
    /// A task that is named like a macro of the standard library is looked for in the module, where
    /// that macro is not.
    pub(crate) fn companion_path(&self) -> Path {
        let mut path = self.bare_path();
        let name = self.token();
        if path.segments.len() == 1
            && path.leading_colon.is_none()
            && STANDARD_MACROS.contains(&name.to_string().as_str())
        {
            let module = Ident::new("self", self.located());
            path.segments.insert(0, module.into());
        }
        path
    }

    /// The path as one that means an item: a variable of that name around an inline flow is not
    /// meant.
    pub(crate) fn item_path(&self) -> Path {
        let mut path = self.path.clone();
        if path.leading_colon.is_none()
            && path.segments.len() == 1
            && let Some(name) = path.segments.first_mut()
        {
            // With this hygiene items are seen, and the user's variables are not.
            let span = name.ident.span();
            name.ident.set_span(Span::mixed_site().located_at(span));
        }
        path
    }

    /// What tells its path from others.
    pub(crate) fn key(&self) -> String {
        self.bare_path().to_token_stream().to_string()
    }

    /// The path without generic arguments: the companion macro's.
    pub(crate) fn bare_path(&self) -> Path {
        let mut path = self.path.clone();
        for segment in &mut path.segments {
            segment.arguments = syn::PathArguments::None;
        }
        path
    }
}

impl Kind {
    pub(crate) fn of(keyword: &Ident) -> Option<Self> {
        match keyword.to_string().as_str() {
            "linear" => Some(Self::Linear),
            "unordered" => Some(Self::Unordered),
            "graph" => Some(Self::Graph),
            _ => None,
        }
    }
}

impl Value {
    pub(crate) fn literal(expr: &Expr) -> Option<Self> {
        let lit = match expr {
            Expr::Lit(lit) if lit.attrs.is_empty() => &lit.lit,
            Expr::Unary(unary) => match (&unary.op, &*unary.expr) {
                (syn::UnOp::Neg(_), Expr::Lit(lit))
                    if matches!(lit.lit, syn::Lit::Int(_) | syn::Lit::Float(_)) =>
                {
                    &lit.lit
                }
                _ => return None,
            },
            _ => return None,
        };
        Some(Self::Literal {
            tokens: quote::quote!(#expr),
            text: matches!(
                lit,
                syn::Lit::Str(_) | syn::Lit::ByteStr(_) | syn::Lit::CStr(_)
            ),
        })
    }
}

/// The first use of each path.
pub(crate) fn distinct<'t>(uses: &[&'t Use]) -> Vec<&'t Use> {
    let mut seen = HashSet::new();
    let mut first = |used: &&Use| seen.insert(used.key());
    uses.iter().copied().filter(|used| first(used)).collect()
}

/// An identifier for a symbol, raw where it needs to be.
pub(crate) fn ident(name: &str, span: Span) -> Ident {
    let mut ident = syn::parse_str::<Ident>(name).unwrap_or_else(|_| Ident::new_raw(name, span));
    ident.set_span(span);
    ident
}

/// The place of a span with the hygiene of generated code.
pub(crate) fn located(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// The field of a tuple, at a place.
pub(crate) fn index(number: usize, span: Span) -> Index {
    Index {
        span,
        ..Index::from(number)
    }
}

/// `CheckoutFlow` as `checkout_flow`; a run of capitals counts as one word.
pub(crate) fn snake(name: &Ident) -> String {
    let name: Vec<char> = syn::ext::IdentExt::unraw(name)
        .to_string()
        .chars()
        .collect();
    let mut snake = String::new();
    for (at, &letter) in name.iter().enumerate() {
        if letter.is_uppercase() {
            let after_word = at > 0 && !name[at - 1].is_uppercase() && name[at - 1] != '_';
            let before_word = at > 0
                && name[at - 1].is_uppercase()
                && name.get(at + 1).is_some_and(|next| next.is_lowercase());
            if after_word || before_word {
                snake.push('_');
            }
            snake.extend(letter.to_lowercase());
        } else {
            snake.push(letter);
        }
    }
    snake
}
