//! Tasks from another crate than the flows that name them, and what the integration tests share.

pub mod classic;
pub mod crash;
mod everywhere;
mod journal;
pub mod killed;
pub mod model;
mod recorded;
pub mod wires;

pub use everywhere::{Case, Seen, failed};
pub use journal::Journal;
pub use recorded::{Tape, Told};
