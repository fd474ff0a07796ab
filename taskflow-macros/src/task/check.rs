//! Everything that is wrong with a task, in one go.

use syn::Error;

use super::model::Task;
use super::parse::Input;

mod function;
mod settings;

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

/// The errors, in the order in which they are found, and what they leave.
pub(super) fn check(input: &Input, task: &Task) -> (Damage, Vec<Error>) {
    let all = [
        (Damage::Place, function::place(input)),
        (Damage::Signature, function::qualifiers(input)),
        (Damage::Signature, function::params(input)),
        (Damage::Signature, function::result(input)),
        (Damage::Settings, settings::forms(input)),
        (Damage::Settings, settings::provides(input)),
        (Damage::Settings, settings::revert(input, task)),
        (
            Damage::Settings,
            settings::condition(task).into_iter().collect(),
        ),
        (Damage::Settings, settings::combinations(input, task)),
    ];
    let damage = all
        .iter()
        .filter(|(_, errors)| !errors.is_empty())
        .map(|(damage, _)| *damage)
        .max()
        .unwrap_or(Damage::None);
    let errors = all.into_iter().flat_map(|(_, errors)| errors).collect();
    (damage, errors)
}
