//! Flows whose effects can be counted, and the means to stop or break a run at any place.

pub mod cases;
pub mod disk;
pub mod flows;
pub mod groups;
pub mod judge;
pub mod mixed;
pub mod points;
pub mod steps;
pub mod table;
pub mod waits;
pub mod world;

pub use cases::{Case, Ends, Given, Settled};
pub use disk::{Fault, FaultyDisk, StoppingDisk};
pub use judge::{Promise, judge, judge_undone};
pub use points::Points;
pub use table::{CASES, case, done_and_due, drive, settle, settle_with};
pub use world::World;
