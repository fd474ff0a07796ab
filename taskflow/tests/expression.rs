//! Flows that are written where they are run: `flow![…]` without a struct.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused,
    rust_2018_idioms,
    clippy::all,
    clippy::pedantic
)]
// The tasks below are written for their signatures, not for their bodies.
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps
)]

use taskflow::{AnyEngine, Parallel, Serial, flow, task};

#[task]
fn price(items: &[u64]) -> u64 {
    items.iter().sum()
}

#[task]
fn tax(price: u64, rate: u64) -> u64 {
    price * rate / 100
}

#[task]
fn weight(items: &[u64]) -> usize {
    items.len()
}

#[task]
fn label(price: u64, tax: u64, weight: usize) -> String {
    format!("{weight} for {price} and {tax}")
}

#[task]
fn note(label: &str) {
    assert!(!label.is_empty());
}

/// What variables may be, and how they are given to tasks.
mod variables {
    use std::cell::Cell;
    use std::collections::BTreeMap;
    use std::fmt::Display;
    use std::path::{Path, PathBuf};
    use std::rc::Rc;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn every_engine_runs_a_flow_any_number_of_times() {
        let (items, rate) = (vec![30, 70], 20);
        let sale = flow![linear[unordered[price, weight], tax, label]];
        let engine: AnyEngine = "parallel:2".parse().unwrap();
        for _ in 0..3 {
            assert_eq!(sale.call(&Serial).unwrap(), "2 for 100 and 20");
            assert_eq!(sale.call(&Parallel::new()).unwrap(), "2 for 100 and 20");
            assert_eq!(sale.call(&engine).unwrap(), "2 for 100 and 20");
        }
        // The variables were borrowed alone.
        drop(items);
    }

    #[test]
    fn braces_and_brackets_and_parentheses_are_alike() {
        let items = vec![1, 2];
        assert_eq!(flow!(price).call(&Serial).unwrap(), 3);
        assert_eq!(flow! { linear[price] }.call(&Serial).unwrap(), 3);
        assert_eq!(flow![self::price,].call(&Serial).unwrap(), 3);
    }

    #[task]
    fn read(
        path: &Path,
        text: &str,
        name: String,
        size: Option<&u64>,
        tag: Option<&str>,
    ) -> String {
        format!("{} {text} {name} {size:?} {tag:?}", path.display())
    }

    #[test]
    fn a_variable_is_given_as_an_input_of_its_type_is() {
        let (path, text, name) = (PathBuf::from("p"), String::from("t"), String::from("n"));
        let (size, tag) = (Some(3), String::from("g"));
        let all = flow![read];
        assert_eq!(all.call(&Serial).unwrap(), "p t n Some(3) Some(\"g\")");
    }

    #[test]
    fn a_reference_is_given_as_what_it_refers_to() {
        fn read_all(path: &Path, text: &str, name: &String, size: &u64, tag: &str) -> String {
            flow![read].call(&Parallel::new()).unwrap()
        }
        let read = read_all(Path::new("p"), "t", &String::from("n"), &3, "g");
        assert_eq!(read, "p t n Some(3) Some(\"g\")");
    }

    trait Till: Send + Sync {
        fn pay(&self, sum: u64) -> u64;
    }

    impl Till for u64 {
        fn pay(&self, sum: u64) -> u64 {
            sum + self
        }
    }

    #[task]
    fn pay(till: &dyn Till, sum: u64) -> u64 {
        till.pay(sum)
    }

    #[test]
    fn an_object_is_found_behind_any_pointer() {
        let sum = 1;
        let till: Arc<dyn Till> = Arc::new(1);
        assert_eq!(flow![pay].call(&Parallel::new()).unwrap(), 2);
        let till: Box<dyn Till> = Box::new(2);
        assert_eq!(flow![pay].call(&Parallel::new()).unwrap(), 3);
        let till: &dyn Till = &3;
        assert_eq!(flow![pay].call(&Parallel::new()).unwrap(), 4);
        let till = 4;
        assert_eq!(flow![pay].call(&Parallel::new()).unwrap(), 5);
    }

    struct Order {
        parts: (u64, Vec<u64>),
    }

    #[task]
    fn scaled(number: u64, by: u64) -> u64 {
        number * by
    }

    #[test]
    fn fields_literals_and_constants_are_bound() {
        const FACTOR: u64 = 7;
        let order = Order {
            parts: (5, vec![6]),
        };
        let both = flow![
            -> (first, second, price)
            unordered[
                scaled(number = order.parts.0, by = 10) as first,
                scaled(number = 3, by = const FACTOR) as second,
                price(items = order.parts.1),
            ]
        ];
        assert_eq!(both.call(&Serial).unwrap(), (50, 21, 6));
    }

    struct Shop {
        items: Vec<u64>,
        rate: u64,
    }

    impl Shop {
        fn tax(&self) -> u64 {
            let taxes = flow![linear[price(items = self.items), tax(rate = self.rate)]];
            taxes.call(&Parallel::new()).unwrap()
        }
    }

    #[test]
    fn a_method_takes_the_fields_of_its_object() {
        let (items, rate) = (vec![20, 30], 10);
        assert_eq!(Shop { items, rate }.tax(), 5);
    }

    #[task]
    fn count(clicks: &AtomicU64, by: u64) -> u64 {
        clicks.fetch_add(by, Ordering::Relaxed)
    }

    #[test]
    fn what_is_borrowed_is_shared_between_threads() {
        let clicks = AtomicU64::new(0);
        let by = 2;
        let flow = flow![-> () unordered[count as first, count as second, count as third]];
        flow.call(&Parallel::new()).unwrap();
        assert_eq!(clicks.load(Ordering::Relaxed), 6);
    }

    #[task(transient)]
    fn opened(counter: &Cell<u64>) -> Rc<u64> {
        counter.set(counter.get() + 1);
        Rc::new(counter.get())
    }

    #[task]
    fn seen(opened: &Rc<u64>) -> u64 {
        **opened
    }

    #[test]
    fn what_stays_on_a_thread_is_run_there() {
        let counter = Cell::new(1);
        let flow = flow![linear[opened, seen]];
        assert_eq!(flow.call(&Serial).unwrap(), 2);
        assert_eq!(flow.call(&Serial).unwrap(), 3);
    }

    #[task]
    fn shown<T: Display>(it: &T) -> String {
        it.to_string()
    }

    fn show<T: Display + Sync>(it: &T) -> String {
        flow![shown::<T>].call(&Parallel::new()).unwrap()
    }

    #[test]
    fn a_generic_function_runs_flows_of_its_types() {
        assert_eq!((show(&1), show(&"one")), ("1".to_owned(), "one".to_owned()));
    }

    macro_rules! total {
        ($items:expr, $task:ident) => {{
            let items = $items;
            flow![linear[$task(items = items)]].call(&Serial).unwrap()
        }};
    }

    #[test]
    fn other_macros_write_flows() {
        let items = ();
        assert_eq!(total!([1, 2], price), 3);
        let () = items;
    }

    #[test]
    fn a_variable_is_not_taken_for_a_task_of_its_name() {
        let items = [1, 2];
        let price = flow![price].call(&Serial).unwrap();
        let same = flow![linear[price, shown::<u64>(it = price)]].call(&Serial);
        assert_eq!((price, same.unwrap()), (3, "3".to_owned()));
        let shown = 7;
        let again = flow![shown::<i32>(it = shown) as again].call(&Serial);
        assert_eq!(again.unwrap(), "7");
    }

    #[test]
    fn raw_names_are_names_like_others() {
        #[task]
        fn r#match(r#type: &str) -> String {
            r#type.to_owned()
        }
        let r#type = "t";
        assert_eq!(flow![r#match].call(&Serial).unwrap(), "t");
    }

    #[test]
    fn a_flow_goes_to_other_threads_and_is_copied() {
        let items = BTreeMap::from([(1, vec![2]), (3, vec![4, 5])]);
        let flows: Vec<_> = items.values().map(|items| flow![price]).collect();
        let copies = flows.clone();
        let other = std::thread::scope(|scope| {
            let other = scope.spawn(move || copies[1].call(&Serial).unwrap());
            other.join().unwrap()
        });
        assert_eq!((flows[0].call(&Serial).unwrap(), other), (2, 9));
    }
}

/// What a flow results in.
mod outputs {
    use super::*;

    #[test]
    fn without_an_arrow_it_is_the_last_result() {
        let (items, label) = (vec![1], "l");
        let last: u64 = flow![linear[price]].call(&Serial).unwrap();
        assert_eq!(last, 1);
        let () = flow![note].call(&Serial).unwrap();
        // What stands last provides nothing.
        let rate = 3;
        let () = flow![linear[price, tax, note]].call(&Serial).unwrap();
        let nested: usize = flow![linear[price, linear[tax, unordered[weight]]]]
            .call(&Serial)
            .unwrap();
        assert_eq!(nested, 1);
    }

    #[test]
    fn symbols_are_picked() {
        let (items, rate) = (vec![100], 3);
        let one = flow![-> price linear[unordered[price, weight], tax]];
        assert_eq!(one.call(&Parallel::new()).unwrap(), 100);
        let also_one = flow![-> (price) linear[unordered[price, weight], tax]];
        assert_eq!(also_one.call(&Serial).unwrap(), 100);
        let two = flow![-> (tax, weight) linear[unordered[price, weight], tax]];
        assert_eq!(two.call(&Serial).unwrap(), (3, 1));
        let none = flow![-> () linear[price]];
        let () = none.call(&Serial).unwrap();
    }

    #[task(provides = (front, back))]
    fn halves(text: &str) -> (String, String) {
        let (front, back) = text.split_at(text.len() / 2);
        (front.to_owned(), back.to_owned())
    }

    flow! {
        struct Both { text: String, times: u64 } -> (back: String, many: u64)
        linear[halves, same(number = times) as many]
    }

    #[task]
    fn same(number: u64) -> u64 {
        number
    }

    #[test]
    fn parts_of_a_tuple_and_of_a_nested_flow_are_symbols() {
        let (text, times) = (String::from("abcd"), 2);
        let parts = flow![-> (back, front) halves];
        let (back, front) = parts.call(&Serial).unwrap();
        assert_eq!((&*back, &*front), ("cd", "ab"));
        let nested = flow![-> (back, many) Both];
        assert_eq!(nested.call(&Parallel::new()).unwrap(), (back, 2));
    }
}

/// The groups, in which everything may be a variable.
mod groups {
    use std::time::Duration;

    use taskflow::Failure;

    use super::*;

    enum Plan {
        Free,
        Team { seats: u64, owner: String },
        Closed,
    }

    #[task(provides = cost)]
    fn nothing() -> u64 {
        0
    }

    #[task(provides = cost)]
    fn per_seat(seats: &u64, rate: u64) -> u64 {
        seats * rate
    }

    #[task]
    fn coupon(cost: u64) -> String {
        format!("{cost} off")
    }

    #[task]
    fn invoice(cost: u64, coupon: Option<&str>) -> String {
        format!("{cost}, {coupon:?}")
    }

    #[test]
    fn choices_are_about_variables_and_guards_name_them() {
        let (rate, least, us) = (5, 2, String::from("us"));
        let bill = |plan: Plan, is_first: bool| {
            let bill = flow![linear[
                match plan {
                    Plan::Free => nothing,
                    Plan::Team { owner, .. } if *owner == us => nothing,
                    Plan::Team { seats, .. } if *seats >= least => per_seat,
                    Plan::Team { .. } => nothing,
                    Plan::Closed => fail(reason = "the account is closed"),
                },
                when(is_first)[coupon],
                invoice,
            ]];
            bill.call(&Parallel::new())
        };
        let team = |seats, owner: &str| {
            let owner = owner.to_owned();
            Plan::Team { seats, owner }
        };
        assert_eq!(bill(Plan::Free, false).unwrap(), "0, None");
        assert_eq!(bill(team(3, "they"), true).unwrap(), "15, Some(\"15 off\")");
        assert_eq!(bill(team(1, "they"), false).unwrap(), "0, None");
        assert_eq!(bill(team(3, "us"), false).unwrap(), "0, None");
        let error = bill(Plan::Closed, false).unwrap_err();
        // A flow without a name is called after its pattern.
        assert!(
            error
                .to_string()
                .starts_with("flow `linear@nothing` failed"),
            "{error}"
        );
        drop(us);
    }

    #[derive(Debug)]
    struct FetchError {
        status: u16,
    }

    impl std::fmt::Display for FetchError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.status.fmt(f)
        }
    }

    impl FetchError {
        fn is_transient(&self) -> bool {
            self.status >= 500
        }
    }

    #[task]
    fn fetch(mirror: &str, page: &str) -> Result<String, FetchError> {
        match (mirror, page) {
            ("slow", _) => Err(FetchError { status: 503 }),
            (_, "gone") => Err(FetchError { status: 404 }),
            _ => Ok(page.to_owned()),
        }
    }

    #[task]
    fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(fetch: &str) -> Result<T, T::Err> {
        fetch.parse()
    }

    #[task]
    fn sum(numbers: &[Result<u64, Failure>]) -> u64 {
        numbers.iter().flatten().sum()
    }

    #[task]
    fn announce(sum: &u64) -> Result<(), String> {
        Err(format!("nobody listens to {sum}"))
    }

    #[test]
    fn groups_stand_in_each_other() {
        let pages = ["3", "gone", "4", "not a number"];
        let mirrors = vec!["slow".to_owned(), "fast".to_owned()];
        let (jobs, most, pause) = (2, 3, Duration::from_millis(1));
        let totals = flow![-> (sum, announced) linear[
            limit(most)[map(page in pages, limit = jobs, tolerate = 50%)[
                retry(mirror in mirrors, backoff = fixed(pause), if = FetchError::is_transient)[fetch],
                parse::<u64>,
            ] as numbers],
            sleep(pause),
            timeout("5m")[sum],
            try[announce] as announced,
        ]];
        for _ in 0..2 {
            let (sum, announced) = totals.call(&Parallel::new()).unwrap();
            assert_eq!(sum, 7);
            assert_eq!(announced.unwrap_err().to_string(), "nobody listens to 7");
        }
    }

    flow! {
        #[flow(local)]
        struct Bill<'a> { seats: u64, #[resource] rate: &'a u64 } -> cost: u64
        linear[per_seat(rate = rate)]
    }

    #[task]
    fn wait_for(ready: bool) -> Result<(), String> {
        ready.then_some(()).ok_or("not ready".to_owned())
    }

    #[test]
    fn flows_stand_in_an_inline_flow() {
        let (seats, price) = (3, 7);
        let bills = flow![graph[Bill(rate = price), coupon, invoice, coupon -> invoice]];
        assert_eq!(bills.call(&Serial).unwrap(), "21, Some(\"21 off\")");
        let ready = true;
        let () = flow![retry(times = 3)[wait_for]].call(&Serial).unwrap();
    }
}

/// Runs that are recorded, under the name that an inline flow is given.
mod recorded {
    use std::cell::Cell;
    use std::sync::Mutex;

    use taskflow::listen::Change;
    use taskflow::{Capture, Logbook, RunError, RunId, RunState, StartError, TaskContext, Undone};

    use super::*;

    static PARALLEL: Parallel = Parallel::new();

    /// What happened, in order. It is not stored, and cannot be.
    #[derive(Default)]
    struct Diary(Mutex<Vec<String>>);

    impl Diary {
        fn write(&self, line: impl Into<String>) {
            self.0.lock().unwrap().push(line.into());
        }

        fn read(&self) -> Vec<String> {
            std::mem::take(&mut *self.0.lock().unwrap())
        }
    }

    #[task(revert = give_back(diary, reserve))]
    fn reserve(diary: &Diary, seats: u64) -> u64 {
        diary.write(format!("reserve {seats}"));
        seats * 10
    }

    fn give_back(diary: &Diary, reserve: &u64) {
        diary.write(format!("give back {reserve}"));
    }

    #[task]
    fn charge(diary: &Diary, reserve: u64, limit: u64) -> Result<String, String> {
        diary.write("charge");
        if reserve > limit {
            return Err(format!("{reserve} are too many"));
        }
        Ok(format!("paid {reserve}"))
    }

    #[test]
    fn a_run_is_stored_under_the_name_and_the_version() {
        let book = Logbook::memory();
        let (diary, seats, limit) = (Diary::default(), 2, 50);
        let booking = flow![linear[reserve, charge]].named("booking").version(3);
        assert_eq!(booking.run(&Serial, &book).unwrap(), "paid 20");
        assert_eq!(booking.call(&Parallel::new()).unwrap(), "paid 20");
        let labelled = booking.label("tenant", "acme").start(&Serial, &book);
        drop(labelled.unwrap());
        let unfinished = booking.unfinished(&book).unwrap();
        let labels: Vec<_> = unfinished.iter().map(|run| run.labels.clone()).collect();
        assert_eq!(labels, [[("tenant".to_owned(), "acme".to_owned())]]);
        let stored: Vec<_> = book.runs().unwrap();
        assert_eq!(stored.len(), 2);
        for run in stored {
            assert_eq!((&*run.flow, run.version), ("booking", 3));
        }
    }

    #[test]
    fn an_id_is_run_once() {
        let book = Logbook::memory();
        let (diary, seats, limit) = (Diary::default(), 2, 50);
        let booking = flow![linear[reserve, charge]].named("booking");
        for _ in 0..2 {
            let paid = booking.id("once").run(&Serial, &book);
            assert_eq!(paid.unwrap(), "paid 20");
        }
        assert_eq!(diary.read(), ["reserve 2", "charge"]);
        assert!(booking.id("no id \u{e4}").run(&Serial, &book).is_err());
    }

    #[test]
    fn a_run_that_fails_is_undone_unless_it_is_kept() {
        let book = Logbook::memory();
        let (diary, seats, limit) = (Diary::default(), 2, 10);
        let booking = flow![linear[reserve, charge]].named("booking");
        let Err(RunError::Failed(failed)) = booking.run(&Parallel::new(), &book) else {
            panic!("the limit is too low");
        };
        assert_eq!(failed.undone(), &Undone::All);
        assert_eq!(diary.read(), ["reserve 2", "charge", "give back 20"]);

        let kept = flow![#[flow(on_failure = keep)] linear[reserve, charge]].named("booking");
        let Err(RunError::Failed(failed)) = kept.run(&Serial, &book) else {
            panic!("the limit is too low");
        };
        assert_eq!((failed.flow(), failed.undone()), ("booking", &Undone::Kept));
        let run = kept.continue_or_start(&Serial, &book).unwrap();
        run.revert().unwrap();
        assert_eq!(diary.read(), ["reserve 2", "charge", "give back 20"]);
    }

    /// The same flow in another place of the program, with other variables.
    fn repaired(diary: &Diary, seats: u64, limit: u64) -> impl Fn(&Logbook) -> RunId {
        move |book| {
            let booking = flow![#[flow(on_failure = keep)] linear[reserve, charge]];
            let run = booking.named("booking").continue_or_start(&PARALLEL, book);
            let run = run.unwrap();
            assert_eq!(run.done().unwrap(), ["reserve"]);
            assert_eq!(run.wait().unwrap(), "paid 20");
            run.id().clone()
        }
    }

    #[test]
    fn a_run_goes_on_in_another_process_with_the_variables_of_that() {
        let folder = tempfile::tempdir().unwrap();
        let id = {
            let book = Logbook::open(folder.path().join("book")).unwrap();
            let (diary, seats, limit) = (Diary::default(), 2, 10);
            let booking = flow![#[flow(on_failure = keep)] linear[reserve, charge]];
            let run = booking.named("booking").start(&Serial, &book).unwrap();
            assert!(run.wait().is_err());
            assert_eq!(diary.read(), ["reserve 2", "charge"]);
            run.id().clone()
        };
        let book = Logbook::open(folder.path().join("book")).unwrap();
        let diary = Diary::default();
        // What was reserved was recorded, whatever the number of seats is now.
        assert_eq!(repaired(&diary, 7, 50)(&book), id);
        assert_eq!(diary.read(), ["charge"]);

        let (seats, limit) = (7, 0);
        let booking = flow![linear[reserve, charge]].named("booking");
        let run = booking.resume(&id, &Serial, &book).unwrap();
        assert_eq!(run.wait().unwrap(), "paid 20");
        assert!(diary.read().is_empty());
    }

    #[test]
    fn a_run_that_has_only_begun_goes_on_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let (diary, seats, limit) = (Diary::default(), 2, 50);
        let booking = flow![linear[reserve, charge]].named("booking");
        let id = {
            let book = Logbook::open(folder.path().join("book")).unwrap();
            let run = booking.start(&Serial, &book).unwrap();
            run.id().clone()
        };
        let book = Logbook::open(folder.path().join("book")).unwrap();
        let run = booking.continue_or_start(&PARALLEL, &book).unwrap();
        assert_eq!(run.id(), &id);
        assert_eq!(run.wait().unwrap(), "paid 20");
        let next = booking.continue_or_start(&PARALLEL, &book).unwrap();
        assert_ne!(next.id(), &id);
    }

    #[task]
    fn approve(reserve: u64, by: &str) -> String {
        format!("{reserve} approved by {by}")
    }

    #[test]
    fn a_run_is_suspended_waits_for_a_signal_and_goes_on() {
        let book = Logbook::memory();
        let (diary, seats) = (Diary::default(), 2);
        let booking = flow![linear[reserve, signal(by: String), approve]].named("approved");
        let run = booking.start(&Serial, &book).unwrap();
        run.suspend().unwrap();
        assert_eq!(run.state().unwrap(), RunState::Suspended);
        assert!(matches!(run.wait(), Err(RunError::Stopped(_))));
        assert!(diary.read().is_empty());

        let run = booking.resume(run.id(), &Serial, &book).unwrap();
        let control = run.control();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // Until the run waits for it, it cannot be given.
                while control.signal("by", &"eve".to_owned()).is_err() {
                    std::thread::yield_now();
                }
            });
            assert_eq!(run.wait().unwrap(), "20 approved by eve");
        });
    }

    #[test]
    fn a_run_of_another_plan_name_or_version_is_refused() {
        let book = Logbook::memory();
        let (diary, seats, limit) = (Diary::default(), 2, 50);
        let first = flow![linear[reserve, charge]].named("booking");
        let id = first.start(&Serial, &book).unwrap().id().clone();

        let changed = flow![reserve].named("booking");
        let refused = changed.continue_or_start(&Serial, &book).unwrap_err();
        assert!(matches!(refused, StartError::Refused { .. }), "{refused}");
        let refused = changed.resume(&id, &Serial, &book).unwrap_err();
        assert!(matches!(refused, StartError::Refused { .. }), "{refused}");

        let later = first.version(2);
        let refused = later.resume(&id, &Serial, &book).unwrap_err();
        assert!(matches!(refused, StartError::OtherFlow { .. }), "{refused}");
        let run = later.continue_or_start(&Serial, &book).unwrap();
        assert_ne!(run.id(), &id);

        let other = flow![linear[reserve, charge]].named("other");
        let refused = other.id(id).start(&Serial, &book).unwrap_err();
        assert!(matches!(refused, StartError::OtherFlow { .. }), "{refused}");
    }

    flow! {
        #[flow(name = "booking")]
        struct Booking<'a> { #[resource] diary: &'a Diary, #[resource] seats: u64, #[resource] limit: u64 } -> String
        linear[reserve, charge]
    }

    #[test]
    fn an_inline_flow_and_a_struct_of_one_name_and_plan_are_one_flow() {
        let book = Logbook::memory();
        let (diary, seats, limit) = (Diary::default(), 2, 50);
        let inline = flow![linear[reserve, charge]].named("booking");
        let id = inline.start(&Serial, &book).unwrap().id().clone();
        let diary = &diary;
        let run = Booking {
            diary,
            seats,
            limit,
        }
        .continue_or_start(&Serial, &book);
        let run = run.unwrap();
        assert_eq!((run.id(), run.wait().unwrap()), (&id, "paid 20".to_owned()));
        assert_eq!(inline.name(), <Booking<'_> as taskflow::Flow>::NAME);
    }

    flow! {
        struct Reserving { seats: u64, #[resource] diary: std::sync::Arc<Diary> } -> u64
        linear[reserve]
    }

    #[test]
    fn a_run_with_inputs_is_none_of_an_inline_flow() {
        let (book, diary) = (Logbook::memory(), std::sync::Arc::new(Diary::default()));
        let seats = 2;
        let run = Reserving {
            seats,
            diary: diary.clone(),
        }
        .start(&Serial, &book)
        .unwrap();
        let inline = flow![linear[reserve]].named("reserving");
        let refused = inline.resume(run.id(), &Serial, &book).unwrap_err();
        assert!(matches!(refused, StartError::OldInputs { .. }), "{refused}");
        assert_eq!(run.wait().unwrap(), 20);
    }

    #[task]
    fn stay(counter: &Cell<u64>, ctx: &TaskContext) -> String {
        counter.set(counter.get() + 1);
        ctx.run_id().to_string()
    }

    #[test]
    fn what_stays_on_a_thread_is_recorded_too() {
        let (book, counter) = (Logbook::memory(), Cell::new(0));
        let run = flow![stay].named("stay").id("here").start(&Serial, &book);
        assert_eq!(run.unwrap().wait().unwrap(), "here");
        assert_eq!(counter.get(), 1);
    }

    #[test]
    fn listeners_are_told_the_name() {
        let (book, capture) = (Logbook::memory(), Capture::new());
        let (diary, seats) = (Diary::default(), 2);
        let reserving = flow![reserve].named("reserving").version(2);
        let run = reserving.listen(capture.clone()).run(&Serial, &book);
        assert_eq!(run.unwrap(), 20);
        let events = capture.take_events();
        assert!(matches!(events[0].change(), Change::RunStarted));
        for event in events {
            assert_eq!((event.flow(), event.version()), ("reserving", 2));
        }
    }

    #[test]
    fn handles_and_flows_are_shown_by_name() {
        let (book, diary, seats) = (Logbook::memory(), Diary::default(), 2);
        let reserving = flow![reserve].named("reserving");
        let run = reserving.start(&Serial, &book).unwrap();
        for shown in [
            format!("{reserving:?}"),
            format!("{:?}", reserving.id("a")),
            format!("{run:?}"),
            format!("{:?}", run.control()),
        ] {
            assert!(shown.contains("\"reserving\""), "{shown}");
        }
    }

    #[test]
    #[should_panic(expected = "the name of a flow has 1 to 64 bytes, and `` has 0")]
    fn an_empty_name_is_refused() {
        let items = [1];
        let _ = flow![price].named("");
    }
}
