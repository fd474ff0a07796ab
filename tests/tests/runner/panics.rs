//! A panic that no task is to blame for takes one run, and not the runner.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use taskflow::{Logbook, RunState, Runner, Serial, flow, task};

/// Panics where it is dropped, if it is bad.
#[derive(Debug, Serialize, Deserialize)]
struct Value {
    bad: bool,
}

static ARMED: AtomicBool = AtomicBool::new(false);

impl Drop for Value {
    fn drop(&mut self) {
        assert!(
            !(self.bad && ARMED.load(Ordering::SeqCst)),
            "it cannot be dropped"
        );
    }
}

#[task]
fn make(bad: bool) -> Value {
    Value { bad }
}

#[task]
fn arm(make: &Value) {
    if make.bad {
        ARMED.store(true, Ordering::SeqCst);
    }
}

flow! {
    struct Maker { bad: bool } -> make: Value
    linear[make, arm]
}

#[test]
fn a_panic_outside_of_a_task_takes_one_run_and_not_the_runner() {
    let runner = Runner::new(Serial, Logbook::memory())
        .register::<Maker>(MakerResources {})
        .max_running(1)
        .build();
    let start = |bad| runner.start::<Maker>(MakerInputs { bad }).start().unwrap();
    let (worse, good) = (start(true), start(false));
    assert!(!good.wait().unwrap().bad);
    assert!(ARMED.swap(false, Ordering::SeqCst));
    // The run itself has succeeded, and that is told.
    assert_eq!(worse.state().unwrap(), RunState::Succeeded);
    assert!(worse.wait().unwrap().bad);
}
