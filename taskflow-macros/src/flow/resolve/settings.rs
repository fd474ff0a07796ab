//! Looks up what the settings of groups are, and what the guards of arms read.

use syn::ext::IdentExt;

use super::Names;
use crate::flow::model::{Given, Node, Place, Role, Setting};
use crate::flow::tree::{Choice, LeafKind, Tolerate, Value, WrapKind};

pub(super) fn settings<'t>(at: usize, nodes: &[Node<'t>], names: &Names) -> Vec<Setting<'t>> {
    let mut found = Vec::new();
    let mut add = |role: Role, value: Option<&'t Value>| {
        found.extend(value.map(|value| {
            let (token, given) = names.value(value, at, nodes);
            Setting { role, token, given }
        }));
    };
    match nodes[at].what {
        Place::Task(..) | Place::Flow(..) => {}
        Place::Leaf(leaf) => match &leaf.kind {
            LeafKind::Fail(reason) => add(Role::Reason, Some(reason)),
            LeafKind::Sleep(pause) => add(Role::Time, Some(pause)),
            LeafKind::Signal { timeout, .. } => add(Role::Time, timeout.as_ref()),
        },
        Place::Choice(choice) => {
            add(Role::On, Some(&choice.on));
            found.extend(guards(choice, at, nodes, names));
        }
        Place::Wrap(wrap) => {
            add(Role::Over, wrap.kind.each().map(|each| &each.over));
            match &wrap.kind {
                WrapKind::Retry(retry) => {
                    add(Role::Times, retry.times.as_ref());
                    add(Role::With, retry.with.as_ref());
                    for (text, wait) in &retry.waits {
                        add(Role::Wait(text.clone()), Some(wait));
                    }
                }
                WrapKind::Map(map) => {
                    add(Role::Limit, map.limit.as_ref());
                    if let Some(Tolerate::Count(most)) = &map.tolerate {
                        add(Role::Tolerate, Some(most));
                    }
                }
                WrapKind::Timeout(time) => add(Role::Time, Some(time)),
                WrapKind::Limit(most) => add(Role::Limit, Some(most)),
                WrapKind::Try | WrapKind::Transient => {}
            }
        }
    }
    found
}

/// The symbols that guards name. What else they name is rustc's to find.
fn guards<'t>(
    choice: &'t Choice,
    at: usize,
    nodes: &[Node<'t>],
    names: &Names,
) -> Vec<Setting<'t>> {
    let mut found: Vec<Setting<'t>> = Vec::new();
    for (arm, of) in choice.arms.iter().enumerate() {
        let role = Role::Guard(arm);
        for token in &of.guard_names {
            let is_bound = of.bindings.iter().any(|name| name.unraw() == token.unraw());
            if is_bound {
                continue;
            }
            let given = names.given(token.unraw().to_string(), &[], at, nodes);
            if !matches!(given, Given::Missing(..)) {
                found.push(Setting {
                    role: role.clone(),
                    token: Some(token),
                    given,
                });
            }
        }
    }
    found
}
