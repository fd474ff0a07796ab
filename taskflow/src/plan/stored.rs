//! The plan as it is stored with a run, and how it differs from the one at hand.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Kind, Plan};
use crate::task::{Policy, Reverts};

/// A plan in the logbook: what a run's records refer to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredPlan {
    pub(crate) atoms: Vec<StoredAtom>,
    /// The atoms whose values make the output.
    outputs: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredAtom {
    /// Empty for a join.
    path: String,
    after: Vec<u32>,
    reads: Vec<u32>,
    /// The fingerprint of the type of the value; 0 where the type cannot be seen.
    schema: u64,
    /// Whether the value is not stored.
    transient: bool,
    /// Whether what was done before it stays once it has succeeded.
    irreversible: bool,
    /// Whether it is undone: 0 never, 1 if it succeeded, 2 whatever its outcome.
    reverts: u8,
}

impl StoredPlan {
    pub(crate) fn of(plan: &Plan) -> Self {
        let atoms = (0..plan.len())
            .map(|atom| StoredAtom::of(plan, atom))
            .collect();
        let outputs = plan.outputs.to_vec();
        Self { atoms, outputs }
    }

    fn task(&self, path: &str) -> Option<&StoredAtom> {
        self.atoms.iter().find(|atom| atom.path == path)
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        self.atoms
            .iter()
            .map(|atom| &*atom.path)
            .filter(|path| !path.is_empty())
    }

    /// The paths of the tasks whose values a task reads, also through joins.
    fn read_by(&self, atom: &StoredAtom) -> Vec<&str> {
        self.through_joins(&atom.reads, |atom| &atom.reads)
    }

    /// The paths of the tasks that make the output.
    fn output(&self) -> Vec<&str> {
        self.through_joins(&self.outputs, |atom| &atom.reads)
    }

    fn followers(&self, atom: &StoredAtom) -> Vec<&str> {
        self.through_joins(&atom.after, |atom| &atom.after)
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

    /// What changed from this stored plan to `new`, task by task.
    pub(crate) fn diff(&self, new: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for path in self.paths().filter(|path| new.task(path).is_none()) {
            changes.push(Change::Removed(path.to_owned()));
        }
        for path in new.paths() {
            let (Some(old_task), Some(new_task)) = (self.task(path), new.task(path)) else {
                changes.push(Change::Added(path.to_owned()));
                continue;
            };
            let (old_reads, new_reads) = (self.read_by(old_task), new.read_by(new_task));
            if old_reads != new_reads {
                changes.push(Change::Requires {
                    task: path.to_owned(),
                    now: new_reads.join(", "),
                    was: old_reads.join(", "),
                });
            }
            if self.followers(old_task) != new.followers(new_task) {
                changes.push(Change::Moved(path.to_owned()));
            }
            for (was, now) in old_task.says().into_iter().zip(new_task.says()) {
                if was != now {
                    let task = path.to_owned();
                    changes.push(Change::Says { task, now, was });
                }
            }
        }
        let (was, now) = (self.output(), new.output());
        if was != now {
            let (now, was) = (now.join(", "), was.join(", "));
            changes.push(Change::Output { now, was });
        }
        if changes.is_empty() {
            changes.push(Change::Order);
        }
        changes
    }
}

impl StoredAtom {
    fn of(plan: &Plan, atom: u32) -> Self {
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
        Self {
            path: match plan.atom(atom).kind {
                Kind::Join => String::new(),
                _ => plan.path(atom),
            },
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

    /// What the task says of itself that its records depend on, in words.
    fn says(&self) -> [&'static str; 3] {
        let stored = ["a result that is stored", "a `transient` result"];
        let stays = ["an effect that may be undone", "an `irreversible` effect"];
        [
            stored[usize::from(self.transient)],
            stays[usize::from(self.irreversible)],
            match self.reverts {
                0 => "no revert",
                1 => "a revert",
                _ => "a revert that names `outcome`",
            },
        ]
    }
}

/// How a flow's plan differs from the one that a run was started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanDiff {
    pub(crate) flow: String,
    pub(crate) version: u32,
    pub(crate) changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Removed(String),
    Added(String),
    Moved(String),
    Requires {
        task: String,
        now: String,
        was: String,
    },
    Says {
        task: String,
        now: &'static str,
        was: &'static str,
    },
    Output {
        now: String,
        was: String,
    },
    /// Nothing but the numbers of the atoms.
    Order,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |values: &str| match values {
            "" => "nothing".to_owned(),
            values => format!("what `{}` provides", values.replace(", ", "`, `")),
        };
        match self {
            Self::Removed(task) => write!(f, "task `{task}` is gone"),
            Self::Added(task) => write!(f, "task `{task}` is new"),
            Self::Moved(task) => write!(f, "task `{task}` has another place"),
            Self::Requires { task, now, was } => {
                write!(
                    f,
                    "task `{task}` requires {}, was {}",
                    quoted(now),
                    quoted(was)
                )
            }
            Self::Says { task, now, was } => write!(f, "task `{task}` has {now}, had {was}"),
            Self::Output { now, was } => {
                write!(f, "the output is {}, was {}", quoted(now), quoted(was))
            }
            Self::Order => f.write_str("its tasks stand in another order"),
        }
    }
}

impl PlanDiff {
    /// One line for each task that differs.
    pub fn changes(&self) -> impl Iterator<Item = String> {
        self.changes.iter().map(Change::to_string)
    }
}

impl fmt::Display for PlanDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` v{}: ", self.flow, self.version)?;
        for (i, change) in self.changes.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{change}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{StoredAtom, StoredPlan};

    fn atom(path: &str, neighbours: &[u32]) -> StoredAtom {
        StoredAtom {
            path: path.to_owned(),
            after: neighbours.to_vec(),
            reads: neighbours.to_vec(),
            schema: 0,
            transient: false,
            irreversible: false,
            reverts: 0,
        }
    }

    fn plan(atoms: Vec<StoredAtom>) -> StoredPlan {
        let outputs = Vec::new();
        StoredPlan { atoms, outputs }
    }

    #[test]
    fn joins_in_a_circle_come_to_an_end() {
        let circle = plan(vec![
            atom("a", &[1, 9]),
            atom("", &[2, 1]),
            atom("", &[1, 0]),
        ]);
        let plain = plan(vec![atom("a", &[])]);
        let changes = circle.diff(&plain);
        assert_eq!(
            changes[0].to_string(),
            "task `a` requires nothing, was what `a` provides"
        );
        assert_eq!(changes.len(), 2);
    }

    #[test]
    fn plans_that_differ_in_anything_have_a_change_to_show() {
        let old = plan(vec![atom("a", &[]), atom("b", &[])]);
        let swapped = plan(vec![atom("b", &[]), atom("a", &[])]);
        let shown = |new: &StoredPlan| {
            let changes = old.diff(new);
            changes.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(shown(&swapped), ["its tasks stand in another order"]);
        let mut output = old.clone();
        output.outputs.push(1);
        let wanted = "the output is what `b` provides, was nothing";
        assert_eq!(shown(&output), [wanted]);
        let mut other = old.clone();
        other.atoms[0].transient = true;
        other.atoms[0].irreversible = true;
        other.atoms[1].reverts = 2;
        assert_eq!(
            shown(&other),
            [
                "task `a` has a `transient` result, had a result that is stored",
                "task `a` has an `irreversible` effect, had an effect that may be undone",
                "task `b` has a revert that names `outcome`, had no revert",
            ]
        );
    }
}
