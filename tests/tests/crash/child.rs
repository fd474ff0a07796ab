//! The process that is killed, seen from outside.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{self, ChildStdout, Command, Stdio};

/// A child that speaks through its standard output; it does not outlive the test.
pub(crate) struct Child {
    process: process::Child,
    out: BufReader<ChildStdout>,
}

impl Child {
    pub(crate) fn start(args: &[&str], folder: &Path) -> Child {
        let mut process = Command::new(env!("CARGO_BIN_EXE_crashee"))
            .arg(args[0])
            .arg(folder)
            .args(&args[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap());
        Child { process, out }
    }

    /// The next line that it says; empty once it has ended.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Kills it, and returns what it had said by then and nobody had read, in whole lines.
    pub(crate) fn kill(mut self) -> Vec<String> {
        assert!(
            self.process.try_wait().unwrap().is_none(),
            "a child ended before it was killed"
        );
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        let whole = rest.rfind('\n').map_or(0, |end| end + 1);
        rest[..whole].lines().map(str::to_owned).collect()
    }

    /// Lets it end by itself; whether it ended well.
    pub(crate) fn end(mut self) -> bool {
        drop(self.process.stdin.take());
        self.process.wait().unwrap().success()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It has ended already, save where the test failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a child was told of a run that ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) asked: usize,
    /// As `Debug` writes it.
    pub(crate) ends: String,
}

impl Told {
    pub(crate) fn read(line: &str) -> Option<Told> {
        let mut words = line.strip_prefix("ended ")?.splitn(3, ' ');
        Some(Told {
            id: words.next()?.to_owned(),
            asked: words.next()?.parse().ok()?,
            ends: words.next()?.to_owned(),
        })
    }
}
