//! Contestants that are timed in one process, in random order, so that their ratios can be trusted
//! on a machine that others use too.

use std::fs;
use std::time::{Duration, Instant};

/// How often everybody has a turn.
const ROUNDS: usize = 18;
/// How long a turn is meant to be.
const SLICE: Duration = Duration::from_millis(5);

/// Times how long so many repetitions take; what it does before it looks at the clock is free.
type Turn<'c> = Box<dyn FnMut(u32) -> Duration + 'c>;

/// Those who are compared.
#[derive(Default)]
pub(crate) struct Contest<'c> {
    contestants: Vec<Contestant<'c>>,
}

struct Contestant<'c> {
    turn: Turn<'c>,
    /// How many repetitions fill a slice.
    times: u32,
    samples: Vec<Sample>,
}

/// What one turn took.
#[derive(Clone, Copy)]
struct Sample {
    /// How long the threads of this process stood ready and had no processor.
    delay: u64,
    /// Nanoseconds per repetition.
    cost: f64,
}

/// A contestant's place, and then its result.
#[derive(Clone, Copy)]
pub(crate) struct Lane(usize);

impl<'c> Contest<'c> {
    /// Adds a contestant that repeats `once`.
    pub(crate) fn add<T>(&mut self, mut once: impl FnMut() -> T + 'c) -> Lane {
        self.add_turn(move |times| timed(times, &mut once))
    }

    /// Adds a contestant that times its repetitions itself.
    pub(crate) fn add_turn(&mut self, turn: impl FnMut(u32) -> Duration + 'c) -> Lane {
        self.contestants.push(Contestant {
            turn: Box::new(turn),
            times: 1,
            samples: Vec::new(),
        });
        Lane(self.contestants.len() - 1)
    }

    /// Lets everybody have their turns; the results are nanoseconds per repetition.
    pub(crate) fn run(mut self) -> impl Fn(Lane) -> f64 {
        self.contestants.iter_mut().for_each(Contestant::calibrate);
        let mut order: Vec<usize> = (0..self.contestants.len()).collect();
        for _ in 0..ROUNDS {
            fastrand::shuffle(&mut order);
            for &at in &order {
                let contestant = &mut self.contestants[at];
                let before = run_delay();
                let took = (contestant.turn)(contestant.times);
                contestant.samples.push(Sample {
                    delay: run_delay().saturating_sub(before),
                    cost: nanos(took) / f64::from(contestant.times),
                });
            }
        }
        let results: Vec<f64> = self
            .contestants
            .into_iter()
            .map(|contestant| quiet_third(contestant.samples))
            .collect();
        move |lane: Lane| results[lane.0]
    }
}

impl Contestant<'_> {
    /// Finds out how many repetitions fill a slice, which warms everything up as well.
    fn calibrate(&mut self) {
        loop {
            let took = (self.turn)(self.times);
            if took * 2 >= SLICE {
                let fill = f64::from(self.times) * nanos(SLICE) / nanos(took);
                // A few repetitions to a few million.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                {
                    self.times = fill.max(1.0) as u32;
                }
                return;
            }
            self.times *= 2;
        }
    }
}

/// How long `times` calls take.
pub(crate) fn timed<T>(times: u32, mut once: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        std::hint::black_box(once());
    }
    start.elapsed()
}

// A turn takes milliseconds.
#[allow(clippy::cast_precision_loss)]
fn nanos(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}

/// The median cost of the third of the samples that others disturbed least.
fn quiet_third(mut samples: Vec<Sample>) -> f64 {
    samples.sort_by_key(|sample| sample.delay);
    samples.truncate(samples.len().div_ceil(3));
    samples.sort_by(|one, other| one.cost.total_cmp(&other.cost));
    samples[samples.len() / 2].cost
}

/// How long the threads of this process have stood ready without a processor, in nanoseconds; 0 on
/// a system that does not say so.
fn run_delay() -> u64 {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else {
        return 0;
    };
    tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|stat| stat.split_whitespace().nth(1)?.parse::<u64>().ok())
        .sum()
}
