//! What runs only under a condition: what the original does with deciders on edges.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use taskflow::{RunState, Undone, flow, task};
use tests::classic::*;
use tests::{Journal, everywhere, failed, recorded};

use crate::step;

flow! {
    struct AllSkipped { no: bool, #[resource] journal: Journal }
    linear[
        provide as g1,
        when(no)[provide as g2, provide as sub, provide as g3, provide as g4],
    ]
}
flow! {
    struct AtomSkipped { no: bool, #[resource] journal: Journal }
    linear[provide as g1, when(no)[provide as g2], provide as sub, provide as g3, provide as g4]
}
flow! {
    struct FlowSkipped { no: bool, #[resource] journal: Journal }
    linear[
        provide as g1,
        unordered[when(no)[provide as g2, provide as g3, provide as g4], provide as sub],
    ]
}

#[test]
fn what_stands_inside_is_skipped_and_nothing_else() {
    let no = false;
    recorded!(|journal| AllSkipped { no, journal }, |told| {
        assert_eq!(told.effects, ["g1+"]);
        assert_eq!(told.state, RunState::Succeeded);
    });
    recorded!(|journal| AtomSkipped { no, journal }, |told| {
        assert_eq!(told.effects, ["g1+", "sub+", "g3+", "g4+"]);
    });
    recorded!(|journal| FlowSkipped { no, journal }, |told| {
        assert_eq!(told.effects, ["g1+", "sub+"]);
    });
    recorded!(
        |journal| AllSkipped { no: true, journal },
        |told| assert_eq!(told.effects.len(), 5)
    );
}

flow! {
    struct Over { no: bool, #[resource] journal: Journal } -> c: i64
    linear[step(value = 0) as a, when(no)[step(value = a) as b], step(value = a) as c]
}
flow! {
    struct OverBad { no: bool, #[resource] journal: Journal }
    linear[provide as a, when(no)[fail as b], provide as c]
}
flow! {
    struct OverThenFails { no: bool, #[resource] journal: Journal }
    linear[provide as a, when(no)[provide as b], fail as c]
}

#[test]
fn what_was_skipped_is_jumped_over_ahead_and_back() {
    let no = false;
    recorded!(|journal| Over { no, journal }, |told| {
        assert_eq!(told.result.unwrap(), 2);
        assert_eq!(told.effects, ["a+", "c+"]);
    });
    recorded!(|journal| OverBad { no, journal }, |told| {
        told.result.unwrap();
        assert_eq!(told.effects, ["a+", "c+"]);
    });
    recorded!(|journal| OverThenFails { no, journal }, |told| {
        assert_eq!(told.effects, ["a+", "c+", "c< Woot!", "a<"]);
        assert_eq!(failed(told.result).undone(), &Undone::All);
        assert_eq!(told.state, RunState::Reverted);
    });
}

flow! {
    struct Deep { no: bool, #[resource] journal: Journal }
    linear[
        provide as t1,
        provide as t2,
        when(no)[linear[linear[provide as t3, provide as t4]]],
    ]
}
flow! {
    struct Branches { no: bool, yes: bool, #[resource] journal: Journal }
    linear[
        provide as t1,
        unordered[when(no)[provide as t2, provide as t22], when(yes)[provide as t3]],
    ]
}
flow! {
    struct Diamond { yes: bool, no: bool, #[resource] journal: Journal }
    linear[
        provide as t1,
        unordered[provide as t2, provide as t3],
        when(yes)[when(no)[provide as t4]],
    ]
}

#[test]
fn conditions_hold_for_all_of_what_is_nested_in_them() {
    let (no, yes) = (false, true);
    recorded!(|journal| Deep { no, journal }, |told| {
        assert_eq!(told.effects, ["t1+", "t2+"]);
    });
    recorded!(|journal| Branches { no, yes, journal }, |told| {
        assert_eq!(told.effects, ["t1+", "t3+"]);
    });
    recorded!(unordered | journal | Diamond { yes, no, journal }, |told| {
        assert_eq!(told.effects.len(), 3);
        assert!(!told.effects.contains(&"t4+".to_owned()));
        assert_eq!(told.state, RunState::Succeeded);
    });
}

flow! {
    struct History { #[resource] journal: Journal }
    linear[
        one,
        three,
        sum(x = a, y = b, z = one) as total,
        match total {
            5 => provide as t2,
            _ => provide as t3,
        },
    ]
}

#[test]
fn a_choice_reads_what_stands_before_it() {
    recorded!(|journal| History { journal }, |told| {
        told.result.unwrap();
        assert!(told.effects.iter().any(|effect| effect.starts_with("t2")));
        assert_eq!(told.effects.len(), 1);
    });
}

/// Counts how often it is looked at.
#[derive(Debug, Default)]
struct Looks(AtomicU32);

impl Looks {
    fn look(&self, number: i64) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst);
        number > 3
    }
}

flow! {
    struct Decided { #[resource] looks: Arc<Looks>, #[resource] journal: Journal }
    linear[
        provide as t1,
        match t1 {
            number if looks.look(*number) => [],
            _ => provide as t2,
        },
        provide as t3,
    ]
}

#[test]
fn a_choice_is_made_once() {
    everywhere!(
        |journal| Decided {
            looks: Arc::default(),
            journal
        },
        |seen| {
            seen.result.unwrap();
            assert_eq!(seen.effects, ["t1+", "t3+"]);
        }
    );
    let looks = Arc::new(Looks::default());
    let flow = Decided {
        looks: Arc::clone(&looks),
        journal: Journal::default(),
    };
    flow.call(&taskflow::Serial).unwrap();
    assert_eq!(looks.0.load(Ordering::SeqCst), 1);
}

#[task]
fn is_even(x: i64) -> bool {
    x % 2 == 0
}

flow! {
    struct Anew { xs: Vec<i64>, y: i64, #[resource] journal: Journal }
    linear[retry(x in xs)[is_even, when(is_even)[provide as t1], conditional as c]]
}

#[test]
fn a_choice_is_made_anew_in_each_attempt() {
    recorded!(
        |journal| Anew {
            xs: vec![1, 2],
            y: 2,
            journal
        },
        |told| {
            told.result.as_ref().unwrap();
            assert_eq!(told.effects, ["c+", "t1+", "c+"]);
        }
    );
}
