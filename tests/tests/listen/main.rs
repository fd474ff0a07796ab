//! What listeners are told of runs: what is recorded, in that order, and nothing else.
#![deny(warnings)]
#![allow(missing_docs, clippy::trivially_copy_pass_by_ref)]

mod records;

mod asked;
mod faults;
mod groups;
mod order;
mod panics;
mod runner;
mod words;
