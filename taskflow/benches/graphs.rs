//! How long flows take, for somebody who changes the engines or the logbook.
//!
//! `cargo bench --bench graphs`; what it costs over what is done by hand, `ratios` tells.

#[path = "shared/flows.rs"]
mod flows;
#[path = "shared/names.rs"]
mod names;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use taskflow::{Durability, Logbook, Parallel, Serial};

use flows::{Chain10, Chain100, Chain1000, Fan10, Fan1000, Layered, direct_chain, direct_fan};

/// Turns of a task's loop: none, and about a microsecond.
const TURNS: [u64; 2] = [0, 600];

fn main() {
    divan::main();
}

/// A run of each flow with an engine, by the turns that each task takes.
macro_rules! runs {
    ($engine:expr; $($name:ident = $Flow:ident * $tasks:literal),*) => { $(
        #[divan::bench(args = TURNS)]
        fn $name(bencher: Bencher<'_, '_>, turns: u64) {
            let engine = $engine;
            bencher.counter(ItemsCount::new($tasks)).bench(|| {
                let (seed, turns) = black_box((0, turns));
                $Flow { seed, turns }.call(&engine)
            });
        }
    )* };
}

#[divan::bench_group]
mod direct {
    use super::{Bencher, ItemsCount, TURNS, black_box, direct_chain, direct_fan};

    #[divan::bench(args = TURNS)]
    fn chain_1000(bencher: Bencher<'_, '_>, turns: u64) {
        bencher
            .counter(ItemsCount::new(1000_usize))
            .bench(|| direct_chain(1000, turns));
    }

    #[divan::bench(args = TURNS)]
    fn fan_1000(bencher: Bencher<'_, '_>, turns: u64) {
        let mut results = [0; 1000];
        bencher
            .counter(ItemsCount::new(1000_usize))
            .bench_local(|| direct_fan(black_box(&mut results), turns));
    }
}

#[divan::bench_group]
mod serial {
    use super::{Bencher, ItemsCount, Serial, TURNS, black_box};
    use super::{Chain10, Chain100, Chain1000, Fan10, Fan1000, Layered};

    runs! { Serial;
    chain_10 = Chain10 * 10_usize, chain_100 = Chain100 * 100_usize,
    chain_1000 = Chain1000 * 1000_usize, fan_10 = Fan10 * 10_usize,
    fan_1000 = Fan1000 * 1000_usize, layered_25x40 = Layered * 1000_usize }
}

#[divan::bench_group]
mod parallel {
    use super::{Bencher, ItemsCount, Parallel, TURNS, black_box};
    use super::{Chain10, Chain100, Chain1000, Fan10, Fan1000, Layered};

    runs! { Parallel::new();
    chain_10 = Chain10 * 10_usize, chain_100 = Chain100 * 100_usize,
    chain_1000 = Chain1000 * 1000_usize, fan_10 = Fan10 * 10_usize,
    fan_1000 = Fan1000 * 1000_usize, layered_25x40 = Layered * 1000_usize }
}

/// Runs that are recorded, each in a logbook that is new.
#[divan::bench_group(sample_count = 20)]
mod logged {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{Bencher, Chain1000, Durability, ItemsCount, Logbook, Serial, black_box};

    fn chain(bencher: Bencher<'_, '_>, open: impl Fn() -> Logbook + Sync) {
        bencher
            .counter(ItemsCount::new(1000_usize))
            .with_inputs(open)
            .bench_refs(|book| {
                let (seed, turns) = black_box((0, 0));
                Chain1000 { seed, turns }.run(&Serial, book)
            });
    }

    #[divan::bench]
    fn memory(bencher: Bencher<'_, '_>) {
        chain(bencher, Logbook::memory);
    }

    #[divan::bench(args = [Durability::Never, Durability::Os, Durability::Synced])]
    fn file(bencher: Bencher<'_, '_>, durability: Durability) {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"));
        let folder = folder.expect("a folder can be made among the temporary ones");
        let number = AtomicUsize::new(0);
        chain(bencher, || {
            // Relaxed: the number says nothing about other data.
            let number = number.fetch_add(1, Ordering::Relaxed);
            let book = Logbook::options(folder.path().join(number.to_string()));
            book.durability(durability)
                .open()
                .expect("a new folder is free")
        });
    }
}
