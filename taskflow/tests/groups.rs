//! Groups in `flow!`, as an engine meets them: step by step, with nothing in between.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
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

use std::cell::RefCell;

use taskflow::__private::{Body, Closing, Op, Parts, Setup, Step, Undo};
use taskflow::retry::{Attempt, Controller, Next};
use taskflow::{Failure, Serial, TaskContext, flow, task};

/// What acts on a flow step by step, as an engine does.
struct Hand<'h, F: Parts, B> {
    body: B,
    inputs: &'h F::Inputs,
    resources: &'h F::Resources,
    ctx: &'h TaskContext,
}

impl<F: Parts, B: Body<F>> Hand<'_, F, B> {
    fn step(&self, way: &[u32], op: Op<'_>) -> Step {
        let view = F::view(self.inputs, self.resources);
        let (atom, within) = way.split_first().expect("a way has an atom");
        self.body.step(view, *atom, within, op)
    }

    fn run(&self, way: &[u32]) -> Result<(), Failure> {
        over(self.step(way, Op::Run(self.ctx)))
    }

    fn open(&self, way: &[u32]) -> Setup {
        match self.step(way, Op::Open(self.ctx)) {
            Step::Open(setup) => setup,
            Step::Done(_) | Step::Next(_) => panic!("it does not say what it does"),
        }
    }

    fn consult(&self, way: &[u32], attempts: &[Attempt]) -> Next {
        match self.step(way, Op::Consult(attempts)) {
            Step::Next(next) => next,
            Step::Done(_) | Step::Open(_) => panic!("it does not decide"),
        }
    }

    fn revert(&self, way: &[u32]) -> Result<(), Failure> {
        over(self.step(way, Op::Revert(self.ctx, Undo::Done)))
    }

    fn close(&self, way: &[u32], failures: &[u32]) {
        let ended = Ended(failures);
        over(self.step(way, Op::Close(&ended))).expect("what has ended is put together");
    }

    fn encode(&self, way: &[u32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        over(self.step(way, Op::Encode(&mut bytes))).expect("a value is encoded");
        bytes
    }

    fn load(&self, way: &[u32], bytes: &[u8]) {
        over(self.step(way, Op::Load(bytes))).expect("a value is loaded");
    }
}

fn over(step: Step) -> Result<(), Failure> {
    match step {
        Step::Done(result) => result.map_err(|failure| *failure),
        Step::Open(_) | Step::Next(_) => panic!("a task is no controller"),
    }
}

/// The numbers of the bodies that failed.
struct Ended<'e>(&'e [u32]);

impl Closing for Ended<'_> {
    fn failure(&self, body: u32) -> Option<Failure> {
        self.0
            .contains(&body)
            .then(|| Failure::new(format!("{body} failed")))
    }
}

#[task]
fn act(with: &dyn Fn(&TaskContext), ctx: &TaskContext) {
    with(ctx);
}

flow! {
    /// Lends the context of a run.
    #[flow(local)]
    struct Lend<'a> { #[resource] with: &'a dyn Fn(&TaskContext) }
    linear[act]
}

/// Takes a flow in hand.
macro_rules! by_hand {
    ($flow:ident { $($fields:tt)* }, |$hand:ident| $act:block) => {{
        let flow = $flow { $($fields)* };
        let (inputs, resources) = taskflow::Flow::split(flow);
        let output = RefCell::new(None);
        let with = |ctx: &TaskContext| {
            let $hand = Hand::<$flow, _> {
                body: $flow::__body(),
                inputs: &inputs,
                resources: &resources,
                ctx,
            };
            $act
            let mut body = $hand.body;
            *output.borrow_mut() = Some(body.take());
        };
        Lend { with: &with }.call(&Serial).expect("the flow is driven to its end");
        output.into_inner().expect("a flow has an output")
    }};
}

mod tasks {
    use taskflow::task;

    #[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
    pub(crate) enum Plan {
        Free,
        Team { seats: u32, name: String },
        Other(u8),
    }

    #[derive(PartialEq, Debug, serde::Serialize, serde::Deserialize)]
    pub(crate) struct Single(pub(crate) u32);

    #[task]
    pub(crate) fn one() -> u32 {
        1
    }

    #[task]
    pub(crate) fn double(number: u32) -> u32 {
        number * 2
    }

    #[task]
    pub(crate) fn welcome(name: &str, seats: u32) -> String {
        format!("{name} has {seats}")
    }

    #[task]
    pub(crate) fn single(number: &u32) -> Single {
        Single(*number)
    }

    #[task(revert = drop_it(kept))]
    pub(crate) fn kept(number: &u32) -> Result<u32, std::num::ParseIntError> {
        if *number == 13 {
            "no".parse::<u32>()
        } else {
            Ok(*number + 1)
        }
    }

    fn drop_it(kept: &u32) -> Result<(), String> {
        Err(format!("dropped {kept}"))
    }

    #[task]
    pub(crate) fn take(single: &Single) {
        assert_ne!(single.0, 0);
    }

    #[task]
    pub(crate) fn shown(text: Option<&str>, copy: Option<u32>) -> String {
        format!("{text:?} {copy:?}")
    }

    #[task]
    pub(crate) fn count(all: &[Single]) -> u32 {
        all.iter().map(|Single(number)| number).sum()
    }
}

mod choices {
    use super::tasks::{Plan, double, one, shown, welcome};
    use super::*;

    flow! {
        /// One symbol that every arm provides, and two that some do.
        struct Choose { plan: Plan, least: u32, number: u32 } -> (size: u32, shown: String, welcome: Option<String>)
        linear[
            match plan {
                Plan::Free => one as size,
                Plan::Team { seats, name } if seats > least => unordered[
                    double(number = seats) as size,
                    welcome,
                    double as extra,
                ],
                Plan::Team { seats: number_of, .. } => double(number = number_of) as size,
                _ => fail(reason = "unknown plan"),
            },
            shown(text = welcome, copy = extra),
        ]
    }

    #[test]
    fn an_arm_is_taken_and_binds() {
        let team = |seats| Plan::Team {
            seats,
            name: String::from("ops"),
        };
        let (least, number) = (3, 7);
        let output = by_hand!(
            Choose {
                plan: team(5),
                least,
                number
            },
            |hand| {
                assert_eq!(hand.open(&[0]), Setup::Arm(1));
                for atom in [2, 3, 4, 7] {
                    assert_eq!(hand.run(&[atom]), Ok(()));
                }
            }
        );
        assert_eq!(output.size, 10);
        assert_eq!(output.shown, "Some(\"ops has 5\") Some(14)");
        assert_eq!(output.welcome.as_deref(), Some("ops has 5"));

        let output = by_hand!(
            Choose {
                plan: team(2),
                least,
                number
            },
            |hand| {
                assert_eq!(hand.open(&[0]), Setup::Arm(2));
                for atom in [5, 7] {
                    assert_eq!(hand.run(&[atom]), Ok(()));
                }
            }
        );
        assert_eq!((output.size, output.welcome), (4, None));
        assert_eq!(output.shown, "None None");

        let plan = Plan::Other(1);
        by_hand!(
            Choose {
                plan,
                least,
                number
            },
            |hand| {
                assert_eq!(hand.open(&[0]), Setup::Arm(3));
                let failure = hand.run(&[6]).expect_err("the arm fails");
                assert_eq!(failure.message(), "unknown plan");
                assert_eq!(hand.run(&[1]), Ok(()));
                assert_eq!(hand.run(&[7]), Ok(()));
            }
        );
    }
}

mod bodies {
    use std::time::Duration;

    use super::tasks::{Plan, Single, count, double, kept, one, single};
    use super::*;

    fn is_even(error: &std::num::ParseIntError) -> bool {
        error.to_string().len().is_multiple_of(2)
    }

    const PAUSE: Duration = Duration::from_millis(1_500);

    flow! {
        /// What is inside a retry is seen behind it.
        struct Retried { number: u32, mirrors: Vec<u32>, wait: Duration, limit: i64 } -> (kept: u32, sum: u32)
        linear[
            retry(times = 3, backoff = exponential("100ms", max = wait, jitter), if = is_even)[kept],
            sleep(wait),
            sleep(const PAUSE) as pause,
            retry(mirror in mirrors)[
                limit(limit)[double(number = mirror) as twice, kept(number = mirror) as again],
                timeout("1m30s")[double(number = twice) as sum],
            ],
        ]
    }

    #[test]
    fn the_last_attempt_is_seen() {
        let flow = || (vec![4, 6], Duration::from_secs(2), -1);
        let (mirrors, wait, limit) = flow();
        let output = by_hand!(
            Retried {
                number: 13,
                mirrors,
                wait,
                limit
            },
            |hand| {
                let Setup::Retry(retry) = hand.open(&[0]) else {
                    panic!("it is a retry");
                };
                assert_eq!((retry.times, retry.backoff.max_ms), (3, 2_000));
                assert!(retry.backoff.jitter);
                assert!(hand.run(&[0, 0, 0]).is_err());
                hand.load(&[0, 2, 0], &8_u32.to_le_bytes());
                let failure = hand
                    .revert(&[0, 2, 0])
                    .expect_err("the revert says what it does");
                assert_eq!(failure.message(), "dropped 8");
                assert_eq!(hand.open(&[1]), Setup::Sleep(2_000));
                assert_eq!(hand.open(&[2]), Setup::Sleep(1_500));
                assert!(matches!(hand.open(&[3]), Setup::Retry(retry) if retry.times == 2));
                for attempt in 0..2 {
                    assert_eq!(hand.open(&[3, attempt, 0]), Setup::Limit(0));
                    assert_eq!(hand.open(&[3, attempt, 1]), Setup::Timeout(90_000));
                    for way in [[0, 0, 0], [0, 0, 1], [1, 0, 0]] {
                        let [group, body, atom] = way;
                        assert_eq!(hand.run(&[3, attempt, group, body, atom]), Ok(()));
                    }
                }
                assert_eq!(hand.encode(&[3, 0, 0, 0, 0]), 8_u32.to_le_bytes());
                assert_eq!(hand.encode(&[3, 1, 0, 0, 0]), 12_u32.to_le_bytes());
            }
        );
        assert_eq!(output.kept, 8);
        assert_eq!(output.sum, 24);
    }

    #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Budget {
        wait: Duration,
    }

    impl Controller for Budget {
        fn decide(&self, attempts: &[Attempt]) -> Next {
            match attempts {
                [_] => Next::RetryAfter(self.wait),
                _ => Next::GiveUp,
            }
        }
    }

    flow! {
        /// What controls a retry is an input, or stands in an item or in what a task provides.
        struct Controlled { budget: Budget, budgets: Vec<Budget>, number: u32, times: u8 } -> (last: u32)
        linear[
            retry(with = budget)[double as first],
            map(own in budgets)[retry(with = own, times = times)[double(number = first) as each]] as all,
            retry(other in budgets, with = budget)[retry(with = other)[double(number = first) as last]],
        ]
    }

    #[test]
    fn a_controller_is_consulted() {
        let budget = |wait| Budget {
            wait: Duration::from_secs(wait),
        };
        let output = by_hand!(
            Controlled {
                budget: budget(1),
                budgets: vec![budget(2), budget(3)],
                number: 2,
                times: 5
            },
            |hand| {
                let attempt = |number| Attempt::new(number, "first", Failure::new("no"));
                let (once, twice) = (&[attempt(1)][..], &[attempt(1), attempt(2)][..]);
                let after = |wait| Next::RetryAfter(Duration::from_secs(wait));
                let controlled = |times| Setup::Controlled { times };
                assert_eq!(hand.open(&[0]), controlled(u32::MAX));
                assert_eq!(hand.run(&[0, 0, 0]), Ok(()));
                assert_eq!(hand.consult(&[0], once), after(1));
                assert_eq!(hand.consult(&[0], twice), Next::GiveUp);
                for item in 0..2 {
                    assert_eq!(hand.open(&[1, item, 0]), controlled(5));
                    assert_eq!(
                        hand.consult(&[1, item, 0], once),
                        after(u64::from(item) + 2)
                    );
                    assert_eq!(hand.run(&[1, item, 0, 0, 0]), Ok(()));
                }
                hand.close(&[1], &[]);
                assert_eq!(hand.open(&[2]), controlled(2));
                assert_eq!(hand.consult(&[2, 1, 0], once), after(3));
                assert_eq!(hand.run(&[2, 1, 0, 0, 0]), Ok(()));
            }
        );
        assert_eq!(output, 8);
    }

    flow! {
        /// Maps of all kinds.
        struct Mapped { numbers: Vec<u32>, plans: Box<[Plan]>, least: u32, most: usize } -> (all: Vec<Single>, some: Vec<Result<u32, Failure>>, count: u32, greetings: Vec<Option<Result<String, Failure>>>)
        linear[
            map(number_of in numbers, limit = most, label = number_of)[
                double(number = number_of),
                single(number = double),
            ] as all,
            map(other in numbers, tolerate = 50%)[kept(number = other)] as some,
            count,
            map(plan in plans)[
                one,
                match plan {
                    Plan::Team { name, seats } if seats > least => try[
                        super::tasks::welcome as greeted,
                    ] as greeting,
                    Plan::Team { .. } => [],
                    _ => [],
                },
            ] as greetings,
        ]
    }

    #[test]
    fn items_are_put_together() {
        let team = |seats| Plan::Team {
            seats,
            name: String::from("ops"),
        };
        let plans = Box::new([team(1), Plan::Free, team(4)]);
        let (numbers, least, most) = (vec![3, 13], 2, 8);
        let output = by_hand!(
            Mapped {
                numbers,
                plans,
                least,
                most
            },
            |hand| {
                let setup = Setup::Map {
                    items: 2,
                    limit: 8,
                    tolerate: 0,
                };
                assert_eq!(hand.open(&[0]), setup);
                for way in [[0, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]] {
                    assert_eq!(hand.run(&way), Ok(()));
                }
                hand.close(&[0], &[]);
                hand.close(&[0], &[]);
                let setup = Setup::Map {
                    items: 2,
                    limit: 0,
                    tolerate: 1,
                };
                assert_eq!(hand.open(&[1]), setup);
                assert_eq!(hand.run(&[1, 0, 0]), Ok(()));
                assert!(hand.run(&[1, 1, 0]).is_err());
                hand.close(&[1], &[1]);
                // What a revert needs is still there.
                assert!(hand.revert(&[1, 0, 0]).is_err());
                assert_eq!(hand.run(&[2]), Ok(()));
                for item in 0..3 {
                    assert_eq!(hand.run(&[3, item, 0]), Ok(()));
                    let arm = [1, 2, 0][item as usize];
                    assert_eq!(hand.open(&[3, item, 1]), Setup::Arm(arm));
                }
                assert_eq!(hand.open(&[3, 2, 2]), Setup::Try);
                assert_eq!(hand.run(&[3, 2, 2, 0, 0]), Ok(()));
                hand.close(&[3, 2, 2], &[]);
                hand.close(&[3], &[]);
            }
        );
        assert_eq!(output.all, [Single(6), Single(26)]);
        let some: Vec<_> = output.some.iter().map(|one| one.as_ref().ok()).collect();
        assert_eq!(some, [Some(&4), None]);
        assert_eq!(output.count, 32);
        let greetings: Vec<_> = output.greetings.iter().map(Option::is_some).collect();
        assert_eq!(greetings, [false, false, true]);
    }
}

mod nesting {
    use super::tasks::{Single, double, kept, one, single};
    use super::*;

    flow! {
        /// A flow with groups, for others.
        pub(super) struct Child { number: u32, flag: bool } -> (twice: u32, extra: Option<u32>)
        linear[
            retry(times = 2)[double as twice],
            when(flag)[double as extra],
        ]
    }

    flow! {
        /// A flow with one result.
        struct Small { number: u32 } -> u32
        double
    }

    flow! {
        /// Nothing but steps that are no tasks.
        struct Approved {} -> answer: u32
        linear[signal(answer: u32, timeout = "1d"), sleep("1s")]
    }

    flow! {
        /// Flows in groups in flows in groups.
        struct Parent { numbers: Vec<u32>, flag: bool, maybe: Option<u32> } -> (sums: Vec<u32>, got: Result<(), Failure>, chosen: Option<u32>, once: u32)
        linear[
            map(number in numbers)[
                Child(flag = true),
                retry(times = 4)[double(number = twice)],
            ] as sums,
            match maybe {
                Some(given) => Small(number = given) as inner,
                None => [],
            },
            when(flag)[double(number = 5) as chosen],
            try[transient[one as number], single, Nothing] as got,
            limit(2)[unordered[one as once, kept(number = 3)]],
        ]
    }

    flow! {
        /// A flow without an output.
        struct Nothing { single: Single }
        linear[super::tasks::take]
    }

    #[test]
    fn flows_in_groups_have_their_own_slots() {
        let parent = |maybe| (vec![2, 5], false, maybe);
        let (numbers, flag, maybe) = parent(Some(20));
        let output = by_hand!(
            Parent {
                numbers,
                flag,
                maybe
            },
            |hand| {
                assert!(matches!(hand.open(&[0]), Setup::Map { items: 2, .. }));
                for item in 0..2 {
                    // A join, the retry of the child with its task, the choice, its arm, and a join.
                    assert_eq!(hand.run(&[0, item, 1, 0, 0]), Ok(()));
                    assert_eq!(hand.open(&[0, item, 2]), Setup::Arm(0));
                    assert_eq!(hand.run(&[0, item, 3]), Ok(()));
                    assert_eq!(hand.run(&[0, item, 5, 0, 0]), Ok(()));
                }
                hand.close(&[0], &[]);
                assert_eq!(hand.open(&[1]), Setup::Arm(0));
                // The flow in the arm, between its joins.
                assert_eq!(hand.run(&[3]), Ok(()));
                assert_eq!(hand.encode(&[3]), 40_u32.to_le_bytes());
                assert_eq!(hand.open(&[5]), Setup::Arm(1));
                assert_eq!(hand.open(&[7]), Setup::Try);
                for atom in [0, 1, 3] {
                    assert_eq!(hand.run(&[7, 0, atom]), Ok(()));
                }
                hand.close(&[7], &[0]);
                assert_eq!(hand.open(&[8]), Setup::Limit(2));
                for atom in [0, 1] {
                    assert_eq!(hand.run(&[8, 0, atom]), Ok(()));
                }
            }
        );
        assert_eq!(output.sums, [8, 20]);
        assert_eq!(
            output.got.map_err(|failure| failure.to_string()),
            Err("0 failed".to_owned())
        );
        assert_eq!((output.chosen, output.once), (None, 1));

        let (numbers, flag, maybe) = (Vec::new(), true, None);
        let output = by_hand!(
            Parent {
                numbers,
                flag,
                maybe
            },
            |hand| {
                hand.close(&[0], &[]);
                assert_eq!(hand.open(&[1]), Setup::Arm(1));
                assert_eq!(hand.open(&[5]), Setup::Arm(0));
                hand.load(&[6], &5_u32.to_le_bytes());
                hand.close(&[7], &[]);
                hand.load(&[8, 0, 0], &7_u32.to_le_bytes());
            }
        );
        assert_eq!((output.sums, output.got), (Vec::new(), Ok(())));
        assert_eq!((output.chosen, output.once), (Some(5), 7));
    }

    #[test]
    fn what_is_handed_out_may_be_absent() {
        let (number, flag) = (4, true);
        let output = by_hand!(Child { number, flag }, |hand| {
            for attempt in 0..2 {
                assert_eq!(hand.run(&[0, attempt, 0]), Ok(()));
            }
            assert_eq!(hand.run(&[2]), Ok(()));
            assert_eq!(hand.body.outs(), (Some(&8), Some(&Some(8))));
        });
        assert_eq!((output.twice, output.extra), (8, Some(8)));
        let output = by_hand!(Child { number, flag }, |hand| {
            hand.load(&[0, 3, 0], &9_u32.to_le_bytes());
            assert_eq!(hand.body.outs(), (Some(&9), Some(&None)));
        });
        assert_eq!((output.twice, output.extra), (9, None));
    }

    #[test]
    fn a_flow_waits() {
        let answer = by_hand!(Approved {}, |hand| {
            assert_eq!(hand.open(&[0]), Setup::Signal(86_400_000));
            hand.load(&[0], &3_u32.to_le_bytes());
            assert_eq!(hand.encode(&[0]), 3_u32.to_le_bytes());
            assert_eq!(hand.open(&[1]), Setup::Sleep(1_000));
        });
        assert_eq!(answer, 3);
    }
}
