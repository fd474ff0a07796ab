//! `flow!` as a user meets it: what is wired to what, the plans, and what runs give.
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

mod tasks {
    use taskflow::{TaskContext, task};

    #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
    pub(crate) struct Order {
        pub(crate) item: String,
        pub(crate) cents: u64,
        pub(crate) size: (u32, Inner),
    }

    #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
    pub(crate) struct Inner {
        pub(crate) gib: u64,
    }

    pub(crate) fn order() -> Order {
        Order {
            item: String::from("pen"),
            cents: 200,
            size: (3, Inner { gib: 40 }),
        }
    }

    #[task]
    pub(crate) fn price(order: &Order) -> u64 {
        order.cents
    }

    #[task]
    pub(crate) fn double(number: u64) -> u64 {
        number * 2
    }

    #[task]
    pub(crate) fn sum(left: &u64, right: &u64) -> Result<u64, String> {
        left.checked_add(*right).ok_or(String::from("too large"))
    }

    #[task(provides = (front, back))]
    pub(crate) fn halves(text: &str) -> (String, String) {
        let (front, back) = text.split_at(text.len() / 2);
        (front.to_owned(), back.to_owned())
    }

    #[task]
    pub(crate) fn join(front: &str, back: &str) -> String {
        format!("{back}{front}")
    }

    #[task]
    pub(crate) fn check(number: &u64) {
        assert_ne!(*number, 0);
    }

    #[task]
    pub(crate) fn describe(
        number: i64,
        text: &str,
        flag: bool,
        note: Option<&str>,
        ratio: &f64,
        ctx: &TaskContext,
    ) -> String {
        let atom = ctx.atom();
        format!("{number} {text} {flag} {note:?} {ratio} {atom}")
    }

    #[task(provides = parsed)]
    pub(crate) fn parse<T: std::str::FromStr>(text: &str) -> Result<T, T::Err> {
        text.parse()
    }
}

/// What the order of a plan is.
fn plan(flow: &taskflow::plan::Plan) -> Vec<(String, Vec<String>)> {
    flow.tasks()
        .map(|task| (task.clone(), flow.before(&task)))
        .collect()
}

/// The same, written down.
fn tasks(expected: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |names: &[&str]| names.iter().copied().map(String::from).collect();
    expected
        .iter()
        .map(|(task, before)| ((*task).to_owned(), owned(before)))
        .collect()
}

mod shapes {
    //! The order that each pattern gives.
    use super::tasks::{Order, check, double, order, price, sum};
    use super::{plan, tasks};
    use taskflow::{Flow, Serial, flow};

    flow! {
        /// One task, without a pattern around it.
        pub(crate) struct Single { order: Order } -> u64
        price
    }

    flow! {
        /// Groups of several next to each other, which meet in a join.
        struct Layers { number: u64 } -> sum: u64
        linear[
            unordered[double as left, double as middle, linear[double as first, double(number = first) as right]],
            unordered[sum, check(number = middle), check as also],
        ]
    }

    flow! {
        /// The order comes from the data.
        struct Graph { number: u64 } -> sum: u64
        graph[
            sum,
            check(number = sum),
            double as left,
            double(number = left) as right,
            check as early,
            early -> left,
            early -> check,
        ]
    }

    #[test]
    fn a_single_task_is_a_flow() {
        assert_eq!(plan(Single::PLAN), tasks(&[("price", &[])]));
        assert_eq!(Single { order: order() }.call(&Serial).unwrap(), 200);
    }

    #[test]
    fn groups_meet() {
        let second = &["left", "middle", "right"];
        assert_eq!(
            plan(Layers::PLAN),
            tasks(&[
                ("left", &[]),
                ("middle", &[]),
                ("first", &[]),
                ("right", &["first"]),
                ("sum", second),
                ("check", second),
                ("also", second),
            ])
        );
        assert_eq!(Layers { number: 5 }.call(&Serial).unwrap(), 30);
    }

    #[test]
    fn a_graph_is_ordered_by_data_and_edges() {
        assert_eq!(
            plan(Graph::PLAN),
            tasks(&[
                ("early", &[]),
                ("left", &["early"]),
                ("right", &["left"]),
                ("sum", &["left", "right"]),
                ("check", &["early", "sum"]),
            ])
        );
        assert_eq!(Graph { number: 5 }.call(&Serial).unwrap(), 30);
    }
}

mod wiring {
    //! What a parameter gets.
    use super::tasks::{Order, describe, double, halves, join, order, parse, price, sum};
    use std::time::Duration;
    use taskflow::{Serial, flow, task};

    const LIMIT: f64 = 0.5;
    const NOTE: &str = "constant";

    mod limits {
        pub(crate) const LOW: i64 = -7;
    }

    flow! {
        struct Fixed {} -> (first: String, second: String)
        unordered[
            describe(number = -3, text = "a", flag = true, note = "b", ratio = 1.5) as first,
            describe(number = const limits::LOW, text = const NOTE, flag = false, note = const NOTE, ratio = const LIMIT) as second,
        ]
    }

    flow! {
        struct Fields { order: Order, maybe: Option<String> } -> described: String
        linear[
            halves(text = order.item),
            double(number = order.size.1.gib),
            price,
            sum(left = double, right = price),
            wide(number = order.size.0),
            describe(number = wide, text = front, flag = true, note = maybe, ratio = 2.0) as described,
        ]
    }

    #[task]
    fn wide(number: u32) -> i64 {
        i64::from(number)
    }

    flow! {
        struct Parts { text: String } -> (back: String, join: String)
        linear[halves, join]
    }

    flow! {
        struct Generic { text: String } -> parse: i64
        linear[parse::<i64> as parse]
    }

    #[task]
    fn r#match(r#type: &str, _unused: &Duration) -> String {
        r#type.to_uppercase()
    }

    flow! {
        struct Raw { r#type: String, unused: Duration } -> r#match: String
        linear[r#match]
    }

    #[test]
    fn literals_and_constants_are_given() {
        let FixedOutput { first, second } = Fixed {}.call(&Serial).unwrap();
        assert_eq!(first, "-3 a true Some(\"b\") 1.5 first");
        assert_eq!(second, "-7 constant false Some(\"constant\") 0.5 second");
    }

    #[test]
    fn fields_of_symbols_are_given() {
        let order = order();
        let maybe = None;
        let described = Fields { order, maybe }.call(&Serial).unwrap();
        assert_eq!(described, "3 p true None 2 described");
    }

    #[test]
    fn a_tuple_gives_several_symbols() {
        let text = String::from("abcd");
        let PartsOutput { back, join } = Parts { text }.call(&Serial).unwrap();
        assert_eq!((back.as_str(), join.as_str()), ("cd", "cdab"));
    }

    #[test]
    fn a_generic_task_is_named_with_its_types() {
        let text = String::from("-12");
        assert_eq!(Generic { text }.call(&Serial).unwrap(), -12);
        let text = String::from("twelve");
        assert!(Generic { text }.call(&Serial).is_err());
    }

    #[test]
    fn raw_identifiers_are_names_like_others() {
        let flow = Raw {
            r#type: String::from("a"),
            unused: Duration::ZERO,
        };
        assert_eq!(flow.call(&Serial).unwrap(), "A");
    }
}

mod nested {
    //! Flows as tasks of other flows.
    use super::tasks::{Inner, Order, check, double, halves, join, order, price, sum};
    use super::{plan, tasks};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use taskflow::{Flow, Logbook, Parallel, Serial, flow, task};

    /// Something that is borrowed and counts.
    pub(crate) trait Till: Send + Sync {
        fn pay(&self, cents: u64) -> u64;
    }

    #[derive(Default)]
    pub(crate) struct Drawer(AtomicU64);

    impl Till for Drawer {
        fn pay(&self, cents: u64) -> u64 {
            self.0.fetch_add(cents, Ordering::Relaxed) + cents
        }
    }

    #[task(provides = receipt, revert = give_back(till, number))]
    fn pay(till: &dyn Till, number: u64, limit: &Limit) -> Result<u64, String> {
        if number > limit.0 {
            return Err(format!("{number} is too much"));
        }
        Ok(till.pay(number))
    }

    fn give_back(till: &dyn Till, number: u64) {
        till.pay(0_u64.wrapping_sub(number));
    }

    pub(crate) struct Limit(u64);

    mod deep {
        use super::{Limit, Till, double, pay};
        use taskflow::flow;

        flow! {
            /// Pays twice.
            pub(crate) struct PayTwice<'a> {
                number: u64,
                #[resource] till: &'a dyn Till,
                #[resource] limit: &'a Limit,
            } -> (first: u64, second: u64)
            linear[pay as first, double, pay(number = double) as second]
        }
    }

    flow! {
        /// Owns what it pays with.
        struct Shopping {
            order: Order,
            #[resource] till: Arc<dyn Till>,
            #[resource] limit: Arc<Limit>,
        } -> sum: u64
        linear[
            price,
            unordered[deep::PayTwice(number = price), Paying(number = 7) as again],
            sum(left = first, right = second) as once,
            sum(left = once, right = again),
        ]
    }

    flow! {
        struct Paying { number: u64, #[resource] till: Arc<dyn Till>, #[resource] limit: Arc<Limit> }
            -> receipt: u64
        pay
    }

    flow! {
        struct Words { text: String } -> String
        linear[halves, join]
    }

    flow! {
        struct Sentence {} -> String
        linear[
            Words(text = "abcd") as word,
            Words(text = word) as again,
            Words(text = again),
        ]
    }

    flow! {
        struct Nothing { number: u64 }
        linear[check, check as again]
    }

    flow! {
        struct Outer { order: Order } -> u64
        linear[Nothing(number = order.size.1.gib), Nothing(number = order.cents) as second, Middle(inner = order.size.1)]
    }

    flow! {
        struct Middle { inner: Inner } -> double: u64
        linear[unordered[Nothing(number = inner.gib), double(number = inner.gib)]]
    }

    #[test]
    fn fields_reach_a_nested_flow() {
        let till = Arc::new(Drawer::default());
        let shopping = |limit| Shopping {
            order: order(),
            till: till.clone(),
            limit: Arc::new(Limit(limit)),
        };
        assert_eq!(
            plan(Shopping::PLAN),
            tasks(&[
                ("price", &[]),
                ("pay_twice/first", &["price"]),
                ("pay_twice/double", &["pay_twice/first"]),
                ("pay_twice/second", &["pay_twice/double"]),
                ("again/pay", &["price"]),
                ("once", &["pay_twice/second", "again/pay"]),
                ("sum", &["once"]),
            ]),
        );
        // 200, then 400 more, then 7 more.
        assert_eq!(shopping(1000).call(&Serial).unwrap(), 200 + 600 + 607);
        assert_eq!(till.0.load(Ordering::Relaxed), 607);
        // What was paid before the one that is too much is given back.
        assert!(shopping(300).run(&Serial, &Logbook::memory()).is_err());
        assert_eq!(till.0.load(Ordering::Relaxed), 607);
    }

    #[test]
    fn the_output_of_one_flow_is_the_input_of_the_next() {
        assert_eq!(Sentence {}.call(&Serial).unwrap(), "cdab");
        assert_eq!(
            Sentence {}.run(&Serial, &Logbook::memory()).unwrap(),
            "cdab"
        );
        assert_eq!(
            Sentence {}
                .run(&Parallel::new(), &Logbook::memory())
                .unwrap(),
            "cdab"
        );
    }

    #[test]
    fn plans_join() {
        assert_eq!(
            plan(Outer::PLAN),
            tasks(&[
                ("nothing/check", &[]),
                ("nothing/again", &["nothing/check"]),
                ("second/check", &["nothing/again"]),
                ("second/again", &["second/check"]),
                ("middle/nothing/check", &["second/again"]),
                ("middle/nothing/again", &["middle/nothing/check"]),
                ("middle/double", &["second/again"]),
            ])
        );
        assert_eq!(Outer { order: order() }.call(&Serial).unwrap(), 80);
    }
}

mod places {
    //! Where a flow may stand, and who may write it.
    use super::tasks::{double, price};
    use std::rc::Rc;
    use taskflow::{Serial, flow, task};

    mod ship {
        use taskflow::task;
        #[task]
        pub(crate) fn ship(number: u64) -> u64 {
            number + 1
        }
    }
    use ship::ship;

    macro_rules! twice {
        ($(#[$attr:meta])* $vis:vis $name:ident: $task:ident, $ty:ty) => {
            flow! {
                $(#[$attr])*
                $vis struct $name { number: $ty } -> second: $ty
                linear[$task as first, $task(number = first) as second]
            }
        };
    }

    twice!(pub(super) Quadruple: double, u64);
    twice!(
        /// Adds two.
        AddTwo: ship, u64
    );

    flow! {
        #[flow(local)]
        struct Counted { #[resource] counter: Rc<u64> } -> u64
        linear[read, add_local]
    }

    #[task(provides = counted, transient)]
    fn read(counter: &Rc<u64>) -> Rc<u64> {
        Rc::clone(counter)
    }

    #[task]
    fn add_local(counted: Rc<u64>) -> u64 {
        *counted + 1
    }

    flow! {
        #[flow(local)]
        struct OuterLocal { #[resource] shared: Rc<u64> } -> counted: u64
        Counted(counter = shared)
    }

    #[cfg(any())]
    flow! {
        struct Absent {} -> u64
        absent
    }

    flow! {
        #[cfg(any())]
        struct AbsentToo {} -> u64
        absent
    }

    flow! {
        #[derive(Debug, Clone)]
        #[flow(name = "named", version = 7, on_failure = keep)]
        struct Named {
            #[allow(unused_variables)]
            spare: u8,
            /// A number.
            number: u64,
        } -> u64
        double
    }

    #[test]
    fn other_macros_write_flows() {
        assert_eq!(Quadruple { number: 3 }.call(&Serial).unwrap(), 12);
        assert_eq!(AddTwo { number: 3 }.call(&Serial).unwrap(), 5);
    }

    #[test]
    fn a_local_flow_stays_on_its_thread() {
        let shared = Rc::new(1);
        assert_eq!(OuterLocal { shared }.call(&Serial).unwrap(), 2);
    }

    #[test]
    fn a_flow_may_stand_in_a_function() {
        use super::tasks::order;

        #[task]
        fn local(number: u64) -> u64 {
            number + 10
        }

        flow! {
            struct Inside { number: u64 } -> u64
            linear[local, double(number = local)]
        }

        flow! {
            struct Around { order: super::tasks::Order } -> u64
            linear[price, Inside(number = price)]
        }

        assert_eq!(Inside { number: 1 }.call(&Serial).unwrap(), 22);
        assert_eq!(Around { order: order() }.call(&Serial).unwrap(), 420);
    }
}

mod resumed {
    //! What a resumed run reads that another process provided.
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use taskflow::{Logbook, Serial, flow, task};

    #[derive(Clone)]
    struct Connection(Arc<AtomicU64>);

    #[task(provides = connection, transient)]
    fn connect(server: &Arc<AtomicU64>) -> Connection {
        server.fetch_add(100, Ordering::Relaxed);
        Connection(Arc::clone(server))
    }

    #[task]
    fn ask(connection: &Connection) -> u64 {
        connection.0.fetch_add(1, Ordering::Relaxed)
    }

    #[task]
    fn local() -> u64 {
        1
    }

    #[task]
    fn finish(broken: &AtomicBool, asked: &u64, connection: &Connection) -> Result<u64, String> {
        if broken.load(Ordering::Relaxed) {
            return Err(String::from("broken"));
        }
        Ok(asked + connection.0.load(Ordering::Relaxed))
    }

    flow! {
        struct Asking {
            #[resource] connection: Connection,
            #[resource] broken: Arc<AtomicBool>,
        } -> (finish: u64, local: u64)
        linear[ask, local, finish(asked = ask)]
    }

    flow! {
        struct Whole {
            #[resource] server: Arc<AtomicU64>,
            #[resource] broken: Arc<AtomicBool>,
        } -> finish: u64
        linear[connect, Asking]
    }

    #[test]
    fn a_resource_of_a_nested_flow_may_be_made_by_a_task() {
        let (server, broken) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(true)));
        let whole = || Whole {
            server: server.clone(),
            broken: broken.clone(),
        };
        let book = Logbook::memory();
        assert!(whole().run(&Serial, &book).is_err());
        assert_eq!(server.load(Ordering::Relaxed), 101);
        broken.store(false, Ordering::Relaxed);
        let handle = whole().continue_or_start(&Serial, &book).unwrap();
        // It connects again and does not ask again.
        assert_eq!(handle.wait().unwrap(), 100 + 201);
        assert_eq!(server.load(Ordering::Relaxed), 201);
    }
}
