//! Programs that show the library at work: `cargo run --example checkout`,
//! `cargo run --release --example backup`, `cargo run --example provision -- --help`, and
//! `cargo run --example orders`.

pub mod args;
