//! Listing the runs of a runner.

use std::time::SystemTime;

use super::{Listed, Runner};
use crate::logbook::{Filter, RunId, RunState};
use crate::run::StartError;

/// How many runs are looked at in one go.
const BATCH: usize = 256;

/// Which runs to list; [`Runner::runs`] makes one, which lists them all.
///
/// Every filter that is given narrows the list.
#[derive(Debug, Clone)]
#[must_use = "nothing is listed until `list` is called"]
pub struct Query<'r> {
    runner: &'r Runner,
    filter: Filter,
    states: Vec<RunState>,
    attention: bool,
    after: Option<RunId>,
    limit: usize,
}

impl Runner {
    /// The runs of the logbook, to be narrowed down and listed in the order in which they began.
    ///
    /// ```
    /// use taskflow::{Logbook, RunState, Runner, Serial, flow, task};
    ///
    /// #[task]
    /// fn ship(order: u32) -> Result<u32, String> {
    ///     if order == 2 { Err("the van is gone".to_owned()) } else { Ok(order) }
    /// }
    ///
    /// flow! {
    ///     pub struct Delivery { order: u32 } -> u32
    ///     linear[ship]
    /// }
    ///
    /// let runner = Runner::new(Serial, Logbook::memory())
    ///     .register::<Delivery>(DeliveryResources {})
    ///     .build();
    /// for order in 1..=3 {
    ///     let delivery = runner.start::<Delivery>(DeliveryInputs { order });
    ///     let run = delivery.id(format!("order-{order}")).label("tenant", "north").start()?;
    ///     assert_eq!(run.wait().is_ok(), order != 2);
    /// }
    /// let done = runner.runs().label("tenant", "north").state(RunState::Succeeded).list()?;
    /// assert_eq!(done.len(), 2);
    /// // What a person has to look at.
    /// let trouble = runner.runs().attention().list()?;
    /// assert_eq!(
    ///     trouble[0].to_string(),
    ///     "run `order-2` of `delivery` v1 is failed: it failed, and what it had done is kept; \
    ///      repair the cause and `resume` it, or `revert` it"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn runs(&self) -> Query<'_> {
        Query {
            runner: self,
            filter: Filter::default(),
            states: Vec::new(),
            attention: false,
            after: None,
            limit: usize::MAX,
        }
    }
}

impl Query<'_> {
    /// Runs of the flow of this stored name.
    pub fn flow(mut self, name: impl Into<String>) -> Self {
        self.filter.flow = Some(name.into());
        self
    }

    /// Runs in this state; where several are given, in any of them.
    pub fn state(mut self, state: RunState) -> Self {
        self.states.push(state);
        self
    }

    /// Runs with this label; where several are given, with all of them.
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.filter.labels.push((key.into(), value.into()));
        self
    }

    /// Runs that began then or later.
    pub fn started_from(mut self, time: SystemTime) -> Self {
        self.filter.from = Some(time);
        self
    }

    /// Runs that began earlier than that.
    pub fn started_before(mut self, time: SystemTime) -> Self {
        self.filter.before = Some(time);
        self
    }

    /// Runs that do not go on without a person: those that failed and were kept or could not be
    /// undone, that wait for an answer, whose code has changed, and that were set aside; and those
    /// that may need one: that are [stuck](crate::RunnerBuilder::stuck_after), or wait for a signal
    /// that is [overdue](crate::RunnerBuilder::overdue_after). Each says
    /// [why](Listed::attention).
    pub fn attention(mut self) -> Self {
        self.attention = true;
        self
    }

    /// Runs that began after the run of this id: the last one of the page before.
    pub fn after(mut self, id: &RunId) -> Self {
        self.after = Some(id.clone());
        self
    }

    /// At most so many runs. All of them unless this says otherwise.
    pub fn limit(mut self, runs: usize) -> Self {
        self.limit = runs;
        self
    }

    /// The runs, in the order in which they began.
    ///
    /// The records of each that is interrupted or waits are read, to say whether it can go on.
    ///
    /// # Errors
    ///
    /// If the logbook has no run of the id that was given to [`after`](Query::after), or if it
    /// fails as a whole.
    pub fn list(self) -> Result<Vec<Listed>, StartError> {
        let shared = &self.runner.shared;
        let mut after = match &self.after {
            None => 0,
            Some(id) => {
                let number = shared.book.number(id);
                number.ok_or_else(|| StartError::NoSuchRun(id.clone()))?
            }
        };
        let mut found = Vec::new();
        while found.len() < self.limit {
            let batch = shared.book.select(&self.filter, after, BATCH);
            let Some((last, _)) = batch.last() else {
                break;
            };
            after = *last;
            let admitted = batch
                .into_iter()
                .map(|(_, run)| shared.seen(run))
                .filter(|run| self.states.is_empty() || self.states.contains(&run.state))
                .map(|run| shared.listed(run))
                .filter(|listed| !self.attention || listed.attention.is_some());
            found.extend(admitted.take(self.limit - found.len()));
        }
        Ok(found)
    }
}
