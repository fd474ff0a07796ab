//! A flow compiled to static data: atoms, the order between them, and which reads which.
//!
//! It is plain data and is built in const evaluation, so that a flow costs nothing to set up. No
//! value, no function and no name of a symbol is in it.

mod build;
mod diff;
mod setup;
mod stored;
#[cfg(test)]
mod tests;

#[doc(hidden)]
pub use build::{Build, Part, Source};
pub use diff::PlanDiff;
#[doc(hidden)]
pub use setup::Setup;
pub(crate) use stored::StoredPlan;

use crate::task::{Policy, Reverts};

/// What follows when a task of a flow has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnFailure {
    /// What succeeded is undone in reverse order. The default where any task has a revert.
    Revert,
    /// Everything stays in place, to be repaired and continued, or undone later by hand. The
    /// default where no task has a revert.
    Keep,
}

/// The longest name under which a flow is stored, in bytes.
pub(crate) const NAME_MAX: usize = 64;

/// What an atom is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A task at its place.
    Task,
    /// A point where many atoms meet; it has nothing to run, and no record speaks of it.
    Join,
    /// A choice between arms: atoms that stand behind it, each under a [`Guard`].
    Match,
    /// A wait for a point in time.
    Sleep,
    /// A wait for a value from outside.
    Signal,
    /// A part of the flow with a plan of its own, which may be run more than once.
    Group(Group, &'static Plan),
}

/// What a group does with its body.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Runs it again when it fails, after what succeeded of it is undone.
    Retry,
    /// Runs it once for each item.
    Map,
    /// Undoes it when it fails, and goes on with the failure.
    Try,
    /// Lets it fail when it takes too long.
    Timeout,
    /// Runs a few of its tasks at once.
    Limit,
}

/// Which arm of which choice an atom belongs to: it is idle unless that arm is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guard {
    /// The innermost choice around the atom.
    pub(crate) choice: u32,
    pub(crate) arm: u32,
}

impl Kind {
    pub(crate) fn is_task(self) -> bool {
        matches!(self, Self::Task)
    }

    pub(crate) fn is_join(self) -> bool {
        matches!(self, Self::Join)
    }

    /// The plan of a group's body.
    pub(crate) fn body(self) -> Option<&'static Plan> {
        match self {
            Self::Group(_, body) => Some(body),
            _ => None,
        }
    }

    /// The number that stands for it in a fingerprint.
    const fn code(self) -> u8 {
        match self {
            Self::Task => 0,
            Self::Join => 1,
            Self::Match => 2,
            Self::Sleep => 3,
            Self::Signal => 4,
            Self::Group(group, _) => 5 + group as u8,
        }
    }
}

/// A run of entries in one of the plan's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Range {
    const EMPTY: Self = Self { start: 0, len: 0 };

    fn of(self, table: &[u32]) -> &[u32] {
        &table[self.start as usize..(self.start + self.len) as usize]
    }
}

/// One node of a plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Atom {
    pub(crate) name: &'static str,
    pub(crate) scope: u32,
    pub(crate) kind: Kind,
    pub(crate) policy: Policy,
    pub(crate) guard: Option<Guard>,
    pub(crate) after: Range,
    pub(crate) before: Range,
    pub(crate) reads: Range,
}

/// The flow that an atom comes from, where it is not the outermost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) name: &'static str,
    pub(crate) parent: u32,
}

/// A flow as static data.
#[derive(Debug)]
pub struct Plan {
    pub(crate) name: &'static str,
    pub(crate) version: u32,
    pub(crate) on_failure: OnFailure,
    pub(crate) atoms: &'static [Atom],
    pub(crate) scopes: &'static [Scope],
    /// For each atom, the atoms that come directly after it.
    pub(crate) after: &'static [u32],
    /// For each atom, the atoms that come directly before it.
    pub(crate) before: &'static [u32],
    /// For each atom, the atoms whose values it reads.
    pub(crate) reads: &'static [u32],
    /// Which atom reads which field, for a flow that this one becomes part of.
    pub(crate) wants: &'static [(u32, u32)],
    /// The atoms whose values make the output.
    pub(crate) outputs: &'static [u32],
    pub(crate) fingerprint: u64,
    /// Some tasks go before others, whatever their place.
    pub(crate) priorities: bool,
    /// Some tasks have a time of their own.
    pub(crate) timeouts: bool,
}

impl Plan {
    /// The flow's name, from `#[flow(name = …)]` or the struct's name in snake case.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The flow's version, from `#[flow(version = …)]`, by default 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What follows when a task has failed.
    #[must_use]
    pub fn on_failure(&self) -> OnFailure {
        self.on_failure
    }

    /// A hash (FNV-1a, 64 bits) of what must not change while a run of the flow is under way: the
    /// paths of the atoms, their order, which reads which, which of them make the output, and of
    /// each task whether its result is stored and how it is undone. Names of symbols and
    /// parameters, other settings and documentation are not part of it.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The paths of the tasks, in the order of definition.
    pub fn tasks(&self) -> impl Iterator<Item = String> {
        self.task_atoms().map(|atom| self.path(atom))
    }

    /// The tasks that must be finished before the one at `path` starts, directly.
    ///
    /// # Panics
    ///
    /// If the flow has no task of that path.
    #[must_use]
    pub fn before(&self, path: &str) -> Vec<String> {
        self.neighbours(path, |plan, atom| plan.preds(atom))
    }

    /// The tasks that wait for the one at `path`, directly.
    ///
    /// # Panics
    ///
    /// If the flow has no task of that path.
    #[must_use]
    pub fn after(&self, path: &str) -> Vec<String> {
        self.neighbours(path, |plan, atom| plan.succs(atom))
    }

    /// Looks through joins, which a reader does not know of.
    fn neighbours(&self, path: &str, next: fn(&Self, u32) -> &[u32]) -> Vec<String> {
        let atom = self
            .find(path)
            .unwrap_or_else(|| panic!("flow `{}` has no task `{path}`", self.name));
        let mut found = Vec::new();
        let mut open = next(self, atom).to_vec();
        while let Some(atom) = open.pop() {
            match self.atom(atom).kind {
                Kind::Join => open.extend(next(self, atom)),
                _ => found.push(atom),
            }
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|atom| self.path(atom)).collect()
    }

    /// The path of an atom: the names of the nested flows that it is in, and its own.
    pub(crate) fn path(&self, atom: u32) -> String {
        self.prefix(atom) + self.atom(atom).name
    }

    /// The names of the nested flows that an atom is in, each with a `/`.
    pub(crate) fn prefix(&self, atom: u32) -> String {
        let mut path = String::new();
        let mut scope = self.atom(atom).scope;
        while scope != 0 {
            let Scope { name, parent } = self.scopes[scope as usize];
            path = format!("{name}/{path}");
            scope = parent;
        }
        path
    }

    pub(crate) fn find(&self, path: &str) -> Option<u32> {
        self.task_atoms().find(|&atom| self.path(atom) == path)
    }

    /// Whether a run leaves something that its undoing needs to know of: something to revert, or
    /// something that stands in the way of that.
    pub(crate) fn has_traces(&self) -> bool {
        self.atoms.iter().any(|atom| {
            atom.policy.irreversible
                || atom.policy.reverts != Reverts::Never
                || atom.kind.body().is_some_and(Self::has_traces)
        })
    }

    pub(crate) fn task_atoms(&self) -> impl Iterator<Item = u32> {
        (0..self.len()).filter(|&atom| self.atom(atom).kind.is_task())
    }

    pub(crate) fn len(&self) -> u32 {
        self.size()
    }

    /// The number of atoms, for a plan that this one becomes part of.
    // The numbers of a plan that compiles are far below `u32::MAX`.
    #[doc(hidden)]
    #[must_use]
    #[allow(clippy::cast_possible_truncation)]
    pub const fn size(&self) -> u32 {
        self.atoms.len() as u32
    }

    /// A bound on the edges that this plan adds to the one that it becomes part of.
    #[doc(hidden)]
    #[must_use]
    pub const fn edge_bound(&self) -> usize {
        self.after.len() + 2 * self.atoms.len()
    }

    /// A bound on the reads that this plan adds to the one that it becomes part of.
    #[doc(hidden)]
    #[must_use]
    pub const fn read_bound(&self) -> usize {
        self.reads.len() + self.wants.len() + self.outputs.len()
    }

    /// The scopes that this plan adds to the one that it becomes part of.
    #[doc(hidden)]
    #[must_use]
    pub const fn scope_bound(&self) -> usize {
        self.scopes.len()
    }

    pub(crate) fn atom(&self, atom: u32) -> &'static Atom {
        &self.atoms[atom as usize]
    }

    pub(crate) fn succs(&self, atom: u32) -> &[u32] {
        self.atom(atom).after.of(self.after)
    }

    /// The atom that comes directly after this one, if it is one alone.
    #[inline]
    pub(crate) fn succ(&self, atom: u32) -> Option<u32> {
        let Range { start, len } = self.atom(atom).after;
        (len == 1).then(|| self.after[start as usize])
    }

    pub(crate) fn preds(&self, atom: u32) -> &[u32] {
        self.atom(atom).before.of(self.before)
    }

    pub(crate) fn reads(&self, atom: u32) -> &[u32] {
        self.atom(atom).reads.of(self.reads)
    }
}
