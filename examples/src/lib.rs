//! Programs that show the library at work: `cargo run --example checkout`, and
//! `cargo run --release --example backup`.
