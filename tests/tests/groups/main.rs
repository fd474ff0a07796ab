//! What groups do, on every engine, recorded and not: choices, attempts, items, waits.
#![allow(missing_docs)]
// What groups hand on is taken by reference here, as larger values would be.
#![allow(clippy::trivially_copy_pass_by_ref)]

mod arms;
mod attempts;
mod deadlines;
mod items;
mod waits;
