//! What goes wrong in the simulated cloud, by chance: the same for the same seed and calls.

use std::sync::{Mutex, PoisonError};

use fastrand::Rng;

use super::error::Why;

/// How often calls go wrong.
pub struct Trouble {
    /// From 0, never, to 1, always.
    share: f64,
    rng: Mutex<Rng>,
}

/// What becomes of a call.
pub enum Fate {
    Well,
    /// The cloud does nothing, and the caller is told this.
    Undone(Why),
    /// The cloud does it, and the caller is told this.
    Done(Why),
}

impl Trouble {
    pub fn new(share: f64, seed: u64) -> Self {
        Self {
            share,
            rng: Mutex::new(Rng::with_seed(seed)),
        }
    }

    /// The fate of the next call.
    pub fn next(&self) -> Fate {
        // A generator of numbers is whole at any moment.
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        if rng.f64() >= self.share {
            return Fate::Well;
        }
        match rng.u8(..4) {
            0 => Fate::Undone(Why::Busy),
            1 => Fate::Undone(Why::Silent),
            2 => Fate::Done(Why::Silent),
            _ => Fate::Done(Why::Lost),
        }
    }
}
