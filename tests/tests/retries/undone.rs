//! Reverts that are attempted again, because the task that they call says so.

use std::time::Duration;

use taskflow::{FailureKind, RunState, TaskContext, Undone, flow, task};
use tests::{Journal, everywhere, failed, recorded};

use crate::said;

/// Fails until it is called for the third time.
#[task(retry(times = 3, backoff = fixed("1ms")))]
fn unlock(journal: &Journal, tries: &Journal) -> Result<(), String> {
    journal.note("unlock");
    tries.note("try");
    if tries.len().is_multiple_of(3) {
        Ok(())
    } else {
        Err("busy".to_owned())
    }
}

/// As `unlock`, but gives up at once.
#[task(retry(times = 3, if = is_worth_it))]
fn unlock_once(journal: &Journal) -> Result<(), String> {
    journal.note("unlock");
    Err("gone".to_owned())
}

fn is_worth_it(error: &String) -> bool {
    error != "gone"
}

/// Takes longer than it may.
#[task(timeout = "1ms")]
fn unlock_slowly(journal: &Journal, ctx: &TaskContext) -> Result<(), String> {
    while !ctx.is_stopping() {
        std::thread::sleep(Duration::from_millis(1));
    }
    journal.note("unlock");
    Err("too slow".to_owned())
}

#[task(revert = unlock(journal, tries))]
fn lock(journal: &Journal, tries: &Journal) {
    let _ = tries;
    journal.note("lock");
}

#[task(revert = unlock_once(journal))]
fn lock_for_good(journal: &Journal) {
    journal.note("lock");
}

#[task(revert = unlock_slowly(journal, ctx))]
fn lock_slowly(journal: &Journal, ctx: &TaskContext) {
    let _ = ctx;
    journal.note("lock");
}

/// Never goes well.
#[task(retry(times = 3, backoff = fixed("1ms")))]
fn unjam(journal: &Journal) -> Result<(), String> {
    journal.note("unlock");
    Err("jammed".to_owned())
}

#[task(revert = unjam(journal))]
fn jam(journal: &Journal) {
    journal.note("lock");
}

#[task]
fn broken() -> Result<(), String> {
    Err("broken".to_owned())
}

flow! {
    struct Locked { #[resource] journal: Journal, #[resource] tries: Journal }
    linear[lock, broken]
}
flow! {
    struct LockedTwice { #[resource] journal: Journal, #[resource] tries: Journal }
    linear[retry(times = 2)[lock, broken]]
}
flow! { struct Jammed { #[resource] journal: Journal } linear[jam, broken] }
flow! { struct LockedForGood { #[resource] journal: Journal } linear[lock_for_good, broken] }
flow! { struct LockedSlowly { #[resource] journal: Journal } linear[lock_slowly, broken] }

#[test]
fn a_revert_is_attempted_as_often_as_its_task_says() {
    everywhere!(
        |journal| Locked {
            journal,
            tries: Journal::default()
        },
        |seen| {
            assert_eq!(seen.effects, ["lock", "unlock", "unlock", "unlock"]);
            let failed = failed(seen.result);
            assert_eq!(said(&failed), ["broken: broken"]);
            assert_eq!(*failed.undone(), Undone::All);
        }
    );
    everywhere!(
        |journal| LockedTwice {
            journal,
            tries: Journal::default()
        },
        |seen| {
            let attempt = ["lock", "unlock", "unlock", "unlock"];
            assert_eq!(seen.effects, [attempt, attempt].concat());
            assert_eq!(*failed(seen.result).undone(), Undone::All);
        }
    );
}

#[test]
fn the_attempts_of_a_revert_are_counted_over_a_kill() {
    recorded!(|journal| Jammed { journal }, |told| {
        assert_eq!(told.effects, ["lock", "unlock", "unlock", "unlock"]);
        assert_eq!(told.state, RunState::RevertFailed);
        let undone = failed(told.result).undone().to_string();
        assert!(undone.contains("its revert failed: jammed"), "{undone}");
        let failed = told.records.iter().filter(|kind| **kind == "stuck");
        assert_eq!(failed.count(), 3);
    });
}

#[test]
fn a_revert_whose_error_is_not_worth_it_is_attempted_once() {
    recorded!(|journal| LockedForGood { journal }, |told| {
        assert_eq!(told.effects, ["lock", "unlock"]);
        assert_eq!(told.state, RunState::RevertFailed);
        let undone = failed(told.result).undone().to_string();
        assert!(undone.contains("its revert failed: gone"), "{undone}");
    });
}

#[test]
fn a_revert_has_the_time_that_its_task_says() {
    recorded!(|journal| LockedSlowly { journal }, |told| {
        assert_eq!(told.effects, ["lock", "unlock"]);
        assert_eq!(told.state, RunState::RevertFailed);
        let failed = failed(told.result);
        let Undone::Partly(left) = failed.undone() else {
            panic!("it is still locked");
        };
        let failure = left[0].failure.as_ref().unwrap();
        assert_eq!(failure.kind(), FailureKind::Timeout);
    });
}
