//! `retry`, on groups and on tasks, and `try`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use taskflow::{Failure, RunState, TaskContext, flow, task};
use tests::{Journal, everywhere, failed};

/// Fails so many times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flaky(Arc<AtomicU32>);

impl Flaky {
    pub(crate) fn times(times: u32) -> Self {
        Self(Arc::new(AtomicU32::new(times)))
    }

    pub(crate) fn call(&self) -> Result<(), Busy> {
        let left = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        match left {
            Ok(left) => Err(Busy { left: left - 1 }),
            Err(_) => Ok(()),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Busy {
    left: u32,
}

impl Busy {
    fn may_pass(&self) -> bool {
        self.left != 2
    }
}

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "busy, {} to go", self.left)
    }
}

#[task(revert = release(journal, reserve))]
fn reserve(journal: &Journal) -> u32 {
    journal.note("reserve");
    7
}

fn release(journal: &Journal, reserve: &u32) {
    journal.note(format!("release {reserve}"));
}

#[task]
fn call(journal: &Journal, flaky: &Flaky, reserve: &u32) -> Result<u32, Busy> {
    journal.note("call");
    flaky.call().map(|()| reserve + 1)
}

flow! {
    struct Retried { #[resource] journal: Journal, #[resource] flaky: Flaky } -> call: u32
    linear[retry(times = 3)[reserve, call]]
}

#[test]
fn an_attempt_is_undone_before_the_next() {
    everywhere!(
        |journal| Retried {
            journal,
            flaky: Flaky::times(2)
        },
        |seen| {
            assert_eq!(seen.result.unwrap(), 8);
            assert_eq!(
                seen.effects,
                [
                    "reserve",
                    "call",
                    "release 7",
                    "reserve",
                    "call",
                    "release 7",
                    "reserve",
                    "call"
                ]
            );
        }
    );
}

#[test]
fn after_the_last_attempt_the_run_fails() {
    everywhere!(
        |journal| Retried {
            journal,
            flaky: Flaky::times(9)
        },
        |seen| {
            let failed = failed(seen.result);
            let said: Vec<_> = failed.failures().iter().map(ToString::to_string).collect();
            // Only the last attempt is reported.
            assert_eq!(said, ["task `call`: busy, 6 to go"]);
            assert_eq!(seen.effects.len(), 9);
            assert_eq!(seen.effects[8], "release 7");
            assert!(seen.state.is_none_or(|state| state == RunState::Reverted));
        }
    );
}

flow! {
    struct Picky { #[resource] journal: Journal, #[resource] flaky: Flaky } -> call: u32
    linear[retry(times = 9, if = Busy::may_pass)[reserve, call]]
}

#[test]
fn an_error_may_speak_against_another_attempt() {
    everywhere!(
        |journal| Picky {
            journal,
            flaky: Flaky::times(4)
        },
        |seen| {
            let failed = failed(seen.result);
            assert_eq!(failed.failures()[0].failure.message(), "busy, 2 to go");
            assert_eq!(seen.effects.len(), 6);
        }
    );
}

#[task]
fn mirror_call(journal: &Journal, mirror: &str) -> Result<String, String> {
    journal.note(format!("try {mirror}"));
    if mirror == "c" {
        Ok(format!("from {mirror}"))
    } else {
        Err(format!("{mirror} is down"))
    }
}

flow! {
    struct Mirrors { mirrors: Vec<String>, #[resource] journal: Journal } -> String
    linear[retry(mirror in mirrors, backoff = fixed("1ms"))[mirror_call]]
}

#[test]
fn each_attempt_has_a_value_of_its_own() {
    let mirrors = |names: &str| names.chars().map(String::from).collect::<Vec<_>>();
    everywhere!(
        |journal| Mirrors {
            mirrors: mirrors("abcd"),
            journal
        },
        |seen| {
            assert_eq!(seen.result.unwrap(), "from c");
            assert_eq!(seen.effects, ["try a", "try b", "try c"]);
        }
    );
    everywhere!(
        |journal| Mirrors {
            mirrors: mirrors("ab"),
            journal
        },
        |seen| {
            assert_eq!(
                failed(seen.result).failures()[0].failure.message(),
                "b is down"
            );
        }
    );
}

#[task(retry(times = 4, backoff = exponential("1ms", max = "2ms", jitter), if = Busy::may_pass))]
fn stubborn(journal: &Journal, flaky: &Flaky, ctx: &TaskContext) -> Result<u32, Busy> {
    journal.note(format!("attempt {}", ctx.attempt()));
    flaky.call().map(|()| ctx.attempt())
}

flow! {
    struct Stubborn { #[resource] journal: Journal, #[resource] flaky: Flaky } -> u32
    linear[stubborn]
}

#[test]
fn a_task_is_attempted_again_by_its_own_setting() {
    everywhere!(
        |journal| Stubborn {
            journal,
            flaky: Flaky::times(2)
        },
        |seen| {
            assert_eq!(seen.result.unwrap(), 3);
            assert_eq!(seen.effects, ["attempt 1", "attempt 2", "attempt 3"]);
        }
    );
    everywhere!(
        |journal| Stubborn {
            journal,
            flaky: Flaky::times(3)
        },
        |seen| {
            assert_eq!(
                failed(seen.result).failures()[0].failure.message(),
                "busy, 2 to go"
            );
            assert_eq!(seen.effects, ["attempt 1"]);
        }
    );
}

flow! {
    struct Both { #[resource] journal: Journal, #[resource] flaky: Flaky } -> call: u32
    linear[retry(times = 2)[reserve as first, retry(times = 2)[reserve, call]]]
}

#[test]
fn the_inner_retry_decides_first() {
    everywhere!(
        |journal| Both {
            journal,
            flaky: Flaky::times(3)
        },
        |seen| {
            assert_eq!(seen.result.unwrap(), 8);
            assert_eq!(
                seen.effects,
                [
                    "reserve",
                    "reserve",
                    "call",
                    "release 7",
                    "reserve",
                    "call",
                    "release 7",
                    "release 7",
                    "reserve",
                    "reserve",
                    "call",
                    "release 7",
                    "reserve",
                    "call"
                ]
            );
        }
    );
}

#[task]
fn tell(journal: &Journal, outcome: &Result<u32, Failure>) {
    match outcome {
        Ok(value) => journal.note(format!("ok {value}")),
        Err(failure) => journal.note(format!("not: {failure}")),
    }
}

flow! {
    struct Tried { #[resource] journal: Journal, #[resource] flaky: Flaky }
    linear[try[reserve, call] as outcome, tell]
}

#[test]
fn what_is_tried_may_fail() {
    everywhere!(
        |journal| Tried {
            journal,
            flaky: Flaky::times(0)
        },
        |seen| {
            seen.result.unwrap();
            assert_eq!(seen.effects, ["reserve", "call", "ok 8"]);
        }
    );
    everywhere!(
        |journal| Tried {
            journal,
            flaky: Flaky::times(1)
        },
        |seen| {
            seen.result.unwrap();
            assert_eq!(
                seen.effects,
                ["reserve", "call", "release 7", "not: busy, 0 to go"]
            );
        }
    );
}

flow! {
    struct TriedThenFails { #[resource] journal: Journal, #[resource] flaky: Flaky }
    linear[try[reserve, call] as outcome, tell, fail(reason = "later")]
}

#[test]
fn what_was_tried_is_undone_with_the_run() {
    everywhere!(
        |journal| TriedThenFails {
            journal,
            flaky: Flaky::times(0)
        },
        |seen| {
            assert_eq!(failed(seen.result).failures().len(), 1);
            assert_eq!(seen.effects, ["reserve", "call", "ok 8", "release 7"]);
        }
    );
    everywhere!(
        |journal| TriedThenFails {
            journal,
            flaky: Flaky::times(1)
        },
        |seen| {
            let failed = failed(seen.result);
            assert_eq!(failed.failures().len(), 1, "{failed}");
            assert_eq!(seen.effects.len(), 4);
        }
    );
}
