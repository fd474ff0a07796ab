//! A new run that takes over what another has done up to a chosen task.

use super::pool::not_now;
use super::registered::Known;
use super::{Runner, RunnerHandle, Served};
use crate::handle::{beginning, stored_plan};
use crate::logbook::{Batch, Kind, Logbook, RunId};
use crate::machine::{Event, Machine, State};
use crate::plan::Plan;
use crate::run::{StartError, replay};

/// The label of a fork that says which run it was made of.
const FORK_OF: &str = "fork-of";

impl Runner {
    /// Starts a new run with the inputs of the run `id`, in which everything that stands before the
    /// task `from` counts as done, with the values that were recorded. That task and what follows
    /// from it run anew; what stands beside it does not if it was done.
    ///
    /// The new run has an id of its own, the labels of the other, and a label `fork-of` with the
    /// other's id. Its idempotency keys are its own.
    ///
    /// What was done before `from` then belongs to both runs: if the new one fails and is reverted,
    /// that is undone as well. It is undone twice if both are reverted.
    ///
    /// # Errors
    ///
    /// If the run is under way, if the flow has no such task, if not everything before it is done,
    /// if a group stands before it, if the run could not be taken up, or if the runner is full or
    /// drains.
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
        let plan = F::PLAN;
        let first = plan.find(from).ok_or_else(|| {
            let tasks: Vec<_> = plan.tasks().collect();
            let tasks = tasks.join("`, `");
            not_now(id, format!("has no task `{from}`; it has `{tasks}`"))
        })?;
        let run = shared.summary(id)?;
        if shared.is_under_way(&run) {
            return Err(not_now(id, "is under way; wait for it first".to_owned()));
        }
        let inputs = flow.inputs(id)?;
        flow.asked(id)?;
        let done = done_before(&shared.book, plan, id, first)?;

        let fork = RunId::random();
        let mut labels = run.labels;
        labels.push((FORK_OF.to_owned(), id.to_string()));
        let begin = beginning(&fork, &flow.given(inputs), labels)?;
        let ticket = shared.pool.begin(&fork, 0, || {
            let log = shared.book.begin(&begin, stored_plan::<F>)?;
            // It counts when the book has caught up.
            drop(log.append(&done)?);
            Ok(flow.clone().telling_of(fork.clone()))
        })?;
        shared.book.catch_up()?;
        Ok(RunnerHandle::new(shared.clone(), flow, fork, Some(ticket)))
    }
}

/// The records of a new run in which everything is done that was done in the run `id` and does not
/// follow from the atom `first`.
fn done_before(
    book: &Logbook,
    plan: &'static Plan,
    id: &RunId,
    first: u32,
) -> Result<Batch, StartError> {
    let history = book.history(id)?;
    let history = history.ok_or_else(|| StartError::NoSuchRun(id.clone()))?;
    let old = replay(book, plan, &history)?;
    let mut new = Machine::new(plan, plan.on_failure());
    let mut batch = Batch::default();
    let before = before(plan, first);
    let mut kept = vec![false; plan.len() as usize];
    // What stands before an atom has a lower number.
    for atom in 0..plan.len() {
        let here = plan.atom(atom);
        let follows = plan.preds(atom).iter().all(|&pred| kept[pred as usize]);
        let is_done = here.kind.is_join()
            || here.kind.is_task()
                && here.guard.is_none()
                && old.machine.state(atom) == State::Done;
        kept[atom as usize] = atom != first && follows && is_done;
        if !kept[atom as usize] {
            if before[atom as usize] {
                return Err(not_kept(plan, id, atom, first));
            }
            continue;
        }
        if here.kind.is_join() {
            continue;
        }
        let value = old.values.bytes(atom)?.unwrap_or_default();
        for (event, kind, payload) in [
            (Event::Start(atom), Kind::Start, &[][..]),
            (Event::Done(atom), Kind::Done, &value),
        ] {
            if new.on(event).is_err() {
                return Err(not_kept(plan, id, atom, first));
            }
            batch.push(kind, atom, payload);
        }
    }
    Ok(batch)
}

/// Which atoms stand before one, at any distance.
fn before(plan: &Plan, first: u32) -> Vec<bool> {
    let mut before = vec![false; plan.len() as usize];
    let mut open = vec![first];
    while let Some(atom) = open.pop() {
        for &pred in plan.preds(atom) {
            if !std::mem::replace(&mut before[pred as usize], true) {
                open.push(pred);
            }
        }
    }
    before
}

fn not_kept(plan: &Plan, id: &RunId, atom: u32, first: u32) -> StartError {
    let (path, first) = (plan.path(atom), plan.path(first));
    let why = if plan.atom(atom).kind.is_task() && plan.atom(atom).guard.is_none() {
        format!(
            "cannot be forked from `{first}`: `{path}` stands before it and is not done; fork it \
             from there"
        )
    } else {
        format!(
            "cannot be forked from `{first}`: the group `{path}` stands before it, and its part is \
             not taken over; fork it from a task before the group"
        )
    };
    not_now(id, why)
}
