//! Runners: many runs in one process, and what the next process makes of them.
#![allow(missing_docs)]
// What a task provides is given to its revert as a reference.
#![allow(clippy::trivially_copy_pass_by_ref)]

mod answers;
mod drained;
mod dropped;
mod flows;
mod fork;
mod fork_groups;
mod killed;
mod letters;
mod listed;
mod many;
mod panics;
mod recovered;
mod started;
mod waiting;
