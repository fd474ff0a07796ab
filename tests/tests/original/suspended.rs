//! Runs that a person suspends: at work and while they are undone.

use std::fmt;
use std::sync::{Arc, OnceLock};

use taskflow::{
    AnyEngine, Logbook, RunError, RunHandle, RunId, RunState, StartError, Stopped, TaskContext,
    flow, task,
};
use tests::{Journal, Tape, failed};

/// What suspends the run, given once there is a run.
#[derive(Clone, Default)]
struct Person {
    suspend: Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>,
    at: &'static str,
    journal: Journal,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a person who suspends at `{}`", self.at)
    }
}

impl Person {
    fn at(at: &'static str) -> Self {
        Self {
            at,
            ..Self::default()
        }
    }

    /// Something happens; if it is what the person waits for, the run is asked to stop.
    fn sees(&self, effect: String) {
        let suspends = effect == self.at;
        self.journal.note(effect);
        if suspends && let Some(suspend) = self.suspend.get() {
            suspend();
        }
    }
}

#[task(revert = undo(person, ctx))]
fn work(person: &Person, ctx: &TaskContext) -> i64 {
    person.sees(format!("{}+", ctx.atom()));
    5
}

fn undo(person: &Person, ctx: &TaskContext) {
    person.sees(format!("{}<", ctx.atom()));
}

#[task]
fn woot(person: &Person, ctx: &TaskContext) -> Result<(), String> {
    person.sees(format!("{}+", ctx.atom()));
    Err("Woot!".to_owned())
}

flow! { struct Works { #[resource] person: Person } linear[work as a, work as b, work as c] }
flow! { struct Fails { #[resource] person: Person } linear[work as a, work as b, woot as c] }
flow! {
    struct Tries { #[resource] person: Person }
    linear[work as a, retry(times = 2)[work as b, woot as c]]
}
flow! {
    struct Picks { number: i64, #[resource] person: Person }
    linear[work as a, pass(number = number) as b, work as c]
}
flow! {
    #[flow(name = "fails")]
    struct FailsLess { #[resource] person: Person }
    linear[work as a, work as b]
}

#[task(revert = undo(person, ctx))]
fn pass(number: i64, person: &Person, ctx: &TaskContext) -> i64 {
    person.sees(format!("{}+", ctx.atom()));
    number
}

fn engines() -> [AnyEngine; 2] {
    ["serial", "parallel:2"].map(|name| name.parse().unwrap())
}

fn x() -> RunId {
    "x".parse().unwrap()
}

/// Starts the run `x` with a person who can suspend it.
macro_rules! start {
    ($flow:expr, $person:expr, $engine:expr, $book:expr) => {{
        let run = $flow.id("x").start($engine, $book).unwrap();
        let control = run.control();
        let suspend = move || control.suspend().unwrap();
        assert!($person.suspend.set(Box::new(suspend)).is_ok());
        run
    }};
}

fn suspended<T: fmt::Debug>(result: Result<T, RunError>) -> Stopped {
    match result {
        Err(RunError::Stopped(stopped)) => {
            assert_eq!(stopped.state(), RunState::Suspended);
            stopped
        }
        other => panic!("it should have been suspended, but: {other:?}"),
    }
}

#[test]
fn who_waits_for_what_never_happens_suspends_nothing() {
    for engine in &engines() {
        let (book, person) = (Logbook::memory(), Person::at("d+"));
        let flow = Works {
            person: person.clone(),
        };
        let run = start!(flow, person, engine, &book);
        run.wait().unwrap();
        assert_eq!(person.journal.take(), ["a+", "b+", "c+"]);
        run.wait().unwrap();
        assert!(person.journal.take().is_empty(), "its end is told");
        assert!(run.suspend().is_err(), "it is over");
        assert_eq!(run.state().unwrap(), RunState::Succeeded);
    }
}

#[test]
fn what_is_suspended_goes_on_behind_what_was_finished() {
    for engine in &engines() {
        let (book, person) = (Logbook::memory(), Person::at("b+"));
        let flow = Works {
            person: person.clone(),
        };
        let run = start!(flow, person, engine, &book);
        suspended(run.wait());
        assert_eq!(person.journal.take(), ["a+", "b+"]);
        assert_eq!(run.done().unwrap(), ["a", "b"]);
        let again: RunHandle<'_, Works, _> = Works::resume(
            &x(),
            WorksResources {
                person: person.clone(),
            },
            engine,
            &book,
        )
        .unwrap();
        again.wait().unwrap();
        assert_eq!(person.journal.take(), ["c+"]);
        assert_eq!(again.state().unwrap(), RunState::Succeeded);
    }
}

#[test]
fn what_is_undone_is_suspended_and_undone_further() {
    for engine in &engines() {
        for other_engine in engines() {
            let (book, person) = (Logbook::memory(), Person::at("b<"));
            let flow = Fails {
                person: person.clone(),
            };
            let run = start!(flow, person, engine, &book);
            suspended(run.wait());
            assert_eq!(person.journal.take(), ["a+", "b+", "c+", "b<"]);
            let resources = FailsResources {
                person: person.clone(),
            };
            let again = Fails::resume(&x(), resources, &other_engine, &book).unwrap();
            let failed = failed(again.wait());
            assert_eq!(failed.failures()[0].to_string(), "task `c`: Woot!");
            assert_eq!(person.journal.take(), ["a<"]);
            assert_eq!(again.state().unwrap(), RunState::Reverted);
        }
    }
}

#[test]
fn a_suspended_run_is_not_taken_up_without_a_task_of_its() {
    for engine in &engines() {
        let (book, person) = (Logbook::memory(), Person::at("b<"));
        let flow = Fails {
            person: person.clone(),
        };
        suspended(start!(flow, person, engine, &book).wait());
        assert_eq!(person.journal.take().len(), 4);
        let resources = FailsLessResources {
            person: person.clone(),
        };
        let refused = FailsLess::resume(&x(), resources, engine, &book).map(|_| ());
        assert!(matches!(refused, Err(StartError::Refused { .. })));
        assert!(person.journal.take().is_empty());
        let summary = book.run_summary(&x()).unwrap().unwrap();
        assert_eq!(summary.state, RunState::Suspended);
    }
}

#[test]
fn a_suspended_run_has_its_inputs_still() {
    for engine in &engines() {
        let (book, person) = (Logbook::memory(), Person::at("a+"));
        let flow = Picks {
            number: 17,
            person: person.clone(),
        };
        suspended(start!(flow, person, engine, &book).wait());
        assert_eq!(person.journal.take(), ["a+"]);
        let resources = PicksResources {
            person: person.clone(),
        };
        let again = Picks::resume(&x(), resources, engine, &book).unwrap();
        assert_eq!(again.inputs().number, 17);
        again.wait().unwrap();
        assert_eq!(person.journal.take(), ["b+", "c+"]);
    }
}

#[test]
fn a_retry_is_suspended_in_the_middle_of_undoing_an_attempt() {
    for engine in &engines() {
        for (at, before, after) in [
            (
                "b+",
                vec!["a+", "b+"],
                vec!["c+", "b<", "b+", "c+", "b<", "a<"],
            ),
            (
                "b<",
                vec!["a+", "b+", "c+", "b<"],
                vec!["b+", "c+", "b<", "a<"],
            ),
        ] {
            let (book, person) = (Logbook::memory(), Person::at(at));
            let flow = Tries {
                person: person.clone(),
            };
            suspended(start!(flow, person, engine, &book).wait());
            assert_eq!(person.journal.take(), before);
            let resources = TriesResources {
                person: Person {
                    journal: person.journal.clone(),
                    ..Person::default()
                },
            };
            let again = Tries::resume(&x(), resources, engine, &book).unwrap();
            failed(again.wait());
            assert_eq!(person.journal.take(), after);
            assert_eq!(again.state().unwrap(), RunState::Reverted);
        }
    }
}

#[test]
fn a_kill_before_it_stands_still_does_not_suspend_who_goes_on_by_hand() {
    for name in ["serial", "parallel:2"] {
        let tape = Tape::with(name, Vec::new());
        let person = Person::at("b+");
        let flow = Works {
            person: person.clone(),
        };
        let run = start!(flow, person, &tape.engine, &tape.book);
        suspended(run.wait());
        assert_eq!(person.journal.take(), ["a+", "b+"]);
        let mut pending = 0;
        for (_, cut) in tape.cuts() {
            let resources = WorksResources {
                person: Person::at("never"),
            };
            let again = Works::resume(&x(), resources.clone(), &cut.engine, &cut.book).unwrap();
            // Who takes up what was under way, on the other hand, leaves it where it was to be.
            let recovered = Tape::with(name, cut.bytes());
            let flow = Works {
                person: Person::at("never"),
            };
            let attached = flow.id(x()).start(&recovered.engine, &recovered.book);
            if let Err(RunError::Stopped(stopped)) = attached.unwrap().wait() {
                assert_eq!(stopped.state(), RunState::Suspended);
                pending += 1;
            }
            again.wait().unwrap();
            assert_eq!(again.state().unwrap(), RunState::Succeeded);
        }
        assert!(pending >= 2, "after the request, and after the end");
    }
}
