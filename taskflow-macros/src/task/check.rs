//! Everything that is wrong with a task, in one go.

use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Error, Expr, FnArg, Ident, ReturnType, Safety, Type};

use super::model::{OnUnknown, Provides, Revert, Task};
use super::parse::{Input, Setting, Value};
use super::resolve::{
    as_call, as_name, as_path, bare, expr, name, on_unknown, setting, symbol, typed,
};
use super::types;
use crate::library;

/// How much of a task is still of use to a flow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Damage {
    /// All of it.
    None,
    /// All but its settings.
    Settings,
    /// Only its name.
    Signature,
    /// Nothing: it does not stand where a task can stand.
    Place,
}

struct Report {
    damage: Damage,
    errors: Vec<Error>,
}

impl Report {
    fn add(&mut self, damage: Damage, error: Error) {
        self.damage = self.damage.max(damage);
        self.errors.push(error);
    }
}

/// The errors, in the order in which they are found, and what they leave.
pub(super) fn check(input: &Input, task: &Task) -> (Damage, Vec<Error>) {
    let mut report = Report {
        damage: Damage::None,
        errors: Vec::new(),
    };
    check_place(input, &mut report);
    check_function(input, &mut report);
    check_params(input, &mut report);
    check_result(input, &mut report);
    check_form(input, &mut report);
    check_provides(input, &mut report);
    if let Some(revert) = &task.revert {
        check_revert(input, task, revert, &mut report);
    }
    check_policy(input, task, &mut report);
    (report.damage, report.errors)
}

fn check_place(input: &Input, report: &mut Report) {
    let name = &input.sig.ident;
    if let Some(FnArg::Receiver(receiver)) = input.sig.inputs.first() {
        report.add(
            Damage::Place,
            Error::new(
                receiver.self_token.span,
                "a task cannot take `self`; write a free function that takes `&T` as an ordinary \
                 parameter",
            ),
        );
    }
    if !input.has_body {
        report.add(
            Damage::Place,
            Error::new(
                name.span(),
                format!("`{name}` has no body; write the task as a free function"),
            ),
        );
    }
}

fn check_function(input: &Input, report: &mut Report) {
    let sig = &input.sig;
    if let Some(token) = &sig.asyncness {
        report.add(
            Damage::Signature,
            Error::new(
                token.span,
                "`async fn` tasks are not yet supported; write a `fn` that returns when the work \
                 is done",
            ),
        );
    }
    if let Safety::Unsafe(token) = &sig.safety {
        report.add(
            Damage::Signature,
            Error::new(
                token.span,
                "a task cannot be `unsafe`, because no caller vouches for it; mark a safe \
                 function that calls it",
            ),
        );
    }
    if let Some(variadic) = &sig.variadic {
        report.add(
            Damage::Signature,
            Error::new(
                variadic.dots.span(),
                "a task has a fixed number of parameters; remove `...`",
            ),
        );
    }
}

fn check_params(input: &Input, report: &mut Report) {
    let task = &input.sig.ident;
    let mut seen: Vec<Ident> = Vec::new();
    for typed in typed(input) {
        if let Some(cfg) = typed.attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
            report.add(
                Damage::Signature,
                Error::new(
                    cfg.path().span(),
                    "`#[cfg]` on a parameter is hidden from `flow!`; write two tasks and put the \
                     `#[cfg]` on them",
                ),
            );
        }
        if let Some(span) = types::exclusive(&typed.ty) {
            report.add(
                Damage::Signature,
                Error::new(
                    span,
                    format!(
                        "`{task}` takes `&mut`, but tasks share what they read; take `&T` and \
                         return the new value"
                    ),
                ),
            );
        }
        let Some(name) = name(typed) else {
            report.add(
                Damage::Signature,
                Error::new(
                    typed.pat.span(),
                    format!(
                        "the name of a parameter is the symbol that `{task}` requires, and this \
                         one has none; give the parameter a name, and take it apart in the body"
                    ),
                ),
            );
            continue;
        };
        let Some(symbol) = symbol(name) else {
            report.add(
                Damage::Signature,
                Error::new(
                    name.span(),
                    format!(
                        "`{name}` without its `_` is no name for a symbol; give the parameter \
                         another name"
                    ),
                ),
            );
            continue;
        };
        if seen.contains(&symbol) {
            report.add(
                Damage::Signature,
                Error::new(
                    name.span(),
                    format!("`{task}` requires `{symbol}` twice; rename one of the parameters"),
                ),
            );
        }
        seen.push(symbol);
    }
}

fn check_result(input: &Input, report: &mut Report) {
    let task = &input.sig.ident;
    let ReturnType::Type(_, whole) = &input.sig.output else {
        return;
    };
    if let Type::Never(never) = types::bare(whole) {
        report.add(
            Damage::Signature,
            Error::new(
                never.bang_token.span(),
                format!("`{task}` never returns; return `()`, or what the task provides"),
            ),
        );
    }
    let types::Value::Type(value) = types::value(&input.sig.output) else {
        return;
    };
    match types::borrow(value) {
        Some(types::Borrow::Shorter(span)) => report.add(
            Damage::Signature,
            Error::new(
                span,
                format!(
                    "what `{task}` returns borrows, but it is kept after the call; return an \
                     owned value, such as `String` for `&str`"
                ),
            ),
        ),
        Some(types::Borrow::Static(span)) if setting(input, "transient").is_none() => report.add(
            Damage::Signature,
            Error::new(
                span,
                format!(
                    "what `{task}` returns is stored and read again, which gives no `&'static` \
                     reference; return an owned value, or mark the task `transient`"
                ),
            ),
        ),
        _ => {}
    }
}

/// The settings one by one: known, given once, and of the right form.
fn check_form(input: &Input, report: &mut Report) {
    let mut add = |span, text: String| report.add(Damage::Settings, Error::new(span, text));
    if let Some(error) = &input.unreadable {
        add(error.span(), error.to_string());
    }
    let mut seen: Vec<&Ident> = Vec::new();
    for Setting { name, value } in &input.settings {
        let form = match (name.to_string().as_str(), value) {
            ("retry" | "timeout" | "version" | "migrate" | "priority", _) => {
                add(
                    name.span(),
                    format!("`{name}` is not yet supported; remove it"),
                );
                continue;
            }
            ("provides", Value::Expr(expr)) if names_symbols(expr) => None,
            ("provides", _) => Some(
                "is followed by a name, or by several for the fields of a tuple; write \
                 `provides = payment` or `provides = (payment, receipt)`",
            ),
            // A call of another form has a message of its own.
            ("revert", Value::Expr(_)) => None,
            ("revert", _) => {
                Some("is followed by a call; write `revert = refund(gateway, payment)`")
            }
            ("on_unknown", Value::Expr(expr)) if on_unknown(expr).is_some() => None,
            ("on_unknown", _) => {
                Some("is one of four words; write `on_unknown = rerun`, `revert`, `ask` or `skip`")
            }
            ("transient" | "irreversible", Value::Nothing) => None,
            ("transient" | "irreversible", _) => {
                Some("has no value; write it alone, or leave it out")
            }
            ("crate", Value::Expr(expr)) if as_path(expr).is_some_and(library::is_absolute) => None,
            ("crate", _) => Some(
                "is the library's path from anywhere; write `crate = ::name` or \
                 `crate = crate::name`",
            ),
            _ => {
                add(
                    name.span(),
                    format!(
                        "`#[task]` knows no `{name}`; it knows `provides`, `revert`, \
                         `on_unknown`, `transient`, `irreversible` and `crate`"
                    ),
                );
                continue;
            }
        };
        if let Some(form) = form {
            let span = match value {
                Value::Expr(expr) => expr.span(),
                Value::Nothing | Value::Args => name.span(),
            };
            add(span, format!("`{name}` {form}"));
        }
        if seen.contains(&name) {
            add(name.span(), format!("`{name}` is given twice; remove one"));
        }
        seen.push(name);
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

fn check_provides(input: &Input, report: &mut Report) {
    let task = &input.sig.ident;
    let Some(given) = expr(input, "provides").filter(|expr| names_symbols(expr)) else {
        return;
    };
    let mut add = |error| report.add(Damage::Settings, error);
    let value = types::value(&input.sig.output);
    if let types::Value::Nothing = value {
        add(Error::new(
            given.span(),
            format!(
                "`{task}` returns `()`, which provides nothing; remove `provides`, or return a \
                 value"
            ),
        ));
        return;
    }
    let Expr::Tuple(names) = given else {
        return;
    };
    let mut seen: Vec<Ident> = Vec::new();
    for name in names.elems.iter().filter_map(as_name) {
        if seen.contains(&name.unraw()) {
            add(Error::new(
                name.span(),
                format!("`{task}` provides `{name}` twice; rename one of the two"),
            ));
        }
        seen.push(name.unraw());
    }
    let types::Value::Type(ty) = value else {
        return;
    };
    if types::is_no_tuple(ty) {
        add(Error::new(
            ty.span(),
            format!(
                "`{task}` provides {} symbols, but this is no tuple; return a tuple, or provide \
                 one symbol",
                names.elems.len()
            ),
        ));
    } else if let Type::Tuple(tuple) = types::bare(ty)
        && tuple.elems.len() != names.elems.len()
    {
        add(Error::new(
            given.span(),
            format!(
                "`{task}` names {} symbols, but returns a tuple of {}; name each field once",
                names.elems.len(),
                tuple.elems.len()
            ),
        ));
    }
}

fn check_revert(input: &Input, task: &Task, revert: &Revert, report: &mut Report) {
    let mut add = |span, text| report.add(Damage::Settings, Error::new(span, text));
    let Some(call) = as_call(&revert.call) else {
        add(
            revert.call.span(),
            "`revert` is a plain call of a function; write `revert = refund(gateway, payment)`, \
             or `Type::method(value)` for a method"
                .to_owned(),
        );
        return;
    };
    for name in call.args.iter().filter_map(lone_name) {
        let is_known = revert
            .params
            .iter()
            .chain(&revert.provided)
            .any(|given| given.name.unraw() == name.unraw())
            || name == "outcome";
        if !is_known {
            add(
                name.span(),
                format!(
                    "the revert names `{name}`, which is neither a parameter of `{}` nor what it \
                     provides; it can name: {}",
                    task.name,
                    nameable(task)
                ),
            );
        }
    }
    if let (Some(outcome), Some(provided)) = (&revert.outcome, revert.provided.first()) {
        add(
            outcome.span(),
            format!(
                "the revert names both `outcome` and `{0}`, but a task that failed has no `{0}`; \
                 name `outcome` alone, which holds the value where there is one",
                provided.name
            ),
        );
    }
    let needs_value = revert.outcome.is_some() || !revert.provided.is_empty();
    if needs_value
        && let ReturnType::Type(_, ty) = &input.sig.output
        && types::is_opaque(ty)
    {
        add(
            ty.span(),
            format!(
                "the revert of `{}` needs the type of what it returns, which `impl` hides; write \
                 the type out",
                task.name
            ),
        );
    }
}

/// An argument that is a variable's name and nothing else, by the convention for such names.
fn lone_name(arg: &Expr) -> Option<&Ident> {
    let arg = match bare(arg) {
        Expr::Reference(reference) => &reference.expr,
        arg => arg,
    };
    as_name(arg).filter(|name| {
        name.unraw()
            .to_string()
            .starts_with(|first: char| first == '_' || first.is_lowercase())
    })
}

fn nameable(task: &Task) -> String {
    let mut names: Vec<String> = Vec::new();
    let params = task.params.iter().map(|param| &param.symbol);
    for name in params.chain(task.provides.names()) {
        names.push(name.to_string());
    }
    names.push("outcome".to_owned());
    names.dedup();
    names.join(", ")
}

/// Settings that do not go together.
fn check_policy(input: &Input, task: &Task, report: &mut Report) {
    let name = &task.name;
    let mut add = |span, text| report.add(Damage::Settings, Error::new(span, text));
    let names_outcome = task
        .revert
        .as_ref()
        .is_some_and(|revert| revert.outcome.is_some());
    let choice = expr(input, "on_unknown").map(|expr| expr.span());
    match (task.on_unknown, choice) {
        (OnUnknown::Revert, Some(span)) if !names_outcome => add(
            span,
            format!(
                "`on_unknown = revert` reverts a task of which nobody knows what it did, and the \
                 revert of `{name}` does not name `outcome`; let it take `outcome`"
            ),
        ),
        (OnUnknown::Skip, Some(span)) => {
            if let Some(symbol) = task.provides.names().first() {
                add(
                    span,
                    format!(
                        "`on_unknown = skip` is for tasks that provide nothing, and `{name}` \
                         provides `{symbol}`; choose `rerun`, `revert` or `ask`{}",
                        match (types::value(&input.sig.output), &task.provides) {
                            (types::Value::Hidden, Provides::One(_)) =>
                                ", or write `Result<(), E>` out",
                            _ => "",
                        }
                    ),
                );
            }
            if task.revert.is_some() && !names_outcome {
                add(
                    span,
                    format!(
                        "`on_unknown = skip` counts a task as done of which nobody knows what it \
                         did, and the revert of `{name}` does not name `outcome`; let it take \
                         `outcome`, or choose `rerun` or `ask`"
                    ),
                );
            }
            if task.transient {
                add(
                    span,
                    format!(
                        "`on_unknown = skip` runs `{name}` at most once, and `transient` runs it \
                         as often as its value is needed; remove one of the two"
                    ),
                );
            }
        }
        _ => {}
    }
    let revert = setting(input, "revert").filter(|_| task.revert.is_some());
    if let Some(revert) = revert {
        if task.transient {
            add(
                revert.name.span(),
                format!(
                    "`{name}` is `transient`, and what is not stored cannot be undone; remove \
                     `revert` or `transient`"
                ),
            );
        }
        if task.irreversible && !names_outcome {
            add(
                revert.name.span(),
                format!(
                    "`{name}` is `irreversible`, so a revert for its success is never called; \
                     remove `revert` or `irreversible`, or let the revert take `outcome`"
                ),
            );
        }
    }
}
