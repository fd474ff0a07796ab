//! How the atoms of a run are numbered, and where the number of one leads to.

use smallvec::SmallVec;

use crate::plan::Plan;
use crate::sparse::Sparse;

/// The way from the flow to an atom: an atom of the flow, and in turns the number of a body and an
/// atom of it.
pub(crate) type Way = SmallVec<[u32; 6]>;

/// The numbers of the atoms of a run.
///
/// Those of the flow itself come first. A group that begins gets the numbers for all its bodies, in
/// one piece; as the order in which groups begin is recorded, the numbers are the same in every
/// process.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    /// The number of atoms of the flow itself.
    flow: u32,
    next: u32,
    blocks: Sparse<u32, Block>,
}

/// The numbers of the bodies of one group.
#[derive(Debug, Clone)]
struct Block {
    /// The number of atoms of a body.
    len: u32,
    bodies: u32,
    /// The way to the group.
    way: Way,
}

impl Numbers {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            flow: plan.len(),
            next: plan.len(),
            blocks: Sparse::default(),
        }
    }

    pub(super) fn has_room(&self, body: &Plan, bodies: u32) -> bool {
        body.len()
            .checked_mul(bodies)
            .and_then(|atoms| self.next.checked_add(atoms))
            .is_some()
    }

    /// Numbers for the bodies of the group that `way` leads to: the first of them.
    pub(super) fn allot(&mut self, body: &Plan, bodies: u32, way: &[u32]) -> Option<u32> {
        let first = self.next;
        let atoms = body.len().checked_mul(bodies)?;
        self.next = first.checked_add(atoms)?;
        if atoms > 0 {
            self.blocks.insert(
                first,
                Block {
                    len: body.len(),
                    bodies,
                    way: way.into(),
                },
            );
        }
        Some(first)
    }

    /// The numbers of a group that is forgotten are not used again.
    pub(super) fn forget(&mut self, first: u32) {
        self.blocks.remove(&first);
    }

    /// The way to an atom.
    pub(super) fn way(&self, atom: u32) -> Option<Way> {
        if atom < self.flow {
            return Some(SmallVec::from_slice(&[atom]));
        }
        let (first, block) = self.blocks.range(..=atom).next_back()?;
        let (body, atom) = ((atom - first) / block.len, (atom - first) % block.len);
        if body >= block.bodies {
            return None;
        }
        let mut way = Way::from_slice(&block.way);
        way.push(body);
        way.push(atom);
        Some(way)
    }
}

/// The points in time that atoms wait for, in milliseconds of Unix time.
#[derive(Debug, Clone, Default)]
pub(super) struct Timers {
    by_time: Sparse<(u64, u32), ()>,
    by_atom: Sparse<u32, u64>,
}

impl Timers {
    pub(super) fn insert(&mut self, atom: u32, until: u64) {
        self.remove(atom);
        self.by_time.insert((until, atom), ());
        self.by_atom.insert(atom, until);
    }

    pub(super) fn remove(&mut self, atom: u32) {
        if !self.by_atom.is_empty()
            && let Some(until) = self.by_atom.remove(&atom)
        {
            self.by_time.remove(&(until, atom));
        }
    }

    pub(super) fn until(&self, atom: u32) -> Option<u64> {
        self.by_atom.get(&atom).copied()
    }

    #[inline]
    pub(super) fn first(&self) -> Option<u64> {
        if self.by_time.is_empty() {
            return None;
        }
        self.by_time
            .first_key_value()
            .map(|(&(until, _), ())| until)
    }

    pub(super) fn first_until(&self, now: u64) -> Option<u32> {
        let (&(until, atom), ()) = self.by_time.first_key_value()?;
        (until <= now).then_some(atom)
    }
}

/// One level on the way to an atom.
#[derive(Debug, Clone)]
pub(crate) struct Stand {
    pub(crate) plan: &'static Plan,
    /// The number of the level's first atom.
    pub(crate) first: u32,
    /// The atom of the level that the way goes through.
    pub(crate) atom: u32,
    /// The number of the body that the way goes on in, for the code of the flow and for a person.
    pub(crate) body: Option<Body>,
}

/// The body of a group that the way goes on in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Body {
    /// The item, or the attempt.
    pub(crate) number: u32,
    pub(crate) is_item: bool,
}

/// A body, or all of a group: the number of the group's atom, and of the body in it.
pub(crate) type InBody = (u32, Option<u32>);

/// Where an atom stands.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// From the flow to the body that the atom is in.
    pub(crate) levels: SmallVec<[Stand; 2]>,
}

impl Place {
    /// The level of the atom itself.
    pub(crate) fn last(&self) -> &Stand {
        self.levels.last().expect("an atom is in a level")
    }

    /// The way as the code of the flow takes it: an atom of the flow, and what leads on from it.
    pub(crate) fn code(&self) -> (u32, SmallVec<[u32; 4]>) {
        let mut within = SmallVec::new();
        for pair in self.levels.windows(2) {
            within.push(pair[0].body.map_or(0, |body| body.number));
            within.push(pair[1].atom);
        }
        (self.levels[0].atom, within)
    }

    /// The numbers of the items that the atom is in, outermost first.
    pub(crate) fn items(&self) -> SmallVec<[u32; 2]> {
        let bodies = self.levels.iter().filter_map(|stand| stand.body);
        bodies
            .filter(|body| body.is_item)
            .map(|body| body.number)
            .collect()
    }

    /// An atom of the flow itself.
    pub(crate) fn in_flow(plan: &'static Plan, atom: u32) -> Self {
        let stand = Stand {
            plan,
            first: 0,
            atom,
            body: None,
        };
        Self {
            levels: SmallVec::from_iter([stand]),
        }
    }

    /// Goes over to another atom of another item, whose first atom has the number `first`.
    pub(crate) fn go_to(&mut self, item: u32, first: u32, atom: u32) {
        if let [.., map, last] = &mut self.levels[..] {
            if let Some(body) = &mut map.body {
                body.number = item;
            }
            (last.first, last.atom) = (first, atom);
        }
    }

    /// The number of the atom.
    pub(crate) fn number(&self) -> u32 {
        self.last().first + self.last().atom
    }

    /// Another atom of the same level as the one that the way goes through.
    pub(crate) fn beside(&self, level: usize, atom: u32) -> Self {
        let mut levels: SmallVec<[Stand; 2]> = self.levels[..=level].into();
        if let Some(last) = levels.last_mut() {
            (last.atom, last.body) = (atom, None);
        }
        Self { levels }
    }

    /// An atom of a body of the group that this is.
    pub(crate) fn inside(&self, body: Body, first: u32, plan: &'static Plan, atom: u32) -> Self {
        let mut levels = self.levels.clone();
        if let Some(last) = levels.last_mut() {
            last.body = Some(body);
        }
        levels.push(Stand {
            plan,
            first,
            atom,
            body: None,
        });
        Self { levels }
    }

    /// `provision/attach`, and `[3]` for the item with that number.
    pub(crate) fn path(&self) -> String {
        use std::fmt::Write;
        let mut path = self.name();
        for item in self.items() {
            // Writing to a text does not fail.
            let _ = write!(path, "[{item}]");
        }
        path
    }

    /// The path without the numbers of items.
    pub(crate) fn name(&self) -> String {
        let mut path = String::new();
        let outer = self.levels.len() - 1;
        for stand in &self.levels[..outer] {
            path.push_str(&stand.plan.prefix(stand.atom));
        }
        let last = self.last();
        path.push_str(&last.plan.path(last.atom));
        path
    }
}
