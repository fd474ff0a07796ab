//! What a flow requires is exactly the fields of its inputs, and what it provides can be picked.
//!
//! The flows are the cases of the original's `test_flow_dependencies`; `SCENARIOS.md` says which
//! is which. An input that nothing reads is a warning, and warnings are errors here; an input
//! that is missing does not compile.
#![deny(warnings)]
#![allow(missing_docs, clippy::many_single_char_names)]

use taskflow::{Flow, Serial, flow};
use tests::wires::*;

fn tasks<F: Flow>() -> Vec<String> {
    F::PLAN.tasks().collect()
}

flow! { struct None1 {} linear[none] }
flow! { struct Arg3 { x: i64, y: i64, z: i64 } linear[arg3] }
flow! { struct Arg3Bound { a: i64, b: i64, c: i64 } linear[arg3(x = a, y = b, z = c)] }
flow! { struct RetAbc {} -> (a: i64, b: i64, c: i64) linear[ret_abc] }
flow! { struct Arg3Abc { x: i64, y: i64, z: i64 } -> (a: i64, b: i64, c: i64) linear[arg3_abc] }

#[test]
fn single_tasks() {
    let None1Inputs {} = None1Inputs {};
    None1 {}.call(&Serial).unwrap();
    Arg3 { x: 1, y: 2, z: 3 }.call(&Serial).unwrap();
    let (inputs, _) = Arg3Bound { a: 1, b: 2, c: 3 }.split();
    let Arg3BoundInputs { a: 1, b: 2, c: 3 } = inputs else {
        panic!("the inputs are what was given");
    };
    let RetAbcOutput { a, b, c } = RetAbc {}.call(&Serial).unwrap();
    assert_eq!((a, b, c), (1, 2, 3));
    let output = Arg3Abc { x: 4, y: 5, z: 6 }.call(&Serial).unwrap();
    let Arg3AbcOutput { a, b, c } = output;
    assert_eq!((a, b, c), (4, 5, 6));
    assert_eq!(tasks::<Arg3Bound>(), ["arg3"]);
}

flow! { struct LinearNone {} linear[none, none as other] }
flow! { struct LinearArgs { x: i64, y: i64, z: i64 } linear[arg1, arg3] }
flow! { struct LinearBound { q: i64, x: i64, y: i64, z: i64 } linear[arg1(x = q), arg3] }
flow! { struct LinearRets {} -> (x: i64, a: i64, b: i64, c: i64) linear[ret as x, ret_abc] }
flow! { struct LinearFed {} -> x: i64 linear[ret as x, arg1] }
flow! {
    struct LinearTwice { a: i64, b: i64, c: i64, z: i64 }
        -> (x: i64, y: i64, q: i64, i: i64, j: i64, k: i64)
    linear[abc_xyq, arg3_ijk]
}

#[test]
fn linear_flows() {
    assert_eq!(LinearNone::PLAN.before("other"), ["none"]);
    LinearNone {}.call(&Serial).unwrap();
    LinearArgs { x: 1, y: 2, z: 3 }.call(&Serial).unwrap();
    assert_eq!(LinearArgs::PLAN.after("arg1"), ["arg3"]);
    let LinearBoundInputs { q, x, y, z } = LinearBoundInputs {
        q: 0,
        x: 1,
        y: 2,
        z: 3,
    };
    LinearBound { q, x, y, z }.call(&Serial).unwrap();
    let output = LinearRets {}.call(&Serial).unwrap();
    let LinearRetsOutput { x, a, b, c } = output;
    assert_eq!((x, a, b, c), (1, 1, 2, 3));
    assert_eq!(LinearFed {}.call(&Serial).unwrap(), 1);
    assert_eq!(LinearFed::PLAN.before("arg1"), ["x"]);
    let output = LinearTwice {
        a: 1,
        b: 2,
        c: 3,
        z: 4,
    }
    .call(&Serial)
    .unwrap();
    let LinearTwiceOutput { x, y, q, i, j, k } = output;
    assert_eq!((x, y, q, i, j, k), (1, 2, 3, 1, 2, 4));
}

flow! { struct UnorderedNone {} unordered[none, none as other] }
flow! { struct UnorderedArgs { x: i64, y: i64, z: i64 } unordered[arg1, arg3] }
flow! { struct UnorderedBound { q: i64, x: i64, y: i64, z: i64 } unordered[arg1(x = q), arg3] }
flow! { struct UnorderedRets {} -> (x: i64, a: i64, b: i64, c: i64) unordered[ret as x, ret_abc] }
flow! {
    struct UnorderedTwice { a: i64, b: i64, c: i64, x: i64, y: i64, z: i64 }
        -> (d: i64, e: i64, f: i64, i: i64, j: i64, k: i64)
    unordered[arg3_def(x = a, y = b, z = c), arg3_ijk]
}
flow! {
    struct Nested { a: i64, b: i64, c: i64 } -> (x: i64, y: i64, z: i64, q: i64)
    unordered[
        linear[through(x = a) as x, through as y],
        unordered[through(x = b) as z, through(x = c) as q],
    ]
}

#[test]
fn unordered_flows() {
    UnorderedNone {}.call(&Serial).unwrap();
    assert!(UnorderedNone::PLAN.before("other").is_empty());
    UnorderedArgs { x: 1, y: 2, z: 3 }.call(&Serial).unwrap();
    let UnorderedBoundInputs { q, x, y, z } = UnorderedBoundInputs {
        q: 0,
        x: 1,
        y: 2,
        z: 3,
    };
    UnorderedBound { q, x, y, z }.call(&Serial).unwrap();
    let UnorderedRetsOutput { x, a, b, c } = UnorderedRets {}.call(&Serial).unwrap();
    assert_eq!((x, a, b, c), (1, 1, 2, 3));
    let flow = UnorderedTwice {
        a: 1,
        b: 2,
        c: 3,
        x: 4,
        y: 5,
        z: 6,
    };
    let UnorderedTwiceOutput { d, e, f, i, j, k } = flow.call(&Serial).unwrap();
    assert_eq!((d, e, f, i, j, k), (1, 2, 3, 4, 5, 6));
    assert!(UnorderedTwice::PLAN.before("arg3_ijk").is_empty());
}

#[test]
fn nested_patterns() {
    let NestedOutput { x, y, z, q } = Nested { a: 1, b: 10, c: 20 }.call(&Serial).unwrap();
    assert_eq!((x, y, z, q), (2, 3, 11, 21));
    assert_eq!(Nested::PLAN.before("y"), ["x"]);
    assert!(Nested::PLAN.before("q").is_empty());
    assert!(Nested::PLAN.after("z").is_empty());
}

flow! { struct GraphArgs { x: i64, y: i64, z: i64 } graph[arg1, arg3] }
flow! { struct GraphBound { q: i64, x: i64, y: i64, z: i64 } graph[arg1(x = q), arg3] }
flow! { struct GraphRets {} -> (x: i64, a: i64, b: i64, c: i64) graph[ret as x, ret_abc] }
flow! { struct GraphFed {} -> x: i64 graph[arg1, ret as x] }
flow! {
    struct GraphTwice { a: i64, b: i64, c: i64, x: i64, y: i64, z: i64 }
        -> (d: i64, e: i64, f: i64, i: i64, j: i64, k: i64)
    graph[arg3_def(x = a, y = b, z = c), arg3_ijk]
}

#[test]
fn graph_flows() {
    GraphArgs { x: 1, y: 2, z: 3 }.call(&Serial).unwrap();
    assert!(GraphArgs::PLAN.before("arg3").is_empty());
    let GraphBoundInputs { q, x, y, z } = GraphBoundInputs {
        q: 0,
        x: 1,
        y: 2,
        z: 3,
    };
    GraphBound { q, x, y, z }.call(&Serial).unwrap();
    let GraphRetsOutput { x, a, b, c } = GraphRets {}.call(&Serial).unwrap();
    assert_eq!((x, a, b, c), (1, 1, 2, 3));
    // The order follows from the data, not from the list.
    assert_eq!(GraphFed {}.call(&Serial).unwrap(), 1);
    assert_eq!(GraphFed::PLAN.before("arg1"), ["x"]);
    let flow = GraphTwice {
        a: 1,
        b: 2,
        c: 3,
        x: 4,
        y: 5,
        z: 6,
    };
    let GraphTwiceOutput { d, e, f, i, j, k } = flow.call(&Serial).unwrap();
    assert_eq!((d, e, f, i, j, k), (1, 2, 3, 4, 5, 6));
}
