//! What is asked of runs, under way or not, and what follows.

use taskflow::listen::{Change, Wait};
use taskflow::{Capture, Logbook, Resolution, Serial, Undo, flow, task};

#[task]
fn accept(approval: &String) -> Result<String, String> {
    if approval == "nobody" {
        return Err("not approved".to_owned());
    }
    Ok(format!("accepted by {approval}"))
}

flow! {
    struct Order {} -> String
    linear[signal(approval: String, timeout = "1h"), accept]
}

#[test]
fn a_signal_is_waited_for_and_given() {
    let book = Logbook::memory();
    let capture = Capture::new();
    let run = Order {}
        .listen(capture.clone())
        .start(&Serial, &book)
        .unwrap();
    let control = run.control();
    let clerk = std::thread::spawn(move || {
        while control.signal("approval", &"eve".to_owned()).is_err() {
            std::thread::yield_now();
        }
    });
    run.wait().unwrap();
    clerk.join().unwrap();
    let events = capture.take_events();
    let waits = events.iter().find_map(|event| match event.change() {
        Change::Waiting { atom, wait } if *atom == "approval" => Some(*wait),
        _ => None,
    });
    assert!(matches!(waits, Some(Wait::Signal { until: Some(_) })));
    let lines: Vec<_> = events.iter().map(|e| e.change().to_string()).collect();
    assert_eq!(
        lines,
        [
            "run started",
            "run taken up",
            "approval waits",
            "approval given",
            "accept started",
            "accept done",
            "run succeeded",
        ]
    );
}

#[test]
fn what_is_asked_of_a_run_that_nobody_drives_is_told() {
    let book = Logbook::memory();
    let capture = Capture::new();
    let run = Order {}
        .listen(capture.clone())
        .start(&Serial, &book)
        .unwrap();
    run.suspend().unwrap();
    assert_eq!(
        capture.take(),
        [
            "run started",
            "run taken up",
            "asked to suspend",
            "run suspended",
        ]
    );
    run.cancel(Undo::Keep).unwrap();
    assert_eq!(
        capture.take(),
        ["run taken up", "asked to cancel", "run cancelled"]
    );
    // What is refused is no event.
    run.cancel(Undo::Keep).unwrap_err();
    run.resolve("accept", Resolution::failed()).unwrap_err();
    assert!(capture.take().is_empty());
}

#[task]
fn once() -> Result<u32, String> {
    Err("broken".to_owned())
}

flow! {
    struct Kept {} -> u32
    linear[once]
}

#[test]
fn a_failed_run_goes_on() {
    let book = Logbook::memory();
    let capture = Capture::new();
    let flow = Kept {}.id("k").listen(capture.clone());
    flow.run(&Serial, &book).unwrap_err();
    let failed = ["once started", "once failed: broken", "run failed"];
    assert_eq!(capture.take()[1..], failed);
    let run = Kept {}.id("k").continue_or_start(&Serial, &book).unwrap();
    run.listen(capture.clone()).wait().unwrap_err();
    let told = capture.take();
    assert_eq!(told[..2], ["run taken up", "asked to go on"]);
    assert_eq!(told[2], "once started (attempt 2)");
    assert_eq!(told.last().unwrap(), "run failed");
}
