//! The records of a new run that takes over what another has done up to a chosen atom.
//!
//! They are made level by level, in the order of definition, and as few as a run leaves that goes
//! well: each is applied to a machine of the new run, so that what is written can be read.

use super::past::{Past, within};
use super::{clock, codes};
use crate::failure::Failure;
use crate::logbook::{self, Batch, History, Kind, Logbook, LogbookError, Payload};
use crate::machine::{Event, Machine, Request, State, Way};
use crate::plan::{Kind as AtomKind, Plan, Setup};

/// Why a run cannot be taken over up to an atom.
pub(crate) enum Unforkable {
    /// There is no such atom; the paths of those that there are.
    NoSuchAtom(Vec<String>),
    /// What stands before the atom is not done.
    NotDone(String),
    /// What this group has done cannot be recorded in short.
    Tangled(String),
    Book(LogbookError),
}

impl From<LogbookError> for Unforkable {
    fn from(error: LogbookError) -> Self {
        Self::Book(error)
    }
}

/// The records in which everything is done that was done in a run and does not follow from the atom
/// of the path `from`.
pub(crate) fn forked(
    book: &Logbook,
    plan: &'static Plan,
    history: &History,
    from: &str,
) -> Result<Batch, Unforkable> {
    let past = Past::read(book, plan, history, from)?;
    let Some(first) = past.found() else {
        let atoms = past.machine.tasks().into_iter();
        let paths = atoms.map(|atom| past.machine.path(atom));
        return Err(Unforkable::NoSuchAtom(paths.collect()));
    };
    let mut fork = Fork {
        book,
        past: &past,
        new: Machine::new(plan, plan.on_failure(), None),
        batch: Batch::default(),
    };
    fork.level(plan, &Way::new(), Some(&first))?;
    Ok(fork.batch)
}

struct Fork<'p> {
    book: &'p Logbook,
    past: &'p Past,
    new: Machine,
    batch: Batch,
}

impl Fork<'_> {
    /// Takes over what is done in a level, whose atoms `level` leads to, and does not follow from
    /// the atom at the end of the way `from`, if that leads through it.
    fn level(
        &mut self,
        plan: &'static Plan,
        level: &Way,
        from: Option<&[u32]>,
    ) -> Result<(), Unforkable> {
        let (first, inner) = match from {
            Some([first, inner @ ..]) => (Some(*first), inner),
            _ => (None, &[][..]),
        };
        let before = before(plan, first);
        let mut kept = vec![false; plan.len() as usize];
        // What stands before an atom has a lower number.
        for atom in 0..plan.len() {
            let mut way = level.clone();
            way.push(atom);
            let is_reached = plan.preds(atom).iter().all(|&pred| kept[pred as usize]);
            if is_reached && first == Some(atom) {
                self.part(plan, &way, inner)?;
            } else if is_reached {
                kept[atom as usize] = plan.atom(atom).kind.is_join()
                    || self.past.is_idle(plan, &way)
                    || self.past.is_done(plan, &way) && self.whole(plan, &way)?;
            }
            if before[atom as usize] && !kept[atom as usize] {
                return Err(Unforkable::NotDone(self.path(plan, &way)));
            }
        }
        Ok(())
    }

    /// Takes over an atom that is done.
    fn whole(&mut self, plan: &'static Plan, way: &Way) -> Result<bool, Unforkable> {
        let atom = way[way.len() - 1];
        let Some(fact) = self.past.fact(way) else {
            return Ok(false);
        };
        let number = self.number(plan, way)?;
        let done = self.payload(fact.done.as_ref())?;
        self.record(plan, way, Event::Start(number), Kind::Start, &[])?;
        if plan.atom(atom).kind.is_task() {
            self.record(plan, way, Event::Done(number), Kind::Done, &done)?;
            return Ok(true);
        }
        let Some((setup, payload)) = &fact.setup else {
            return Err(self.tangled(plan, way));
        };
        self.open(plan, way, *setup, payload)?;
        match plan.atom(atom).kind {
            AtomKind::Sleep => self.record(plan, way, Event::Due(number), Kind::Due, &[])?,
            AtomKind::Signal => {
                let signal = Request::Signal(number);
                let bytes = logbook::request(None, &[&signal.bytes()[..], &done].concat());
                self.record(plan, way, Event::Request(signal), Kind::Request, &bytes)?;
            }
            AtomKind::Group(_, body) => self.bodies(plan, way, body, *setup)?,
            AtomKind::Task | AtomKind::Join | AtomKind::Match => {}
        }
        match self.new.state(number) {
            State::Done => Ok(true),
            _ => Err(self.tangled(plan, way)),
        }
    }

    /// All bodies of a group that is done.
    fn bodies(
        &mut self,
        plan: &'static Plan,
        way: &Way,
        body: &'static Plan,
        setup: Setup,
    ) -> Result<(), Unforkable> {
        let number = self.number(plan, way)?;
        let is_gathered = matches!(setup, Setup::Map { .. } | Setup::Try);
        self.attempts(plan, way, body, setup)?;
        for at in 0..count(setup) {
            if is_gathered && !self.past.is_body_done(body, way, at) {
                let failure = self.past.failure(way, at);
                self.fail_first(body, way, at, &failure)?;
            } else {
                let mut level = way.clone();
                level.push(at);
                self.level(body, &level, None)?;
            }
        }
        if is_gathered {
            self.record(plan, way, Event::Done(number), Kind::Done, &[])?;
        }
        Ok(())
    }

    /// Takes over what is done in a group that the atom at the end of the way `from` is in.
    fn part(&mut self, plan: &'static Plan, way: &Way, from: &[u32]) -> Result<(), Unforkable> {
        let [item, from @ ..] = from else {
            return Ok(());
        };
        let kind = plan.atom(way[way.len() - 1]).kind;
        let setup = self.past.fact(way).and_then(|fact| fact.setup.clone());
        let (Some(body), Some((setup, _))) = (kind.body(), setup) else {
            return Err(self.tangled(plan, way));
        };
        let number = self.number(plan, way)?;
        self.record(plan, way, Event::Start(number), Kind::Start, &[])?;
        // The time that it has begins anew.
        let payload = codes::encode_setup(setup, clock::now());
        self.open(plan, way, setup, &payload)?;
        self.attempts(plan, way, body, setup)?;
        for at in 0..count(setup) {
            if !self.past.has_begun(way, at) {
                break;
            }
            let mut level = way.clone();
            level.push(at);
            let records = self.batch.len();
            self.level(body, &level, (at == *item).then_some(from))?;
            // Items begin in order, so that this one has to have begun before a later one does.
            if self.batch.len() == records && self.past.has_begun(way, at + 1) {
                self.touch(body, way, at)?;
            }
        }
        Ok(())
    }

    fn open(
        &mut self,
        plan: &'static Plan,
        way: &Way,
        setup: Setup,
        payload: &[u8],
    ) -> Result<(), Unforkable> {
        let (_, at) = codes::decode_setup(payload).map_err(LogbookError::from)?;
        let event = Event::Open {
            atom: self.number(plan, way)?,
            setup,
            until: setup.until(at),
        };
        self.record(plan, way, event, Kind::Open, payload)
    }

    /// Has a retry come to the attempt that it had come to, whose number its body may read.
    fn attempts(
        &mut self,
        plan: &'static Plan,
        way: &Way,
        body: &'static Plan,
        setup: Setup,
    ) -> Result<(), Unforkable> {
        if !matches!(setup, Setup::Retry(_) | Setup::Controlled { .. }) {
            return Ok(());
        }
        let atom = self.number(plan, way)?;
        let failure = Failure::new("this attempt was one of the run that this one is forked from");
        for _ in 0..self.past.attempt(way) {
            self.fail_first(body, way, 0, &failure)?;
            let event = Event::Attempt {
                atom,
                until: Some(0),
            };
            self.record(plan, way, event, Kind::Attempt, &0_u64.to_le_bytes())?;
        }
        Ok(())
    }

    /// Has a body fail in which nothing is done: its first atom fails.
    fn fail_first(
        &mut self,
        body: &'static Plan,
        group: &Way,
        at: u32,
        failure: &Failure,
    ) -> Result<(), Unforkable> {
        let way = within(group, at, first(body));
        let atom = self.number(body, &way)?;
        let mut payload = Vec::new();
        logbook::encode(&(failure, None::<u64>), &mut payload).map_err(LogbookError::Encode)?;
        let event = Event::Fail {
            atom,
            effect: false,
            refused: failure.refused(),
            again: None,
        };
        self.record(body, &way, Event::Start(atom), Kind::Start, &[])?;
        self.record(body, &way, event, Kind::Fail, &payload)
    }

    /// Has a body begin in which nothing is done.
    fn touch(&mut self, body: &'static Plan, group: &Way, at: u32) -> Result<(), Unforkable> {
        let way = within(group, at, first(body));
        let atom = self.number(body, &way)?;
        self.record(body, &way, Event::Start(atom), Kind::Start, &[])?;
        self.record(body, &way, Event::Release(atom), Kind::Release, &[])
    }

    fn record(
        &mut self,
        plan: &'static Plan,
        way: &Way,
        event: Event,
        kind: Kind,
        payload: &[u8],
    ) -> Result<(), Unforkable> {
        let atom = self.number(plan, way)?;
        if self.new.on(event).is_err() {
            return Err(self.tangled(plan, way));
        }
        self.batch.push(kind, atom, payload);
        Ok(())
    }

    /// The number of an atom in the new run.
    fn number(&self, plan: &'static Plan, way: &Way) -> Result<u32, Unforkable> {
        let number = self.new.number_of(way);
        number.ok_or_else(|| self.tangled(plan, way))
    }

    fn payload(&self, done: Option<&Payload>) -> Result<Vec<u8>, LogbookError> {
        match done {
            None => Ok(Vec::new()),
            Some(Payload::Read(bytes)) => Ok(bytes.clone()),
            Some(Payload::At(at)) => self.book.value(*at),
        }
    }

    /// The outermost group on the way stands in the way.
    fn tangled(&self, plan: &'static Plan, way: &Way) -> Unforkable {
        Unforkable::Tangled(match self.new.number_of(&way[..1]) {
            Some(group) => self.new.path(group),
            None => plan.path(way[way.len() - 1]),
        })
    }

    fn path(&self, plan: &'static Plan, way: &Way) -> String {
        match self.new.number_of(way) {
            Some(number) => self.new.path(number),
            None => plan.path(way[way.len() - 1]),
        }
    }
}

/// How many bodies a group has.
fn count(setup: Setup) -> u32 {
    match setup {
        Setup::Map { items, .. } => items,
        _ => 1,
    }
}

/// The first atom of a body that something can be recorded of.
fn first(body: &Plan) -> u32 {
    let mut atoms = 0..body.len();
    atoms
        .find(|&atom| !body.atom(atom).kind.is_join())
        .unwrap_or_default()
}

/// Which atoms stand before one, at any distance.
fn before(plan: &Plan, first: Option<u32>) -> Vec<bool> {
    let mut before = vec![false; plan.len() as usize];
    let mut open: Vec<u32> = first.into_iter().collect();
    while let Some(atom) = open.pop() {
        for &pred in plan.preds(atom) {
            if !std::mem::replace(&mut before[pred as usize], true) {
                open.push(pred);
            }
        }
    }
    before
}
