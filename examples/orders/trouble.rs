//! What goes wrong in the simulated outside world, by chance: the same for the same seed and calls.

use std::sync::{Mutex, PoisonError};

use fastrand::Rng;

/// How often calls go wrong.
pub struct Trouble {
    /// From 0, never, to 1, always.
    share: f64,
    rng: Mutex<Rng>,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Well,
    /// Nothing is done, and the caller is told so.
    Busy,
    /// It is done, and the caller does not get to know.
    Lost,
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
            Fate::Well
        } else if rng.bool() {
            Fate::Busy
        } else {
            Fate::Lost
        }
    }
}
