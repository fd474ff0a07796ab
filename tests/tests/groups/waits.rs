//! `sleep`, `signal`, `timeout`, suspending and cancelling.

use std::thread;
use std::time::{Duration, Instant};

use taskflow::{
    AnyEngine, FailureKind, Logbook, RunError, RunState, StartError, TaskContext, Undo, flow, task,
};
use tests::{Journal, everywhere, failed};

#[task(revert = undo_first(journal))]
fn first(journal: &Journal) {
    journal.note("first");
}

fn undo_first(journal: &Journal) {
    journal.note("undo first");
}

#[task]
fn second(journal: &Journal) {
    journal.note("second");
}

flow! {
    struct Sleeps { pause: Duration, #[resource] journal: Journal }
    linear[first, sleep(pause), second]
}

#[test]
fn a_sleep_takes_its_time() {
    let pause = Duration::from_millis(30);
    everywhere!(|journal| Sleeps { pause, journal }, |seen| {
        seen.result.unwrap();
        assert_eq!(seen.effects, ["first", "second"]);
    });
    let start = Instant::now();
    Sleeps {
        pause,
        journal: Journal::default(),
    }
    .call(&taskflow::Serial)
    .unwrap();
    assert!(start.elapsed() + Duration::from_millis(1) >= pause);
}

#[task]
fn accept(journal: &Journal, approval: &String) -> String {
    journal.note(format!("accept {approval}"));
    approval.clone()
}

flow! {
    struct Approved { #[resource] journal: Journal } -> String
    linear[first, signal(approval: String), accept]
}

fn engines() -> [AnyEngine; 2] {
    ["serial", "parallel:2"].map(|name| name.parse().unwrap())
}

#[test]
fn a_signal_comes_from_another_thread() {
    for engine in engines() {
        let (book, journal) = (Logbook::memory(), Journal::default());
        let run = Approved {
            journal: journal.clone(),
        }
        .start(&engine, &book)
        .unwrap();
        let control = run.control();
        let clerk = thread::spawn(move || {
            while control.state().unwrap() != RunState::Waiting {
                thread::sleep(Duration::from_millis(1));
            }
            let error = control.signal("aproval", &"eve".to_owned()).unwrap_err();
            assert!(
                error.to_string().contains("it waits for `approval`"),
                "{error}"
            );
            let error = control.signal_json("approval", "7").unwrap_err();
            assert!(
                error.to_string().contains("needs a value of the type"),
                "{error}"
            );
            control.signal_json("approval", "\"eve\"").unwrap();
            let error = control.signal("approval", &"ann".to_owned()).unwrap_err();
            assert!(matches!(error, StartError::NotNow { .. }), "{error}");
        });
        assert_eq!(run.wait().unwrap(), "eve");
        clerk.join().unwrap();
        assert_eq!(journal.take(), ["first", "accept eve"]);
        // It is stored like a result.
        assert_eq!(run.wait().unwrap(), "eve");
    }
}

#[test]
fn a_run_that_is_not_recorded_cannot_be_signalled() {
    let run = Approved {
        journal: Journal::default(),
    };
    let failed = failed(run.call(&taskflow::Serial));
    let text = failed.to_string();
    assert!(text.contains("run the flow with a logbook"), "{text}");
}

flow! {
    struct Hurried { #[resource] journal: Journal } -> String
    linear[first, signal(approval: String, timeout = "20ms"), accept]
}

#[test]
fn a_signal_that_does_not_come_fails() {
    for engine in engines() {
        let (book, journal) = (Logbook::memory(), Journal::default());
        let run = Hurried {
            journal: journal.clone(),
        };
        let failed = failed(run.run(&engine, &book));
        assert_eq!(failed.failures()[0].task, "approval");
        assert_eq!(failed.failures()[0].failure.kind(), FailureKind::Timeout);
        assert_eq!(journal.take(), ["first", "undo first"]);
    }
}

#[task]
fn slow(journal: &Journal, ctx: &TaskContext) -> Result<(), String> {
    journal.note("slow");
    while !ctx.is_stopping() {
        thread::sleep(Duration::from_millis(1));
    }
    Err("stopped".into())
}

flow! {
    struct Timed { #[resource] journal: Journal }
    linear[timeout("20ms")[first, slow, second]]
}

#[test]
fn what_takes_too_long_fails() {
    everywhere!(|journal| Timed { journal }, |seen| {
        let failed = failed(seen.result);
        let kinds: Vec<_> = failed.failures().iter().map(|f| f.failure.kind()).collect();
        assert!(kinds.contains(&FailureKind::Timeout), "{failed}");
        assert_eq!(seen.effects, ["first", "slow", "undo first"]);
    });
}

#[task(timeout = "20ms", revert = undo_timed(journal, outcome))]
fn timed(journal: &Journal, ctx: &TaskContext) -> Result<u32, String> {
    assert!(ctx.deadline().is_some());
    while !ctx.is_stopping() {
        thread::sleep(Duration::from_millis(1));
    }
    journal.note("late");
    Err("gave up".into())
}

fn undo_timed(journal: &Journal, outcome: taskflow::Outcome<'_, u32>) {
    journal.note(format!("undo {outcome:?}"));
}

flow! {
    struct TaskTimed { #[resource] journal: Journal }
    linear[timed]
}

#[test]
fn a_task_that_takes_too_long_has_an_unknown_effect() {
    everywhere!(|journal| TaskTimed { journal }, |seen| {
        let failed = failed(seen.result);
        assert_eq!(failed.failures()[0].failure.kind(), FailureKind::Timeout);
        assert_eq!(seen.effects, ["late", "undo Unknown"]);
    });
}

#[test]
fn a_run_is_suspended_and_goes_on() {
    for engine in engines() {
        let (book, journal) = (Logbook::memory(), Journal::default());
        let run = Approved {
            journal: journal.clone(),
        }
        .id("x")
        .start(&engine, &book)
        .unwrap();
        let control = run.control();
        let person = thread::spawn(move || {
            while control.state().unwrap() != RunState::Waiting {
                thread::sleep(Duration::from_millis(1));
            }
            control.suspend().unwrap();
        });
        let Err(RunError::Stopped(stopped)) = run.wait() else {
            panic!("it was suspended");
        };
        person.join().unwrap();
        assert_eq!(stopped.state(), RunState::Suspended);
        assert_eq!(run.state().unwrap(), RunState::Suspended);
        // Attaching does not take it up.
        assert!(matches!(run.wait(), Err(RunError::Stopped(_))));
        let id = run.id().clone();
        let again = Approved::resume(
            &id,
            ApprovedResources {
                journal: journal.clone(),
            },
            &engine,
            &book,
        )
        .unwrap();
        let control = again.control();
        let clerk = thread::spawn(move || {
            while control.signal("approval", &"eve".to_owned()).is_err() {
                thread::sleep(Duration::from_millis(1));
            }
        });
        assert_eq!(again.wait().unwrap(), "eve");
        clerk.join().unwrap();
        assert_eq!(journal.take(), ["first", "accept eve"]);
    }
}

#[test]
fn a_run_is_cancelled_and_undone_or_kept() {
    for engine in engines() {
        for (undo, state, effects) in [
            (Undo::Keep, RunState::Cancelled, vec!["first"]),
            (
                Undo::Revert,
                RunState::Reverted,
                vec!["first", "undo first"],
            ),
        ] {
            let (book, journal) = (Logbook::memory(), Journal::default());
            let run = Approved {
                journal: journal.clone(),
            }
            .start(&engine, &book)
            .unwrap();
            let control = run.control();
            let person = thread::spawn(move || {
                while control.state().unwrap() != RunState::Waiting {
                    thread::sleep(Duration::from_millis(1));
                }
                control.cancel(undo).unwrap();
            });
            run.wait().unwrap_err();
            person.join().unwrap();
            assert_eq!(run.state().unwrap(), state);
            assert_eq!(journal.take(), effects);
            assert!(run.cancel(Undo::Keep).is_err());
        }
    }
}

/// Takes so long that the other thread is idle meanwhile.
#[task]
fn busy_for(ms: u64) -> u64 {
    thread::sleep(Duration::from_millis(ms));
    ms
}

#[task(retry(times = 2, backoff = fixed("1ms")))]
fn slow_at_first(ctx: &TaskContext) -> Result<u64, String> {
    thread::sleep(Duration::from_millis(60));
    if ctx.attempt() == 1 {
        Err("not yet".to_owned())
    } else {
        Ok(1)
    }
}

flow! {
    struct SleepsApart {} -> longer: u64
    linear[unordered[
        busy_for(ms = 20) as short,
        linear[busy_for(ms = 60) as long, sleep("1ms"), busy_for(ms = 1) as longer],
    ]]
}
flow! {
    struct TriesApart {} -> slow_at_first: u64
    linear[unordered[busy_for(ms = 20) as short, slow_at_first]]
}

/// One thread has nothing to do and sleeps when the other begins to wait for a point in time.
#[test]
fn who_sleeps_is_told_of_a_point_in_time() {
    let engine: AnyEngine = "parallel:2".parse().unwrap();
    let (done, is_done) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for _ in 0..3 {
            SleepsApart {}.call(&engine).unwrap();
            TriesApart {}.call(&engine).unwrap();
        }
        done.send(()).unwrap();
    });
    let ended = is_done.recv_timeout(Duration::from_mins(1));
    assert!(ended.is_ok(), "a run waits for ever");
}
