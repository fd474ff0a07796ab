//! Processes that are killed, at every place and at any moment, and what the next one finds.
//!
//! A child drives flows on a real file and is killed with `SIGKILL`. Whatever the moment: the run
//! goes on to the end that it has without a kill, every effect is there as its policy promises, and
//! everything that the child was told is recorded is there.

mod child;
mod letters;
mod lock;
mod moments;
mod places;

use std::env;
use std::io::{self, Write};
use std::path::Path;

use taskflow::{Durability, Logbook};
use tests::crash::{Ends, Settled};

/// How often to kill at random, for both engines together: `TASKFLOW_KILLS`, or 1000.
fn kills() -> u64 {
    env::var("TASKFLOW_KILLS").map_or(1_000, |kills| kills.parse().unwrap())
}

/// What was done, for the summary.
#[derive(Debug, Default)]
struct Counts {
    kills: u64,
    resumed: usize,
    reverted: usize,
    asked: usize,
}

impl Counts {
    fn ended(&mut self, settled: &Settled) {
        self.reverted += usize::from(settled.ends == Ends::Reverted);
        self.asked += settled.asked;
    }

    /// Says it past the test harness, which keeps the output of tests that pass to itself.
    fn report(&self, what: &str) {
        let Counts {
            kills,
            resumed,
            reverted,
            asked,
        } = self;
        let line = format!(
            "{what}: {kills} kills, {resumed} runs resumed, {reverted} reverted, {asked} asked\n"
        );
        io::stderr().write_all(line.as_bytes()).unwrap();
    }
}

/// Opens the book that children wrote.
fn open(folder: &Path) -> Logbook {
    Logbook::options(folder.join("book"))
        .durability(Durability::Os)
        .open()
        .unwrap()
}

/// A small generator with a seed (xorshift64*, by Sebastiano Vigna).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % bound
    }
}
