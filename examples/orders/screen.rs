//! What an operator sees of the work, line by line on standard error.

use std::io::{self, Write as _};

/// Says something. Unlike `eprintln!`, it goes on when nobody listens any more.
pub fn say(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}
