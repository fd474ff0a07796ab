//! Programs that show the library at work: `cargo run --example checkout`,
//! `cargo run --release --example backup`, and `cargo run --example provision -- --help`.
