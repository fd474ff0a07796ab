//! A new run that takes over what another has done up to a chosen task.

use super::pool::not_now;
use super::registered::Known;
use super::{Runner, RunnerHandle, Served};
use crate::handle::{Terms, beginning, stored_plan};
use crate::logbook::RunId;
use crate::run::{StartError, Unforkable, forked};

/// The label of a fork that says which run it was made of.
const FORK_OF: &str = "fork-of";

impl Runner {
    /// Starts a new run with the inputs of the run `id`, in which everything that stands before the
    /// task `from` counts as done, with the values that were recorded. That task and what follows
    /// from it run anew; what stands beside it does not if it was done.
    ///
    /// `from` is a path, also that of a group, and of a task in a group, such as `fetch[3]`: then the
    /// other items are taken over. Of a retry, the last attempt is; those before it count as failed,
    /// and a time limit begins anew. What a `map` or a `try` made of failures is taken over with
    /// them.
    ///
    /// The new run has an id of its own, no deadline, the priority and the labels of the other, and a label `fork-of` with the
    /// other's id. Its idempotency keys are its own.
    ///
    /// What was done before `from` then belongs to both runs: if the new one fails and is reverted,
    /// that is undone as well. It is undone twice if both are reverted.
    ///
    /// # Errors
    ///
    /// If the run is under way, if it has no such task, if not everything before it is done, if a
    /// group around or before it cannot be taken over as far as it has got (a retry that one around
    /// it had begun anew; the inside of a map that works at fewer items at once than it has begun
    /// since), if the run could not be taken up, or if the runner is full or drains.
    ///
    /// ```
    /// use taskflow::{Logbook, Runner, Serial, flow, task};
    ///
    /// #[task]
    /// fn fetch(page: u32) -> u32 {
    ///     page * 100
    /// }
    ///
    /// #[task]
    /// fn render(fetch: u32, style: &str) -> String {
    ///     format!("{fetch} in {style}")
    /// }
    ///
    /// flow! {
    ///     pub struct Report { page: u32, #[resource] style: &'static str } -> String
    ///     linear[fetch, render]
    /// }
    ///
    /// let book = Logbook::memory();
    /// let with = |style| {
    ///     Runner::new(Serial, book.clone())
    ///         .register::<Report>(ReportResources { style })
    ///         .build()
    /// };
    /// let run = with("black").start::<Report>(ReportInputs { page: 2 }).start()?;
    /// assert_eq!(run.wait()?, "200 in black");
    /// // The page is not fetched again.
    /// let fork = with("red").fork::<Report>(run.id(), "render")?;
    /// assert_eq!(fork.wait()?, "200 in red");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fork<F: Served>(&self, id: &RunId, from: &str) -> Result<RunnerHandle<F>, StartError> {
        let shared = &self.shared;
        let flow = shared.registered::<F>()?;
        let run = shared.summary(id)?;
        if shared.is_under_way(&run) {
            return Err(not_now(id, "is under way; wait for it first".to_owned()));
        }
        let inputs = flow.inputs(id)?;
        flow.asked(id)?;
        let history = shared.book.history(id)?;
        let history = history.ok_or_else(|| StartError::NoSuchRun(id.clone()))?;
        let done = forked(&shared.book, F::PLAN, &history, from);
        let done = done.map_err(|why| refused(id, from, why))?;

        let fork = RunId::random();
        let mut labels = run.labels;
        labels.push((FORK_OF.to_owned(), id.to_string()));
        let terms = Terms {
            labels,
            priority: run.priority,
            ..Terms::default()
        };
        let begin = beginning(&fork, &flow.given(inputs), terms)?;
        let ticket = shared.pool.begin(&fork, run.priority, || {
            let log = shared.book.begin(&begin, stored_plan::<F>)?;
            // It counts when the book has caught up.
            drop(log.append(&done)?);
            Ok(flow.clone().telling_of(fork.clone()))
        })?;
        shared.book.catch_up()?;
        Ok(RunnerHandle::new(shared.clone(), flow, fork, Some(ticket)))
    }
}

/// Why a run cannot be forked there.
fn refused(id: &RunId, from: &str, why: Unforkable) -> StartError {
    let why = match why {
        Unforkable::Book(error) => return error.into(),
        Unforkable::NoSuchAtom(atoms) => {
            format!("has no task `{from}`; it has `{}`", atoms.join("`, `"))
        }
        Unforkable::NotDone(path) => format!(
            "cannot be forked from `{from}`: `{path}` stands before it and is not done; fork it \
             from there"
        ),
        Unforkable::Tangled(path) => format!(
            "cannot be forked from `{from}`: what `{path}` has done cannot be taken over in part, \
             as it had begun anew or works at a few items at once; fork it from `{path}`, or from \
             a task before it"
        ),
    };
    not_now(id, why)
}
