//! What a person reads when a task fails, and what a program can ask of it.

use std::error::Error;
use std::fmt;

use taskflow::{Failed, FailureKind, Logbook, Parallel, RunError, Serial, Undone, flow, task};
use tests::failed;

#[derive(Debug)]
struct Refused(std::io::Error);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the gateway refused")
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[task]
fn charge() -> Result<u32, Refused> {
    Err(Refused(std::io::Error::other("connection reset")))
}

#[task]
fn boxed() -> Result<u32, Box<dyn Error + Send + Sync>> {
    Err(Refused(std::io::Error::other("no route")).into())
}

flow! { struct Charge {} -> u32 linear[charge] }
flow! { struct Boxed {} -> u32 linear[boxed] }

#[test]
fn an_error_keeps_its_causes() {
    for (failed, cause) in [
        (failed(Charge {}.call(&Serial)), "connection reset"),
        (
            failed(Boxed {}.run(&Serial, &Logbook::memory())),
            "no route",
        ),
    ] {
        let failure = &failed.failures()[0].failure;
        assert_eq!(failure.message(), "the gateway refused");
        assert_eq!(failure.causes().collect::<Vec<_>>(), [cause]);
        assert_eq!(
            format!("{failure:#}"),
            format!("the gateway refused: {cause}")
        );
        assert_eq!(failure.kind(), FailureKind::Error);
    }
}

#[test]
fn an_error_that_was_recorded_is_told_with_its_causes() {
    let book = Logbook::memory();
    let first = failed(Charge {}.id("x").run(&Serial, &book));
    let told = failed(Charge {}.id("x").run(&Serial, &book));
    assert_eq!(told, first);
    assert_eq!((told.flow(), told.run().as_ref()), ("charge", "x"));
    assert_eq!(
        format!("{:#}", told.failures()[0]),
        "task `charge`: the gateway refused: connection reset"
    );
    assert_eq!(
        format!("{told:#}"),
        "flow `charge` failed: task `charge`: the gateway refused: connection reset; what had \
         succeeded is kept (run `x`)"
    );
}

#[test]
fn a_chain_of_sources_says_everything_once() {
    for error in [
        Charge {}.call(&Serial).unwrap_err(),
        Charge {}.run(&Serial, &Logbook::memory()).unwrap_err(),
    ] {
        let RunError::Failed(failed) = &error else {
            panic!("{error}");
        };
        for error in [&error as &dyn Error, failed, &failed.failures()[0].failure] {
            let sources = std::iter::successors(error.source(), |&error| error.source());
            let texts: Vec<_> = sources.map(ToString::to_string).collect();
            assert_eq!(texts, ["connection reset"]);
            assert!(!error.to_string().contains(&texts[0]), "{error}");
        }
    }
    let missing = Logbook::open("/dev/null/book").unwrap_err();
    assert!(missing.source().is_none(), "it is said by `{missing}`");
}

#[test]
fn an_error_of_a_run_is_an_error_of_the_program() {
    fn program() -> Result<u32, Box<dyn Error>> {
        Ok(Charge {}.call(&Serial)?)
    }
    let error = program().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("flow `charge` failed: task `charge`: the gateway refused; "),
        "{error}"
    );
    let error: &RunError = error.downcast_ref().unwrap();
    assert!(matches!(error, RunError::Failed(failed) if failed.undone() == &Undone::Kept));
}

#[task(revert = unpanic(panics))]
fn panics(text: &str) -> u32 {
    text.parse().expect("a number")
}

fn unpanic(panics: &u32) {
    panic!("no way back from {panics}");
}

#[task]
fn fail_with(panics: u32) -> Result<(), String> {
    Err(format!("not {panics}"))
}

flow! { struct Panics { text: String } linear[panics, fail_with] }

fn of(text: &str) -> Panics {
    Panics {
        text: text.to_owned(),
    }
}

#[test]
fn a_panic_is_a_failure() {
    for result in [
        of("x").call(&Serial),
        of("x").call(&Parallel::with_threads(2).unwrap()),
        of("x").run(&Serial, &Logbook::memory()),
    ] {
        let failed = failed(result);
        let failure = &failed.failures()[0].failure;
        assert_eq!(failure.kind(), FailureKind::Panic);
        assert!(failure.message().starts_with("a number: "), "{failure}");
        assert!(failure.to_string().starts_with("panicked: a number: "));
        assert_eq!(failed.undone(), &Undone::All);
    }
}

#[test]
fn a_panic_of_a_revert_is_a_revert_that_failed() {
    let failed: Failed = failed(of("5").call(&Serial));
    assert_eq!(
        failed.to_string().split(" (run ").next().unwrap(),
        "flow `panics` failed: task `fail_with`: not 5; still in place: `panics` (its revert \
         failed: panicked: no way back from 5)"
    );
    let Undone::Partly(left) = failed.undone() else {
        panic!("something is left");
    };
    let failure = left[0].failure.as_ref().unwrap();
    assert_eq!(
        (left[0].task.as_str(), failure.kind()),
        ("panics", FailureKind::Panic)
    );
}

#[task]
fn even(number: u32) -> Result<(), String> {
    if number.is_multiple_of(2) {
        Ok(())
    } else {
        Err(format!("{number} is odd"))
    }
}

flow! {
    struct Both { a: u32, b: u32, #[resource] gate: std::sync::Arc<std::sync::Barrier> }
    linear[unordered[waits(number = b) as second, waits(number = a) as first], even(number = a)]
}

#[task]
fn waits(number: u32, gate: &std::sync::Barrier) -> Result<(), String> {
    gate.wait();
    even(number)
}

#[test]
fn every_failure_is_reported_in_the_order_of_definition() {
    let gate = std::sync::Arc::new(std::sync::Barrier::new(2));
    let engine = Parallel::with_threads(2).unwrap();
    let failed = failed(Both { a: 1, b: 3, gate }.call(&engine));
    let failures = failed.failures().iter();
    let said: Vec<_> = failures
        .map(|failure| format!("{}: {}", failure.task, failure.failure))
        .collect();
    assert_eq!(said, ["second: 3 is odd", "first: 1 is odd"]);
    assert!(
        failed
            .to_string()
            .starts_with("flow `both` failed: task `second`: 3 is odd; task `first`: 1 is odd; "),
        "{failed}"
    );
}
