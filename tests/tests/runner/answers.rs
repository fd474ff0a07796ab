//! Questions that a runner's runs ask of a person.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use taskflow::runner::Attention;
use taskflow::{
    Durability, Logbook, Resolution, RunError, RunState, Runner, Serial, StartError, flow, task,
};
use tests::killed;

use crate::flows::{Gate, id};

#[task(provides = receipt, on_unknown = ask)]
fn charge(order: u32, gate: &Gate) -> String {
    gate.pass();
    format!("paid {order}")
}

#[task]
fn ship(receipt: &str, shipped: &AtomicBool) -> String {
    shipped.store(true, Ordering::SeqCst);
    format!("shipped, {receipt}")
}

flow! {
    struct Sale { order: u32, #[resource] gate: Gate, #[resource] shipped: Arc<AtomicBool> } -> String
    linear[charge, ship]
}

#[test]
fn a_run_asks_after_a_crash_and_goes_on_with_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let [before, after] = ["before.book", "after.book"].map(|name| folder.path().join(name));
    let open = |path| {
        Logbook::options(path)
            .durability(Durability::Os)
            .open()
            .unwrap()
    };
    let shipped = Arc::new(AtomicBool::new(false));
    let runner = |book, gate: &Gate| {
        Runner::new(Serial, book)
            .register::<Sale>(SaleResources {
                gate: gate.clone(),
                shipped: shipped.clone(),
            })
            .build()
    };
    let gate = Gate::default();
    let ending = runner(open(&before), &gate);
    ending
        .start::<Sale>(SaleInputs { order: 7 })
        .id("x")
        .start()
        .unwrap();
    gate.crowd(1);
    killed::copy(&before, &after);
    gate.open();
    ending
        .get::<Sale>(&id("x"))
        .unwrap()
        .unwrap()
        .wait()
        .unwrap();
    shipped.store(false, Ordering::SeqCst);

    let next = runner(open(&after), &gate);
    assert_eq!(next.recover().unwrap().resumed.len(), 1);
    let run = next.get::<Sale>(&id("x")).unwrap().unwrap();
    assert!(matches!(run.wait(), Err(RunError::Stopped(_))));
    assert_eq!(run.state().unwrap(), RunState::Waiting);
    assert_eq!(run.asked().unwrap(), ["charge"]);
    // It is on the operator's list, and the next process leaves it there.
    let trouble = next.runs().attention().list().unwrap();
    assert_eq!(
        trouble[0].to_string(),
        "run `x` of `sale` v1 is waiting: nobody knows whether `charge` happened; say so with \
         `resolve`"
    );
    let recovery = next.recover().unwrap();
    assert!(recovery.resumed.is_empty());
    assert!(matches!(
        &recovery.waiting[0].attention,
        Some(Attention::Asked(tasks)) if tasks == &["charge"]
    ));

    let wrong = run.resolve("ship", Resolution::done());
    assert!(matches!(wrong, Err(StartError::NotNow { .. })));
    let answer = Resolution::done_with(&"paid by hand".to_owned());
    run.resolve("charge", answer).unwrap();
    assert_eq!(run.wait().unwrap(), "shipped, paid by hand");
    assert!(next.runs().attention().list().unwrap().is_empty());
}
