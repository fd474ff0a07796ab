//! Writes how a choice is made, and how an arm finds again what its pattern binds.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;

use super::Writer;
use crate::flow::model::{Given, Place, Role, Setting};
use crate::flow::tree::{Arm, Choice, located};
use crate::library::placed;

impl Writer<'_, '_> {
    pub(super) fn choice(&self, number: &TokenStream, choice: &Choice) -> TokenStream {
        let Self { span, private, .. } = self;
        let span = *span;
        let on = self.setting(&Role::On);
        let mut bound: Vec<&Ident> = Vec::new();
        let mut lets = TokenStream::new();
        for setting in &self.node.settings {
            if let (Role::Guard(_), Some(token)) = (&setting.role, setting.token)
                && !bound.contains(&token)
            {
                bound.push(token);
                let value = self.value(setting);
                lets.extend(quote_spanned!(span=> let #token = #value;));
            }
        }
        let arms = choice.arms.iter().enumerate().map(|(at, arm)| {
            let (at, pattern) = (Literal::usize_unsuffixed(at), &arm.pattern);
            let guard = guard(arm);
            quote_spanned!(span=> #pattern #guard => #at,)
        });
        quote_spanned! {span=>
            #number => match __op {
                #private::Op::Open(_) => {
                    #lets
                    // A task of the arm uses what the pattern binds, or not.
                    #[allow(unused_variables)]
                    let __arm: u32 = match #on { #(#arms)* };
                    #private::Step::Open(#private::Setup::Arm(__arm))
                }
                _ => #private::Step::OK,
            },
        }
    }

    /// What the pattern of an arm binds under a name, in an arm that has been taken.
    pub(super) fn binding(&self, choice: usize, at: usize, name: &Ident) -> TokenStream {
        let Some((arm, on, guards)) = self.arm(choice, at) else {
            return TokenStream::new();
        };
        let (span, private) = self.at(name.span());
        let on = self.value(on);
        let lets = guards.iter().map(|(token, setting)| {
            let value = self.value(setting);
            quote_spanned!(span=> let #token = #value;)
        });
        let (pattern, guard) = (&arm.pattern, guard(arm));
        quote_spanned! {span=>
            {
                #(#lets)*
                #[allow(unused_variables, unreachable_patterns)]
                let __m = match #on {
                    #pattern #guard => #name,
                    _ => #private::no_such_arm(),
                };
                __m
            }
        }
    }

    /// The same in an arm that may not have been taken, or whose symbols may not be there.
    pub(super) fn maybe_binding(&self, choice: usize, at: usize, name: &Ident) -> TokenStream {
        let Some((arm, on, guards)) = self.arm(choice, at) else {
            return TokenStream::new();
        };
        let (span, _) = self.at(name.span());
        let on = self.maybe_value(on);
        let lets = guards.iter().map(|(token, setting)| {
            let value = self.maybe_value(setting);
            quote_spanned!(span=> let #token = #value?;)
        });
        let (pattern, guard) = (&arm.pattern, guard(arm));
        quote_spanned! {span=>
            (|| -> ::core::option::Option<_> {
                let __m = #on?;
                #(#lets)*
                #[allow(unused_variables, unreachable_patterns)]
                let __m = match __m {
                    #pattern #guard => ::core::option::Option::Some(#name),
                    _ => ::core::option::Option::None,
                };
                __m
            })()
        }
    }

    /// An arm, what it is about, and the symbols that its guard names.
    #[allow(clippy::type_complexity)]
    fn arm(
        &self,
        choice: usize,
        at: usize,
    ) -> Option<(&Arm, &Setting<'_>, Vec<(&Ident, &Setting<'_>)>)> {
        let node = &self.flow.nodes[choice];
        let Place::Choice(tree) = node.what else {
            return None;
        };
        let on = node.setting(&Role::On)?;
        let of_arm = |setting: &&Setting<'_>| setting.role == Role::Guard(at);
        let guards = node.settings.iter().filter(of_arm);
        let guards = guards.filter_map(|setting| Some((setting.token?, setting)));
        Some((&tree.arms[at], on, guards.collect()))
    }

    /// A place, and the library's path there.
    pub(super) fn at(&self, span: Span) -> (Span, TokenStream) {
        let span = located(span);
        (span, placed(span, self.private.clone()))
    }

    /// Whether a setting may be absent, and is then an `Option` itself.
    pub(super) fn is_optional(given: &Given<'_>) -> bool {
        matches!(
            given,
            Given::Symbol(crate::flow::model::Source::Symbol(symbol), _) if symbol.optional
        )
    }
}

fn guard(arm: &Arm) -> Option<TokenStream> {
    arm.guard.as_ref().map(|guard| quote::quote!(if #guard))
}
