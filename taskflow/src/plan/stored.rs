//! The plan as it is stored with a run: what the run's records refer to.

use serde::{Deserialize, Serialize};

use super::{Kind, Plan};
use crate::task::{Policy, Reverts};

/// A plan in the logbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredPlan {
    /// The flow itself, and then the bodies of its groups, each before those within it. In one list,
    /// so that reading one that is nested without end takes no stack.
    pub(super) levels: Vec<StoredLevel>,
}

/// The flow itself, or the body of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredLevel {
    /// The path of the group; empty for the flow itself.
    pub(super) group: String,
    pub(super) atoms: Vec<StoredAtom>,
    /// The atoms whose values make the output, or what the group provides.
    pub(super) outputs: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredAtom {
    /// Empty for a join.
    pub(super) path: String,
    /// The number of its kind in a fingerprint.
    pub(super) kind: u8,
    /// The choice and the arm that it belongs to.
    pub(super) arm: Option<(u32, u32)>,
    pub(super) after: Vec<u32>,
    pub(super) reads: Vec<u32>,
    /// The fingerprint of the type of the value; 0 where the type cannot be seen.
    pub(super) schema: u64,
    /// Whether the value is not stored.
    pub(super) transient: bool,
    /// Whether what was done before it stays once it has succeeded.
    pub(super) irreversible: bool,
    /// Whether it is undone: 0 never, 1 if it succeeded, 2 whatever its outcome.
    pub(super) reverts: u8,
}

impl StoredPlan {
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut levels = Vec::new();
        add_level(plan, String::new(), "", &mut levels);
        Self { levels }
    }

    /// The atom of that path, and where it stands.
    pub(super) fn find(&self, path: &str) -> Option<(&StoredLevel, &StoredAtom)> {
        self.named().find(|(_, atom)| atom.path == path)
    }

    /// The body of the group of that path.
    pub(super) fn body(&self, group: &str) -> Option<&StoredLevel> {
        self.levels.iter().find(|level| level.group == group)
    }

    /// Every atom that has a path, level by level.
    pub(super) fn named(&self) -> impl Iterator<Item = (&StoredLevel, &StoredAtom)> {
        self.levels.iter().flat_map(|level| {
            let atoms = level.atoms.iter().filter(|atom| !atom.path.is_empty());
            atoms.map(move |atom| (level, atom))
        })
    }
}

/// Adds the plan of a group's body, and then those of its own groups; `prefix` is the names of the
/// nested flows that it is in.
fn add_level(plan: &Plan, group: String, prefix: &str, levels: &mut Vec<StoredLevel>) {
    let atoms = (0..plan.len()).map(|atom| StoredAtom::of(plan, atom, prefix));
    levels.push(StoredLevel {
        group,
        atoms: atoms.collect(),
        outputs: plan.outputs.to_vec(),
    });
    for atom in 0..plan.len() {
        if let Some(body) = plan.atom(atom).kind.body() {
            let group = format!("{prefix}{}", plan.path(atom));
            let prefix = format!("{prefix}{}", plan.prefix(atom));
            add_level(body, group, &prefix, levels);
        }
    }
}

impl StoredLevel {
    /// The paths of the atoms whose values one reads, also through joins.
    pub(super) fn read_by(&self, atom: &StoredAtom) -> Vec<&str> {
        self.through_joins(&atom.reads, |atom| &atom.reads)
    }

    /// The paths of the atoms that make the output.
    pub(super) fn output(&self) -> Vec<&str> {
        self.through_joins(&self.outputs, |atom| &atom.reads)
    }

    /// The paths of the atoms that wait for one.
    pub(super) fn followers(&self, atom: &StoredAtom) -> Vec<&str> {
        self.through_joins(&atom.after, |atom| &atom.after)
    }

    /// The path of the choice that an atom belongs to, and the arm.
    pub(super) fn arm(&self, atom: &StoredAtom) -> Option<(&str, u32)> {
        let (choice, arm) = atom.arm?;
        Some((&self.atoms.get(choice as usize)?.path, arm))
    }

    fn through_joins(&self, start: &[u32], next: fn(&StoredAtom) -> &Vec<u32>) -> Vec<&str> {
        let mut open = start.to_vec();
        let mut found = Vec::new();
        // What was stored may have been written by anybody: it is no plan for sure.
        let mut seen = vec![false; self.atoms.len()];
        while let Some(at) = open.pop() {
            let Some(atom) = self.atoms.get(at as usize) else {
                continue;
            };
            if std::mem::replace(&mut seen[at as usize], true) {
                continue;
            }
            if atom.path.is_empty() {
                open.extend(next(atom));
            } else {
                found.push(&*atom.path);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl StoredAtom {
    fn of(plan: &Plan, atom: u32, prefix: &str) -> Self {
        let Policy {
            transient,
            irreversible,
            reverts,
            on_unknown: _,
            retry: _,
            timeout_ms: _,
            revert_retry: _,
            revert_timeout_ms: _,
            priority: _,
        } = plan.atom(atom).policy;
        let here = plan.atom(atom);
        Self {
            path: match here.kind {
                Kind::Join => String::new(),
                _ => format!("{prefix}{}", plan.path(atom)),
            },
            kind: here.kind.code(),
            arm: here.guard.map(|guard| (guard.choice, guard.arm)),
            after: plan.succs(atom).to_vec(),
            reads: plan.reads(atom).to_vec(),
            schema: 0,
            transient,
            irreversible,
            reverts: match reverts {
                Reverts::Never => 0,
                Reverts::Done => 1,
                Reverts::Any => 2,
            },
        }
    }
}
