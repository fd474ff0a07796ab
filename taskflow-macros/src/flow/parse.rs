//! Reads the tokens of `flow!` into a [`Tree`]; judges nothing but the form.
//!
//! A mistake inside a list costs its item alone, so that several are reported at once, and an
//! unfinished list still expands.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Error, Expr, GenericParam, Generics, Ident, Member, Path, PathArguments, Result,
    Token, Type, Visibility, braced, bracketed, parenthesized, token,
};

use super::tree::{
    Binding, Edge, Field, Group, Item, Kind, OnFailure, Output, Pick, Settings, Tree, Use, Value,
};

/// Groups that have a meaning in other versions.
const LATER: [&str; 11] = [
    "retry",
    "map",
    "match",
    "when",
    "try",
    "timeout",
    "limit",
    "transient",
    "signal",
    "sleep",
    "fail",
];

/// The tree and what is wrong with its form; an error where not even the struct could be read.
pub(crate) fn parse(tokens: TokenStream) -> Result<(Tree, Vec<Error>)> {
    let mut errors = Vec::new();
    let parser = |input: ParseStream<'_>| tree(input, &mut errors);
    let tree = parser.parse2(tokens)?;
    Ok((tree, errors))
}

fn tree(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Tree> {
    if input.is_empty() {
        return Err(Error::new(
            input.span(),
            "`flow!` is empty; write a struct and a pattern: `struct Name { input: Type } -> Output linear[task]`",
        ));
    }
    if input.peek(Ident) && (input.peek2(token::Bracket) || input.peek2(token::Paren)) {
        let error = input.error(
            "the expression form of `flow!` is not yet supported; write a struct: `struct Name { input: Type } -> Output linear[task]`",
        );
        skip_all(input)?;
        return Err(error);
    }
    let (attrs, settings) = split_attrs(input.call(Attribute::parse_outer)?, errors);
    let vis: Visibility = input.parse()?;
    input.parse::<Token![struct]>()?;
    let name: Ident = input.parse()?;
    let lifetimes = lifetimes(input.parse()?, errors);
    let content;
    braced!(content in input);
    let fields = fields(&content, errors)?;
    let mut tree = Tree {
        attrs,
        settings,
        vis,
        name,
        lifetimes,
        fields,
        output: Output::None,
        pattern: None,
    };
    // From here on there is a struct, which is written whatever follows.
    match output(input, errors) {
        Ok(output) => tree.output = output,
        Err(error) => {
            errors.push(error);
            skip_all(input)?;
            return Ok(tree);
        }
    }
    input.parse::<Option<Token![;]>>()?;
    if input.is_empty() {
        let message = format!(
            "flow `{}` has no pattern; write one after the struct, such as `linear[first, second]`",
            tree.name
        );
        errors.push(Error::new(tree.name.span(), message));
        return Ok(tree);
    }
    match item(input, errors, None) {
        Ok(pattern) => tree.pattern = pattern,
        Err(error) => {
            errors.push(error);
            skip_all(input)?;
        }
    }
    input.parse::<Option<Token![,]>>()?;
    if !input.is_empty() {
        errors.push(
            input.error("a flow has one pattern; put several tasks in a `linear[first, second]`"),
        );
        skip_all(input)?;
    }
    Ok(tree)
}

fn split_attrs(all: Vec<Attribute>, errors: &mut Vec<Error>) -> (Vec<Attribute>, Settings) {
    let mut settings = Settings::default();
    let mut attrs = Vec::new();
    for attr in all {
        if !attr.path().is_ident("flow") {
            attrs.push(attr);
        } else if let Err(error) = read_settings(&attr, &mut settings) {
            errors.push(error);
        }
    }
    (attrs, settings)
}

fn read_settings(attr: &Attribute, settings: &mut Settings) -> Result<()> {
    attr.parse_nested_meta(|meta| {
        let key = meta
            .path
            .get_ident()
            .map(ToString::to_string)
            .unwrap_or_default();
        let again = match key.as_str() {
            "name" => settings.name.is_some(),
            "version" => settings.version.is_some(),
            "on_failure" => settings.on_failure.is_some(),
            "local" => settings.local,
            "crate" => settings.krate.is_some(),
            _ => {
                return Err(meta.error(
                    "`#[flow]` has no such setting; it knows `name`, `version`, `on_failure`, `local` and `crate`",
                ));
            }
        };
        if again {
            return Err(meta.error(format!("`{key}` is set twice; remove one")));
        }
        match key.as_str() {
            "name" => settings.name = Some(meta.value()?.parse()?),
            "version" => settings.version = Some(meta.value()?.parse()?),
            "on_failure" => {
                let word: Ident = meta.value()?.call(Ident::parse_any)?;
                settings.on_failure = Some(if word == "revert" {
                    OnFailure::Revert
                } else if word == "keep" {
                    OnFailure::Keep
                } else {
                    return Err(Error::new(
                        word.span(),
                        "`on_failure` is `revert` or `keep`; write one of them",
                    ));
                });
            }
            "local" => settings.local = true,
            _ => settings.krate = Some(meta.value()?.call(Path::parse_mod_style)?),
        }
        Ok(())
    })
}

fn lifetimes(generics: Generics, errors: &mut Vec<Error>) -> Vec<syn::Lifetime> {
    let mut lifetimes = Vec::new();
    for param in generics.params {
        match param {
            GenericParam::Lifetime(param) => {
                if !param.bounds.is_empty() {
                    errors.push(Error::new_spanned(
                        param.bounds,
                        "a flow's lifetime has no bounds; remove them",
                    ));
                }
                lifetimes.push(param.lifetime);
            }
            GenericParam::Type(_) | GenericParam::Const(_) => errors.push(Error::new_spanned(
                param,
                "a flow has no type parameters, for its runs are stored; write the types that it is for",
            )),
        }
    }
    for extra in lifetimes.iter().skip(1) {
        errors.push(Error::new_spanned(
            extra,
            format!(
                "a flow has one lifetime; borrow all resources for `{}`",
                lifetimes[0]
            ),
        ));
    }
    lifetimes
}

fn fields(content: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Vec<Field>> {
    let mut fields = Vec::new();
    while !content.is_empty() {
        match field(content, errors) {
            Ok(field) => fields.push(field),
            Err(error) => {
                errors.push(error);
                skip_to_comma(content)?;
            }
        }
        if !content.is_empty()
            && let Err(error) = content.parse::<Token![,]>()
        {
            errors.push(error);
            skip_to_comma(content)?;
            content.parse::<Option<Token![,]>>()?;
        }
    }
    Ok(fields)
}

fn field(content: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Field> {
    let mut resource = false;
    let mut attrs = Vec::new();
    for attr in content.call(Attribute::parse_outer)? {
        if attr.path().is_ident("resource") {
            if let Err(error) = attr.meta.require_path_only() {
                errors.push(error);
            }
            resource = true;
        } else {
            attrs.push(attr);
        }
    }
    let vis = match content.parse()? {
        Visibility::Inherited => None,
        vis => Some(vis),
    };
    let name = content.parse()?;
    content.parse::<Token![:]>()?;
    Ok(Field {
        attrs,
        vis,
        name,
        ty: content.parse()?,
        resource,
    })
}

fn output(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Output> {
    if input.parse::<Option<Token![->]>>()?.is_none() {
        return Ok(Output::None);
    }
    if starts_pick(input) {
        return Ok(Output::One(pick(input)?));
    }
    if input.peek(token::Paren) {
        let ahead = input.fork();
        let content;
        parenthesized!(content in ahead);
        let picks = starts_pick(&content);
        skip_all(&content)?;
        if picks {
            let content;
            parenthesized!(content in input);
            return many(&content, errors);
        }
    }
    Ok(match input.parse::<Type>()? {
        Type::Tuple(tuple) if tuple.elems.is_empty() => Output::None,
        ty => Output::Last(ty),
    })
}

fn many(content: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Output> {
    let mut picks = Vec::new();
    while !content.is_empty() {
        match pick(content) {
            Ok(pick) => picks.push(pick),
            Err(error) => {
                errors.push(error);
                skip_to_comma(content)?;
            }
        }
        if !content.is_empty()
            && let Err(error) = content.parse::<Token![,]>()
        {
            errors.push(error);
            skip_all(content)?;
        }
    }
    Ok(if picks.len() == 1 {
        picks.pop().map_or(Output::None, Output::One)
    } else {
        Output::Many(picks)
    })
}

fn starts_pick(input: ParseStream<'_>) -> bool {
    input.peek(Ident) && input.peek2(Token![:]) && !input.peek2(Token![::])
}

fn pick(input: ParseStream<'_>) -> Result<Pick> {
    let name = input.parse()?;
    input.parse::<Token![:]>()?;
    Ok(Pick {
        name,
        ty: input.parse()?,
    })
}

/// One place in the pattern, or nothing where a group is not supported; edges only in a `graph`.
fn item(
    input: ParseStream<'_>,
    errors: &mut Vec<Error>,
    edges: Option<&mut Vec<Edge>>,
) -> Result<Option<Item>> {
    if !input.peek(Ident::peek_any) && !input.peek(Token![::]) {
        return Err(input.error(
            "expected a task or a pattern: `task`, `linear[…]`, `unordered[…]` or `graph[…]`",
        ));
    }
    if input.peek(Ident::peek_any) {
        let keyword: Ident = input.fork().call(Ident::parse_any)?;
        let name = keyword.to_string();
        let grouped = input.peek2(token::Bracket)
            || LATER.contains(&name.as_str()) && input.peek2(token::Paren);
        if grouped || name == "match" {
            return group(input, errors);
        }
    }
    if input.peek(Ident) && input.peek2(Token![->]) {
        let ahead = input.fork();
        ahead.parse::<Ident>()?;
        let arrow = ahead.span();
        let arrows = arrows(input)?;
        match edges {
            Some(edges) => edges.extend(arrows),
            None => errors.push(Error::new(
                arrow,
                "`->` orders the tasks of a `graph`; use a `graph` here, or remove it",
            )),
        }
        return Ok(None);
    }
    let used = use_of(input, errors)?;
    if input.peek(token::Bracket) {
        errors.push(unknown_pattern(used.token()));
        skip_to_comma(input)?;
        return Ok(None);
    }
    Ok(Some(Item::Use(used)))
}

fn group(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Option<Item>> {
    let keyword = input.call(Ident::parse_any)?;
    let name = keyword.to_string();
    let kind = Kind::of(&keyword);
    if LATER.contains(&name.as_str()) {
        let task = if input.peek(token::Paren) && !input.peek2(token::Bracket) {
            format!(", or `self::{name}` for a task of this name")
        } else {
            String::new()
        };
        errors.push(Error::new(
            keyword.span(),
            format!("`{name}` is not yet supported; use `linear`, `unordered` or `graph`{task}"),
        ));
    } else if kind.is_none() {
        errors.push(unknown_pattern(&keyword));
    }
    if kind.is_none() {
        // Settings, or the value of a `match`.
        while !input.is_empty() && !input.peek(token::Bracket) && !input.peek(Token![,]) {
            skip_one(input)?;
        }
        if !input.peek(token::Bracket) {
            return Ok(None);
        }
    }
    let content;
    bracketed!(content in input);
    let mut edges = Vec::new();
    let before = errors.len();
    let items = items(
        &content,
        errors,
        (kind == Some(Kind::Graph)).then_some(&mut edges),
    )?;
    if kind.is_some() && input.peek(Token![as]) {
        errors.push(input.error("`as` names a task or a flow; a group has no name"));
    }
    if input.parse::<Option<Token![as]>>()?.is_some() {
        input.call(Ident::parse_any)?;
    }
    Ok(kind.map(|kind| {
        Item::Group(Group {
            kind,
            keyword,
            items,
            edges,
            damaged: errors.len() > before,
        })
    }))
}

fn items(
    content: ParseStream<'_>,
    errors: &mut Vec<Error>,
    mut edges: Option<&mut Vec<Edge>>,
) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut comma_missed = false;
    while !content.is_empty() {
        match item(content, errors, edges.as_deref_mut()) {
            Ok(item) => items.extend(item),
            Err(error) => {
                errors.push(error);
                skip_to_comma(content)?;
            }
        }
        if content.is_empty() || content.parse::<Option<Token![,]>>()?.is_some() {
            continue;
        }
        if !comma_missed {
            errors.push(content.error("expected `,` between two items of a pattern"));
        }
        comma_missed = true;
    }
    Ok(items)
}

fn unknown_pattern(keyword: &Ident) -> Error {
    Error::new(
        keyword.span(),
        format!("unknown pattern `{keyword}`; use `linear`, `unordered` or `graph`"),
    )
}

/// `a -> b -> c`
fn arrows(input: ParseStream<'_>) -> Result<Vec<Edge>> {
    let mut edges = Vec::new();
    let mut from: Ident = input.parse()?;
    while input.parse::<Option<Token![->]>>()?.is_some() {
        let to: Ident = input.parse()?;
        edges.push(Edge {
            from,
            to: to.clone(),
        });
        from = to;
    }
    Ok(edges)
}

fn use_of(input: ParseStream<'_>, errors: &mut Vec<Error>) -> Result<Use> {
    let mut path: Path = input.parse()?;
    for segment in &mut path.segments {
        // `parse<T>` is written where a call would need `parse::<T>`.
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            arguments.colon2_token.get_or_insert_default();
        }
    }
    let mut bindings = Vec::new();
    if input.peek(token::Paren) {
        let content;
        parenthesized!(content in input);
        while !content.is_empty() {
            match binding(&content) {
                Ok(binding) => bindings.push(binding),
                Err(error) => {
                    errors.push(error);
                    skip_to_comma(&content)?;
                }
            }
            if !content.is_empty()
                && let Err(error) = content.parse::<Token![,]>()
            {
                errors.push(error);
                skip_to_comma(&content)?;
                content.parse::<Option<Token![,]>>()?;
            }
        }
    }
    let rename = match input.parse::<Option<Token![as]>>()? {
        Some(_) => Some(input.parse()?),
        None => None,
    };
    Ok(Use {
        path,
        bindings,
        rename,
    })
}

fn binding(content: ParseStream<'_>) -> Result<Binding> {
    let start = content.span();
    let form = "parentheses bind parameters; write `parameter = symbol`";
    let param = content
        .call(Ident::parse_any)
        .map_err(|_| Error::new(start, form))?;
    if content.parse::<Option<Token![=]>>()?.is_none() {
        return Err(Error::new(start, form));
    }
    if content.parse::<Option<Token![const]>>()?.is_some() {
        let value = Value::Const(content.call(Path::parse_mod_style)?);
        return Ok(Binding { param, value });
    }
    let expr: Expr = content.parse()?;
    let value = Value::literal(&expr)
        .or_else(|| symbol(&expr))
        .ok_or_else(|| {
            let hint = match &expr {
                Expr::Path(path) => format!("; for a constant write `const {}`", text(path)),
                _ => "; compute other values in a task".to_owned(),
            };
            Error::new_spanned(
                &expr,
                format!(
                    "a binding takes a symbol, a field such as `order.item`, a literal or `const PATH`{hint}"
                ),
            )
        })?;
    Ok(Binding { param, value })
}

fn symbol(expr: &Expr) -> Option<Value> {
    let mut fields: Vec<Member> = Vec::new();
    let mut expr = expr;
    while let Expr::Field(field) = expr {
        fields.push(field.member.clone());
        expr = &field.base;
    }
    fields.reverse();
    match expr {
        Expr::Path(path) if path.qself.is_none() => Some(Value::Symbol {
            base: path.path.get_ident()?.clone(),
            fields,
        }),
        _ => None,
    }
}

fn text(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

fn skip_one(input: ParseStream<'_>) -> Result<()> {
    input.parse::<proc_macro2::TokenTree>().map(drop)
}

fn skip_to_comma(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        skip_one(input)?;
    }
    Ok(())
}

fn skip_all(input: ParseStream<'_>) -> Result<()> {
    input.parse::<TokenStream>().map(drop)
}
