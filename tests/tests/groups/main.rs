//! What groups do, on every engine, recorded and not: choices, attempts, items, waits.
#![allow(missing_docs)]

mod arms;
mod attempts;
mod deadlines;
mod items;
mod waits;
