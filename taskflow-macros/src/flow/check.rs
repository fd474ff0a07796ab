//! Everything that can be wrong with a flow whose form is right, and how it is said.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Error, Ident, Type};

use super::graph::cycle;
use super::resolve::{Arg, Given, Handed, Node, Resolved, Shape, parting};
use super::signature::{ParamKind, Provides, What};
use super::tree::{Field, Item, Kind, Output, Tree, Use};

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
fn is_itself(tree: &Tree, used: &Use) -> bool {
    used.path.get_ident() == Some(&tree.name)
}

/// Leaves nothing in the struct that would be a second mistake where it is written again.
pub(crate) fn mend(tree: &mut Tree) {
    let mut names = HashSet::new();
    tree.fields.retain(|field| names.insert(field.symbol()));
    if let Output::Many(picks) = &mut tree.output {
        let mut names = HashSet::new();
        picks.retain(|pick| names.insert(pick.name.clone()));
    }
    let mended: Vec<(bool, Type)> = tree
        .fields
        .iter()
        .map(|field| {
            (
                borrowed(tree, &field.ty).is_some(),
                mended_type(tree, field),
            )
        })
        .collect();
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
    if let Some(first) = tree.lifetimes.first().filter(|_| tree.lifetimes.len() > 1) {
        ty = syn::parse2(tree.with_lifetime(ty.to_token_stream(), first)).unwrap_or(ty);
    }
    if let Type::Reference(reference) = &mut ty {
        reference.mutability = None;
    }
    ty
}

/// What is wrong with how the tasks fit together.
pub(crate) fn check(flow: &Resolved<'_>) -> Vec<Error> {
    let mut errors = Vec::new();
    for (at, node) in flow.nodes.iter().enumerate() {
        supported(flow.tree, node, &mut errors);
        bindings(node, &mut errors);
        let (before, _) = flow.nodes.split_at(at);
        if unique_name(node, before, &mut errors) && !is_itself(flow.tree, node.used) {
            providers(flow, node, before, &mut errors);
        }
        for arg in &node.args {
            if let Given::Missing(symbol) = &arg.given {
                errors.push(missing(flow, node, arg, symbol));
            }
        }
    }
    graphs(flow, &flow.shape, &mut errors);
    outputs(flow, &mut errors);
    errors
}

fn settings(tree: &Tree, errors: &mut Vec<Error>) {
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
    let Item::Group(group) = item else {
        return;
    };
    if group.items.is_empty() && !group.damaged {
        let message = format!(
            "`{}` is empty; list at least one task, or remove it",
            group.keyword
        );
        errors.push(Error::new(group.keyword.span(), message));
    }
    for item in &group.items {
        empty_groups(item, errors);
    }
}

fn supported(tree: &Tree, node: &Node<'_>, errors: &mut Vec<Error>) {
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

fn bindings(node: &Node<'_>, errors: &mut Vec<Error>) {
    let (what, token) = (noun(node), node.used.token());
    let known = |kind: ParamKind| kind != ParamKind::Ctx;
    let params = node.signature.params.iter();
    let names: Vec<String> = params
        .filter(|param| known(param.kind))
        .map(super::signature::Param::symbol)
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
fn unique_name(node: &Node<'_>, before: &[Node<'_>], errors: &mut Vec<Error>) -> bool {
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

fn providers(flow: &Resolved<'_>, node: &Node<'_>, before: &[Node<'_>], errors: &mut Vec<Error>) {
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
                    first.name
                ),
            ));
        }
    }
}

fn missing(flow: &Resolved<'_>, node: &Node<'_>, arg: &Arg<'_>, symbol: &str) -> Error {
    let (what, token) = (noun(node), node.used.token());
    let span = arg.token.unwrap_or(token).span();
    let needs = format!("{what} `{token}` needs `{symbol}`");
    let provider = flow
        .nodes
        .iter()
        .find(|other| other.provides.iter().any(|name| name == symbol));
    if let Some(provider) = provider {
        let name = &provider.name;
        let message = match parting(node, provider) {
            Some((Kind::Unordered, ..)) => format!(
                "{needs}, which its unordered sibling `{name}` provides; put them in a `linear[{name}, {}]` or a `graph`",
                node.name
            ),
            Some(_) => format!(
                "{needs}, which `{name}` provides only after it; move `{name}` to before `{}`, or use a `graph`",
                node.name
            ),
            None => format!(
                "{needs}, which only it provides itself; add an input of another name and bind it, or rename the result with `as`"
            ),
        };
        return Error::new(span, message);
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
    let fields = flow.tree.fields.iter().map(super::tree::Field::symbol);
    let provided = flow
        .nodes
        .iter()
        .filter(|other| super::resolve::sees(node, other))
        .flat_map(|other| other.provides.clone());
    fields.chain(provided).collect()
}

fn graphs(flow: &Resolved<'_>, shape: &Shape<'_>, errors: &mut Vec<Error>) {
    let Shape::Group {
        tree,
        items,
        edges,
        order,
    } = shape
    else {
        return;
    };
    for item in items {
        graphs(flow, item, errors);
    }
    let names: Vec<&Node<'_>> = items
        .iter()
        .filter_map(|item| match item {
            Shape::Node(node) => Some(&flow.nodes[*node]),
            Shape::Group { .. } => None,
        })
        .collect();
    for edge in &tree.edges {
        for end in [&edge.from, &edge.to] {
            if names.iter().any(|node| node.is_called(end)) {
                continue;
            }
            let known: Vec<_> = names.iter().map(|node| node.name.clone()).collect();
            let cure = closest(&end.to_string(), &known).map_or_else(
                || format!("it has: {}", known.join(", ")),
                |close| format!("did you mean `{close}`?"),
            );
            errors.push(Error::new(
                end.span(),
                format!("this `graph` has no task `{end}`; {cure}"),
            ));
        }
        if edge.from == edge.to {
            errors.push(Error::new(
                edge.to.span(),
                format!("`{}` cannot wait for itself; remove this edge", edge.to),
            ));
        }
    }
    if order.len() < items.len() {
        let waits = cycle(items.len(), edges, order);
        errors.extend(waits.first().map(|first| {
            let name = |item: usize| flow.nodes[items[item].nodes()[0]].name.clone();
            let mut path = format!("`{}`", name(first.from));
            for wait in &waits {
                let why = wait.symbol.as_ref().map_or_else(
                    || "by an explicit edge".to_owned(),
                    |symbol| format!("which reads `{symbol}`"),
                );
                path = format!("{path} -> `{}` ({why})", name(wait.to));
            }
            let token = flow.nodes[items[first.from].nodes()[0]].used.token();
            Error::new(
                token.span(),
                format!("tasks wait for each other: {path}; remove one of these dependencies"),
            )
        }));
    }
}

fn outputs(flow: &Resolved<'_>, errors: &mut Vec<Error>) {
    for ((name, ty), handed) in flow.tree.output.picks().into_iter().zip(&flow.outputs) {
        match (handed, name) {
            (Handed::Unclear(candidates), _) => {
                let message = if candidates.is_empty() {
                    "none of the tasks provides anything that the flow could hand out; remove the output"
                        .to_owned()
                } else {
                    let ty = ty.to_token_stream().to_string().replace(' ', "");
                    format!(
                        "the last result of the flow is not one symbol; pick a symbol with `-> name: {ty}`\navailable: {}",
                        candidates.join(", ")
                    )
                };
                errors.push(Error::new_spanned(ty, message));
            }
            (Handed::Missing, Some(name)) => errors.push(unknown_output(flow, name)),
            (Handed::From(_), _) | (Handed::Missing, None) => {}
        }
    }
}

fn unknown_output(flow: &Resolved<'_>, name: &Ident) -> Error {
    let symbol = name.unraw().to_string();
    let provided: Vec<String> = flow.nodes.iter().flat_map(|n| n.provides.clone()).collect();
    let field = flow
        .tree
        .fields
        .iter()
        .find(|field| field.symbol() == symbol);
    let message = if let Some(field) = field {
        let kind = if field.resource {
            "a resource"
        } else {
            "an input"
        };
        format!(
            "`{symbol}` is {kind}, which is no result; hand out what a task provides\navailable: {}",
            provided.join(", ")
        )
    } else {
        let cure = closest(&symbol, &provided).map_or_else(
            || "hand out what a task provides".to_owned(),
            |close| format!("did you mean `{close}`?"),
        );
        format!(
            "nothing provides `{symbol}`; {cure}\navailable: {}",
            provided.join(", ")
        )
    };
    Error::new(name.span(), message)
}

fn noun(node: &Node<'_>) -> &'static str {
    match node.signature.what {
        What::Task(_) => "task",
        What::Flow { .. } => "flow",
    }
}

/// The name that was probably meant.
fn closest<'n>(name: &str, known: &'n [String]) -> Option<&'n String> {
    known
        .iter()
        .map(|other| (distance(name, other), other))
        .filter(|(distance, _)| *distance * 3 <= name.chars().count().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// The number of letters to insert, remove or replace (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
