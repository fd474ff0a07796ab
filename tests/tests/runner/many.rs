//! Hundreds of runs at once, on every engine, and of a process that ends amid them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use taskflow::runner::Blocking;
use taskflow::{Durability, Logbook, Parallel, RunState, Runner, Serial, flow, task};
use tests::{Journal, killed};

use crate::flows::{Gate, Gated, GatedInputs, GatedResources};

/// How many tasks are at work, and the most that ever were.
#[derive(Debug, Clone, Default)]
struct Busy(Arc<(AtomicUsize, AtomicUsize)>);

impl Busy {
    fn work(&self) {
        let (now, most) = &*self.0;
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::yield_now();
        now.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }
}

#[task]
fn first(seed: u32, busy: &Busy) -> u32 {
    busy.work();
    seed + 1
}

#[task]
fn second(first: u32, busy: &Busy) -> u32 {
    busy.work();
    first * 2
}

flow! {
    struct Chain { seed: u32, #[resource] busy: Busy } -> u32
    linear[first, second]
}

fn hundreds(engine: impl Blocking<Chain>) {
    const RUNNING: usize = 5;
    let busy = Busy::default();
    let runner = Runner::new(engine, Logbook::memory())
        .register::<Chain>(ChainResources { busy: busy.clone() })
        .max_running(RUNNING)
        .build();
    thread::scope(|scope| {
        for part in 0..4 {
            let runner = &runner;
            scope.spawn(move || {
                let start = |seed| runner.start::<Chain>(ChainInputs { seed }).start().unwrap();
                let runs: Vec<_> = (part * 100..part * 100 + 100).map(start).collect();
                for (seed, run) in (part * 100..).zip(runs) {
                    assert_eq!(run.wait().unwrap(), (seed + 1) * 2);
                }
            });
        }
    });
    assert!(busy.most() <= RUNNING, "{} at once", busy.most());
    let runs = runner.runs().list().unwrap();
    assert_eq!(runs.len(), 400);
    assert!(
        runs.iter()
            .all(|listed| listed.run.state == RunState::Succeeded)
    );
}

#[test]
fn hundreds_of_runs_end_on_the_serial_engine() {
    hundreds(Serial);
}

#[test]
fn hundreds_of_runs_end_on_the_parallel_engine() {
    hundreds(Parallel::with_threads(3).unwrap());
}

/// A process ends while a hundred runs are under way and others wait; the next one goes on.
fn ended_amid_hundreds(engine: &(impl Blocking<Gated> + Clone)) {
    const RUNNING: usize = 100;
    const RUNS: u32 = 150;
    let folder = tempfile::tempdir().unwrap();
    let [before, after] = ["before.book", "after.book"].map(|name| folder.path().join(name));
    let open = |path| {
        Logbook::options(path)
            .durability(Durability::Os)
            .open()
            .unwrap()
    };
    let runner = |book, gate: &Gate, journal: &Journal| {
        Runner::new(engine.clone(), book)
            .register::<Gated>(GatedResources {
                gate: gate.clone(),
                journal: journal.clone(),
            })
            .max_running(RUNNING)
            .build()
    };
    let (gate, journal) = (Gate::default(), Journal::default());
    let ending = runner(open(&before), &gate, &journal);
    for number in 0..RUNS {
        let run = ending.start::<Gated>(GatedInputs { number });
        run.id(format!("run-{number}")).start().unwrap();
    }
    gate.crowd(RUNNING);
    killed::copy(&before, &after);
    gate.open();

    let (gate, journal) = (Gate::default(), Journal::default());
    let next = runner(open(&after), &gate, &journal);
    let recovery = next.recover().unwrap();
    assert_eq!(
        recovery.to_string(),
        "resumed: 150, waiting: 0, refused: 0, set aside: 0, at rest: 0"
    );
    gate.open();
    for (number, run) in (0..).zip(&recovery.resumed) {
        let run = next.get::<Gated>(&run.id).unwrap().unwrap();
        assert_eq!(run.wait().unwrap(), (number + 1) * 10);
    }
    // What was done in the first runs is not done again.
    let effects = journal.take();
    let arrived = effects
        .iter()
        .filter(|effect| effect.starts_with("arrive"))
        .count();
    assert_eq!(arrived, RUNS as usize - RUNNING);
    assert_eq!(effects.len() - arrived, RUNS as usize);
    // Nothing is left to do.
    assert!(next.recover().unwrap().resumed.is_empty());
}

#[test]
fn a_process_that_ends_amid_serial_runs_is_gone_on_with() {
    ended_amid_hundreds(&Serial);
}

#[test]
fn a_process_that_ends_amid_parallel_runs_is_gone_on_with() {
    ended_amid_hundreds(&Parallel::new());
}
