//! One flow on every engine, with what its logbook has of it, and the same flow killed after each
//! of its records.

use taskflow::logbook::MemoryDisk;
use taskflow::{AnyEngine, Durability, Logbook, RunError, RunState};

use crate::{Case, Journal};

/// The size of the file's header and of each record's, in bytes.
const HEADER: usize = 32;

/// What each kind of record is called here, by its number less one.
const KINDS: [&str; 18] = [
    "plan", "begin", "resume", "start", "done", "fail", "release", "decide", "revert", "reverted",
    "stuck", "request", "end", "open", "due", "saved", "again", "wait",
];

/// A logbook in memory whose records can be looked at and cut off.
#[derive(Debug)]
pub struct Tape {
    /// How the engine is called.
    pub name: &'static str,
    /// The engine.
    pub engine: AnyEngine,
    /// The logbook.
    pub book: Logbook,
    /// What the tasks do.
    pub journal: Journal,
    disk: MemoryDisk,
}

/// What there is to see of a run that was recorded.
#[derive(Debug)]
pub struct Told<T> {
    /// Whether the order of effects is exactly that of definition.
    pub serial: bool,
    /// What the run resulted in.
    pub result: Result<T, RunError>,
    /// What became of it.
    pub state: RunState,
    /// The effects, in order.
    pub effects: Vec<String>,
    /// The kinds of the records, in order.
    pub records: Vec<&'static str>,
}

impl<T> Told<T> {
    /// Whether `self` did what was left of `whole`, in that order, of which the first so many
    /// records that something is over had been written.
    ///
    /// Those of controllers are among them, which have no effects of their own.
    #[must_use]
    pub fn is_rest(&self, whole: &Self, over: usize) -> bool {
        let (left, all) = (self.effects.len(), whole.effects.len());
        let controllers = count_over(&whole.records).saturating_sub(all);
        let done = all.saturating_sub(left);
        whole.effects.ends_with(&self.effects) && done <= over && over <= done + controllers
    }
}

impl Tape {
    /// An empty one for every engine.
    pub fn all() -> impl Iterator<Item = Self> {
        ["serial", "parallel:2"]
            .into_iter()
            .map(|name| Self::with(name, Vec::new()))
    }

    /// One with these bytes.
    ///
    /// # Panics
    ///
    /// If they are no logbook.
    #[must_use]
    pub fn with(name: &'static str, bytes: Vec<u8>) -> Self {
        let disk = MemoryDisk::new(bytes);
        let book = Logbook::with_disk(Box::new(disk.clone()), Durability::Os);
        Self {
            name,
            engine: name.parse().expect("an engine of that name"),
            book: book.expect("the bytes are a logbook"),
            journal: Journal::default(),
            disk,
        }
    }

    /// What is recorded.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.disk.bytes()
    }

    /// What there is to see after the run.
    ///
    /// # Panics
    ///
    /// If the logbook does not know the run.
    pub fn told<T>(&self, result: Result<T, RunError>) -> Told<T> {
        let id = Case::RUN.parse().expect("an id");
        let summary = self.book.run_summary(&id).expect("a logbook in memory");
        Told {
            serial: self.name == "serial",
            result,
            state: summary.expect("the run is recorded").state,
            effects: self.journal.take(),
            records: kinds(&self.disk.bytes()),
        }
    }

    /// The logbook as it would be if the process had been killed after each record that follows
    /// the beginning of the run, on the same engine. With it, how many records there are that
    /// something is over.
    ///
    /// # Panics
    ///
    /// If no run is recorded.
    #[must_use]
    pub fn cuts(&self) -> Vec<(usize, Self)> {
        let bytes = self.disk.bytes();
        let ends = ends(&bytes);
        let begun = kinds(&bytes).iter().position(|kind| *kind == "begin");
        let first = begun.expect("the run is recorded") + 1;
        ends[first..]
            .iter()
            .map(|&end| {
                let part = &bytes[..end];
                (
                    count_over(&kinds(part)),
                    Self::with(self.name, part.to_vec()),
                )
            })
            .collect()
    }
}

/// How many of the records say that something is over.
fn count_over(records: &[&str]) -> usize {
    let is_over = |kind: &&&str| ["done", "fail", "reverted", "stuck"].contains(*kind);
    records.iter().filter(is_over).count()
}

/// Where each record ends, in bytes; the first is where the header does.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = vec![HEADER];
    let mut at = HEADER;
    while at < bytes.len() {
        let len = bytes[at..at + 4].try_into().expect("four bytes");
        at += HEADER + u32::from_le_bytes(len) as usize;
        ends.push(at);
    }
    ends
}

fn kinds(bytes: &[u8]) -> Vec<&'static str> {
    let starts = ends(bytes);
    starts[..starts.len() - 1]
        .iter()
        .map(|&at| KINDS[usize::from(bytes[at + 4]) - 1])
        .collect()
}

/// Runs a flow on every engine with a logbook and gives what there was to see to a function. Then
/// takes the run up behind each of its records, as if the process had been killed there: it comes
/// to the same end, and does what had not been finished, in the same order.
///
/// Of a flow whose steps run beside each other, name those `unordered`: only the end is compared.
#[macro_export]
macro_rules! recorded {
    (|$journal:ident| $flow:expr, |$told:ident| $check:expr) => {
        $crate::recorded!(@ true, $journal, $flow, $told, $check)
    };
    (unordered |$journal:ident| $flow:expr, |$told:ident| $check:expr) => {
        $crate::recorded!(@ false, $journal, $flow, $told, $check)
    };
    (@ $ordered:literal, $journal:ident, $flow:expr, $told:ident, $check:expr) => {
        for tape in $crate::Tape::all() {
            let $journal = tape.journal.clone();
            let whole = tape.told($flow.id($crate::Case::RUN).run(&tape.engine, &tape.book));
            for (over, cut) in tape.cuts() {
                let $journal = cut.journal.clone();
                let told = cut.told($flow.id($crate::Case::RUN).run(&cut.engine, &cut.book));
                let (end, same) = (format!("{:?}", told.result), format!("{:?}", whole.result));
                let is_same = told.state == whole.state && end == same;
                let story = || format!("whole: {whole:#?}, killed when {over} were over: {told:#?}");
                assert!(is_same, "another end; {}", story());
                assert!(!$ordered || told.is_rest(&whole, over), "another way; {}", story());
            }
            let $told = whole;
            $check
        }
    };
}
