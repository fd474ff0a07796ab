//! The flows that are measured, and the same calls written by hand.

use std::hint::black_box;

use taskflow::{flow, task};

use super::names::thousand;

/// Spins for about a nanosecond per turn; what a task does besides being called.
#[inline(never)]
pub(crate) fn work(mut seed: u64, turns: u64) -> u64 {
    for _ in 0..turns {
        // Each turn needs the one before it, so that the processor cannot overlap them.
        seed = seed.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ turns;
    }
    seed
}

/// A task of a chain or a fan: one value in, one value out.
#[task]
#[inline(never)]
pub(crate) fn step(value: u64, turns: u64) -> u64 {
    work(value.wrapping_add(1), turns)
}

/// A task of a layered graph: three values of the layer before.
#[task]
#[inline(never)]
pub(crate) fn mix(left: u64, middle: u64, right: u64, turns: u64) -> u64 {
    work(left ^ middle.wrapping_add(right), turns)
}

/// As many tasks as there are names, each after the one before it. The last is called `end`, so
/// the first name stays unused.
macro_rules! chain {
    ($(#[$doc:meta])* $Flow:ident [$first:ident $($name:ident)*] $([$($more:ident)*])*) => {
        chain! { @ $(#[$doc])* $Flow [seed $($name)* $($($more)*)*] [$($name)* $($($more)*)* end] }
    };
    (@ $(#[$doc:meta])* $Flow:ident [$($from:ident)*] [$($to:ident)*]) => {
        flow! {
            $(#[$doc])*
            pub(crate) struct $Flow { seed: u64, turns: u64 } -> end: u64
            linear[$(step(value = $from) as $to),*]
        }
    };
}

/// As many tasks as there are names, all independent.
macro_rules! fan {
    ($(#[$doc:meta])* $Flow:ident $last:ident $([$($name:ident)*])*) => {
        flow! {
            $(#[$doc])*
            pub(crate) struct $Flow { seed: u64, turns: u64 } -> $last: u64
            unordered[$($(step(value = seed) as $name),*),*]
        }
    };
}

/// Layers of tasks, each of which reads three of the layer before: its own place and the next two.
macro_rules! layers {
    ($(#[$doc:meta])* $Flow:ident $last:ident [$($name:ident)*] $($rest:tt)*) => {
        layers! {
            @ [$(#[$doc])* $Flow $last] [$(step(value = seed) as $name),*] [$($name)*] $($rest)*
        }
    };
    (@ $head:tt [$($done:tt)*] [$a:ident $b:ident $($more:ident)*] $next:tt $($rest:tt)*) => {
        layers! {
            @@ $head [$($done)*] [$a $b $($more)*] [$b $($more)* $a] [$($more)* $a $b] $next
            $($rest)*
        }
    };
    (@@ $head:tt [$($done:tt)*] [$($a:ident)*] [$($b:ident)*] [$($c:ident)*] [$($name:ident)*]
        $($rest:tt)*) => {
        layers! {
            @ $head
            [$($done)*, $(mix(left = $a, middle = $b, right = $c) as $name),*]
            [$($name)*] $($rest)*
        }
    };
    (@ [$(#[$doc:meta])* $Flow:ident $last:ident] [$($done:tt)*] [$($name:ident)*]) => {
        flow! {
            $(#[$doc])*
            pub(crate) struct $Flow { seed: u64, turns: u64 } -> $last: u64
            graph[$($done)*]
        }
    };
}

chain! { /// A chain of 10.
Chain10 [a b c d e f g h i j] }
chain! { /// A chain of 100.
Chain100
[a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9]
[d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9]
[g0 g1 g2 g3 g4 g5 g6 g7 g8 g9 h0 h1 h2 h3 h4 h5 h6 h7 h8 h9 i0 i1 i2 i3 i4 i5 i6 i7 i8 i9]
[j0 j1 j2 j3 j4 j5 j6 j7 j8 j9] }
thousand! { chain /// A chain of 1000.
Chain1000 }

fan! { /// 10 independent tasks.
Fan10 j [a b c d e f g h i j] }
thousand! { fan /// 1000 independent tasks.
Fan1000 t999 }

thousand! { layers /// 25 layers of 40 tasks.
Layered t999 }

flow! {
    /// One task for each item.
    pub(crate) struct Items { items: Vec<u64>, turns: u64 } -> results: Vec<u64>
    linear[map(item in items)[step(value = item) as result] as results]
}

/// The calls of a chain.
pub(crate) fn direct_chain(tasks: usize, turns: u64) -> u64 {
    (0..tasks).fold(black_box(0), |value, _| step(value, black_box(turns)))
}

/// The calls of a fan, whose results are kept.
pub(crate) fn direct_fan(results: &mut [u64], turns: u64) {
    for result in results {
        *result = step(black_box(0), turns);
    }
}
