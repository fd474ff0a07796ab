//! One listener for all runs of a runner.

use taskflow::{Capture, Logbook, Runner, Serial, flow, task};

#[task]
fn double(number: u32) -> Result<u32, String> {
    number.checked_mul(2).ok_or_else(|| "too large".to_owned())
}

#[task]
fn add(double: u32, more: u32) -> u32 {
    double + more
}

flow! {
    struct Double { number: u32, #[resource] more: u32 } -> u32
    linear[double, add]
}

#[test]
fn a_runner_tells_of_every_run() {
    let book = Logbook::memory();
    let capture = Capture::new();
    let runner = Runner::new(Serial, book)
        .listen(capture.clone())
        .register::<Double>(DoubleResources { more: 1 })
        .build();
    let run = runner
        .start::<Double>(DoubleInputs { number: 20 })
        .start()
        .unwrap();
    assert_eq!(run.wait().unwrap(), 41);
    let events = capture.take_events();
    assert!(events.iter().all(|event| event.run() == run.id()));
    let lines: Vec<_> = events.iter().map(|e| e.change().to_string()).collect();
    assert_eq!(
        lines,
        [
            "run started",
            "double started",
            "double done",
            "add started",
            "add done",
            "run succeeded",
        ]
    );
    // What a fork takes over has happened in another run.
    let fork = runner.fork::<Double>(run.id(), "add").unwrap();
    assert_eq!(fork.wait().unwrap(), 41);
    assert_eq!(
        capture.take(),
        [
            "run started",
            "run taken up",
            "add started",
            "add done",
            "run succeeded",
        ]
    );
    assert_eq!(run.wait().unwrap(), 41);
    assert!(capture.take().is_empty());
}
