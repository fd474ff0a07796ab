//! Taking up what an earlier process left.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use super::{Attention, Listed, Runner};
use crate::handle::Intent;
use crate::logbook::{Filter, LogbookError, RunState, RunSummary};
use crate::run::StartError;

/// What became of the unfinished runs of a logbook when a runner took them up, each list in the
/// order in which they began. Runs that were under way already are in none.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Recovery {
    /// They go on, also those that wait for a signal or a point in time; those that found no thread
    /// yet are queued.
    pub resumed: Vec<RunSummary>,
    /// They wait for an answer.
    pub waiting: Vec<Listed>,
    /// They cannot be taken up, and each says why.
    pub refused: Vec<Listed>,
    /// They were taken up too often without anything coming of it, and are not any more.
    pub set_aside: Vec<Listed>,
    /// They failed and were kept, could not be undone, or were suspended by a person; they are not
    /// taken up by themselves.
    pub at_rest: Vec<Listed>,
}

impl Runner {
    /// Takes up every unfinished run of the logbook that was interrupted, or waits for a signal or a
    /// point in time, and reports on all of
    /// them. To be called once, at start-up, when every flow is registered.
    ///
    /// Those of a higher [priority](crate::runner::Start::priority) go first, and then the older ones.
    /// A run that cannot be taken up is reported, and keeps none of the others from it. The runs
    /// are queued when this returns; it does not wait for them.
    ///
    /// # Errors
    ///
    /// If the logbook has failed as a whole.
    ///
    /// ```
    /// use taskflow::{Logbook, Runner, Serial, flow, task};
    ///
    /// #[task]
    /// fn double(number: u32) -> u32 {
    ///     number * 2
    /// }
    ///
    /// flow! {
    ///     pub struct Double { number: u32 } -> u32
    ///     linear[double]
    /// }
    ///
    /// let book = Logbook::memory();
    /// // Recorded, and not driven: as a process leaves a run that ends in the middle of it.
    /// Double { number: 21 }.id("x").start(&Serial, &book)?;
    ///
    /// let runner = Runner::new(Serial, book)
    ///     .register::<Double>(DoubleResources {})
    ///     .build();
    /// let recovery = runner.recover()?;
    /// assert_eq!(
    ///     recovery.to_string(),
    ///     "resumed: 1, waiting: 0, refused: 0, set aside: 0, at rest: 0"
    /// );
    /// for run in &recovery.refused {
    ///     eprintln!("{run}");
    /// }
    /// let run = runner.get::<Double>(&"x".parse()?)?.expect("it is in the logbook");
    /// assert_eq!(run.wait()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recover(&self) -> Result<Recovery, LogbookError> {
        let shared = &self.shared;
        shared.book.catch_up()?;
        let runs = shared.book.select(&Filter::default(), 0, usize::MAX);
        // All are judged before the first goes on, so that no judgement waits for its records.
        let listed: Vec<Listed> = runs
            .into_iter()
            .filter(|(_, run)| run.state.is_unfinished() && !shared.is_under_way(run))
            .map(|(_, run)| shared.listed(run))
            .collect();
        // The first are driven at once: those go first that are to.
        let mut order: Vec<usize> = (0..listed.len()).collect();
        order.sort_by_key(|&at| Reverse(listed[at].run.priority));
        let mut taken = BTreeMap::new();
        for at in order {
            let Listed { run, attention } = &listed[at];
            let is_kept = matches!(
                attention,
                Some(Attention::Refused(_) | Attention::SetAside { .. })
            );
            if run.is_to_be_taken_up() && !is_kept {
                taken.insert(at, self.take_up(run));
            }
        }
        let mut recovery = Recovery::default();
        for (at, mut listed) in listed.into_iter().enumerate() {
            let list = match (taken.remove(&at), listed.run.state, &listed.attention) {
                (Some(Ok(())), ..) => {
                    recovery.resumed.push(listed.run);
                    continue;
                }
                (Some(Err(error)), ..) => {
                    listed.attention = Some(Attention::Refused(error));
                    &mut recovery.refused
                }
                (_, _, Some(Attention::Refused(_))) => &mut recovery.refused,
                (_, _, Some(Attention::SetAside { .. })) => &mut recovery.set_aside,
                (_, RunState::Waiting, _) => &mut recovery.waiting,
                _ => &mut recovery.at_rest,
            };
            list.push(listed);
        }
        Ok(recovery)
    }

    fn take_up(&self, run: &RunSummary) -> Result<(), StartError> {
        let flow = self.shared.known(run)?;
        self.shared.take_up(&flow, &run.id, Intent::Attach)?;
        Ok(())
    }
}

/// How many there are of each.
impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "resumed: {}, waiting: {}, refused: {}, set aside: {}, at rest: {}",
            self.resumed.len(),
            self.waiting.len(),
            self.refused.len(),
            self.set_aside.len(),
            self.at_rest.len()
        )
    }
}
