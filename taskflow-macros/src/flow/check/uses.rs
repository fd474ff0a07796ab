//! What can be wrong with a task or a flow at its place.

use syn::Error;
use syn::ext::IdentExt;

use super::closest::closest;
use crate::flow::model::{Arg, Node, Resolved, parting, sees};
use crate::flow::signature::{Param, ParamKind, Provides, What};
use crate::flow::tree::{Field, Kind, Tree};

pub(super) fn supported(tree: &Tree, node: &Node<'_>, errors: &mut Vec<Error>) {
    let token = node.used.token();
    match &node.signature.what {
        What::Task(task) if task.is_async => errors.push(Error::new(
            token.span(),
            format!("task `{token}` is `async`, which flows do not yet support; make it a plain `fn`"),
        )),
        What::Flow { local: true, .. } if !tree.settings.local => errors.push(Error::new(
            token.span(),
            format!(
                "flow `{token}` is local and stays on one thread; mark `{}` with `#[flow(local)]` too",
                tree.name
            ),
        )),
        What::Task(_) | What::Flow { .. } => {}
    }
}

pub(super) fn bindings(node: &Node<'_>, errors: &mut Vec<Error>) {
    let (what, token) = (noun(node), node.used.token());
    let known = |kind: ParamKind| kind != ParamKind::Ctx;
    let params = node.signature.params.iter();
    let names: Vec<String> = params
        .filter(|param| known(param.kind))
        .map(Param::symbol)
        .collect();
    for (at, binding) in node.used.bindings.iter().enumerate() {
        let name = binding.param.unraw().to_string();
        let mut refuse = |message| errors.push(Error::new(binding.param.span(), message));
        let param = node.signature.params.iter().find(|p| p.symbol() == name);
        match param {
            Some(param) if !known(param.kind) => refuse(format!(
                "`{name}` is the context of the run, which needs no binding; remove it"
            )),
            Some(_) => {
                let before = &node.used.bindings[..at];
                if before.iter().any(|other| other.param.unraw() == name) {
                    refuse(format!("`{name}` is bound twice; remove one"));
                }
            }
            None => {
                let cure = match (closest(&name, &names), names.is_empty()) {
                    (Some(close), _) => format!("did you mean `{close}`?"),
                    (None, true) => "it has none at all; remove the binding".to_owned(),
                    (None, false) => format!("it has: {}", names.join(", ")),
                };
                let parameter = if what == "task" { "parameter" } else { "field" };
                refuse(format!(
                    "{what} `{token}` has no {parameter} `{name}`; {cure}"
                ));
            }
        }
    }
}

/// Whether the atom's name is new.
pub(super) fn unique_name(node: &Node<'_>, before: &[Node<'_>], errors: &mut Vec<Error>) -> bool {
    let Some(first) = before.iter().find(|other| other.name == node.name) else {
        return true;
    };
    let token = node.used.rename.as_ref().unwrap_or(node.used.token());
    let same = first.used.rename.is_none()
        && node.used.rename.is_none()
        && first.used.key() == node.used.key();
    errors.push(Error::new(
        token.span(),
        if same {
            let (what, path) = (noun(node), node.used.token());
            format!(
                "{what} `{path}` is here for the second time; give it another name with `{path} as …`"
            )
        } else {
            format!(
                "two atoms of the flow are named `{}`; give this one another name with `as`",
                node.name
            )
        },
    ));
    false
}

pub(super) fn providers(
    flow: &Resolved<'_>,
    node: &Node<'_>,
    before: &[Node<'_>],
    errors: &mut Vec<Error>,
) {
    let span = node
        .used
        .rename
        .as_ref()
        .unwrap_or(node.used.token())
        .span();
    let (what, token) = (noun(node), node.used.token());
    let renames = matches!(node.signature.provides, Provides::One(_));
    for symbol in &node.provides {
        if let Some(field) = flow
            .tree
            .fields
            .iter()
            .find(|field| field.symbol() == *symbol)
        {
            let kind = if field.resource { "resource" } else { "input" };
            let cure = if renames {
                format!("rename the result with `{token} as …`, or rename the {kind}")
            } else {
                format!("rename the {kind}")
            };
            errors.push(Error::new(
                span,
                format!("{what} `{token}` provides `{symbol}`, which would hide the {kind} `{symbol}`; {cure}"),
            ));
        }
        let first = before.iter().find(|other| other.provides.contains(symbol));
        if let Some(first) = first {
            let cure = if renames {
                format!("rename this one with `{token} as …`")
            } else {
                "`as` renames one symbol only, so put one of them in a flow of its own".to_owned()
            };
            errors.push(Error::new(
                span,
                format!(
                    "{what} `{token}` provides `{symbol}`, which `{}` provides already; {cure}",
                    written(first)
                ),
            ));
        }
    }
}

pub(super) fn missing(flow: &Resolved<'_>, node: &Node<'_>, arg: &Arg<'_>, symbol: &str) -> Error {
    let (what, token) = (noun(node), node.used.token());
    let span = arg.token.unwrap_or(token).span();
    let needs = format!("{what} `{token}` needs `{symbol}`");
    let provider = flow
        .nodes
        .iter()
        .find(|other| other.provides.iter().any(|name| name == symbol));
    if let Some(provider) = provider {
        let (name, written) = (&provider.name, written(provider));
        let message = match parting(node, provider) {
            Some((Kind::Unordered, ..)) => format!(
                "{needs}, which its unordered sibling `{written}` provides; put them in a `linear[{written}, {}]` or a `graph`",
                self::written(node)
            ),
            Some(_) => format!(
                "{needs}, which `{written}` provides only after it; move `{name}` to before `{}`, or use a `graph`",
                node.name
            ),
            None => format!(
                "{needs}, which only it provides itself; add an input of another name and bind it, or rename the result with `as`"
            ),
        };
        return Error::new(span, message);
    }
    let silent = flow
        .nodes
        .iter()
        .find(|other| other.name == symbol && sees(node, other) && other.provides.is_empty());
    if let Some(silent) = silent {
        let cure = match silent.signature.what {
            What::Task(_) => "return the value there, instead of `()`",
            What::Flow { .. } => "give that flow an output with `-> Type`",
        };
        return Error::new(
            span,
            format!(
                "{needs}, and `{}` provides nothing; {cure}",
                written(silent)
            ),
        );
    }
    let available = available(flow, node);
    let cure = match (closest(symbol, &available), arg.token) {
        (Some(close), Some(_)) => format!("did you mean `{close}`?"),
        (Some(close), None) => {
            format!("did you mean `{close}`? then write `{token}({symbol} = {close})`")
        }
        (None, Some(_)) if symbol.chars().all(|letter| !letter.is_lowercase()) => {
            format!("for a constant write `const {symbol}`")
        }
        (None, _) => format!("add a task that provides it, or an input `{symbol}`"),
    };
    let available = if available.is_empty() {
        "nothing".to_owned()
    } else {
        available.join(", ")
    };
    Error::new(
        span,
        format!("{needs}, which nothing before it provides; {cure}\navailable here: {available}"),
    )
}

/// The symbols that a node could read.
fn available(flow: &Resolved<'_>, node: &Node<'_>) -> Vec<String> {
    let fields = flow.tree.fields.iter().map(Field::symbol);
    let provided = flow
        .nodes
        .iter()
        .filter(|other| sees(node, other))
        .flat_map(|other| other.provides.clone());
    fields.chain(provided).collect()
}

/// A node as the user wrote it, without bindings.
fn written(node: &Node<'_>) -> String {
    let path = node.used.token();
    match &node.used.rename {
        Some(name) => format!("{path} as {name}"),
        None => path.to_string(),
    }
}

fn noun(node: &Node<'_>) -> &'static str {
    match node.signature.what {
        What::Task(_) => "task",
        What::Flow { .. } => "flow",
    }
}
