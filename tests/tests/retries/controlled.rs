//! Controllers of one's own: what they are told, and what follows.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use taskflow::listen::Change;
use taskflow::retry::{Attempt, Controller, Next};
use taskflow::{Capture, FailureKind, Logbook, RunState, Serial, flow, task};
use tests::classic::*;
use tests::{Journal, everywhere, failed, recorded};

use crate::{said, tell};

/// Does what it is told: succeeds, fails with that text, or panics.
#[task]
fn act(what: &str, journal: &Journal) -> Result<i64, String> {
    journal.note(what);
    match what {
        "fine" => Ok(7),
        "panic" => panic!("it burns"),
        other => Err(other.to_owned()),
    }
}

fn script(words: &str) -> Vec<String> {
    words.split_whitespace().map(String::from).collect()
}

/// So many failures that say `busy`, whatever else fails in between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Patience {
    busy: usize,
}

impl Controller for Patience {
    fn decide(&self, attempts: &[Attempt]) -> Next {
        let is_busy = |attempt: &&Attempt| attempt.failure().message() == "busy";
        if attempts.iter().filter(is_busy).count() > self.busy {
            Next::GiveUp
        } else {
            Next::Retry
        }
    }
}

flow! {
    struct Patient { script: Vec<String>, patience: Patience, #[resource] journal: Journal } -> act: i64
    linear[provide as before, retry(what in script, with = patience)[provide as t1, act]]
}

#[test]
fn all_failures_count_and_not_the_last_alone() {
    recorded!(
        |journal| Patient {
            script: script("busy torn busy torn fine"),
            patience: Patience { busy: 2 },
            journal
        },
        |told| {
            assert_eq!(told.result.unwrap(), 7);
            let wanted = [
                "before+", "t1+", "busy", "t1<", "t1+", "torn", "t1<", "t1+", "busy", "t1<", "t1+",
                "torn", "t1<", "t1+", "fine",
            ];
            assert_eq!(told.effects, wanted);
        }
    );
    recorded!(
        |journal| Patient {
            script: script("busy torn busy torn fine"),
            patience: Patience { busy: 1 },
            journal
        },
        |told| {
            assert_eq!(said(&failed(told.result)), ["act: busy"]);
            assert_eq!(told.state, RunState::Reverted);
            assert_eq!(told.effects[9..], ["t1<", "before<"]);
            let wanted = [
                "plan", "begin", "start", "done", "start", "open", // the first attempt
                "start", "done", "start", "fail", "again", "revert", "reverted", // the second
                "start", "done", "start", "fail", "again", "revert", "reverted", // the third
                "start", "done", "start", "fail", // it gives up, and the run is undone
                "again", "revert", "reverted", "revert", "reverted", "end",
            ];
            assert_eq!(told.records, wanted);
        }
    );
}

/// Knows how its attempts are to fail: gives up when it is told anything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Remembers {
    wanted: Vec<String>,
    wait_ms: u64,
}

impl Controller for Remembers {
    fn decide(&self, attempts: &[Attempt]) -> Next {
        let told: Vec<String> = attempts.iter().map(ToString::to_string).collect();
        if self.wanted.starts_with(&told) {
            Next::RetryAfter(Duration::from_millis(self.wait_ms))
        } else {
            Next::GiveUp
        }
    }
}

flow! {
    struct Remembered { script: Vec<String>, remembers: Remembers, #[resource] journal: Journal } -> act: i64
    linear[retry(what in script, with = remembers)[provide as t1, act]]
}

#[test]
fn the_attempts_before_are_known_after_a_kill() {
    let wanted = [
        "attempt 1: task `act`: a",
        "attempt 2: task `act`: panicked: it burns",
        "attempt 3: task `act`: b",
    ];
    for wait_ms in [0, 1] {
        recorded!(
            |journal| Remembered {
                script: script("a panic b fine"),
                remembers: Remembers {
                    wanted: wanted.map(String::from).to_vec(),
                    wait_ms
                },
                journal
            },
            |told| {
                assert_eq!(told.result.unwrap(), 7);
                let dues = told.records.iter().filter(|kind| **kind == "due");
                assert_eq!(dues.count() > 0, wait_ms > 0);
            }
        );
    }
}

flow! {
    struct Slow { script: Vec<String>, remembers: Remembers, #[resource] journal: Journal } -> act: i64
    retry(what in script, with = remembers)[act]
}

#[test]
fn a_controller_says_how_long_is_waited() {
    everywhere!(
        |journal| Slow {
            script: script("a fine"),
            remembers: Remembers {
                wanted: script("attempt_1"),
                wait_ms: 30
            },
            journal
        },
        |seen| assert!(seen.result.is_err())
    );
    let began = Instant::now();
    let slow = Slow {
        script: script("a fine"),
        remembers: Remembers {
            wanted: vec!["attempt 1: task `act`: a".to_owned()],
            wait_ms: 30,
        },
        journal: Journal::default(),
    };
    assert_eq!(slow.call(&Serial).unwrap(), 7);
    assert!(began.elapsed() >= Duration::from_millis(30));
}

/// Attempts again what failed, and nothing that panicked.
fn unless_it_panicked(attempts: &[Attempt]) -> Next {
    match attempts.last().map(|attempt| attempt.failure().kind()) {
        Some(FailureKind::Panic) => Next::GiveUp,
        _ => Next::Retry,
    }
}

type Decide = fn(&[Attempt]) -> Next;

flow! {
    struct ByKind { script: Vec<String>, #[resource] decide: Decide, #[resource] journal: Journal } -> act: i64
    retry(what in script, times = 9, with = decide)[act]
}

#[test]
fn the_kind_of_a_failure_may_decide() {
    recorded!(
        |journal| ByKind {
            script: script("a b panic fine"),
            decide: unless_it_panicked,
            journal
        },
        |told| {
            assert_eq!(said(&failed(told.result)), ["act: panicked: it burns"]);
            assert_eq!(told.effects, ["a", "b", "panic"]);
        }
    );
}

fn always(_: &[Attempt]) -> Next {
    Next::Retry
}

flow! {
    struct Bounded { times: u32, #[resource] decide: Decide, #[resource] journal: Journal }
    retry(times = times, with = decide)[fail_plainly as f]
}

#[test]
fn there_are_no_more_attempts_than_it_may_have() {
    recorded!(
        |journal| Bounded {
            times: 3,
            decide: always,
            journal
        },
        |told| {
            assert_eq!(told.effects, ["f+", "f+", "f+"]);
            assert_eq!(said(&failed(told.result)), ["f: Woot!"]);
            let again = told.records.iter().filter(|kind| **kind == "again");
            assert_eq!(again.count(), 2);
        }
    );
}

flow! {
    struct Items { scripts: Vec<Vec<String>>, patience: Patience, #[resource] journal: Journal } -> Vec<i64>
    map(script in scripts)[retry(what in script, with = patience)[act]] as all
}

#[test]
fn each_item_has_attempts_of_its_own() {
    let items = |scripts: &[&str], busy, journal| Items {
        scripts: scripts.iter().map(|words| script(words)).collect(),
        patience: Patience { busy },
        journal,
    };
    recorded!(
        unordered
            | journal
            | items(
                &["busy busy fine", "busy fine", "busy torn busy fine"],
                2,
                journal
            ),
        |told| assert_eq!(told.result.unwrap(), [7, 7, 7])
    );
    recorded!(
        unordered | journal | items(&["fine", "fine", "busy busy fine"], 1, journal),
        |told| assert_eq!(said(&failed(told.result)), ["act[2]: busy"])
    );
}

flow! {
    struct Nested {
        outer: Remembers,
        inner: Remembers,
        script: Vec<String>,
        #[resource] journal: Journal,
    } -> act: i64
    linear[retry(times = 3, with = outer)[
        provide as t1,
        retry(what in script, with = inner)[provide as t2, act],
    ]]
}

#[test]
fn a_controller_in_another_begins_anew_with_each_attempt_of_it() {
    let remembers = |wanted: &[&str]| Remembers {
        wanted: wanted.iter().map(|text| (*text).to_owned()).collect(),
        wait_ms: 0,
    };
    recorded!(
        |journal| Nested {
            // The inner one gives up at its second failure.
            outer: remembers(&["attempt 1: task `act`: b", "attempt 2: task `act`: b"]),
            inner: remembers(&["attempt 1: task `act`: a"]),
            script: script("a b fine"),
            journal
        },
        |told| {
            assert_eq!(said(&failed(told.result)), ["act: b"]);
            let attempt = ["t1+", "t2+", "a", "t2<", "t2+", "b", "t2<", "t1<"];
            assert_eq!(told.effects, [attempt, attempt, attempt].concat());
        }
    );
}

/// Panics when it is consulted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Broken;

impl Controller for Broken {
    fn decide(&self, attempts: &[Attempt]) -> Next {
        panic!("no idea after {}", attempts[0].failure());
    }
}

flow! {
    struct Panicking { broken: Broken, #[resource] journal: Journal }
    linear[provide as t1, retry(with = broken)[provide as t2, fail_plainly as f]]
}

#[test]
fn a_controller_that_panics_fails_the_retry() {
    recorded!(
        |journal| Panicking {
            broken: Broken,
            journal
        },
        |told| {
            let said = said(&failed(told.result));
            assert_eq!(
                said,
                ["retry@t2: panicked: no idea after Woot!", "f: Woot!"]
            );
            assert_eq!(told.state, RunState::Reverted);
            assert_eq!(told.effects, ["t1+", "t2+", "f+", "t2<", "t1<"]);
        }
    );
}

flow! {
    struct PanickingInRetry { broken: Broken, #[resource] journal: Journal }
    linear[retry(times = 2)[provide as t1, retry(with = broken)[fail_plainly as f]]]
}

#[test]
fn an_outer_retry_attempts_again_what_has_a_broken_controller() {
    recorded!(
        |journal| PanickingInRetry {
            broken: Broken,
            journal
        },
        |told| {
            let attempt = ["t1+", "f+", "t1<"];
            assert_eq!(told.effects, [attempt, attempt].concat());
            assert_eq!(said(&failed(told.result)).len(), 2);
        }
    );
}

#[task]
fn patience(xs: &[i64]) -> Patience {
    Patience { busy: xs.len() }
}

#[task(transient, provides = patience)]
fn brief_patience(xs: &[i64]) -> Patience {
    Patience { busy: xs.len() }
}

flow! {
    struct Provided { xs: Vec<i64>, script: Vec<String>, #[resource] journal: Journal } -> act: i64
    linear[patience, retry(what in script, with = patience)[act]]
}

flow! {
    struct Transient { xs: Vec<i64>, script: Vec<String>, #[resource] journal: Journal } -> act: i64
    linear[brief_patience, retry(what in script, with = patience)[act]]
}

flow! {
    struct Inner { patience: Patience, script: Vec<String>, #[resource] journal: Journal } -> act: i64
    retry(what in script, with = patience)[act]
}

flow! {
    struct InFlow { xs: Vec<i64>, script: Vec<String>, #[resource] journal: Journal } -> i64
    linear[patience, Inner]
}

#[test]
fn a_task_may_provide_the_controller() {
    macro_rules! provided {
        ($flow:ident) => {
            recorded!(
                |journal| $flow {
                    xs: vec![1, 2],
                    script: script("busy busy fine"),
                    journal
                },
                |told| assert_eq!(told.result.unwrap(), 7)
            );
            recorded!(
                |journal| $flow {
                    xs: vec![1],
                    script: script("busy busy fine"),
                    journal
                },
                |told| assert_eq!(failed(told.result).failures().len(), 1)
            );
        };
    }
    provided!(Provided);
    provided!(Transient);
    provided!(InFlow);
}

/// What a controller was told, the last time.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Vec<Attempt>>>);

impl Controller for Heard {
    fn decide(&self, attempts: &[Attempt]) -> Next {
        attempts.clone_into(&mut self.0.lock().unwrap());
        if attempts.len() < 2 {
            Next::Retry
        } else {
            Next::GiveUp
        }
    }
}

impl Heard {
    fn last(&self) -> Vec<String> {
        let attempts = std::mem::take(&mut *self.0.lock().unwrap());
        attempts.iter().map(ToString::to_string).collect()
    }
}

flow! {
    struct Siblings { #[resource] heard: Heard, #[resource] journal: Journal }
    retry(with = heard)[unordered[fail_plainly as f, act(what = "g") as g]]
}

#[test]
fn all_that_failed_in_an_attempt_is_told_in_the_order_of_definition() {
    let heard = Heard::default();
    everywhere!(
        |journal| Siblings {
            heard: heard.clone(),
            journal
        },
        |seen| {
            let failed = failed(seen.result);
            let told = heard.last();
            assert_eq!(told.len(), 2);
            let texts = failed.failures().iter().map(ToString::to_string);
            let last = format!("attempt 2: {}", texts.collect::<Vec<_>>().join("; "));
            assert_eq!(told[1], last);
            // The serial engine starts nothing more once something has failed.
            assert!(!seen.serial || last == "attempt 2: task `f`: Woot!");
        }
    );
}

#[derive(Debug)]
struct Fatal;

impl Fatal {
    fn is_worth_it(&self) -> bool {
        let Self = self;
        false
    }
}

impl std::fmt::Display for Fatal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("fatal")
    }
}

#[task]
fn end_it(journal: &Journal) -> Result<(), Fatal> {
    journal.note("end");
    Err(Fatal)
}

flow! {
    struct Refused { #[resource] heard: Heard, #[resource] journal: Journal }
    retry(with = heard, if = Fatal::is_worth_it)[end_it]
}

#[test]
fn a_controller_is_not_consulted_about_what_is_not_worth_it() {
    let heard = Heard::default();
    recorded!(
        |journal| Refused {
            heard: heard.clone(),
            journal
        },
        |told| {
            assert_eq!(said(&failed(told.result)), ["end_it: fatal"]);
            assert!(heard.last().is_empty());
        }
    );
}

flow! {
    #[flow(on_failure = keep)]
    struct Kept { #[resource] heard: Heard, #[resource] journal: Journal }
    retry(with = heard)[fail_plainly as f]
}

#[test]
fn the_attempts_count_anew_when_a_person_lets_the_run_go_on() {
    let (book, heard) = (Logbook::memory(), Heard::default());
    let kept = Kept {
        heard: heard.clone(),
        journal: Journal::default(),
    };
    let id = failed(kept.run(&Serial, &book)).run().clone();
    let twice = ["attempt 1: task `f`: Woot!", "attempt 2: task `f`: Woot!"];
    assert_eq!(heard.last(), twice);
    let resources = KeptResources {
        heard: heard.clone(),
        journal: Journal::default(),
    };
    let handle = Kept::resume(&id, resources, &Serial, &book).unwrap();
    assert!(handle.rerun().is_err());
    assert_eq!(heard.last(), twice);
}

#[test]
fn that_it_gives_up_is_told() {
    let capture = Capture::new();
    let refused = Bounded {
        times: 2,
        decide: always,
        journal: Journal::default(),
    };
    assert!(refused.listen(capture.clone()).call(&Serial).is_err());
    let gives_up = |event: &taskflow::RunEvent| matches!(event.change(), Change::GivenUp { .. });
    assert!(!capture.take_events().iter().any(gives_up));
    let capture = Capture::new();
    let siblings = Siblings {
        heard: Heard::default(),
        journal: Journal::default(),
    };
    assert!(siblings.listen(capture.clone()).call(&Serial).is_err());
    let events = capture.take_events();
    let changes: Vec<String> = events
        .iter()
        .map(|event| event.change().to_string())
        .collect();
    let wanted = [
        "run started",
        "retry@f opened",
        "f started",
        "f failed: Woot!",
        "retry@f undone and run again",
        "f started (attempt 2)",
        "f failed: Woot!",
        "retry@f gives up",
        "run failed",
    ];
    assert_eq!(changes, wanted);
}

flow! {
    struct Told { xs: Vec<i64>, #[resource] decide: Arc<dyn Controller + Send + Sync>, #[resource] journal: Journal }
    linear[retry(x in xs, with = decide)[tell as t1, fail as f]]
}

#[test]
fn a_pointer_to_any_controller_will_do() {
    recorded!(
        |journal| Told {
            xs: vec![1, 2, 3],
            decide: Arc::new(Patience { busy: 0 }),
            journal
        },
        |told| {
            assert_eq!(said(&failed(told.result)), ["f: Woot!"]);
            assert_eq!(told.effects.len(), 12);
        }
    );
}

#[test]
fn a_variable_may_be_the_controller_of_a_flow_that_is_written_in_place() {
    let (journal, patience) = (Journal::default(), Patience { busy: 1 });
    let said = script("busy torn fine");
    let flow = flow![retry(what in said, with = patience)[act]];
    assert_eq!(flow.call(&Serial).unwrap(), 7);
    assert_eq!(journal.take(), ["busy", "torn", "fine"]);
}
