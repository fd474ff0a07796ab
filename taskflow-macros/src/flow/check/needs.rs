//! What can be wrong with what a task or a setting reads.

use syn::{Error, Ident};

use super::closest::closest;
use super::uses::{subject, written};
use crate::flow::model::{Arg, Given, Node, Place, Resolved, Role, Source, Way, parting, sees};
use crate::flow::signature::ParamKind;
use crate::flow::tree::{Field, Kind};

pub(super) fn missing(
    flow: &Resolved<'_>,
    node: &Node<'_>,
    token: Option<&Ident>,
    symbol: &str,
) -> Error {
    let own = node.token();
    let span = token.unwrap_or(own).span();
    let needs = format!("{} needs `{symbol}`", subject(node));
    let mut nodes = flow.nodes.iter();
    if let Some(provider) = nodes.find(|other| other.provides.iter().any(|name| name == symbol)) {
        return Error::new(span, not_here(flow, node, provider, &needs));
    }
    let silent = flow
        .nodes
        .iter()
        .find(|other| other.name == symbol && sees(node, other) && other.provides.is_empty());
    if let Some(silent) = silent {
        let cure = match silent.what {
            Place::Flow(..) => "give that flow an output with `-> Type`",
            Place::Task(..) => "return the value there, instead of `()`",
            _ => "name something that provides a value",
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
    let is_param = matches!(node.what, Place::Task(..) | Place::Flow(..)) && token.is_none();
    let cure = match (closest(symbol, &available), is_param) {
        (Some(close), false) => format!("did you mean `{close}`?"),
        (Some(close), true) => {
            format!("did you mean `{close}`? then write `{own}({symbol} = {close})`")
        }
        (None, false) if symbol.chars().all(|letter| !letter.is_lowercase()) => {
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

/// Why a node does not see what another one provides.
fn not_here(flow: &Resolved<'_>, node: &Node<'_>, provider: &Node<'_>, needs: &str) -> String {
    let (name, by) = (&provider.name, written(provider));
    let hidden = provider.way.iter().rev().find_map(|turn| match turn.way {
        Way::Body {
            node: group,
            hides: true,
        } => {
            let inside = node.way.contains(turn);
            (!inside).then(|| &flow.nodes[group])
        }
        _ => None,
    });
    if let Some(group) = hidden {
        let hands_out = match &group.provides[..] {
            [own] => format!("only `{own}` is visible behind it"),
            _ => "nothing is visible behind it".to_owned(),
        };
        let keyword = group.token();
        return format!(
            "{needs}, which `{by}` provides inside of a `{keyword}`, and {hands_out}; read that, or move `{}` into the `{keyword}`",
            node.name
        );
    }
    match parting(node, provider) {
        Some((_, Way::Items(Kind::Unordered), ..)) => format!(
            "{needs}, which its unordered sibling `{by}` provides; put them in a `linear[{by}, {}]` or a `graph`",
            written(node)
        ),
        Some((_, Way::Arm { .. }, ..)) => format!(
            "{needs}, which `{by}` provides in another arm; provide it in this arm too, or move `{name}` to before the choice"
        ),
        Some(_) => format!(
            "{needs}, which `{by}` provides only after it; move `{name}` to before `{}`, or use a `graph`",
            node.name
        ),
        None if matches!(node.what, Place::Task(..) | Place::Flow(..)) => {
            let other = if flow.tree.is_inline() {
                "a variable"
            } else {
                "an input"
            };
            format!(
                "{needs}, which only it provides itself; add {other} of another name and bind it, or rename the result with `as`"
            )
        }
        None => {
            format!("{needs}, which `{by}` provides only inside of it; move `{name}` to before it")
        }
    }
}

/// The symbols that a node could read.
fn available(flow: &Resolved<'_>, node: &Node<'_>) -> Vec<String> {
    let mut names: Vec<String> = flow.tree.fields.iter().map(Field::symbol).collect();
    for turn in &node.way {
        match turn.way {
            Way::Arm { node, .. } => {
                if let Place::Choice(choice) = flow.nodes[node].what {
                    let bindings = choice.arms[turn.item].bindings.iter();
                    names.extend(bindings.map(ToString::to_string));
                }
            }
            Way::Body { node, .. } => {
                names.extend(flow.nodes[node].each().map(|each| each.item.to_string()));
            }
            Way::Items(_) => {}
        }
    }
    let provided = flow.nodes.iter().filter(|other| sees(node, other));
    for name in provided.flat_map(|other| &other.provides) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Refuses what may be absent where it cannot be.
pub(super) fn optional(node: &Node<'_>, errors: &mut Vec<Error>) {
    let subject = subject(node);
    let mut refuse = |token: &Ident, symbol: &str, cure: &str| {
        errors.push(Error::new(
            token.span(),
            format!("{subject} needs `{symbol}`, which not every arm provides; {cure}"),
        ));
    };
    for Arg {
        param,
        token,
        given,
    } in &node.args
    {
        let name = param.symbol();
        let symbol = token.map_or_else(|| name.clone(), ToString::to_string);
        if !is_optional(given) {
            continue;
        }
        let cure = match param.kind {
            ParamKind::Opt | ParamKind::OptDeref | ParamKind::Val | ParamKind::Ctx => continue,
            ParamKind::Ref | ParamKind::Dyn if !node.is_flow() => {
                format!("take it as `{name}: Option<&_>`, or provide it in every arm")
            }
            ParamKind::Ref | ParamKind::Dyn | ParamKind::Whole => {
                "give it to a task that takes an `Option`, or provide it in every arm".to_owned()
            }
        };
        refuse(token.unwrap_or(node.token()), &symbol, &cure);
    }
    for setting in &node.settings {
        let may_be = matches!(setting.role, Role::On | Role::Guard(_));
        if let Some(token) = setting
            .token
            .filter(|_| !may_be && is_optional(&setting.given))
        {
            refuse(token, &token.to_string(), "provide it in every arm");
        }
    }
}

fn is_optional(given: &Given<'_>) -> bool {
    matches!(given, Given::Symbol(Source::Symbol(symbol), _) if symbol.optional)
}
