//! What is known to be wrong with the original is not so here. `SCENARIOS.md` lists the defects.
#![allow(missing_docs)]

mod ends;
mod growth;
mod outside;
mod stored;
