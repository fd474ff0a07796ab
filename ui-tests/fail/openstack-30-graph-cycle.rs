// expects: tasks wait for each other: `a_from_b` -> `c_from_a` (which reads `a`) -> `b_from_c` (which reads `c`) -> `a_from_b` (which reads `b`); remove one of these dependencies
use taskflow::{flow, task};

#[task(provides = a)]
fn a_from_b(b: i64) -> i64 {
    b
}

#[task(provides = b)]
fn b_from_c(c: i64) -> i64 {
    c
}

#[task(provides = c)]
fn c_from_a(a: i64) -> i64 {
    a
}

flow! {
    struct Case {}
    graph[a_from_b, b_from_c, c_from_a]
}

fn main() {}
