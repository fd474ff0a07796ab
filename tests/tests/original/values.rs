//! What tasks are given, and where it comes from.

use taskflow::{flow, task};
use tests::classic::*;
use tests::everywhere;

#[task]
fn multiply(a: i64, b: Option<&i64>) -> i64 {
    a * b.copied().unwrap_or(5)
}

flow! { struct Optional { a: i64, has: bool } -> i64 linear[when(has)[one as b], multiply] }
flow! { struct Given { a: i64, b: i64 } -> i64 linear[multiply] }
flow! { struct BoundA { b: i64 } -> i64 linear[multiply(a = 10)] }
flow! { struct BoundB { a: i64 } -> i64 linear[multiply(b = 1000)] }

#[test]
fn an_optional_parameter_is_given_what_there_is() {
    for (has, product) in [(false, 15), (true, 3)] {
        everywhere!(|_journal| Optional { a: 3, has }, |seen| {
            assert_eq!(seen.result.unwrap(), product);
        });
    }
    everywhere!(|_journal| Given { a: 3, b: 7 }, |seen| {
        assert_eq!(seen.result.unwrap(), 21);
    });
    everywhere!(|_journal| BoundA { b: 7 }, |seen| {
        assert_eq!(seen.result.unwrap(), 70);
    });
    everywhere!(|_journal| BoundB { a: 3 }, |seen| {
        assert_eq!(seen.result.unwrap(), 3000);
    });
}

flow! {
    struct Chain { source: i64 } -> (a: i64, b: i64, c: i64)
    linear[inc(value = source) as a, inc(value = a) as b, inc(value = b) as c]
}
flow! {
    struct SameSource { value: i64 } -> (a: i64, b: i64, c: i64)
    linear[inc as a, inc as b, inc as c]
}

#[test]
fn each_task_is_given_what_its_use_names() {
    everywhere!(|_journal| Chain { source: 0 }, |seen| {
        let ChainOutput { a, b, c } = seen.result.unwrap();
        assert_eq!((a, b, c), (1, 2, 3));
    });
    everywhere!(|_journal| SameSource { value: 0 }, |seen| {
        let SameSourceOutput { a, b, c } = seen.result.unwrap();
        assert_eq!((a, b, c), (1, 1, 1));
    });
}

flow! {
    struct Diverse { x: i64 } -> (a: i64, b: i64, c: i64, y: i64, z: i64)
    graph[
        sum(x = a, y = b, z = y) as z,
        sum(x = b, y = c, z = x) as y,
        three,
    ]
}

#[test]
fn a_graph_wires_values_in_any_order_of_definition() {
    everywhere!(|_journal| Diverse { x: 30 }, |seen| {
        let DiverseOutput { a, b, c, y, z } = seen.result.unwrap();
        assert_eq!((a, b, c, y, z), (1, 3, 5, 38, 42));
    });
}
