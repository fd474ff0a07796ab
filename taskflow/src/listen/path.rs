//! Where an atom stands in its flow, for who may want to read it.

use std::fmt;
use std::sync::Arc;

use crate::machine::Place;
use crate::plan::{Kind, Plan};

/// The path of a task or a group within its flow, such as `provision/attach`; in a `map`, with the
/// number of the item, such as `fetch[3]`.
///
/// The text is made when it is asked for.
///
/// ```
/// use taskflow::listen::{Change, RunEvent};
///
/// fn is_payment(event: &RunEvent) -> bool {
///     matches!(event.change(), Change::TaskDone { task } if *task == "charge")
/// }
/// ```
#[derive(Clone)]
pub struct AtomPath(Stands);

#[derive(Clone)]
enum Stands {
    /// In the flow itself.
    Here { plan: &'static Plan, atom: u32 },
    /// In a body of a group.
    Within(Arc<Place>),
}

impl AtomPath {
    pub(crate) fn here(plan: &'static Plan, atom: u32) -> Self {
        Self(Stands::Here { plan, atom })
    }

    pub(crate) fn within(place: Arc<Place>) -> Self {
        Self(Stands::Within(place))
    }

    pub(crate) fn kind(&self) -> Kind {
        let (plan, atom) = match &self.0 {
            Stands::Here { plan, atom } => (*plan, *atom),
            Stands::Within(place) => (place.last().plan, place.last().atom),
        };
        plan.atom(atom).kind
    }

    /// A number that no other atom of the run has, and that this one keeps in every process: what
    /// to remember it by.
    #[must_use]
    pub fn number(&self) -> u32 {
        match &self.0 {
            Stands::Here { atom, .. } => *atom,
            Stands::Within(place) => place.number(),
        }
    }

    /// The path without the numbers of items.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.0 {
            Stands::Here { plan, atom } => plan.path(*atom),
            Stands::Within(place) => place.name(),
        }
    }

    fn text(&self) -> String {
        match &self.0 {
            Stands::Here { plan, atom } => plan.path(*atom),
            Stands::Within(place) => place.path(),
        }
    }

    /// The numbers of the items that the atom is in, outermost first: none outside of a `map`.
    #[must_use]
    pub fn items(&self) -> Vec<u32> {
        match &self.0 {
            Stands::Here { .. } => Vec::new(),
            Stands::Within(place) => place.items().to_vec(),
        }
    }
}

impl fmt::Display for AtomPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

impl fmt::Debug for AtomPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

impl PartialEq<str> for AtomPath {
    fn eq(&self, path: &str) -> bool {
        self.text() == path
    }
}

impl PartialEq<&str> for AtomPath {
    fn eq(&self, path: &&str) -> bool {
        *self == **path
    }
}
