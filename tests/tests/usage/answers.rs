//! A person is asked whether a task happened, and answers.

use taskflow::{Resolution, RunError, RunHandle, RunState, Serial, TaskContext, flow, task};
use tests::failed;

use crate::crash::make;
use crate::places::{Killer, Place, id};
use taskflow::Logbook;

#[task(on_unknown = ask)]
fn pay(make: u32, killer: &Killer, ctx: &TaskContext) -> String {
    killer.pass(ctx, "");
    format!("receipt {make}")
}

#[task(on_unknown = ask)]
fn post(killer: &Killer, ctx: &TaskContext) {
    killer.pass(ctx, "");
}

#[task]
fn ship(pay: &str, killer: &Killer, ctx: &TaskContext) -> String {
    killer.pass(ctx, "");
    format!("parcel for {pay}")
}

flow! {
    struct Shop { #[resource] killer: Killer } -> String
    linear[make, pay, post, ship]
}

/// The logbook of a shop whose process was killed in that task, and a handle on the run.
macro_rules! killed {
    ($place:ident, $task:literal, $book:ident, $handle:ident) => {
        let $place = Place::new();
        let killer = $place.killer($task);
        Shop { killer }
            .id("x")
            .run(&Serial, &$place.book())
            .unwrap();
        let $book = $place.killed();
        let $handle = shop(&$place, &$book);
    };
}

fn shop<'b>(place: &Place, book: &'b Logbook) -> RunHandle<'b, Shop, Serial> {
    let killer = place.harmless();
    Shop::resume(&id("x"), ShopResources { killer }, &Serial, book).unwrap()
}

fn asked<T: std::fmt::Debug>(result: Result<T, RunError>) -> Vec<String> {
    match result {
        Err(RunError::Stopped(stopped)) => stopped.asked().to_vec(),
        other => panic!("a person should be asked, but: {other:?}"),
    }
}

#[test]
fn a_run_stops_until_it_is_answered() {
    killed!(place, "pay", book, handle);
    let stopped = handle.wait().unwrap_err();
    assert_eq!(
        stopped.to_string(),
        "run `x` waits for an answer: nobody knows whether `pay` happened; say so with `resolve`"
    );
    assert_eq!(asked::<()>(Err(stopped)), ["pay"]);
    assert_eq!(handle.state().unwrap(), RunState::Waiting);
    assert_eq!(handle.asked().unwrap(), ["pay"]);
    assert_eq!(handle.done().unwrap(), ["make"]);
    // It is not taken up by waiting once more, nor by its id.
    asked(handle.wait());
    let killer = place.harmless();
    asked(Shop { killer }.id("x").run(&Serial, &book));
    assert!(place.journal.take().is_empty());
    assert_eq!(Shop::unfinished(&book).unwrap()[0].state, RunState::Waiting);
}

#[test]
fn it_happened_and_this_came_of_it() {
    killed!(place, "pay", book, handle);
    asked(handle.wait());
    handle
        .resolve("pay", Resolution::done_with(&"receipt 17".to_owned()))
        .unwrap();
    assert!(handle.asked().unwrap().is_empty());
    assert_eq!(handle.done().unwrap(), ["make", "pay"]);
    assert_eq!(handle.wait().unwrap(), "parcel for receipt 17");
    assert_eq!(place.journal.take(), ["post", "ship"]);
    // The answer is recorded: another process reads it.
    assert_eq!(shop(&place, &book).wait().unwrap(), "parcel for receipt 17");
    assert_eq!(place.journal.take().len(), 0);
}

#[test]
fn it_happened_and_nothing_comes_of_it() {
    killed!(place, "post", book, handle);
    asked(handle.wait());
    handle.resolve("post", Resolution::done()).unwrap();
    assert_eq!(handle.wait().unwrap(), "parcel for receipt 5");
    assert_eq!(place.journal.take(), ["ship"]);
}

#[test]
fn it_did_not_happen() {
    killed!(place, "pay", book, handle);
    asked(handle.wait());
    handle.resolve("pay", Resolution::rerun()).unwrap();
    assert_eq!(handle.wait().unwrap(), "parcel for receipt 5");
    assert_eq!(place.journal.take(), ["pay", "post", "ship"]);
}

#[test]
fn it_counts_as_failed() {
    killed!(place, "pay", book, handle);
    asked(handle.wait());
    handle.resolve("pay", Resolution::failed()).unwrap();
    let failed = failed(handle.wait());
    assert_eq!(
        failed.to_string(),
        "flow `shop` failed: task `pay`: a person said that it counts as failed; what had \
         succeeded is undone"
    );
    assert_eq!(place.journal.take(), ["make<", "unmade 5"]);
    assert_eq!(handle.state().unwrap(), RunState::Reverted);
}

#[test]
fn it_is_reverted_instead() {
    killed!(place, "pay", book, handle);
    asked(handle.wait());
    handle.revert().unwrap();
    assert_eq!(place.journal.take(), ["make<", "unmade 5"]);
    // Nothing failed, so that nothing is said to have failed.
    let told = failed(handle.wait());
    assert_eq!(
        told.to_string(),
        "flow `shop` was reverted by hand; what had succeeded is undone"
    );
}

#[test]
fn answers_that_do_not_fit_are_refused() {
    killed!(place, "pay", book, handle);
    let early = handle.resolve("pay", Resolution::rerun()).unwrap_err();
    assert_eq!(
        early.to_string(),
        "run `x` does not wait for an answer about `pay`; after a `wait`, `asked` says about which \
         tasks it does"
    );
    asked(handle.wait());
    let unknown = handle.resolve("paid", Resolution::rerun()).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "run `x` has no task `paid`; it has `make`, `pay`, `post`, `ship`"
    );
    let other = handle.resolve("ship", Resolution::rerun()).unwrap_err();
    assert_eq!(
        other.to_string(),
        "run `x` does not wait for an answer about `ship`; after a `wait`, `asked` says about which \
         tasks it does"
    );
    for wrong in [Resolution::done(), Resolution::done_with(&17_u8)] {
        let refused = handle.resolve("pay", wrong).unwrap_err().to_string();
        assert!(
            refused.starts_with("run `x` needs what `pay` returns as an answer: "),
            "{refused}"
        );
    }
    // Nothing of that was recorded.
    assert_eq!(handle.asked().unwrap(), ["pay"]);
    handle.resolve("pay", Resolution::rerun()).unwrap();
    let twice = handle.resolve("pay", Resolution::rerun()).unwrap_err();
    assert!(twice.to_string().contains("does not wait"), "{twice}");
    assert_eq!(handle.wait().unwrap(), "parcel for receipt 5");
    assert_eq!(place.journal.take(), ["pay", "post", "ship"]);
}
