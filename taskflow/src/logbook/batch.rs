//! Records of one run that are appended together: a finish with the starts that it causes.

use std::ops::Range;

use super::frame;
use super::record::{Kind, Meaning};

/// Records that go to the logbook as one. Reused, it allocates nothing once it is warm.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    records: Vec<Record>,
    bytes: Vec<u8>,
    /// The size of the largest payload, in bytes.
    largest: usize,
}

/// A record, with its payload's place in the bytes of the batch.
#[derive(Debug)]
struct Record {
    kind: Kind,
    atom: u32,
    /// Made here, so that it is not made while the book is locked.
    crc: u32,
    payload: Range<usize>,
}

impl Batch {
    /// Drops the records and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.bytes.clear();
        self.largest = 0;
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are no records.
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Adds a record behind the others.
    ///
    /// # Panics
    ///
    /// If `kind` is one that only [`Logbook::begin`](super::Logbook::begin) or opening a book
    /// writes, an `End` does not begin with the code of a state, or the payload of a `Request` is
    /// none.
    pub(crate) fn push(&mut self, kind: Kind, atom: u32, payload: &[u8]) {
        assert!(
            !matches!(kind, Kind::Plan | Kind::Begin | Kind::Seal),
            "a run begins through `Logbook::begin` alone, and a book by being opened"
        );
        if let Err(what) = Meaning::of(kind, payload) {
            panic!("a record is made that could not be read: {what}");
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(payload);
        self.largest = self.largest.max(payload.len());
        let payload = start..self.bytes.len();
        let crc = frame::crc(&self.bytes[payload.clone()]);
        self.records.push(Record {
            kind,
            atom,
            crc,
            payload,
        });
    }

    /// The kind of the last record.
    pub(crate) fn last(&self) -> Option<Kind> {
        self.records.last().map(|record| record.kind)
    }

    /// Kind, atom and payload of each record, in order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Kind, u32, &[u8])> {
        self.records()
            .map(|(kind, atom, _, payload)| (kind, atom, payload))
    }

    /// The size of the largest payload, in bytes.
    pub(super) fn largest(&self) -> usize {
        self.largest
    }

    /// Whether the run comes to stand with this batch.
    pub(super) fn has_end(&self) -> bool {
        self.records.iter().any(|record| record.kind == Kind::End)
    }

    /// Whether somebody outside of the run is told of what is in it: how the run has come to stand,
    /// what it waits for, or that a request was taken.
    pub(super) fn is_told(&self) -> bool {
        let mut records = self.records.iter();
        records.any(|record| matches!(record.kind, Kind::End | Kind::Wait | Kind::Request))
    }

    /// Kind, atom, checksum and payload of each record, in order.
    pub(super) fn records(&self) -> impl Iterator<Item = (Kind, u32, u32, &[u8])> {
        self.records.iter().map(|record| {
            (
                record.kind,
                record.atom,
                record.crc,
                &self.bytes[record.payload.clone()],
            )
        })
    }
}
