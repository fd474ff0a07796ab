//! What happens to the task in which the process was killed, by its policy.

use taskflow::{Outcome, RunError, RunState, Serial, TaskContext, flow, task};
use tests::failed;

use crate::places::{Killer, Place, id};

#[task(revert = unmake(killer, ctx, make))]
pub(crate) fn make(killer: &Killer, ctx: &TaskContext) -> u32 {
    killer.pass(ctx, "");
    killer.note(format!("attempt {}", ctx.attempt()));
    5
}

fn unmake(killer: &Killer, ctx: &TaskContext, make: &u32) {
    killer.pass(ctx, "<");
    killer.note(format!("unmade {make}"));
}

#[task]
fn plain(killer: &Killer, ctx: &TaskContext) -> u32 {
    killer.pass(ctx, "");
    killer.note(format!("attempt {}", ctx.attempt()));
    6
}

#[task(revert = look(killer, ctx, outcome), on_unknown = revert)]
fn careful(killer: &Killer, ctx: &TaskContext) -> u32 {
    killer.pass(ctx, "");
    7
}

#[task(on_unknown = skip)]
fn mail(killer: &Killer, ctx: &TaskContext) {
    killer.pass(ctx, "");
}

#[task]
pub(crate) fn fail(killer: &Killer, ctx: &TaskContext) -> Result<(), String> {
    killer.pass(ctx, "");
    Err("no".to_owned())
}

fn look(killer: &Killer, ctx: &TaskContext, outcome: Outcome<'_, u32>) {
    killer.pass(ctx, "<");
    killer.note(format!("{outcome:?}"));
}

flow! {
    struct Reruns { #[resource] killer: Killer } -> plain: u32
    linear[make, plain]
}

#[test]
fn what_was_finished_is_not_done_again() {
    let place = Place::new();
    let killer = place.killer("plain");
    let flow = Reruns { killer };
    let result = flow.id("x").run(&Serial, &place.book()).unwrap();
    let book = place.killed();
    assert_eq!(book.runs().unwrap()[0].state, RunState::Interrupted);
    assert_eq!(Reruns::unfinished(&book).unwrap().len(), 1);
    let killer = place.harmless();
    let handle = Reruns::resume(&id("x"), RerunsResources { killer }, &Serial, &book).unwrap();
    assert_eq!(handle.state().unwrap(), RunState::Interrupted);
    assert_eq!(handle.done().unwrap(), ["make"]);
    assert_eq!(handle.wait().unwrap(), result);
    // At least once: the one that was killed runs again, and knows it.
    assert_eq!(place.journal.take(), ["plain", "attempt 2"]);
    assert_eq!(handle.state().unwrap(), RunState::Succeeded);
}

#[test]
fn an_interrupted_run_is_taken_up_by_its_id_and_by_its_inputs() {
    for by_id in [true, false] {
        let place = Place::new();
        let killer = place.killer("plain");
        let flow = Reruns { killer };
        flow.id("x").run(&Serial, &place.book()).unwrap();
        let book = place.killed();
        let killer = place.harmless();
        let flow = Reruns { killer };
        let result = if by_id {
            flow.id("x").run(&Serial, &book)
        } else {
            let handle = flow.continue_or_start(&Serial, &book).unwrap();
            assert_eq!(handle.id(), &id("x"));
            handle.wait()
        };
        assert_eq!(result.unwrap(), 6);
        assert_eq!(place.journal.take(), ["plain", "attempt 2"]);
    }
}

#[test]
fn an_interrupted_run_can_be_reverted_instead() {
    let place = Place::new();
    let killer = place.killer("plain");
    Reruns { killer }
        .id("x")
        .run(&Serial, &place.book())
        .unwrap();
    let book = place.killed();
    let killer = place.harmless();
    let handle = Reruns::resume(&id("x"), RerunsResources { killer }, &Serial, &book).unwrap();
    handle.revert().unwrap();
    assert_eq!(place.journal.take(), ["make<", "unmade 5"]);
    assert_eq!(handle.state().unwrap(), RunState::Reverted);
}

flow! {
    struct Reverts { #[resource] killer: Killer } -> careful: u32
    linear[make, careful]
}

#[test]
fn a_task_may_be_undone_before_it_runs_again() {
    let place = Place::new();
    let killer = place.killer("careful");
    Reverts { killer }
        .id("x")
        .run(&Serial, &place.book())
        .unwrap();
    let book = place.killed();
    let killer = place.harmless();
    let flow = Reverts { killer };
    assert_eq!(flow.id("x").run(&Serial, &book).unwrap(), 7);
    assert_eq!(place.journal.take(), ["careful<", "Unknown", "careful"]);
}

flow! {
    struct Skips { #[resource] killer: Killer } -> plain: u32
    linear[mail, plain]
}

#[test]
fn a_task_may_run_at_most_once() {
    let place = Place::new();
    let killer = place.killer("mail");
    Skips { killer }
        .id("x")
        .run(&Serial, &place.book())
        .unwrap();
    let book = place.killed();
    let killer = place.harmless();
    let flow = Skips { killer };
    assert_eq!(flow.id("x").run(&Serial, &book).unwrap(), 6);
    assert_eq!(place.journal.take(), ["plain", "attempt 1"]);
}

flow! {
    struct Fails { #[resource] killer: Killer }
    linear[make, careful, fail]
}

#[test]
fn a_revert_that_was_cut_short_runs_again() {
    let place = Place::new();
    let killer = place.killer("careful<");
    failed(Fails { killer }.id("x").run(&Serial, &place.book()));
    let book = place.killed();
    let killer = place.harmless();
    let resources = FailsResources { killer };
    let handle = Fails::resume(&id("x"), resources, &Serial, &book).unwrap();
    let failed = failed(handle.wait());
    assert_eq!(failed.failures()[0].task, "fail");
    assert_eq!(
        place.journal.take(),
        ["careful<", "Done(7)", "make<", "unmade 5"]
    );
    assert_eq!(handle.state().unwrap(), RunState::Reverted);
}

#[test]
fn a_failure_before_the_kill_is_not_forgotten() {
    let place = Place::new();
    let killer = place.killer("make<");
    failed(Fails { killer }.id("x").run(&Serial, &place.book()));
    let book = place.killed();
    let killer = place.harmless();
    let flow = Fails { killer };
    let failed = failed(flow.id("x").run(&Serial, &book));
    assert_eq!(failed.failures()[0].failure.message(), "no");
    assert_eq!(place.journal.take(), ["make<", "unmade 5"]);
}

#[test]
fn a_run_that_has_succeeded_is_not_reverted() {
    let place = Place::new();
    let book = place.book();
    let killer = place.harmless();
    Reruns { killer }.id("x").run(&Serial, &book).unwrap();
    let killer = place.harmless();
    let handle = Reruns::resume(&id("x"), RerunsResources { killer }, &Serial, &book).unwrap();
    let refused = handle.revert().unwrap_err();
    assert!(matches!(refused, RunError::NotStarted(_)));
    assert_eq!(
        refused.to_string(),
        "run `x` succeeded, and what succeeded is not undone"
    );
}

mod unordered {
    //! Two tasks under way at once, one of which is of unknown outcome when the other fails.

    use super::{Killer, TaskContext, fail, make, task};
    use std::sync::Barrier;

    #[task(revert = super::look(killer, ctx, outcome))]
    pub(super) fn beside(killer: &Killer, ctx: &TaskContext, both: &Barrier) -> u32 {
        both.wait();
        both.wait();
        killer.pass(ctx, "");
        9
    }

    #[task]
    pub(super) fn boom(killer: &Killer, ctx: &TaskContext, both: &Barrier) -> Result<(), String> {
        both.wait();
        killer.pass(ctx, "");
        both.wait();
        Err("boom".to_owned())
    }

    taskflow::flow! {
        pub(super) struct Beside {
            #[resource] killer: Killer,
            #[resource] both: std::sync::Arc<Barrier>,
        }
        linear[make, unordered[boom, beside], fail]
    }
}

#[test]
fn an_unknown_task_of_a_run_that_fails_is_undone_as_unknown() {
    use std::sync::{Arc, Barrier};
    let place = Place::new();
    let killer = place.killer("boom");
    let engine = taskflow::Parallel::with_threads(2).unwrap();
    let both = Arc::new(Barrier::new(2));
    let flow = unordered::Beside { killer, both };
    failed(flow.id("x").run(&engine, &place.book()));
    let book = place.killed();
    // Taken up by one thread: `boom` runs first and fails, and `beside` had been started.
    let killer = place.harmless();
    let both = Arc::new(Barrier::new(1));
    let flow = unordered::Beside { killer, both };
    failed(flow.id("x").run(&Serial, &book));
    let effects = place.journal.take();
    assert_eq!(effects, ["boom", "beside<", "Unknown", "make<", "unmade 5"]);
    assert_eq!(book.runs().unwrap()[0].state, RunState::Reverted);
}
