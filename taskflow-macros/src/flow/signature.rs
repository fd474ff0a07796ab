//! What a companion macro says of its task or flow.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Ident, LitInt, Result, Token, braced, bracketed, parenthesized, token};

/// A task or a flow, as far as others need to know.
pub(crate) struct Signature {
    pub(crate) what: What,
    /// A task's parameters, a flow's fields.
    pub(crate) params: Vec<Param>,
    pub(crate) provides: Provides,
}

pub(crate) enum What {
    Task(TaskFacts),
    Flow {
        /// How many lifetimes the struct has.
        lifetimes: usize,
        /// It stays on one thread.
        local: bool,
    },
}

// Each is a fact by itself: no combination of them is a state.
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct TaskFacts {
    /// The number of the task's `Site`.
    pub(crate) key: LitInt,
    pub(crate) is_async: bool,
    pub(crate) transient: bool,
    /// It has generic parameters that a revert must be told as well.
    pub(crate) generic: bool,
    /// The parameters of its revert, if it has one.
    pub(crate) revert: Option<Vec<Param>>,
    /// Its `Site` has `retry_if(&error) -> bool`, which says whether it is attempted again. That
    /// of a generic task is given the task's arguments before the error, as its revert is.
    pub(crate) retry_if: bool,
}

#[derive(Clone)]
pub(crate) struct Param {
    pub(crate) name: Ident,
    pub(crate) kind: ParamKind,
}

/// How a parameter is given its symbol.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParamKind {
    /// `&T`
    Ref,
    /// `&dyn Trait`
    Dyn,
    /// `T`
    Val,
    /// `&TaskContext`
    Ctx,
    /// `Option<&T>`
    Opt,
    /// `Option<&str>` and its like
    OptDeref,
    /// A flow's field, given on as it is.
    Whole,
}

pub(crate) enum Provides {
    None,
    One(String),
    Many(Vec<String>),
}

impl Param {
    pub(crate) fn symbol(&self) -> String {
        self.name.unraw().to_string()
    }
}

impl Provides {
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// The collected signatures and the flow's own tokens, from the end of the chain of companions.
///
/// There are none where a task was wrong itself, which has been reported.
pub(crate) fn parse_chain(tokens: TokenStream) -> Result<(Option<Vec<Signature>>, TokenStream)> {
    let parser = |input: ParseStream<'_>| {
        input.parse::<Token![@]>()?;
        word(input, "taskflow")?;
        let (signatures, rest, state);
        bracketed!(signatures in input);
        bracketed!(rest in input);
        braced!(state in input);
        let _: TokenStream = rest.parse()?;
        let mut found = Some(Vec::new());
        while !signatures.is_empty() {
            let content;
            braced!(content in signatures);
            let signature = signature(&content)?;
            found = found.zip(signature).map(|(mut found, signature)| {
                found.push(signature);
                found
            });
        }
        Ok((found, state.parse()?))
    };
    parser.parse2(tokens)
}

fn signature(input: ParseStream<'_>) -> Result<Option<Signature>> {
    let what = input.call(Ident::parse_any)?;
    if what == "wrong" {
        return Ok(None);
    }
    // Its own name, which may differ from that under which it was imported.
    input.call(Ident::parse_any)?;
    if what == "flow" {
        flow(input).map(Some)
    } else {
        task(input).map(Some)
    }
}

fn task(input: ParseStream<'_>) -> Result<Signature> {
    word(input, "key")?;
    let key = input.parse()?;
    let flags = flags(input)?;
    word(input, "params")?;
    let params = params(input)?;
    let provides = provides(input)?;
    word(input, "reverts")?;
    let reverts = input.call(Ident::parse_any)?;
    word(input, "revert")?;
    let revert = self::params(input)?;
    word(input, "on_unknown")?;
    input.call(Ident::parse_any)?;
    let has = |wanted: &str| flags.iter().any(|flag| flag == wanted);
    Ok(Signature {
        what: What::Task(TaskFacts {
            key,
            is_async: has("async"),
            transient: has("transient"),
            generic: has("generic"),
            revert: (reverts != "never").then_some(revert),
            retry_if: has("retry_if"),
        }),
        params,
        provides,
    })
}

fn flow(input: ParseStream<'_>) -> Result<Signature> {
    word(input, "lifetimes")?;
    let lifetimes = input.parse::<LitInt>()?.base10_parse()?;
    let flags = flags(input)?;
    word(input, "fields")?;
    let params = params(input)?;
    Ok(Signature {
        what: What::Flow {
            lifetimes,
            local: flags.iter().any(|flag| flag == "local"),
        },
        params,
        provides: provides(input)?,
    })
}

fn word(input: ParseStream<'_>, expected: &str) -> Result<()> {
    let found = input.call(Ident::parse_any)?;
    if found == expected {
        Ok(())
    } else {
        Err(Error::new(
            found.span(),
            format!(
                "expected `{expected}`, found `{found}`; use the same version of `taskflow` in all crates"
            ),
        ))
    }
}

fn flags(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    word(input, "flags")?;
    idents(input)
}

fn idents(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    let content;
    bracketed!(content in input);
    let mut idents = Vec::new();
    while !content.is_empty() {
        idents.push(content.call(Ident::parse_any)?);
    }
    Ok(idents)
}

fn params(input: ParseStream<'_>) -> Result<Vec<Param>> {
    let content;
    bracketed!(content in input);
    let mut params = Vec::new();
    while content.peek(token::Paren) {
        let param;
        parenthesized!(param in content);
        let name = param.call(Ident::parse_any)?;
        let kind = param.call(Ident::parse_any)?;
        let kind = match kind.to_string().as_str() {
            "ref" => ParamKind::Ref,
            "dyn" => ParamKind::Dyn,
            "val" => ParamKind::Val,
            "ctx" => ParamKind::Ctx,
            "opt" => ParamKind::Opt,
            "opt_deref" => ParamKind::OptDeref,
            _ => ParamKind::Whole,
        };
        params.push(Param { name, kind });
    }
    Ok(params)
}

fn provides(input: ParseStream<'_>) -> Result<Provides> {
    word(input, "provides")?;
    let how = input.call(Ident::parse_any)?;
    Ok(match how.to_string().as_str() {
        "one" => Provides::One(input.call(Ident::parse_any)?.unraw().to_string()),
        "many" => Provides::Many(
            idents(input)?
                .iter()
                .map(|name| name.unraw().to_string())
                .collect(),
        ),
        _ => Provides::None,
    })
}
