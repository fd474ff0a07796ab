//! The flows that the runners of the tests know, and what their tasks can be held up by.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use taskflow::{Logbook, RunId, Runner, Serial, flow, task};
use tests::Journal;

#[task]
pub(crate) fn double(number: u32, journal: &Journal) -> Result<u32, String> {
    journal.note(format!("double {number}"));
    number.checked_mul(2).ok_or_else(|| "too large".to_owned())
}

flow! {
    pub(crate) struct Double { number: u32, #[resource] journal: Journal } -> u32
    linear[double]
}

/// A gate that is closed at first; who passes it waits until it is opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<Passing>, Condvar)>);

#[derive(Debug, Default)]
struct Passing {
    open: bool,
    waiting: usize,
}

impl Gate {
    pub(crate) fn open(&self) {
        let (passing, changed) = &*self.0;
        passing.lock().unwrap_or_else(PoisonError::into_inner).open = true;
        changed.notify_all();
    }

    pub(crate) fn pass(&self) {
        let (passing, changed) = &*self.0;
        let mut passing = passing.lock().unwrap();
        passing.waiting += 1;
        changed.notify_all();
        drop(
            changed
                .wait_while(passing, |passing| !passing.open)
                .unwrap(),
        );
    }

    /// Returns once so many have come to it.
    pub(crate) fn crowd(&self, waiting: usize) {
        let (passing, changed) = &*self.0;
        let passing = passing.lock().unwrap();
        drop(
            changed
                .wait_while(passing, |passing| passing.waiting < waiting)
                .unwrap(),
        );
    }
}

#[task(provides = before)]
fn arrive(number: u32, journal: &Journal) -> u32 {
    journal.note(format!("arrive {number}"));
    number + 1
}

#[task]
fn through(before: u32, gate: &Gate, journal: &Journal) -> u32 {
    gate.pass();
    journal.note(format!("through {before}"));
    before * 10
}

flow! {
    /// Does one thing, and waits at a gate in the next.
    pub(crate) struct Gated {
        number: u32,
        #[resource] gate: Gate,
        #[resource] journal: Journal,
    } -> u32
    linear[arrive, through]
}

/// A runner that knows [`Double`] and [`Gated`].
pub(crate) fn runner(book: &Logbook, gate: &Gate, journal: &Journal) -> Runner {
    limited(book, gate, journal, 64)
}

pub(crate) fn limited(book: &Logbook, gate: &Gate, journal: &Journal, running: usize) -> Runner {
    Runner::new(Serial, book.clone())
        .register::<Double>(DoubleResources {
            journal: journal.clone(),
        })
        .register::<Gated>(GatedResources {
            gate: gate.clone(),
            journal: journal.clone(),
        })
        .max_running(running)
        .build()
}

pub(crate) fn id(id: &str) -> RunId {
    id.parse().expect("an id")
}
