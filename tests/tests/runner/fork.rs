//! New runs that take over what others have done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use taskflow::{Logbook, RunState, Runner, Serial, StartError, flow, task};
use tests::{Journal, failed};

use crate::flows::{Gate, Gated, GatedInputs, id, runner};

#[task(revert = unreserve(reserve, journal))]
fn reserve(order: u32, journal: &Journal) -> u32 {
    journal.note("reserve");
    order + 1
}

fn unreserve(reserve: &u32, journal: &Journal) {
    journal.note(format!("unreserve {reserve}"));
}

#[task(transient, provides = session)]
fn connect(reserve: u32, journal: &Journal) -> u32 {
    journal.note("connect");
    reserve * 10
}

#[task]
fn label(reserve: u32, journal: &Journal) -> String {
    journal.note("label");
    format!("label {reserve}")
}

#[task]
fn ship(
    label: &str,
    session: u32,
    closed: &AtomicBool,
    journal: &Journal,
) -> Result<String, String> {
    journal.note("ship");
    if closed.load(Ordering::SeqCst) {
        return Err("closed".to_owned());
    }
    Ok(format!("{label} by {session}"))
}

flow! {
    #[flow(on_failure = keep)]
    struct Delivery {
        order: u32,
        #[resource] closed: Arc<AtomicBool>,
        #[resource] journal: Journal,
    } -> String
    linear[reserve, unordered[connect, label], ship]
}

struct Shop {
    runner: Runner,
    closed: Arc<AtomicBool>,
    journal: Journal,
}

impl Shop {
    fn open() -> Shop {
        let (closed, journal) = (Arc::new(AtomicBool::new(false)), Journal::default());
        let runner = Runner::new(Serial, Logbook::memory())
            .register::<Delivery>(DeliveryResources {
                closed: closed.clone(),
                journal: journal.clone(),
            })
            .build();
        Shop {
            runner,
            closed,
            journal,
        }
    }

    fn deliver(&self) -> Result<String, taskflow::RunError> {
        let run = self.runner.start::<Delivery>(DeliveryInputs { order: 1 });
        run.id("x").label("tenant", "north").start().unwrap().wait()
    }
}

#[test]
fn a_fork_takes_over_what_stands_before_a_task() {
    let shop = Shop::open();
    assert_eq!(shop.deliver().unwrap(), "label 2 by 20");
    let _ = shop.journal.take();
    for (from, effects) in [
        // What is not stored is made again.
        ("ship", &["connect", "ship"][..]),
        ("label", &["connect", "label", "ship"]),
        ("reserve", &["reserve", "connect", "label", "ship"]),
    ] {
        let fork = shop.runner.fork::<Delivery>(&id("x"), from).unwrap();
        assert_eq!(fork.wait().unwrap(), "label 2 by 20");
        assert_eq!(shop.journal.take(), effects, "from `{from}`");
        assert_ne!(*fork.id(), id("x"));
    }
    let forks = shop
        .runner
        .runs()
        .label("fork-of", "x")
        .label("tenant", "north");
    assert_eq!(forks.list().unwrap().len(), 3);
}

#[test]
fn a_fork_of_a_failed_run_is_a_run_of_its_own() {
    let shop = Shop::open();
    shop.closed.store(true, Ordering::SeqCst);
    failed(shop.deliver());
    let _ = shop.journal.take();
    let fork = shop.runner.fork::<Delivery>(&id("x"), "ship").unwrap();
    failed(fork.wait());
    assert_eq!(shop.journal.take(), ["connect", "ship"]);
    fork.revert().unwrap();
    failed(fork.wait());
    assert_eq!(fork.state().unwrap(), RunState::Reverted);
    assert_eq!(shop.journal.take(), ["unreserve 2"]);
    let old = shop.runner.get::<Delivery>(&id("x")).unwrap().unwrap();
    assert_eq!(old.state().unwrap(), RunState::Failed);
    // Of what is undone, nothing is taken over.
    let refused = shop.runner.fork::<Delivery>(fork.id(), "ship").unwrap_err();
    assert!(
        refused.to_string().ends_with(
            "cannot be forked from `ship`: `reserve` stands before it and is not done; fork it \
             from there"
        ),
        "{refused}"
    );
}

#[test]
fn what_cannot_be_forked_is_refused() {
    let shop = Shop::open();
    let refused = shop.runner.fork::<Delivery>(&id("x"), "ship").unwrap_err();
    assert!(matches!(refused, StartError::NoSuchRun(_)));
    shop.deliver().unwrap();
    let refused = shop.runner.fork::<Delivery>(&id("x"), "fly").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "run `x` has no task `fly`; it has `reserve`, `connect`, `label`, `ship`"
    );
    let (gate, journal) = (Gate::default(), Journal::default());
    let other = runner(shop.runner.book(), &gate, &journal);
    let refused = other.fork::<Gated>(&id("x"), "through").unwrap_err();
    assert!(matches!(refused, StartError::OtherFlow { .. }));
    let run = other
        .start::<Gated>(GatedInputs { number: 1 })
        .start()
        .unwrap();
    gate.crowd(1);
    let refused = other.fork::<Gated>(run.id(), "through").unwrap_err();
    assert!(matches!(refused, StartError::NotNow { .. }));
    gate.open();
    run.wait().unwrap();
    let fork = other.fork::<Gated>(run.id(), "through").unwrap();
    assert_eq!(fork.wait().unwrap(), 20);
    assert_eq!(journal.take(), ["arrive 1", "through 2", "through 2"]);
}
