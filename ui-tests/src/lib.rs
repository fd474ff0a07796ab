//! Tasks and flows of another crate, for the cases of `pass/` and `fail/`.

pub mod billing;
