//! The groups that do more than to order tasks, and the steps that are no tasks.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Expr, Ident, Member, Pat, Path, Type};

use super::{Group, Item, Use, Value};
use crate::settings::Backoff;

/// `match plan { … }` or `when(flag)[…]`.
pub(crate) struct Choice {
    pub(crate) keyword: Ident,
    /// The symbol, or the field of one, that the arms are about.
    pub(crate) on: Value,
    pub(crate) arms: Vec<Arm>,
}

/// `Plan::Pro { seats } if seats > min => task`
pub(crate) struct Arm {
    pub(crate) pattern: Pat,
    /// What the pattern binds.
    pub(crate) bindings: Vec<Ident>,
    pub(crate) guard: Option<Expr>,
    /// What the guard could mean by a symbol, each once.
    pub(crate) guard_names: Vec<Ident>,
    /// Nothing for `[]`.
    pub(crate) item: Option<Item>,
}

/// A group whose settings stand before its brackets.
pub(crate) struct Wrap {
    pub(crate) keyword: Ident,
    pub(crate) kind: WrapKind,
    /// What is in the brackets.
    pub(crate) inner: Group,
    pub(crate) rename: Option<Ident>,
}

pub(crate) enum WrapKind {
    Retry(Box<Retry>),
    Map(Box<Map>),
    Try,
    Timeout(Value),
    Limit(Value),
    Transient,
}

/// The settings of a `retry`.
pub(crate) struct Retry {
    pub(crate) times: Option<Value>,
    pub(crate) each: Option<Each>,
    /// `with = budget`: the controller that is consulted after each attempt that failed.
    pub(crate) with: Option<Value>,
    pub(crate) backoff: Backoff,
    /// The waits of the backoff that symbols name, by their text.
    pub(crate) waits: Vec<(String, Value)>,
    /// `if = path`: whether an error is worth another attempt.
    pub(crate) predicate: Option<Path>,
}

/// The settings of a `map`.
pub(crate) struct Map {
    pub(crate) each: Each,
    pub(crate) limit: Option<Value>,
    pub(crate) tolerate: Option<Tolerate>,
    /// What an item is called where the run is shown: the item, or a field of it.
    pub(crate) label: Option<Value>,
}

/// `page in pages`
pub(crate) struct Each {
    pub(crate) item: Ident,
    pub(crate) over: Value,
}

/// How many items of a `map` may fail.
pub(crate) enum Tolerate {
    Count(Value),
    /// In parts of a million, of the number of items.
    Share(u64),
}

/// A step that is no task.
pub(crate) struct Leaf {
    pub(crate) keyword: Ident,
    pub(crate) kind: LeafKind,
    pub(crate) rename: Option<Ident>,
}

pub(crate) enum LeafKind {
    /// `fail(reason = …)`
    Fail(Value),
    /// `sleep(pause)`
    Sleep(Value),
    /// `signal(approval: Approval)`
    Signal {
        name: Ident,
        ty: Box<Type>,
        timeout: Option<Value>,
    },
}

impl Item {
    /// The groups and items directly in this one.
    pub(crate) fn inner(&self) -> Vec<&Item> {
        match self {
            Self::Use(_) | Self::Leaf(_) => Vec::new(),
            Self::Group(group) => group.items.iter().collect(),
            Self::Choice(choice) => {
                let items = choice.arms.iter();
                items.filter_map(|arm| arm.item.as_ref()).collect()
            }
            Self::Wrap(wrap) => wrap.inner.items.iter().collect(),
        }
    }

    /// What it is called where it has no name: a group after its kind and the first task in it.
    pub(crate) fn title(&self) -> String {
        let keyword = match self {
            Self::Use(used) => return used.token().unraw().to_string(),
            Self::Leaf(leaf) => return leaf.keyword.to_string(),
            Self::Group(group) => &group.keyword,
            Self::Choice(choice) => &choice.keyword,
            Self::Wrap(wrap) => &wrap.keyword,
        };
        match self.uses().first() {
            Some(first) => format!("{keyword}@{}", first.token().unraw()),
            None => keyword.to_string(),
        }
    }

    /// Every task and flow that is named in it, in order of definition.
    pub(crate) fn uses(&self) -> Vec<&Use> {
        match self {
            Self::Use(used) => vec![used],
            _ => self.inner().into_iter().flat_map(Item::uses).collect(),
        }
    }
}

impl WrapKind {
    /// The variable that stands for one of many, and what they are.
    pub(crate) fn each(&self) -> Option<&Each> {
        match self {
            Self::Retry(retry) => retry.each.as_ref(),
            Self::Map(map) => Some(&map.each),
            Self::Try | Self::Timeout(_) | Self::Limit(_) | Self::Transient => None,
        }
    }

    /// Whether what is inside cannot be seen from outside: the group provides one symbol itself.
    pub(crate) fn gathers(&self) -> bool {
        matches!(self, Self::Map(_) | Self::Try)
    }
}

impl Value {
    /// The symbol and the fields of it, if it is one.
    pub(crate) fn symbol(&self) -> Option<(&Ident, &[Member])> {
        match self {
            Self::Symbol { base, fields } => Some((base, fields)),
            Self::Literal { .. } | Self::Const(_) | Self::Millis(_) => None,
        }
    }

    /// Where it is written, as far as that is known.
    pub(crate) fn span(&self) -> Option<Span> {
        match self {
            Self::Symbol { base, .. } => Some(base.span()),
            Self::Literal { tokens, .. } => tokens.clone().into_iter().next().map(|t| t.span()),
            Self::Const(path) => path.segments.last().map(|last| last.ident.span()),
            Self::Millis(_) => None,
        }
    }
}
