//! Flows whose effects can be counted, and the means to stop or break a run at any place.

pub mod cases;
pub mod disk;
pub mod flows;
pub mod judge;
pub mod points;
pub mod world;

pub use cases::{CASES, Case, Ends, Promise, Settled, case, done_and_due, drive, settle};
pub use disk::{Fault, FaultyDisk, StoppingDisk};
pub use judge::judge;
pub use points::Points;
pub use world::World;
