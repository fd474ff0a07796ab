//! Writes the plans of a flow: their atoms, the edges between them, and which reads which.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::layout::Atom;
use super::model::{Given, Handed, Node, Place, Resolved, Role, Source};
use super::numbers::{Level, names};
use super::tree::{LeafKind, WrapKind, located};

/// A plan as tokens.
pub(crate) struct Tables {
    /// An expression for a `Build`, and its type.
    pub(crate) build: TokenStream,
    pub(crate) build_type: TokenStream,
    /// The atoms whose values make the output.
    pub(crate) outputs: TokenStream,
}

/// The tables of one of the plans.
pub(crate) fn tables(
    flow: &Resolved<'_>,
    levels: &[Level],
    level: usize,
    private: &TokenStream,
) -> Tables {
    let writer = Writer {
        flow,
        levels,
        level: &levels[level],
        span: located(flow.tree.name.span()),
        private,
    };
    writer.tables()
}

struct Writer<'w, 't> {
    flow: &'w Resolved<'t>,
    levels: &'w [Level],
    level: &'w Level,
    span: Span,
    private: &'w TokenStream,
}

/// What an atom reads, as this plan knows it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Read {
    Field(usize),
    /// A node of the plan.
    Node(usize),
}

impl Writer<'_, '_> {
    fn tables(&self) -> Tables {
        let (span, private, numbers) = (self.span, self.private, &self.level.numbers);
        let mut parts = Vec::new();
        let (mut reads, mut wants) = (Vec::new(), Vec::new());
        let (mut guards, mut guarded_flows) = (Vec::new(), Vec::new());
        let mut most_sources = 1;
        for (at, atom) in self.level.layout.atoms.iter().enumerate() {
            let Atom::Node(number) = *atom else {
                parts.push(quote_spanned!(span=> #private::Part::Join));
                continue;
            };
            let node = &self.flow.nodes[number];
            let (enter, leave) = (numbers.enter(at), numbers.leave(at));
            if let Some((choice, arm)) = node.guard() {
                let choice = numbers.provider(choice);
                let arm = Literal::usize_unsuffixed(arm);
                if node.is_flow() {
                    guarded_flows.push(quote_spanned!(span=> (#enter, #leave, #choice, #arm)));
                } else {
                    guards.push(quote_spanned!(span=> (#enter, #choice, #arm)));
                }
            }
            if let Some(nested) = numbers.nested(at) {
                let sources: Vec<_> = node
                    .args
                    .iter()
                    .map(|arg| self.source(&arg.given))
                    .collect();
                most_sources = sources
                    .iter()
                    .map(|(len, _)| *len)
                    .fold(most_sources, usize::max);
                let sources = sources.iter().map(|(_, source)| source);
                let (name, plan) = (&node.name, numbers.plan(nested));
                parts.push(
                    quote_spanned!(span=> #private::Part::Flow(#name, #plan, &[#(#sources),*])),
                );
                continue;
            }
            parts.push(self.part(number, node));
            for read in self.reads_of(number) {
                match read {
                    Read::Node(node) => {
                        let provider = numbers.provider(node);
                        reads.push(quote_spanned!(span=> (#enter, #provider)));
                    }
                    Read::Field(field) => {
                        let field = Literal::usize_unsuffixed(field);
                        wants.push(quote_spanned!(span=> (#enter, #field)));
                    }
                }
            }
        }
        let edges: Vec<_> = self
            .level
            .layout
            .edges
            .iter()
            .map(|&(from, to)| {
                let (from, to) = (numbers.leave(from), numbers.enter(to));
                quote_spanned!(span=> (#from, #to))
            })
            .collect();
        let plans: Vec<_> = numbers.flows().map(|nested| numbers.plan(nested)).collect();
        let bound = |own: usize, child: TokenStream| {
            let own = Literal::usize_unsuffixed(own);
            quote_spanned!(span=> { #own #(+ #plans.#child)* })
        };
        let times = Literal::usize_unsuffixed(most_sources);
        let times = (most_sources > 1).then(|| quote_spanned!(span=> * #times));
        let atoms = bound(
            parts.len() + plans.len(),
            quote_spanned!(span=> size() as usize),
        );
        let edge_bound = bound(edges.len(), quote_spanned!(span=> edge_bound()));
        let read_bound = bound(reads.len(), quote_spanned!(span=> read_bound() #times));
        let want_bound = bound(wants.len(), quote_spanned!(span=> read_bound() #times));
        let scope_bound = bound(1, quote_spanned!(span=> scope_bound()));
        let guards = (!guards.is_empty()).then(|| quote_spanned!(span=> .guards(&[#(#guards),*])));
        let guarded_flows = (!guarded_flows.is_empty())
            .then(|| quote_spanned!(span=> .guard_flows(&[#(#guarded_flows),*])));
        let build = quote_spanned! {span=>
            #private::Build::new()
                .parts(&[#(#parts),*])
                #guards
                #guarded_flows
                .edges(&[#(#edges),*])
                .reads(&[#(#reads),*])
                .wants(&[#(#wants),*])
                .done()
        };
        let build_type = quote_spanned! {span=>
            #private::Build<#atoms, #edge_bound, #read_bound, #want_bound, #scope_bound>
        };
        Tables {
            build,
            build_type,
            outputs: self.outputs(),
        }
    }

    /// Anything but a nested flow.
    fn part(&self, number: usize, node: &Node<'_>) -> TokenStream {
        let (span, private, name) = (self.span, self.private, &node.name);
        match node.what {
            Place::Task(_, _, task) => {
                let key = &task.key;
                let policy = quote_spanned!(span=> #private::policy::<#key, _>());
                let policy = if node.transient {
                    quote_spanned!(span=> #private::Policy { transient: true, ..#policy })
                } else {
                    policy
                };
                quote_spanned!(span=> #private::Part::Task(#name, #policy))
            }
            Place::Leaf(leaf) => match leaf.kind {
                LeafKind::Fail(_) => {
                    quote_spanned!(span=> #private::Part::Task(#name, #private::Policy::DEFAULT))
                }
                LeafKind::Sleep(_) => quote_spanned!(span=> #private::Part::Sleep(#name)),
                LeafKind::Signal { .. } => quote_spanned!(span=> #private::Part::Signal(#name)),
            },
            Place::Choice(_) => quote_spanned!(span=> #private::Part::Match(#name)),
            Place::Wrap(wrap) => {
                let kind = match wrap.kind {
                    WrapKind::Retry(_) => quote_spanned!(span=> Retry),
                    WrapKind::Map(_) => quote_spanned!(span=> Map),
                    WrapKind::Timeout(_) => quote_spanned!(span=> Timeout),
                    WrapKind::Limit(_) => quote_spanned!(span=> Limit),
                    WrapKind::Try | WrapKind::Transient => quote_spanned!(span=> Try),
                };
                let of_body = |level: &Level| level.layout.body == Some(number);
                let level = self.levels.iter().position(of_body);
                let body = level.map(|level| names(level).1);
                quote_spanned!(span=> #private::Part::Group(#name, #private::Group::#kind, &#body))
            }
            // It is written with its sources.
            Place::Flow(..) => TokenStream::new(),
        }
    }

    /// What a node and everything inside it reads, each once.
    fn reads_of(&self, node: usize) -> Vec<Read> {
        let mut found: Vec<Read> = Vec::new();
        for (at, inner) in self.flow.nodes.iter().enumerate() {
            if at != node && !inner.bodies().any(|body| body == node) {
                continue;
            }
            let mut reads = Vec::new();
            for (_, given) in inner.given() {
                self.reads(given, &mut reads);
            }
            // The pattern of an arm is matched again wherever something of it is run.
            for (choice, _) in inner.arms() {
                self.reads_of_choice(choice, None, &mut reads);
            }
            for read in reads {
                if read != Read::Node(node) && !found.contains(&read) {
                    found.push(read);
                }
            }
        }
        found
    }

    fn reads(&self, given: &Given<'_>, found: &mut Vec<Read>) {
        let Given::Symbol(source, _) = given else {
            return;
        };
        match source {
            // The body of a group has no fields: the group itself reads them.
            Source::Field(field) if self.level.layout.body.is_none() => {
                found.push(Read::Field(*field));
            }
            Source::Symbol(symbol) => {
                let providers = symbol.providers.iter();
                let here = providers.filter_map(|&(node, _)| self.here(node));
                found.extend(here.map(Read::Node));
            }
            Source::Binding(choice, arm, _) => {
                self.reads_of_choice(*choice, Some(*arm), found);
            }
            // The group reads what it goes through, or is outside of this plan.
            Source::Field(_) | Source::Item(_) => {}
        }
    }

    /// What is read to match the pattern of an arm, or of all of them.
    fn reads_of_choice(&self, choice: usize, arm: Option<usize>, found: &mut Vec<Read>) {
        for setting in &self.flow.nodes[choice].settings {
            let is_other = |at: usize| arm.is_some_and(|arm| arm != at);
            if !matches!(setting.role, Role::Guard(at) if is_other(at)) {
                self.reads(&setting.given, found);
            }
        }
    }

    /// The node of this plan that a node is, or that it is inside of.
    fn here(&self, node: usize) -> Option<usize> {
        let inner = &self.flow.nodes[node];
        let mut chain = inner.bodies().chain([node]);
        match self.level.layout.body {
            None => chain.next(),
            Some(body) => chain.skip_while(|&other| other != body).nth(1),
        }
    }

    /// Where a nested flow gets a field from, and how many sources that are.
    fn source(&self, given: &Given<'_>) -> (usize, TokenStream) {
        let (span, private, numbers) = (self.span, self.private, &self.level.numbers);
        let mut found = Vec::new();
        self.reads(given, &mut found);
        let sources: Vec<_> = found
            .iter()
            .map(|read| match *read {
                Read::Field(field) => {
                    let field = Literal::usize_unsuffixed(field);
                    quote_spanned!(span=> #private::Source::Input(#field))
                }
                Read::Node(node) => {
                    let provider = numbers.provider(node);
                    quote_spanned!(span=> #private::Source::Atom(#provider))
                }
            })
            .collect();
        let source = match &sources[..] {
            [] => quote_spanned!(span=> #private::Source::Fixed),
            [one] => one.to_token_stream(),
            many => quote_spanned!(span=> #private::Source::All(&[#(#many),*])),
        };
        (sources.len(), source)
    }

    /// The atoms whose values are read from outside of the plan.
    fn outputs(&self) -> TokenStream {
        let mut nodes: Vec<usize> = Vec::new();
        let mut add = |node: usize| {
            if let Some(node) = self.here(node)
                && !nodes.contains(&node)
            {
                nodes.push(node);
            }
        };
        let handed: Vec<&Handed> = match self.level.layout.body {
            None => self.flow.outputs.iter().collect(),
            Some(body) => match self.flow.nodes[body].what {
                Place::Wrap(wrap) if wrap.kind.gathers() => vec![&self.flow.nodes[body].last],
                _ => {
                    let inside = self.flow.nodes.iter().enumerate();
                    let inside = inside.filter(|(_, node)| !node.provides.is_empty());
                    inside.for_each(|(at, _)| add(at));
                    Vec::new()
                }
            },
        };
        for handed in handed {
            if let Handed::From(symbol) = handed {
                symbol.providers.iter().for_each(|&(node, _)| add(node));
            }
        }
        let numbers = &self.level.numbers;
        let atoms = nodes.into_iter().filter_map(|node| numbers.provider(node));
        quote_spanned!(self.span=> #(#atoms),*)
    }
}
