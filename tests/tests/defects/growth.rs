//! Twice the work takes about twice the time.

use std::time::{Duration, Instant};

use taskflow::{AnyEngine, Logbook, flow, task};

#[task]
fn double(item: u32) -> u32 {
    item.wrapping_mul(2)
}

flow! {
    struct Many { items: Vec<u32> } -> Vec<u32>
    linear[map(item in items)[double] as doubled]
}

/// How long so many items take, at best.
fn time(engine: &AnyEngine, count: u32) -> Duration {
    let one = |_| {
        let items = (0..count).collect();
        let begun = Instant::now();
        Many { items }.run(engine, &Logbook::memory()).unwrap();
        begun.elapsed()
    };
    (0..3).map(one).min().unwrap_or_default()
}

#[test]
fn the_time_does_not_grow_with_the_square_of_the_tasks() {
    for name in ["serial", "parallel:2"] {
        let engine = name.parse().unwrap();
        let (few, many) = (time(&engine, 1_000), time(&engine, 16_000));
        // 16 times as many: 16 if it is linear, 256 if it is quadratic.
        let bound = few.max(Duration::from_millis(1)) * 80;
        assert!(many < bound, "{name}: {few:?}, then {many:?}");
    }
}
