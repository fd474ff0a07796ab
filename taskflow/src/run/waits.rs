//! That a run has nothing to do but to wait is recorded, so that it can be seen from outside what
//! for, also when nobody drives it any more.

use super::{Core, clock};
use crate::logbook::{self, Kind, Wait, WaitsFor};
use crate::machine::Machine;
use crate::plan::{self, Setup};
use crate::sparse::Sparse;

/// How much of what a run waits for is recorded: a map may wait for a signal in every item.
const SAID_MAX: usize = 8;

/// When signals and sleeps began to be waited for, by atom, in milliseconds of Unix time.
#[derive(Debug, Default)]
pub(crate) struct Opened(Sparse<u32, u64>);

impl Opened {
    /// A controller has worked out what it does.
    pub(super) fn note(&mut self, atom: u32, setup: Setup, at: u64) {
        if matches!(setup, Setup::Signal(_) | Setup::Sleep(_)) {
            self.0.insert(atom, at);
        }
    }

    /// What the run waits for: first the signals, then what comes by itself, the soonest first.
    fn waits(&mut self, machine: &Machine) -> Vec<Wait> {
        let waits = machine.waits().into_iter().map(|(atom, until)| {
            let what = match machine.kind(atom) {
                Some(plan::Kind::Signal) => WaitsFor::Signal,
                Some(plan::Kind::Sleep) => WaitsFor::Time,
                _ => WaitsFor::Attempt,
            };
            (atom, what, until)
        });
        let mut waits: Vec<_> = waits.collect();
        waits.sort_by_key(|&(atom, what, until)| (what != WaitsFor::Signal, until, atom));
        self.0
            .retain(|&opened, _| waits.iter().any(|&(atom, ..)| atom == opened));
        waits.truncate(SAID_MAX);
        let waits = waits.into_iter().map(|(atom, what, until_ms)| Wait {
            atom: machine.path(atom),
            what,
            since_ms: self.0.get(&atom).copied(),
            until_ms,
        });
        waits.collect()
    }
}

impl Core {
    /// Records what the run waits for, once for each time that it comes to that.
    #[cold]
    pub(super) fn say_waits(&mut self) {
        if self.log.is_none() || self.waits_said || !self.machine.is_waiting() {
            return;
        }
        let waits = self.opened.waits(&self.machine);
        if waits.is_empty() {
            return;
        }
        let mut payload = Vec::new();
        logbook::encode(&waits, &mut payload).expect("texts and numbers can be encoded");
        self.batch.push(Kind::Wait, 0, &payload);
    }

    /// When a controller that is opened now is to be over, and since when that holds.
    pub(super) fn note_opened(&mut self, atom: u32, setup: Setup) -> (u64, u64) {
        let at = clock::now();
        self.opened.note(atom, setup, at);
        (at, setup.until(at))
    }
}
