//! Puts a plan together in const evaluation, from what `flow!` wrote down and from nested plans.

use super::{Atom, Group, Guard, Kind, OnFailure, Plan, Range, Scope};
use crate::task::{Policy, Reverts};

/// Where a nested flow gets one of its fields from.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// What an atom of the outer flow provides.
    Atom(u32),
    /// A field of the outer flow, by its number.
    Input(u32),
    /// A literal or a constant: always there.
    Fixed,
    /// Several at once: any of them may be what provides it.
    All(&'static [Source]),
}

/// What a plan is put together from, in order of the atoms' numbers.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// A task.
    Task(&'static str, Policy),
    /// A point where many atoms meet.
    Join,
    /// A choice between arms; which atoms are in them is said by [`Build::guards`].
    Match(&'static str),
    /// A wait for a point in time.
    Sleep(&'static str),
    /// A wait for a value from outside.
    Signal(&'static str),
    /// A part of the flow with a plan of its own.
    Group(&'static str, Group, &'static Plan),
    /// Another flow, under the name of a scope, and where it gets its fields from.
    Flow(&'static str, &'static Plan, &'static [Source]),
}

/// Fills tables of bounded size; `A`, `E`, `R`, `W` and `S` bound the numbers of atoms, edges,
/// reads, reads of inputs and scopes.
///
/// An index outside of a table is a mistake of the macro, and stops the compilation.
#[derive(Clone, Copy)]
pub struct Build<const A: usize, const E: usize, const R: usize, const W: usize, const S: usize> {
    atoms: [Atom; A],
    edges: [(u32, u32); E],
    pairs: [(u32, u32); R],
    wants: [(u32, u32); W],
    scopes: [Scope; S],
    after: [u32; E],
    before: [u32; E],
    reads: [u32; R],
    len: Lengths,
}

#[derive(Clone, Copy)]
struct Lengths {
    atoms: usize,
    edges: usize,
    pairs: usize,
    wants: usize,
    scopes: usize,
}

const NO_ATOM: Atom = Atom {
    name: "",
    scope: 0,
    kind: Kind::Join,
    policy: Policy::DEFAULT,
    guard: None,
    after: Range::EMPTY,
    before: Range::EMPTY,
    reads: Range::EMPTY,
};

impl<const A: usize, const E: usize, const R: usize, const W: usize, const S: usize> Default
    for Build<A, E, R, W, S>
{
    fn default() -> Self {
        Self::new()
    }
}

// The numbers of a plan that compiles are far below `u32::MAX`.
#[allow(clippy::cast_possible_truncation)]
impl<const A: usize, const E: usize, const R: usize, const W: usize, const S: usize>
    Build<A, E, R, W, S>
{
    /// An empty plan; scope 0 is the flow itself.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            atoms: [NO_ATOM; A],
            edges: [(0, 0); E],
            pairs: [(0, 0); R],
            wants: [(0, 0); W],
            scopes: [Scope {
                name: "",
                parent: 0,
            }; S],
            after: [0; E],
            before: [0; E],
            reads: [0; R],
            len: Lengths {
                atoms: 0,
                edges: 0,
                pairs: 0,
                wants: 0,
                scopes: 1,
            },
        }
    }

    /// Adds tasks, joins and nested flows; the number of each is that of the atoms before.
    #[must_use]
    pub const fn parts(mut self, parts: &[Part]) -> Self {
        let mut i = 0;
        while i < parts.len() {
            match parts[i] {
                Part::Task(name, policy) => self.push(Atom {
                    name,
                    kind: Kind::Task,
                    policy,
                    ..NO_ATOM
                }),
                Part::Join => self.push(NO_ATOM),
                Part::Match(name) => self.push_controller(name, Kind::Match),
                Part::Sleep(name) => self.push_controller(name, Kind::Sleep),
                Part::Signal(name) => self.push_controller(name, Kind::Signal),
                Part::Group(name, group, body) => {
                    self.push_controller(name, Kind::Group(group, body));
                }
                Part::Flow(name, plan, inputs) => self.push_flow(name, plan, inputs),
            }
            i += 1;
        }
        self
    }

    /// The first atom of each triple belongs to the arm (third) of the choice (second).
    ///
    /// # Panics
    ///
    /// In const evaluation, if an arm stands before its choice.
    #[must_use]
    pub const fn guards(mut self, guards: &[(u32, u32, u32)]) -> Self {
        let mut i = 0;
        while i < guards.len() {
            let (atom, choice, arm) = guards[i];
            assert!(choice < atom, "a choice stands before its arms");
            self.atoms[atom as usize].guard = Some(Guard { choice, arm });
            i += 1;
        }
        self
    }

    /// The atoms from the first to the second of each entry, which are those of a nested flow, belong
    /// to the arm (fourth) of the choice (third), unless they are in an arm already.
    ///
    /// # Panics
    ///
    /// In const evaluation, if an arm stands before its choice.
    #[must_use]
    pub const fn guard_flows(mut self, guards: &[(u32, u32, u32, u32)]) -> Self {
        let mut i = 0;
        while i < guards.len() {
            let (first, last, choice, arm) = guards[i];
            assert!(choice < first, "a choice stands before its arms");
            let mut atom = first;
            while atom <= last {
                let guard = &mut self.atoms[atom as usize].guard;
                if guard.is_none() {
                    *guard = Some(Guard { choice, arm });
                }
                atom += 1;
            }
            i += 1;
        }
        self
    }

    /// The second atom of each pair starts after the first has finished.
    #[must_use]
    pub const fn edges(mut self, edges: &[(u32, u32)]) -> Self {
        let mut i = 0;
        while i < edges.len() {
            self.push_edge(edges[i].0, edges[i].1);
            i += 1;
        }
        self
    }

    /// The first atom of each pair reads what the second provides.
    #[must_use]
    pub const fn reads(mut self, reads: &[(u32, u32)]) -> Self {
        let mut i = 0;
        while i < reads.len() {
            self.push_read(reads[i].0, reads[i].1);
            i += 1;
        }
        self
    }

    /// The atom of each pair reads the field with the number.
    #[must_use]
    pub const fn wants(mut self, wants: &[(u32, u32)]) -> Self {
        let mut i = 0;
        while i < wants.len() {
            self.push_want(wants[i].0, wants[i].1);
            i += 1;
        }
        self
    }

    /// Adds a task; its number is that of the calls before.
    #[must_use]
    pub const fn task(mut self, name: &'static str, policy: Policy) -> Self {
        self.push(Atom {
            name,
            kind: Kind::Task,
            policy,
            ..NO_ATOM
        });
        self
    }

    /// Adds a join.
    #[must_use]
    pub const fn join(mut self) -> Self {
        self.push(NO_ATOM);
        self
    }

    /// `to` starts after `from` has finished.
    #[must_use]
    pub const fn edge(mut self, from: u32, to: u32) -> Self {
        self.push_edge(from, to);
        self
    }

    /// `reader` reads what `provider` provides.
    #[must_use]
    pub const fn read(mut self, reader: u32, provider: u32) -> Self {
        self.push_read(reader, provider);
        self
    }

    /// `reader` reads the field with this number.
    #[must_use]
    pub const fn want(mut self, reader: u32, input: u32) -> Self {
        self.push_want(reader, input);
        self
    }

    /// Adds another flow's atoms under the name of a scope: a join to enter by, its atoms in
    /// their order, and a join to leave by, which stands for its output.
    #[must_use]
    pub const fn nest(mut self, name: &'static str, plan: &Plan, inputs: &[Source]) -> Self {
        self.push_flow(name, plan, inputs);
        self
    }

    const fn push_controller(&mut self, name: &'static str, kind: Kind) {
        self.push(Atom {
            name,
            kind,
            ..NO_ATOM
        });
    }

    const fn push_flow(&mut self, name: &'static str, plan: &Plan, inputs: &[Source]) {
        let scope_base = self.len.scopes as u32;
        self.scopes[self.len.scopes] = Scope { name, parent: 0 };
        self.len.scopes += 1;
        let mut i = 1;
        while i < plan.scopes.len() {
            let Scope { name, parent } = plan.scopes[i];
            self.scopes[self.len.scopes] = Scope {
                name,
                parent: parent + scope_base,
            };
            self.len.scopes += 1;
            i += 1;
        }

        let enter = self.len.atoms as u32;
        let base = enter + 1;
        let leave = base + plan.atoms.len() as u32;
        self.push(NO_ATOM);
        i = 0;
        while i < plan.atoms.len() {
            let atom = plan.atoms[i];
            let Atom {
                name, kind, policy, ..
            } = atom;
            self.push(Atom {
                name,
                kind,
                policy,
                scope: atom.scope + scope_base,
                guard: match atom.guard {
                    Some(Guard { choice, arm }) => Some(Guard {
                        choice: base + choice,
                        arm,
                    }),
                    None => None,
                },
                ..NO_ATOM
            });
            i += 1;
        }
        self.push(NO_ATOM);

        i = 0;
        while i < plan.atoms.len() {
            let (atom, at) = (plan.atoms[i], base + i as u32);
            if atom.before.len == 0 {
                self.push_edge(enter, at);
            }
            if atom.after.len == 0 {
                self.push_edge(at, leave);
            }
            self.push_neighbours(at, base, atom, plan);
            i += 1;
        }
        i = 0;
        while i < plan.wants.len() {
            let (reader, input) = plan.wants[i];
            match inputs[input as usize] {
                Source::All(sources) => {
                    let mut k = 0;
                    while k < sources.len() {
                        self.push_source(base + reader, sources[k]);
                        k += 1;
                    }
                }
                source => self.push_source(base + reader, source),
            }
            i += 1;
        }
        i = 0;
        while i < plan.outputs.len() {
            self.push_read(leave, base + plan.outputs[i]);
            i += 1;
        }
    }

    const fn push_source(&mut self, reader: u32, source: Source) {
        match source {
            Source::Atom(provider) => self.push_read(reader, provider),
            Source::Input(outer) => self.push_want(reader, outer),
            Source::Fixed => {}
            Source::All(_) => panic!("several sources are listed once"),
        }
    }

    const fn push_neighbours(&mut self, at: u32, base: u32, atom: Atom, plan: &Plan) {
        let mut k = 0;
        while k < atom.after.len {
            self.push_edge(at, base + plan.after[(atom.after.start + k) as usize]);
            k += 1;
        }
        k = 0;
        while k < atom.reads.len {
            self.push_read(at, base + plan.reads[(atom.reads.start + k) as usize]);
            k += 1;
        }
    }

    const fn push(&mut self, atom: Atom) {
        self.atoms[self.len.atoms] = atom;
        self.len.atoms += 1;
    }

    const fn push_edge(&mut self, from: u32, to: u32) {
        assert!(
            from < to,
            "atoms are numbered in an order that the edges allow"
        );
        self.edges[self.len.edges] = (from, to);
        self.len.edges += 1;
    }

    const fn push_read(&mut self, reader: u32, provider: u32) {
        self.pairs[self.len.pairs] = (reader, provider);
        self.len.pairs += 1;
    }

    const fn push_want(&mut self, reader: u32, input: u32) {
        self.wants[self.len.wants] = (reader, input);
        self.len.wants += 1;
    }

    /// Sorts the edges and reads into the tables by atom.
    ///
    /// # Panics
    ///
    /// In const evaluation, if the macro announced another number of atoms.
    #[must_use]
    pub const fn done(mut self) -> Self {
        assert!(
            self.len.atoms == A,
            "the macro announced another number of atoms"
        );
        let mut i = 0;
        while i < self.len.edges {
            let (from, to) = self.edges[i];
            self.atoms[from as usize].after.len += 1;
            self.atoms[to as usize].before.len += 1;
            i += 1;
        }
        i = 0;
        while i < self.len.pairs {
            self.atoms[self.pairs[i].0 as usize].reads.len += 1;
            i += 1;
        }
        let (mut after, mut before, mut reads) = (0, 0, 0);
        i = 0;
        while i < A {
            let atom = &mut self.atoms[i];
            (atom.after.start, after) = (after, after + atom.after.len);
            (atom.before.start, before) = (before, before + atom.before.len);
            (atom.reads.start, reads) = (reads, reads + atom.reads.len);
            // Counted up again while the tables are filled.
            (atom.after.len, atom.before.len, atom.reads.len) = (0, 0, 0);
            i += 1;
        }
        i = 0;
        while i < self.len.edges {
            let (from, to) = self.edges[i];
            let range = &mut self.atoms[from as usize].after;
            self.after[(range.start + range.len) as usize] = to;
            range.len += 1;
            let range = &mut self.atoms[to as usize].before;
            self.before[(range.start + range.len) as usize] = from;
            range.len += 1;
            i += 1;
        }
        i = 0;
        while i < self.len.pairs {
            let (reader, provider) = self.pairs[i];
            let range = &mut self.atoms[reader as usize].reads;
            self.reads[(range.start + range.len) as usize] = provider;
            range.len += 1;
            i += 1;
        }
        self
    }

    /// The finished plan of a group's body.
    #[must_use]
    pub const fn body(&'static self, outputs: &'static [u32]) -> Plan {
        self.plan("", 0, None, outputs)
    }

    /// The finished plan, over tables that live for ever.
    #[must_use]
    pub const fn plan(
        &'static self,
        name: &'static str,
        version: u32,
        on_failure: Option<OnFailure>,
        outputs: &'static [u32],
    ) -> Plan {
        Plan {
            name,
            version,
            on_failure: match on_failure {
                Some(on_failure) => on_failure,
                None if self.has_reverts() => OnFailure::Revert,
                None => OnFailure::Keep,
            },
            atoms: &self.atoms,
            scopes: self.scopes.split_at(self.len.scopes).0,
            after: self.after.split_at(self.len.edges).0,
            before: self.before.split_at(self.len.edges).0,
            reads: self.reads.split_at(self.len.pairs).0,
            wants: self.wants.split_at(self.len.wants).0,
            outputs,
            fingerprint: self.fingerprint(outputs),
            priorities: self.has_priorities(),
            timeouts: self.has_timeouts(),
        }
    }

    const fn has_priorities(&self) -> bool {
        let mut i = 0;
        while i < A {
            if self.atoms[i].policy.priority != 0 {
                return true;
            }
            i += 1;
        }
        false
    }

    const fn has_timeouts(&self) -> bool {
        let mut i = 0;
        while i < A {
            if self.atoms[i].policy.timeout_ms != 0 {
                return true;
            }
            i += 1;
        }
        false
    }

    const fn has_reverts(&self) -> bool {
        let mut i = 0;
        while i < A {
            if !matches!(self.atoms[i].policy.reverts, Reverts::Never) {
                return true;
            }
            if let Kind::Group(_, body) = self.atoms[i].kind
                && matches!(body.on_failure, OnFailure::Revert)
            {
                return true;
            }
            i += 1;
        }
        false
    }

    /// FNV-1a (Fowler, Noll, Vo) of the atoms' names, scopes and kinds, of their edges and reads, and
    /// of the outputs.
    const fn fingerprint(&self, outputs: &[u32]) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325;
        let mut i = 1;
        while i < self.len.scopes {
            hash = fnv_text(hash, self.scopes[i].name);
            hash = fnv(hash, &self.scopes[i].parent.to_le_bytes());
            i += 1;
        }
        i = 0;
        while i < A {
            let atom = &self.atoms[i];
            hash = fnv_text(hash, atom.name);
            hash = fnv(hash, &atom.scope.to_le_bytes());
            // These are no settings: which records may follow which depends on them.
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
            } = atom.policy;
            let kind = [
                atom.kind.code(),
                transient as u8,
                irreversible as u8,
                reverts as u8,
            ];
            hash = fnv(hash, &kind);
            if let Some(Guard { choice, arm }) = atom.guard {
                hash = fnv(hash, &choice.to_le_bytes());
                hash = fnv(hash, &arm.to_le_bytes());
            }
            if let Kind::Group(_, body) = atom.kind {
                hash = fnv(hash, &body.fingerprint.to_le_bytes());
            }
            hash = fnv_range(hash, atom.after, &self.after);
            hash = fnv_range(hash, atom.reads, &self.reads);
            i += 1;
        }
        let all = Range {
            start: 0,
            len: outputs.len() as u32,
        };
        fnv_range(hash, all, outputs)
    }
}

const fn fnv(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    hash
}

/// The length goes first, so that `ab`, `c` and `a`, `bc` differ.
const fn fnv_text(hash: u64, text: &str) -> u64 {
    fnv(
        fnv(hash, &(text.len() as u64).to_le_bytes()),
        text.as_bytes(),
    )
}

const fn fnv_range(mut hash: u64, range: Range, table: &[u32]) -> u64 {
    hash = fnv(hash, &range.len.to_le_bytes());
    let mut i = 0;
    while i < range.len {
        hash = fnv(hash, &table[(range.start + i) as usize].to_le_bytes());
        i += 1;
    }
    hash
}
