//! Listeners that panic, and listeners that ask something of the run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use taskflow::{AnyEngine, Capture, Logbook, RunControl, RunError, RunEvent, RunState};

use crate::order::{ENGINES, Wide};

#[test]
fn a_listener_that_panics_disturbs_nobody() {
    for engine in ENGINES {
        let engine: AnyEngine = engine.parse().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let capture = Capture::new();
        let counted = calls.clone();
        let flow = Wide { good: true }
            .listen(move |event: &RunEvent| {
                // SeqCst: the plainest.
                counted.fetch_add(1, Ordering::SeqCst);
                let line = event.change().to_string();
                assert!(!line.contains("seed done"), "the listener has a mistake");
            })
            .listen(capture.clone());
        flow.run(&engine, &Logbook::memory()).unwrap();
        // It is not called again, and those after it hear of everything.
        assert_eq!(calls.load(Ordering::SeqCst), 3);
        let told = capture.take();
        assert_eq!(told[2], "seed done");
        assert_eq!(told.last().unwrap(), "run succeeded");
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "the payload panics as well");
    }
}

#[test]
fn a_payload_that_panics_disturbs_nobody() {
    let flow = Wide { good: true }.listen(|_: &RunEvent| std::panic::panic_any(Bomb));
    flow.run(&taskflow::Serial, &Logbook::memory()).unwrap();
}

#[test]
fn a_listener_may_ask_the_run_to_stop() {
    for engine in ENGINES {
        let engine: AnyEngine = engine.parse().unwrap();
        let book = Logbook::memory();
        let control: Arc<Mutex<Option<RunControl<Wide>>>> = Arc::default();
        let capture = Capture::new();
        let shared = control.clone();
        let run = Wide { good: true }.start(&engine, &book).unwrap();
        *control.lock().unwrap() = Some(run.control());
        let run = run
            .listen(move |event: &RunEvent| {
                if event.change().to_string() == "seed done" {
                    let control = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    control.as_ref().unwrap().suspend().unwrap();
                }
            })
            .listen(capture.clone());
        match run.wait() {
            Err(RunError::Stopped(stopped)) => {
                assert_eq!(stopped.state(), RunState::Suspended);
            }
            other => panic!("it was suspended: {other:?}"),
        }
        let told = capture.take();
        assert!(told.contains(&"asked to suspend".to_owned()), "{told:?}");
        assert_eq!(told.last().unwrap(), "run suspended");
    }
}
