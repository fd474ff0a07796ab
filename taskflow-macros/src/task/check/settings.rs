//! What is wrong with the settings in `#[task(…)]`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::{Error, Expr, Ident, ReturnType, Type};

use super::super::model::{OnUnknown, Task};
use super::super::parse::{Input, Setting, Value};
use super::super::resolve::{
    as_call, as_name, as_path, bare, expr, on_unknown, priority, setting, timeout,
};
use super::super::{retry, types};
use crate::library;

/// The settings one by one: known, given once, and of the right form.
pub(super) fn forms(input: &Input) -> Vec<Error> {
    let mut errors: Vec<Error> = input.unreadable.iter().cloned().collect();
    let mut seen: Vec<&Ident> = Vec::new();
    for setting in &input.settings {
        errors.extend(form(setting));
        let name = &setting.name;
        if seen.contains(&name) {
            errors.push(Error::new(
                name.span(),
                format!("`{name}` is given twice; remove one of the two"),
            ));
        }
        seen.push(name);
    }
    errors
}

fn form(Setting { name, value }: &Setting) -> Vec<Error> {
    let word = name.to_string();
    let (is_right, cure) = match word.as_str() {
        "provides" => (
            matches!(value, Value::Expr(expr) if names_symbols(expr)),
            "is a name, or one for each field of a tuple; write `provides = payment`, or \
             `provides = (payment, receipt)`",
        ),
        "revert" => (
            matches!(value, Value::Expr(expr) if as_call(expr).is_some()),
            "is a plain call of a function; write `revert = refund(gateway, payment)`, or \
             `revert = Type::method(value)` for a method",
        ),
        "on_unknown" => (
            matches!(value, Value::Expr(expr) if on_unknown(expr).is_some()),
            "is one of four words; write `on_unknown = rerun`, `revert`, `ask` or `skip`",
        ),
        "transient" | "irreversible" => (
            matches!(value, Value::Nothing),
            "has no value; write the word alone, or leave it out",
        ),
        "crate" => (
            matches!(value, Value::Expr(expr) if as_path(expr).is_some_and(library::is_absolute)),
            "is a path that means the library everywhere; write `crate = ::name`, or \
             `crate = crate::name`",
        ),
        "retry" => match value {
            Value::Args(args) => {
                return retry::retry(name, args.clone()).err().unwrap_or_default();
            }
            Value::Nothing | Value::Expr(_) => (
                false,
                "has settings of its own; write `retry(times = 3)`, for 3 attempts in all",
            ),
        },
        "timeout" => match value {
            Value::Expr(expr) => return timeout(expr).err().into_iter().collect(),
            Value::Nothing | Value::Args(_) => {
                (false, "is a span of time; write `timeout = \"30s\"`")
            }
        },
        "priority" => match value {
            Value::Expr(expr) => return priority(expr).err().into_iter().collect(),
            Value::Nothing | Value::Args(_) => (false, "is a number; write `priority = 5`"),
        },
        "version" | "migrate" => {
            let text = format!("`{name}` is not yet supported; remove it");
            return vec![Error::new(name.span(), text)];
        }
        _ => {
            let text = format!(
                "`#[task]` knows no `{name}`; write one of `provides`, `revert`, `on_unknown`, \
                 `retry`, `timeout`, `priority`, `transient`, `irreversible` and \
                 `crate`"
            );
            return vec![Error::new(name.span(), text)];
        }
    };
    let text = || format!("`{name}` {cure}");
    match value {
        _ if is_right => Vec::new(),
        Value::Expr(expr) => vec![Error::new_spanned(expr, text())],
        Value::Nothing | Value::Args(_) => vec![Error::new(name.span(), text())],
    }
}

fn names_symbols(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Tuple(tuple) => {
            !tuple.elems.is_empty() && tuple.elems.iter().all(|elem| as_name(elem).is_some())
        }
        expr => as_name(expr).is_some(),
    }
}

/// Whether what is provided fits what is returned, as far as it is to be seen.
pub(super) fn provides(input: &Input) -> Vec<Error> {
    let task = &input.sig.ident;
    let Some(given) = expr(input, "provides").filter(|expr| names_symbols(expr)) else {
        return Vec::new();
    };
    let value = types::value(&input.sig.output);
    if let types::Value::Nothing = value {
        return vec![Error::new_spanned(
            given,
            format!(
                "`{task}` returns `()`, which provides nothing; return a value, or remove \
                 `provides`"
            ),
        )];
    }
    let Expr::Tuple(names) = given else {
        return Vec::new();
    };
    let mut errors = Vec::new();
    let mut seen: Vec<Ident> = Vec::new();
    for name in names.elems.iter().filter_map(as_name) {
        if seen.contains(&name.unraw()) {
            errors.push(Error::new(
                name.span(),
                format!("`{task}` provides `{name}` twice; rename one of the two"),
            ));
        }
        seen.push(name.unraw());
    }
    let types::Value::Type(ty) = value else {
        return errors;
    };
    let count = names.elems.len();
    match types::bare(ty) {
        Type::Tuple(tuple) if tuple.elems.len() != count => errors.push(Error::new_spanned(
            given,
            format!(
                "`{task}` returns a tuple of {}, and `provides` names {count}; give each field \
                 one name",
                tuple.elems.len()
            ),
        )),
        ty if types::is_no_tuple(ty) => errors.push(Error::new_spanned(
            ty,
            format!(
                "`{task}` provides a symbol for each field of a tuple, and this is none; return a \
                 tuple, or provide one name"
            ),
        )),
        _ => {}
    }
    errors
}

/// Whether everything that the revert names can be given to it.
pub(super) fn revert(input: &Input, task: &Task) -> Vec<Error> {
    let mut errors = Vec::new();
    let Some(revert) = &task.revert else {
        return errors;
    };
    let arguments = as_call(&revert.call).map(|call| &call.args);
    for name in arguments.into_iter().flatten().filter_map(lone_name) {
        let is_given = name == "outcome"
            || revert
                .params
                .iter()
                .chain(&revert.provided)
                .any(|given| given.name.unraw() == name.unraw());
        if !is_given {
            errors.push(Error::new(
                name.span(),
                format!(
                    "the revert names `{name}`, which is neither a parameter of `{}` nor what it \
                     provides; it can name: {}",
                    task.name,
                    nameable(task).join(", ")
                ),
            ));
        }
    }
    if let (Some(outcome), Some(provided)) = (&revert.outcome, revert.provided.first()) {
        errors.push(Error::new(
            outcome.span(),
            format!(
                "the revert names both `outcome` and `{0}`, but a task that failed has no `{0}`; \
                 name `outcome` alone, which holds the value where there is one",
                provided.name
            ),
        ));
    }
    let needs_value = revert.outcome.is_some() || !revert.provided.is_empty();
    if needs_value
        && let ReturnType::Type(_, ty) = &input.sig.output
        && types::is_opaque(ty)
    {
        errors.push(Error::new_spanned(
            ty,
            format!(
                "the revert of `{}` needs the type of what the task returns, which `impl` hides; \
                 write the type out",
                task.name
            ),
        ));
    }
    errors
}

/// An argument that is nothing but the name of a variable, or a reference to it.
fn lone_name(arg: &Expr) -> Option<&Ident> {
    let arg = match bare(arg) {
        Expr::Reference(reference) => &reference.expr,
        arg => arg,
    };
    as_name(arg).filter(|name| {
        let text = name.unraw().to_string();
        text.starts_with(|first: char| first == '_' || first.is_lowercase())
    })
}

/// All that the revert of a task can name.
fn nameable(task: &Task) -> Vec<String> {
    let mut names: Vec<String> = task
        .params
        .iter()
        .map(|param| &param.symbol)
        .chain(task.provides.names())
        .map(Ident::to_string)
        .collect();
    names.push("outcome".to_owned());
    let all = names.clone();
    let mut place = 0..;
    names.retain(|name| {
        let place = place.next().unwrap_or_default();
        !all.iter().take(place).any(|earlier| earlier == name)
    });
    names
}

/// Whether the `if` of a `retry` can be asked, as far as it is to be seen.
pub(super) fn condition(task: &Task) -> Option<Error> {
    let span = task.retry.as_ref()?.condition_span()?;
    let text = if types::is_opaque(&task.returns) {
        format!(
            "`if` needs the type of the error that `{}` returns, and `impl` hides it; write the \
             return type out",
            task.name
        )
    } else if types::is_no_result(&task.returns) {
        format!(
            "`if` is asked about an error, and `{}` returns none; return a `Result`, or remove \
             `if`",
            task.name
        )
    } else {
        return None;
    };
    Some(Error::new(span, text))
}

/// Settings that do not go together.
pub(super) fn combinations(input: &Input, task: &Task) -> Vec<Error> {
    let name = &task.name;
    let mut errors = Vec::new();
    // Nothing is said of a setting that cannot be read, save that.
    if input.unreadable.is_some() || setting(input, "revert").is_some() && task.revert.is_none() {
        return errors;
    }
    let mut add = |span: Span, text: String| errors.push(Error::new(span, text));
    let takes_outcome = task
        .revert
        .as_ref()
        .is_some_and(|revert| revert.outcome.is_some());
    let choice =
        expr(input, "on_unknown").map_or_else(Span::call_site, syn::spanned::Spanned::span);
    if task.on_unknown == OnUnknown::Revert && !takes_outcome {
        add(
            choice,
            format!(
                "`on_unknown = revert` reverts a task of which nobody knows what it did, but \
                 `{name}` has no revert that names `outcome`; give it one, or choose another word"
            ),
        );
    }
    if task.on_unknown == OnUnknown::Skip {
        if let Some(symbol) = task.provides.names().first() {
            let hint = match types::value(&input.sig.output) {
                types::Value::Hidden => ", or write `Result<(), E>` out if that is what it returns",
                types::Value::Nothing | types::Value::Type(_) => "",
            };
            add(
                choice,
                format!(
                    "`on_unknown = skip` is for tasks that provide nothing, and `{name}` provides \
                     `{symbol}`; choose another word{hint}"
                ),
            );
        }
        if task.revert.is_some() && !takes_outcome {
            add(
                choice,
                format!(
                    "`on_unknown = skip` counts a task as done of which nobody knows what it did, \
                     but the revert of `{name}` does not name `outcome`; let it, or choose another \
                     word"
                ),
            );
        }
        if task.transient {
            add(
                choice,
                format!(
                    "`on_unknown = skip` runs `{name}` at most once, and `transient` runs it \
                     whenever it is needed; remove one of the two"
                ),
            );
        }
    }
    if task.on_unknown == OnUnknown::Ask && task.transient {
        add(
            choice,
            format!(
                "`on_unknown = ask` asks a person before `{name}` runs once more, and `transient` \
                 runs it whenever it is needed; remove one of the two"
            ),
        );
    }
    if let (true, true, Some(irreversible)) = (
        task.irreversible,
        task.transient,
        setting(input, "irreversible"),
    ) {
        add(
            irreversible.name.span(),
            format!(
                "what an `irreversible` task has done stays, and `transient` runs `{name}` \
                 whenever it is needed; remove one of the two"
            ),
        );
    }
    if let (Some(_), Some(revert)) = (&task.revert, setting(input, "revert")) {
        if task.transient {
            add(
                revert.name.span(),
                format!(
                    "`{name}` is `transient`, and a task that is not stored cannot be undone; \
                     remove `revert` or `transient`"
                ),
            );
        }
        if task.irreversible && !takes_outcome {
            add(
                revert.name.span(),
                format!(
                    "`{name}` is `irreversible`, so its success is never undone; remove `revert` \
                     or `irreversible`, or let the revert name `outcome`"
                ),
            );
        }
    }
    errors
}
