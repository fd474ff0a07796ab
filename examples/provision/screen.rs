//! What a person sees of the work, line by line on standard error.

use std::io::{self, Write as _};

/// Standard error; copies are the same.
#[derive(Debug, Clone, Copy)]
pub struct Screen;

impl Screen {
    pub fn line(self, line: &str) {
        // Unlike `eprintln!`, it goes on when nobody listens any more.
        drop(writeln!(io::stderr(), "{line}"));
    }
}
