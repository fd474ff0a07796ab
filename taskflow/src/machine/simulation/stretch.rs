//! Items of a map that are run in one go, in runs that nobody records.

use super::Simulation;
use super::steps::Ending;
use crate::machine::{Command, Event, Stretch};

impl Simulation {
    /// Begins with items in one go where that can be, if chance will have it.
    pub(super) fn begin_stretch(&mut self) -> bool {
        if !self.loose || self.random.chance(3) {
            return false;
        }
        let len = 1 + self.random.below(5);
        let Some(stretch) = self.machine.next_stretch(len) else {
            return false;
        };
        assert!((1..=len).contains(&stretch.len));
        assert!(matches!(self.machine.next(), Some(Command::Run(_))));
        for atom in self.tasks_of(stretch, 0) {
            let place = self.machine.place(atom).expect("it is in the run");
            // What comes first in an item can start; the rest does when that is done.
            if place.last().plan.preds(place.last().atom).is_empty() {
                self.world.check_start(&self.machine, &place, true);
            }
        }
        self.on(Event::Stretch(stretch));
        self.world.flight.push(Command::Stretch(stretch));
        true
    }

    pub(super) fn finish_stretch(&mut self, stretch: Stretch) {
        let all = !self.machine.is_stopping() && self.random.chance(2);
        let done = if all {
            stretch.len
        } else {
            self.random.below(stretch.len + 1)
        };
        for item in 0..done {
            for atom in self.tasks_of(stretch, item) {
                let transient = self.machine.is_transient(atom);
                let truth = self.world.truth(atom);
                assert!(!truth.stored && !truth.effect, "{atom} runs once");
                (truth.effect, truth.value, truth.stored) = (true, true, !transient);
                truth.version += u32::from(!transient);
            }
        }
        let begun = done < stretch.len && self.random.chance(2);
        self.on(Event::StretchDone {
            stretch,
            done,
            begun,
        });
        if !begun {
            return;
        }
        let tasks = self.tasks_of(stretch, done);
        let last = self.random.below(super::plans::small(tasks.len())) as usize;
        for &atom in &tasks[..last] {
            self.start(atom);
            self.done(atom);
        }
        self.start(tasks[last]);
        let effect = self.random.chance(8);
        let Ending::Fail { refused, wait, .. } = self.failure(effect) else {
            unreachable!("a failure is one");
        };
        self.fail(tasks[last], effect, refused, wait);
    }

    fn start(&mut self, atom: u32) {
        let place = self.machine.place(atom).expect("it is in the run");
        self.world.check_start(&self.machine, &place, true);
        self.on(Event::Start(atom));
    }

    /// The tasks of one of the items.
    fn tasks_of(&self, stretch: Stretch, item: u32) -> Vec<u32> {
        let place = self.machine.place(stretch.first).expect("it is in the run");
        let plan = place.last().plan;
        let first = stretch.first + item * plan.len();
        plan.task_atoms().map(|atom| first + atom).collect()
    }
}
