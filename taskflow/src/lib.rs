//! The library.

// What the run module uses of the logbook has no other user in the crate.
#[allow(dead_code, unused_imports, reason = "the run module is the user")]
pub mod logbook;

pub use logbook::{Durability, Logbook, LogbookError, LogbookReader, RunId, RunState, RunSummary};
