//! Using flows, as a service or a script would: starting, attaching, taking up, answering.
#![allow(missing_docs)]

mod answers;
mod context;
mod crash;
mod engines;
mod errors;
mod places;
mod start;
mod values;
