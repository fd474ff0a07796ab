//! Using flows, as a service or a script would: starting, attaching, taking up, answering.
#![allow(missing_docs)]
// What a task provides is given to its revert as a reference.
#![allow(clippy::trivially_copy_pass_by_ref)]

mod answers;
mod context;
mod crash;
mod engines;
mod errors;
mod odd;
mod places;
mod refused;
mod start;
mod values;
