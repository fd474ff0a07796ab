//! What `#[task]` means: a task with everything resolved.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, ExprPath, Generics, Ident, Path, Type, Visibility};

use crate::settings::{Amount, Backoff, Time};

/// A task, as a flow needs to know it.
pub(super) struct Task {
    /// The function's name, perhaps raw.
    pub(super) name: Ident,
    pub(super) cfgs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) generics: Generics,
    /// Types or constants are left open: by type parameters, or by `impl Trait`.
    pub(super) is_generic: bool,
    pub(super) params: Vec<Param>,
    pub(super) returns: Type,
    pub(super) provides: Provides,
    pub(super) revert: Option<Revert>,
    pub(super) on_unknown: OnUnknown,
    pub(super) transient: bool,
    pub(super) irreversible: bool,
    pub(super) retry: Option<Retry>,
    pub(super) timeout: Option<Time>,
    pub(super) priority: Option<Amount<i16>>,
    /// The path of the library as the user gave it.
    pub(super) library: Option<Path>,
    /// What is hashed to the task's number.
    pub(super) identity: TokenStream,
}

impl Task {
    /// The task, had its settings not been given: what is left when they are wrong.
    pub(super) fn without_settings(self) -> Self {
        Self {
            revert: None,
            on_unknown: OnUnknown::Rerun,
            transient: false,
            irreversible: false,
            retry: None,
            timeout: None,
            priority: None,
            ..self
        }
    }
}

/// A parameter that a symbol or the run is given to.
pub(super) struct Param {
    /// The name in the function.
    pub(super) name: Ident,
    /// The name that it requires, without `r#`.
    pub(super) symbol: Ident,
    pub(super) kind: Kind,
    pub(super) ty: Type,
}

/// How a parameter takes its symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// `&T`
    Ref,
    /// `&dyn Trait`
    Dyn,
    /// `T`: a clone
    Val,
    /// `&TaskContext`: no symbol at all
    Context,
    /// `Option<&T>`
    Opt,
    /// `Option<&str>` and its like
    OptDeref,
}

impl Kind {
    /// The word for it in a signature.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ref => "ref",
            Self::Dyn => "dyn",
            Self::Val => "val",
            Self::Context => "ctx",
            Self::Opt => "opt",
            Self::OptDeref => "opt_deref",
        }
    }
}

/// The symbols that a task provides, without `r#`.
pub(super) enum Provides {
    None,
    One(Ident),
    Many(Vec<Ident>),
}

impl Provides {
    pub(super) fn names(&self) -> &[Ident] {
        match self {
            Self::None => &[],
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// The call that undoes a task.
pub(super) struct Revert {
    pub(super) call: Expr,
    /// What the call names of the parameters, in their order.
    pub(super) params: Vec<Given>,
    /// What it names of what the task provides, by position.
    pub(super) provided: Vec<Given>,
    /// `outcome`, if it names that.
    pub(super) outcome: Option<Ident>,
}

/// Something that a revert names.
pub(super) struct Given {
    /// The place among the parameters, or among what the task provides.
    pub(super) index: usize,
    /// The name as it stands in the revert, so that it is found there.
    pub(super) name: Ident,
}

/// How often a task is attempted.
pub(super) struct Retry {
    /// The attempts in all.
    pub(super) times: Amount<u32>,
    pub(super) backoff: Backoff,
    /// The function that is asked whether an error is worth another attempt.
    pub(super) condition: Option<ExprPath>,
}

/// What happens to a task that a crash has interrupted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OnUnknown {
    Rerun,
    Revert,
    Ask,
    Skip,
}

impl OnUnknown {
    pub(super) const ALL: [Self; 4] = [Self::Rerun, Self::Revert, Self::Ask, Self::Skip];

    /// The word for it in `#[task(…)]` and in a signature.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Rerun => "rerun",
            Self::Revert => "revert",
            Self::Ask => "ask",
            Self::Skip => "skip",
        }
    }

    /// The name of the variant in the library.
    pub(super) fn variant(self) -> &'static str {
        match self {
            Self::Rerun => "Rerun",
            Self::Revert => "Revert",
            Self::Ask => "Ask",
            Self::Skip => "Skip",
        }
    }
}
