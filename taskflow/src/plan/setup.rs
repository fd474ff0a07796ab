//! What a controller has worked out to do.

use serde::{Deserialize, Serialize};

use crate::task::Retry;

/// What a controller is to do, as worked out when it is its turn.
///
/// It is recorded, so that a run that goes on does not work it out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Setup {
    /// A `match` or a `when` takes the arm of this number.
    Arm(u32),
    /// A `retry`.
    Retry(Retry),
    /// A `map`.
    Map {
        /// The number of items.
        items: u32,
        /// How many items are worked at at once; 0 for any number.
        limit: u32,
        /// How many items may fail.
        tolerate: u32,
    },
    /// A `try`.
    Try,
    /// A `timeout`, in milliseconds.
    Timeout(u64),
    /// A `limit`: how many tasks run at once; 0 for any number.
    Limit(u32),
    /// A `sleep`, in milliseconds.
    Sleep(u64),
    /// A `signal`, with the longest wait in milliseconds; 0 for as long as it takes.
    Signal(u64),
    /// A `retry` whose controller is consulted after each attempt that failed.
    Controlled {
        /// The attempts at most; `u32::MAX` where the controller alone says.
        times: u32,
    },
}
