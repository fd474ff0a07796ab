//! What a `retry` requires and what its attempts see. The flows are the cases 31 to 53 of the
//! original's `test_flow_dependencies`, as far as they compile here.

use std::time::Duration;

use taskflow::{Serial, TaskContext, flow, task};
use tests::wires::*;

flow! { struct PlainLinear {} linear[retry(times = 2)[none]] }
flow! { struct PlainUnordered {} unordered[retry(times = 2)[unordered[none, none as other]]] }
flow! { struct PlainGraph {} graph[retry(times = 2)[graph[none, none as other]]] }

#[test]
fn a_retry_of_so_many_times_requires_nothing() {
    let PlainLinearInputs {} = PlainLinearInputs {};
    PlainLinear {}.call(&Serial).unwrap();
    PlainUnordered {}.call(&Serial).unwrap();
    PlainGraph {}.call(&Serial).unwrap();
}

flow! {
    struct AsksLinear { x: u32, y: Duration }
    linear[retry(times = x, backoff = fixed(y))[none]]
}
flow! {
    struct AsksUnordered { x: u32, y: Duration }
    unordered[retry(times = x, backoff = fixed(y))[unordered[none, none as other]]]
}
flow! {
    struct AsksGraph { x: u32, y: Duration }
    graph[retry(times = x, backoff = fixed(y))[graph[none, none as other]]]
}

#[test]
fn settings_that_name_symbols_require_them() {
    let (x, y) = (2, Duration::ZERO);
    let AsksLinearInputs { x, y } = AsksLinearInputs { x, y };
    AsksLinear { x, y }.call(&Serial).unwrap();
    AsksUnordered { x, y }.call(&Serial).unwrap();
    AsksGraph { x, y }.call(&Serial).unwrap();
}

#[task]
fn sum_up(x: i64, y: i64) -> i64 {
    x + y
}

flow! {
    struct GivesLinear { pairs: Vec<(i64, i64)> } -> sum_up: i64
    linear[retry(pair in pairs)[sum_up(x = pair.0, y = pair.1)]]
}
flow! {
    struct GivesUnordered { pairs: Vec<(i64, i64)> } -> sum_up: i64
    unordered[retry(pair in pairs)[unordered[sum_up(x = pair.0, y = pair.1), none]]]
}
flow! {
    struct GivesGraph { pairs: Vec<(i64, i64)> } -> sum_up: i64
    graph[retry(pair in pairs)[graph[sum_up(x = pair.0, y = pair.1), none]]]
}

#[test]
fn what_an_attempt_is_given_is_seen_within_it() {
    let pairs = vec![(1, 2), (3, 4)];
    let linear = GivesLinear {
        pairs: pairs.clone(),
    };
    assert_eq!(linear.call(&Serial).unwrap(), 3);
    let unordered = GivesUnordered {
        pairs: pairs.clone(),
    };
    assert_eq!(unordered.call(&Serial).unwrap(), 3);
    assert_eq!(GivesGraph { pairs }.call(&Serial).unwrap(), 3);
}

flow! {
    struct BothLinear { pairs: Vec<(i64, i64)>, y: Duration, c: i64 } -> z: i64
    linear[retry(pair in pairs, backoff = fixed(y))[arg3_sum(x = pair.0, y = pair.1, z = c) as z]]
}
flow! {
    struct BothUnordered { pairs: Vec<(i64, i64)>, y: Duration, c: i64 } -> z: i64
    unordered[
        retry(pair in pairs, backoff = fixed(y))[
            unordered[arg3_sum(x = pair.0, y = pair.1, z = c) as z],
        ],
    ]
}
flow! {
    struct BothGraph { pairs: Vec<(i64, i64)>, y: Duration, c: i64 } -> z: i64
    graph[
        retry(pair in pairs, backoff = fixed(y))[
            graph[arg3_sum(x = pair.0, y = pair.1, z = c) as z],
        ],
    ]
}

#[task]
fn arg3_sum(x: i64, y: i64, z: i64) -> i64 {
    x + y + z
}

#[test]
fn tasks_read_what_their_attempt_is_given_and_what_stands_before() {
    let (pairs, y, c) = (vec![(1, 2)], Duration::ZERO, 3);
    let linear = BothLinear {
        pairs: pairs.clone(),
        y,
        c,
    };
    assert_eq!(linear.call(&Serial).unwrap(), 6);
    let unordered = BothUnordered {
        pairs: pairs.clone(),
        y,
        c,
    };
    assert_eq!(unordered.call(&Serial).unwrap(), 6);
    assert_eq!(BothGraph { pairs, y, c }.call(&Serial).unwrap(), 6);
}

#[task]
fn which(a: i64, ctx: &TaskContext) -> (i64, u32) {
    (a, ctx.attempt())
}

flow! { struct History { a: i64 } -> which: (i64, u32) linear[retry(times = 2)[which]] }

#[test]
fn what_a_task_may_know_of_its_attempts_is_no_symbol() {
    let HistoryInputs { a } = HistoryInputs { a: 7 };
    assert_eq!(History { a }.call(&Serial).unwrap(), (7, 1));
}

flow! {
    struct Behind { xs: Vec<i64> } -> after: i64
    linear[retry(x in xs)[through as inside], through(x = inside) as after]
}

#[test]
fn what_a_retry_provides_is_seen_behind_it() {
    assert_eq!(Behind { xs: vec![1] }.call(&Serial).unwrap(), 3);
}
