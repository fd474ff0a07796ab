//! What a part of the tree has to offer, counted up to whoever looks at the whole.

use std::ops::{AddAssign, SubAssign};

/// Counts over a level and everything beneath it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// What could be started at once.
    pub(super) ready: usize,
    /// What engines are at.
    pub(super) work: u32,
    /// What is to be decided.
    pub(super) undecided: u32,
    /// What a person is asked.
    pub(super) asked: u32,
    /// What waits for a point in time or for something from outside.
    pub(super) waiting: u32,
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.ready += other.ready;
        self.work += other.work;
        self.undecided += other.undecided;
        self.asked += other.asked;
        self.waiting += other.waiting;
    }
}

impl SubAssign for Sums {
    fn sub_assign(&mut self, other: Self) {
        self.ready -= other.ready;
        self.work -= other.work;
        self.undecided -= other.undecided;
        self.asked -= other.asked;
        self.waiting -= other.waiting;
    }
}
