//! How a flow's plan differs from the one that a run was started with, in words.

use std::fmt;

use super::stored::{StoredAtom, StoredLevel, StoredPlan};

/// How a flow's plan differs from the one that a run was started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanDiff {
    pub(crate) flow: String,
    pub(crate) version: u32,
    pub(crate) changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Removed(Named),
    Added(Named),
    Moved(Named),
    Requires {
        atom: Named,
        now: String,
        was: String,
    },
    Says {
        atom: Named,
        now: &'static str,
        was: &'static str,
    },
    Output {
        now: String,
        was: String,
    },
    Provides {
        group: String,
        now: String,
        was: String,
    },
    /// Nothing but the numbers of the atoms.
    Order,
}

/// An atom, with the word for what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    word: &'static str,
    path: String,
}

impl StoredPlan {
    /// What changed from this stored plan to `new`, atom by atom, also in the bodies of groups.
    pub(crate) fn diff(&self, new: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (_, atom) in self.named() {
            if new.find(&atom.path).is_none() {
                changes.push(Change::Removed(Named::of(atom)));
            }
        }
        for (level, atom) in new.named() {
            match self.find(&atom.path) {
                None => changes.push(Change::Added(Named::of(atom))),
                Some(old) => compare(old, (level, atom), &mut changes),
            }
        }
        for level in &new.levels {
            let Some(old) = self.body(&level.group) else {
                continue;
            };
            let (was, now) = (old.output(), level.output());
            if was == now {
                continue;
            }
            let (now, was) = (now.join(", "), was.join(", "));
            changes.push(match &*level.group {
                "" => Change::Output { now, was },
                group => Change::Provides {
                    group: group.to_owned(),
                    now,
                    was,
                },
            });
        }
        if changes.is_empty() {
            changes.push(Change::Order);
        }
        changes
    }
}

/// An atom, and where it stands.
type Placed<'p> = (&'p StoredLevel, &'p StoredAtom);

fn compare((was_in, was): Placed<'_>, (now_in, now): Placed<'_>, changes: &mut Vec<Change>) {
    let (was_reads, now_reads) = (was_in.read_by(was), now_in.read_by(now));
    if was_reads != now_reads {
        changes.push(Change::Requires {
            atom: Named::of(now),
            now: now_reads.join(", "),
            was: was_reads.join(", "),
        });
    }
    if was_in.group != now_in.group
        || was_in.arm(was) != now_in.arm(now)
        || was_in.followers(was) != now_in.followers(now)
    {
        changes.push(Change::Moved(Named::of(now)));
    }
    for (was, now_says) in was.says().into_iter().zip(now.says()) {
        if was != now_says {
            changes.push(Change::Says {
                atom: Named::of(now),
                now: now_says,
                was,
            });
        }
    }
}

impl StoredAtom {
    /// What its records depend on beside its place, in words.
    fn says(&self) -> [&'static str; 4] {
        let stored = ["a result that is stored", "a `transient` result"];
        let stays = ["an effect that may be undone", "an `irreversible` effect"];
        [
            match self.kind {
                0 => "a task's work to do",
                1 => "nothing to do",
                2 => "a choice to make",
                3 => "a time to wait for",
                4 => "a signal to wait for",
                5 => "a body that it retries",
                6 => "a body for each item",
                7 => "a body whose failure it provides",
                8 => "a body that has so much time",
                _ => "a body that is limited",
            },
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

impl Named {
    fn of(atom: &StoredAtom) -> Self {
        Self {
            word: match atom.kind {
                0 => "task",
                3 => "sleep",
                4 => "signal",
                _ => "group",
            },
            path: atom.path.clone(),
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.word, self.path)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |values: &str| match values {
            "" => "nothing".to_owned(),
            values => format!("what `{}` provides", values.replace(", ", "`, `")),
        };
        match self {
            Self::Removed(atom) => write!(f, "{atom} is gone"),
            Self::Added(atom) => write!(f, "{atom} is new"),
            Self::Moved(atom) => write!(f, "{atom} has another place"),
            Self::Requires { atom, now, was } => {
                write!(f, "{atom} requires {}, was {}", quoted(now), quoted(was))
            }
            Self::Says { atom, now, was } => write!(f, "{atom} has {now}, had {was}"),
            Self::Output { now, was } => {
                write!(f, "the output is {}, was {}", quoted(now), quoted(was))
            }
            Self::Provides { group, now, was } => {
                let (now, was) = (quoted(now), quoted(was));
                write!(f, "group `{group}` provides {now}, was {was}")
            }
            Self::Order => f.write_str("its tasks stand in another order"),
        }
    }
}

impl PlanDiff {
    /// One line for each thing that differs. What stands in a group is named as everywhere, by its
    /// path within the flow.
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
    use super::{StoredAtom, StoredLevel, StoredPlan};

    fn atom(path: &str, neighbours: &[u32]) -> StoredAtom {
        StoredAtom {
            path: path.to_owned(),
            kind: u8::from(path.is_empty()),
            arm: None,
            after: neighbours.to_vec(),
            reads: neighbours.to_vec(),
            schema: 0,
            transient: false,
            irreversible: false,
            reverts: 0,
        }
    }

    fn level(group: &str, atoms: Vec<StoredAtom>) -> StoredLevel {
        StoredLevel {
            group: group.to_owned(),
            atoms,
            outputs: Vec::new(),
        }
    }

    fn plan(atoms: Vec<StoredAtom>) -> StoredPlan {
        let levels = vec![level("", atoms)];
        StoredPlan { levels }
    }

    fn shown(old: &StoredPlan, new: &StoredPlan) -> Vec<String> {
        let changes = old.diff(new);
        changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn joins_in_a_circle_come_to_an_end() {
        let circle = plan(vec![
            atom("a", &[1, 9]),
            atom("", &[2, 1]),
            atom("", &[1, 0]),
        ]);
        let plain = plan(vec![atom("a", &[])]);
        assert_eq!(
            shown(&circle, &plain),
            [
                "task `a` requires nothing, was what `a` provides",
                "task `a` has another place"
            ]
        );
    }

    #[test]
    fn plans_that_differ_in_anything_have_a_change_to_show() {
        let old = plan(vec![atom("a", &[]), atom("b", &[])]);
        let swapped = plan(vec![atom("b", &[]), atom("a", &[])]);
        assert_eq!(shown(&old, &swapped), ["its tasks stand in another order"]);
        let mut output = old.clone();
        output.levels[0].outputs.push(1);
        let wanted = "the output is what `b` provides, was nothing";
        assert_eq!(shown(&old, &output), [wanted]);
        let mut other = old.clone();
        other.levels[0].atoms[0].transient = true;
        other.levels[0].atoms[0].irreversible = true;
        other.levels[0].atoms[1].reverts = 2;
        assert_eq!(
            shown(&old, &other),
            [
                "task `a` has a `transient` result, had a result that is stored",
                "task `a` has an `irreversible` effect, had an effect that may be undone",
                "task `b` has a revert that names `outcome`, had no revert",
            ]
        );
    }

    #[test]
    fn what_changes_in_a_body_is_told_like_the_rest() {
        let group = |kind| StoredAtom {
            kind,
            ..atom("retry@a", &[])
        };
        let mut old = plan(vec![group(5)]);
        old.levels.push(level(
            "retry@a",
            vec![atom("a", &[]), atom("b", &[0]), atom("d", &[])],
        ));
        let mut new = plan(vec![group(5), atom("d", &[])]);
        new.levels
            .push(level("retry@a", vec![atom("a", &[]), atom("c", &[0])]));
        new.levels[1].outputs.push(1);
        assert_eq!(
            shown(&old, &new),
            [
                "task `b` is gone",
                "task `d` has another place",
                "task `c` is new",
                "group `retry@a` provides what `c` provides, was nothing",
            ]
        );
        let mut other = old.clone();
        other.levels[0].atoms[0].kind = 6;
        assert_eq!(
            shown(&old, &other),
            ["group `retry@a` has a body for each item, had a body that it retries"]
        );
        let mut armed = old.clone();
        armed.levels[1].atoms[2].arm = Some((0, 1));
        assert_eq!(shown(&old, &armed), ["task `d` has another place"]);
    }
}
