//! What a run has done, place by place, for another run that is to take it over.
//!
//! The machine forgets what is over and has nothing to undo, so that its records are asked.

use std::collections::BTreeMap;

use super::replay::{event, replay};
use super::{Failures, Replayed};
use crate::failure::Failure;
use crate::logbook::{self, Entry, History, Kind, Logbook, LogbookError, Payload};
use crate::machine::{Answer, Event, Machine, Request, State, Way};
use crate::plan::{Kind as AtomKind, OnFailure, Plan, Setup};

/// What the records of a run say.
pub(super) struct Past {
    pub(super) machine: Machine,
    failures: Failures,
    facts: BTreeMap<Way, Fact>,
    /// The way to the atom that was looked for.
    found: Option<Way>,
}

/// What has become of one atom.
#[derive(Debug, Default)]
pub(super) struct Fact {
    number: u32,
    /// What it provided, if it is done.
    pub(super) done: Option<Payload>,
    /// What a controller does, and the payload that says so.
    pub(super) setup: Option<(Setup, Vec<u8>)>,
    /// The attempts of a retry over the whole life of the run, less one.
    pub(super) attempt: u32,
}

impl Past {
    /// Reads the records of a run over its plan, and looks for the atom of the path `from`.
    pub(super) fn read(
        book: &Logbook,
        plan: &'static Plan,
        history: &History,
        from: &str,
    ) -> Result<Self, LogbookError> {
        // That the records are legal is seen once, here.
        let Replayed {
            machine, failures, ..
        } = replay(book, plan, history)?;
        let mut past = Self {
            machine,
            failures,
            facts: BTreeMap::new(),
            found: None,
        };
        let on_failure = match history.begin.on_failure {
            0 => OnFailure::Revert,
            _ => OnFailure::Keep,
        };
        let mut then = Machine::new(plan, on_failure, history.begin.deadline_ms);
        for entry in &history.entries {
            let bytes: &[u8] = match &entry.payload {
                Payload::Read(bytes) => bytes,
                Payload::At(_) => &[],
            };
            let Some(event) = event(entry.kind, entry.atom, bytes) else {
                continue;
            };
            if let Some(way) = then.way(entry.atom)
                && !matches!(entry.kind, Kind::Resume | Kind::End)
            {
                if past.found.is_none() && then.path(entry.atom) == from {
                    past.found = Some(way.clone());
                }
                past.note(&way, event, entry, bytes);
            }
            // It was legal a moment ago.
            if then.on(event).is_err() {
                break;
            }
        }
        if past.found.is_none() {
            past.found = find_in_flow(plan, from);
        }
        Ok(past)
    }

    fn note(&mut self, way: &Way, event: Event, entry: &Entry, bytes: &[u8]) {
        let fact = self.facts.entry(way.clone()).or_default();
        fact.number = entry.atom;
        match event {
            Event::Done(_) => fact.done = Some(entry.payload.clone()),
            Event::Due(_) if matches!(fact.setup, Some((Setup::Sleep(_), _))) => {
                fact.done = Some(Payload::Read(Vec::new()));
            }
            Event::Request(Request::Resolve(_, Answer::Done) | Request::Signal(_)) => {
                let request = logbook::split_request(bytes).map_or(&[][..], |(_, rest)| rest);
                let value = request.get(2..).unwrap_or_default();
                fact.done = Some(Payload::Read(value.to_vec()));
            }
            Event::Open { setup, .. } => {
                fact.setup = Some((setup, bytes.to_vec()));
                if matches!(setup, Setup::Arm(_)) {
                    fact.done = Some(Payload::Read(Vec::new()));
                }
            }
            Event::Start(_) | Event::Reverted(_) => fact.done = None,
            Event::Attempt { until: Some(_), .. } => {
                fact.attempt += 1;
                // Its body begins anew.
                let within = self.facts.range_mut(way.clone()..);
                for (_, fact) in within.skip(1).take_while(|(at, _)| at.starts_with(way)) {
                    (fact.done, fact.attempt) =
                        (None, fact.attempt + u32::from(fact.setup.is_some()));
                    fact.setup = None;
                }
            }
            _ => {}
        }
    }

    /// The way to the atom that was looked for.
    pub(super) fn found(&self) -> Option<Way> {
        self.found.clone()
    }

    pub(super) fn fact(&self, way: &Way) -> Option<&Fact> {
        self.facts.get(way)
    }

    /// Whether an atom is in an arm that was not taken.
    pub(super) fn is_idle(&self, plan: &Plan, way: &Way) -> bool {
        let (&atom, level) = way.split_last().expect("a way leads to an atom");
        if let Some(state) = self.machine.state_at(way) {
            return state == State::Idle;
        }
        let Some(guard) = plan.atom(atom).guard else {
            return false;
        };
        let mut choice = Way::from_slice(level);
        choice.push(guard.choice);
        let arm = self.fact(&choice).and_then(|fact| fact.setup.as_ref());
        let is_taken = matches!(arm, Some((Setup::Arm(arm), _)) if *arm == guard.arm);
        !is_taken || self.is_idle(plan, &choice)
    }

    /// Whether an atom is done, and of a group whatever it has to do.
    pub(super) fn is_done(&self, plan: &Plan, way: &Way) -> bool {
        let atom = *way.last().expect("a way leads to an atom");
        if let Some(state) = self.machine.state_at(way) {
            return state == State::Done;
        }
        let Some(fact) = self.fact(way) else {
            return false;
        };
        match (plan.atom(atom).kind.body(), &fact.setup) {
            (Some(body), Some((Setup::Retry(_) | Setup::Timeout(_) | Setup::Limit(_), _))) => {
                self.is_body_done(body, way, 0)
            }
            _ => fact.done.is_some(),
        }
    }

    /// Whether everything in a body of a group is done that is not idle.
    pub(super) fn is_body_done(&self, body: &Plan, group: &Way, number: u32) -> bool {
        (0..body.len()).all(|atom| {
            let way = within(group, number, atom);
            body.atom(atom).kind.is_join() || self.is_idle(body, &way) || self.is_done(body, &way)
        })
    }

    /// Whether anything has happened in a body of a group, or in one behind it.
    pub(super) fn has_begun(&self, group: &Way, number: u32) -> bool {
        let first = within(group, number, 0);
        let mut behind = self.facts.range(first..);
        behind.next().is_some_and(|(at, _)| at.starts_with(group))
    }

    /// Why a body of a group failed.
    pub(super) fn failure(&self, group: &Way, number: u32) -> Failure {
        let mut body = group.clone();
        body.push(number);
        let inside = self.facts.range(body.clone()..);
        let mut inside = inside.take_while(|(at, _)| at.starts_with(&body));
        let failure = inside.find_map(|(_, fact)| self.failures.tasks.get(&fact.number));
        failure
            .cloned()
            .unwrap_or_else(|| Failure::new("it failed"))
    }

    /// The attempts of a retry over the whole life of the run, less one.
    pub(super) fn attempt(&self, way: &Way) -> u32 {
        let live = self.machine.number_of(way);
        let live = live.and_then(|number| self.machine.opened_at(number));
        let recorded = || self.fact(way).map_or(0, |fact| fact.attempt);
        live.map_or_else(recorded, |opened| opened.attempt)
    }
}

/// The way to an atom in a body of a group.
pub(super) fn within(group: &Way, body: u32, atom: u32) -> Way {
    let mut way = group.clone();
    way.extend([body, atom]);
    way
}

fn find_in_flow(plan: &Plan, path: &str) -> Option<Way> {
    let mut atoms = (0..plan.len()).filter(|&atom| !matches!(plan.atom(atom).kind, AtomKind::Join));
    let atom = atoms.find(|&atom| plan.path(atom) == path)?;
    Some(Way::from_slice(&[atom]))
}
