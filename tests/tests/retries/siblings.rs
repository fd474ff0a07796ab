//! Attempts whose tasks stand beside each other, and controllers beside each other.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use taskflow::{Logbook, Parallel, RunState, TaskContext, flow, task};
use tests::classic::*;
use tests::{Journal, everywhere, failed, recorded};

use crate::{pick, tell};

flow! {
    struct Beside { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(x in xs)[unordered[provide as t1, pick as t2]]]
}

#[test]
fn what_stands_beside_a_failure_is_undone_and_both_run_again() {
    recorded!(
        unordered
            | journal
            | Beside {
                xs: vec![1, 2],
                y: 2,
                journal
            },
        |told| {
            told.result.unwrap();
            let split = told
                .effects
                .iter()
                .rposition(|effect| effect.ends_with('<'));
            let (first, second) = told.effects.split_at(split.unwrap() + 1);
            let times = |effect: &str| first.iter().filter(|is| *is == effect).count();
            assert_eq!((times("t2+"), times("t2<")), (1, 1));
            assert_eq!(times("t1+"), times("t1<"));
            let mut second = second.to_vec();
            second.sort();
            assert_eq!(second, ["t1+", "t2+"]);
            if told.serial {
                let wanted = ["t1+", "t2+", "t2<", "t1<", "t1+", "t2+"];
                assert_eq!(told.effects, wanted);
            }
        }
    );
}

/// Lets a task fail while another one is under way.
#[derive(Debug)]
struct Meeting(std::sync::Barrier);

#[task(revert = unstay(journal, ctx))]
fn stay(ctx: &TaskContext, journal: &Journal, meeting: &Meeting) {
    journal.note("t1+");
    if ctx.attempt() == 1 {
        meeting.0.wait();
        meeting.0.wait();
        // Long enough for the sibling's failure to be recorded; too early would be right as well.
        thread::sleep(Duration::from_millis(20));
        journal.note("t1 ends");
    }
}

fn unstay(journal: &Journal, ctx: &TaskContext) {
    journal.note(format!("{}<", ctx.atom()));
}

#[task]
fn leave(ctx: &TaskContext, journal: &Journal, meeting: &Meeting) -> Result<(), String> {
    if ctx.attempt() == 1 {
        meeting.0.wait();
        journal.note("t2!");
        meeting.0.wait();
        return Err("Woot!".to_owned());
    }
    journal.note("t2+");
    Ok(())
}

flow! {
    struct UnderWay { #[resource] journal: Journal, #[resource] meeting: Arc<Meeting> }
    linear[retry(times = 2)[unordered[stay as t1, linear[leave as t2, provide as t3]]]]
}

#[test]
fn a_running_sibling_finishes_and_is_then_undone() {
    let engine = Parallel::with_threads(2).unwrap();
    for book in [None, Some(Logbook::memory())] {
        let journal = Journal::default();
        let flow = UnderWay {
            journal: journal.clone(),
            meeting: Arc::new(Meeting(std::sync::Barrier::new(2))),
        };
        match &book {
            Some(book) => flow.run(&engine, book).unwrap(),
            None => flow.call(&engine).unwrap(),
        }
        let effects = journal.take();
        assert_eq!(effects[..4], ["t1+", "t2!", "t1 ends", "t1<"]);
        let mut again = effects[4..].to_vec();
        again.sort();
        assert_eq!(again, ["t1+", "t2+", "t3+"]);
    }
}

flow! {
    struct OneGivesUp { pause: Duration, #[resource] journal: Journal }
    unordered[
        retry(times = 9, backoff = fixed(pause))[provide as t1, fail_plainly as t2],
        linear[provide as t3, fail_plainly as t4],
    ]
}

#[test]
fn who_waits_for_another_attempt_gives_up_when_the_run_fails() {
    let pause = Duration::from_mins(1);
    let begun = Instant::now();
    everywhere!(|journal| OneGivesUp { pause, journal }, |seen| {
        let times = |effect: &str| seen.effects.iter().filter(|is| *is == effect).count();
        assert_eq!(times("t4+"), 1);
        assert_eq!(times("t3<"), 1);
        assert!(times("t1+") <= 1);
        assert_eq!(times("t1+"), times("t1<"));
        assert!(seen.state.is_none_or(|state| state == RunState::Reverted));
        failed(seen.result);
    });
    assert!(begun.elapsed() < pause, "no attempt was waited for");
}

flow! {
    struct BothTry { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    unordered[
        retry(x in xs)[provide as t1, pick as t2],
        retry(x in xs)[provide as t3, pick as t4],
    ]
}

#[test]
fn controllers_beside_each_other_decide_for_themselves() {
    recorded!(
        unordered
            | journal
            | BothTry {
                xs: vec![1, 2],
                y: 2,
                journal
            },
        |told| {
            told.result.unwrap();
            for [one, two] in [["t1", "t2"], ["t3", "t4"]] {
                let effects = told.effects.iter();
                let own =
                    effects.filter(|effect| effect.starts_with(one) || effect.starts_with(two));
                let wanted = ["+", "+", "<", "<", "+", "+"].map(str::to_owned);
                let marks: Vec<_> = own.map(|effect| effect[2..].to_owned()).collect();
                assert_eq!(marks, wanted);
            }
        }
    );
}

flow! {
    struct InGraph { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    graph[
        tell(x = b) as a,
        retry(x in xs)[tell as b, pick as c],
    ]
}

#[test]
fn who_reads_from_an_attempt_waits_for_the_one_that_succeeds() {
    everywhere!(
        |journal| InGraph {
            xs: vec![1, 2],
            y: 2,
            journal
        },
        |seen| {
            seen.result.unwrap();
            let wanted = ["b=1", "c+", "c<", "b<1", "b=2", "c+", "a=2"];
            assert_eq!(seen.effects, wanted);
        }
    );
}

flow! {
    struct InGraphFails { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    graph[
        pick(x = b) as last,
        tell(x = b) as a,
        retry(x in xs)[tell as b, pick(x = 2) as c],
        a -> last,
    ]
}

#[test]
fn who_read_from_an_attempt_is_undone_before_it() {
    everywhere!(
        |journal| InGraphFails {
            xs: vec![1, 2],
            y: 2,
            journal
        },
        |seen| {
            failed(seen.result);
            let wanted = ["b=1", "c+", "a=1", "last+", "last<", "a<1", "c<", "b<1"];
            assert_eq!(seen.effects, wanted);
            assert!(seen.state.is_none_or(|state| state == RunState::Reverted));
        }
    );
}

#[task]
fn heed(ctx: &TaskContext, journal: &Journal, meeting: &Meeting) {
    if ctx.attempt() == 1 {
        meeting.0.wait();
        let patience = Instant::now() + Duration::from_secs(2);
        while !ctx.is_stopping() && Instant::now() < patience {
            thread::yield_now();
        }
        journal.note(format!("stopping: {}", ctx.is_stopping()));
    }
}

#[task]
fn fail_once(ctx: &TaskContext, meeting: &Meeting) -> Result<(), String> {
    if ctx.attempt() == 1 {
        meeting.0.wait();
        return Err("Woot!".to_owned());
    }
    Ok(())
}

flow! {
    struct Heeds { #[resource] journal: Journal, #[resource] meeting: Arc<Meeting> }
    linear[retry(times = 2)[unordered[heed, fail_once]]]
}

#[test]
fn a_task_sees_that_its_attempt_has_failed() {
    let journal = Journal::default();
    let flow = Heeds {
        journal: journal.clone(),
        meeting: Arc::new(Meeting(std::sync::Barrier::new(2))),
    };
    flow.call(&Parallel::with_threads(2).unwrap()).unwrap();
    assert_eq!(journal.take(), ["stopping: true"]);
}
