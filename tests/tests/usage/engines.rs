//! Engines side by side: what runs at once, on which thread, and in which pool.

use std::rc::Rc;
use std::sync::{Arc, Barrier};
use std::thread::{self, ThreadId};

use taskflow::{AnyEngine, Logbook, Parallel, RunState, Serial, flow, task};
use tests::{Journal, failed};

#[task]
fn meet(both: &Barrier) -> u32 {
    both.wait();
    1
}

flow! {
    struct Meets { #[resource] both: Arc<Barrier> } -> right: u32
    unordered[meet as left, meet as right]
}

#[test]
fn siblings_run_at_the_same_time() {
    for engine in [
        Parallel::with_threads(2).unwrap(),
        Parallel::with_threads(4).unwrap(),
    ] {
        for _ in 0..50 {
            let both = Arc::new(Barrier::new(2));
            assert_eq!(Meets { both }.call(&engine).unwrap(), 1);
        }
    }
}

flow! {
    struct MeetsLate { #[resource] both: Arc<Barrier> } -> c: u32
    linear[
        unordered[meet as a, meet as b],
        graph[meet as c, meet as d],
    ]
}

#[test]
fn siblings_run_at_the_same_time_with_a_logbook() {
    let (engine, book) = (Parallel::with_threads(2).unwrap(), Logbook::memory());
    for _ in 0..50 {
        let both = Arc::new(Barrier::new(2));
        assert_eq!(MeetsLate { both }.run(&engine, &book).unwrap(), 1);
    }
}

#[task(transient)]
fn here() -> ThreadId {
    thread::current().id()
}

#[task(transient)]
fn then(before: &ThreadId) -> ThreadId {
    assert_eq!(*before, thread::current().id());
    *before
}

flow! {
    struct Chain {} -> d: ThreadId
    linear[here as a, then(before = a) as b, then(before = b) as c, then(before = c) as d]
}

#[test]
fn a_chain_stays_on_the_thread_that_calls() {
    let engine = Parallel::with_threads(3).unwrap();
    for _ in 0..50 {
        assert_eq!(Chain {}.call(&engine).unwrap(), thread::current().id());
    }
}

#[test]
fn an_engine_is_chosen_by_name() {
    for name in ["serial", "parallel", "parallel:1", "parallel:3"] {
        let engine: AnyEngine = name.parse().unwrap();
        Chain {}.call(&engine).unwrap();
    }
    let refused = |name: &str| name.parse::<AnyEngine>().unwrap_err().to_string();
    assert_eq!(
        refused("threads"),
        "there is no engine `threads`; use `serial`, `parallel`, or `parallel:8` for eight threads"
    );
    for wrong in [
        "parallel:",
        "parallel:0",
        "parallel:-1",
        "parallel:many",
        "Serial",
        "",
    ] {
        assert!(refused(wrong).starts_with(&format!("there is no engine `{wrong}`; use ")));
    }
}

#[task]
fn count(number: u64) -> u64 {
    number + 1
}

#[task]
fn odd(number: u64) -> Result<(), String> {
    if number.is_multiple_of(2) {
        return Err(format!("{number} is even"));
    }
    Ok(())
}

flow! {
    struct Count { number: u64 } -> c: u64
    linear[unordered[count as a, count as b], count(number = a) as c, odd]
}

#[test]
fn many_runs_share_a_logbook_and_an_engine() {
    let (engine, book) = (Parallel::with_threads(2).unwrap(), Logbook::memory());
    thread::scope(|scope| {
        for lane in 0..4_u64 {
            let (engine, book) = (&engine, &book);
            scope.spawn(move || {
                for step in 0..50 {
                    let number = lane * 50 + step;
                    let run = Count { number }.id(format!("run-{number}"));
                    let result = run.run(engine, book);
                    if number.is_multiple_of(2) {
                        failed(result);
                    } else {
                        assert_eq!(result.unwrap(), number + 2);
                    }
                }
            });
        }
    });
    let runs = book.runs().unwrap();
    assert_eq!(runs.len(), 200);
    for run in runs {
        let number: u64 = run.id.as_ref()["run-".len()..].parse().unwrap();
        let wanted = if number.is_multiple_of(2) {
            RunState::Failed
        } else {
            RunState::Succeeded
        };
        assert_eq!(run.state, wanted);
    }
}

#[test]
fn an_id_is_driven_once_however_many_ask() {
    let (engine, book) = (Parallel::with_threads(2).unwrap(), Logbook::memory());
    let journal = Journal::default();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..50 {
                    let journal = journal.clone();
                    let run = Noted { round, journal }.id(format!("round-{round}"));
                    assert_eq!(run.run(&engine, &book).unwrap(), round);
                }
            });
        }
    });
    assert_eq!(journal.take().len(), 50);
    assert_eq!(book.runs().unwrap().len(), 50);
}

#[task]
fn noted(round: u32, journal: &Journal) -> u32 {
    journal.note("noted");
    round
}

flow! { struct Noted { round: u32, #[resource] journal: Journal } -> u32 linear[noted] }

#[task]
fn inner_run(number: u64, engine: &Parallel) -> Result<u64, taskflow::RunError> {
    Count {
        number: number * 2 + 1,
    }
    .call(engine)
}

flow! {
    struct Outer { number: u64, #[resource] engine: Parallel } -> (a: u64, d: u64)
    unordered[
        inner_run as a, inner_run as b, inner_run as c, inner_run as d,
        linear[count as e, inner_run(number = e) as f],
    ]
}

#[test]
fn a_run_within_a_task_of_the_same_pool_does_not_wait_for_ever() {
    for threads in [1, 2, 3] {
        let engine = Parallel::with_threads(threads).unwrap();
        for number in 0..50 {
            let engine = engine.clone();
            let output = Outer {
                number,
                engine: engine.clone(),
            }
            .call(&engine)
            .unwrap();
            assert_eq!((output.a, output.d), (number * 2 + 3, number * 2 + 3));
        }
    }
    let engine = Parallel::new();
    let flow = Outer {
        number: 1,
        engine: engine.clone(),
    };
    assert_eq!(flow.run(&engine, &Logbook::memory()).unwrap().a, 5);
}

#[task(transient)]
fn share(number: u32) -> Rc<u32> {
    Rc::new(number)
}

#[task(transient)]
fn twice(share: &Rc<u32>, seen: &std::cell::Cell<u32>) -> Rc<u32> {
    seen.set(seen.get() + 1);
    Rc::new(**share * 2)
}

flow! {
    #[flow(local)]
    struct OneThread<'a> { number: u32, #[resource] seen: &'a std::cell::Cell<u32> } -> b: Rc<u32>
    linear[share, unordered[twice as a, twice as b]]
}

#[test]
fn a_local_flow_holds_what_stays_on_one_thread() {
    let seen = std::cell::Cell::new(0);
    let flow = OneThread {
        number: 21,
        seen: &seen,
    };
    assert_eq!(*flow.call(&Serial).unwrap(), 42);
    let flow = OneThread {
        number: 4,
        seen: &seen,
    };
    assert_eq!(*flow.run(&Serial, &Logbook::memory()).unwrap(), 8);
    assert_eq!(seen.get(), 4);
}

#[task]
fn longest(words: &[&str], min: usize) -> String {
    let longest = words.iter().max_by_key(|word| word.len());
    longest
        .filter(|word| word.len() >= min)
        .map_or_else(String::new, |word| (*word).to_owned())
}

flow! {
    struct Borrows<'a> { min: usize, #[resource] words: &'a [&'a str] } -> String
    linear[longest]
}

#[test]
fn resources_may_be_borrowed() {
    let text = String::from("a bee ate");
    let words: Vec<&str> = text.split(' ').collect();
    let book = Logbook::memory();
    let flow = || Borrows {
        min: 3,
        words: &words,
    };
    assert_eq!(
        flow().call(&Parallel::with_threads(2).unwrap()).unwrap(),
        "ate"
    );
    let handle = flow().id("x").start(&Serial, &book).unwrap();
    assert_eq!(handle.wait().unwrap(), "ate");
    drop(handle);
    assert_eq!(flow().id("x").run(&Serial, &book).unwrap(), "ate");
}
