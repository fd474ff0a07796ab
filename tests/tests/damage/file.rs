//! The bytes of a book, taken apart and put together again with right checksums.

use taskflow::logbook::MemoryDisk;
use taskflow::{Durability, Logbook};
use tests::crash::{World, settle};

use super::serial;

/// The size of the file's header and of each frame's, in bytes.
pub(crate) const HEADER: usize = 32;

pub(crate) const PLAN: u8 = 1;
pub(crate) const BEGIN: u8 = 2;
pub(crate) const START: u8 = 4;
pub(crate) const DONE: u8 = 5;
pub(crate) const END: u8 = 13;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) run: u32,
    pub(crate) atom: u32,
    pub(crate) payload: Vec<u8>,
}

/// The frames of a file.
pub(crate) fn read(file: &[u8]) -> Vec<Frame> {
    let mut rest = &file[HEADER..];
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let (header, behind) = rest.split_at(HEADER);
        let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let (payload, behind) = behind.split_at(number(0) as usize);
        frames.push(Frame {
            kind: header[4],
            run: number(16),
            atom: number(20),
            payload: payload.to_vec(),
        });
        rest = behind;
    }
    frames
}

/// A file of frames, numbered anew.
pub(crate) fn write(frames: &[Frame]) -> Vec<u8> {
    let mut file = b"taskflow".to_vec();
    file.resize(HEADER - 4, 0);
    file.extend(crc32fast::hash(&file).to_le_bytes());
    for (seq, frame) in (1_u64..).zip(frames) {
        let len = u32::try_from(frame.payload.len()).unwrap();
        let mut header = len.to_le_bytes().to_vec();
        header.extend([frame.kind, 0, 0, 0]);
        header.extend(seq.to_le_bytes());
        header.extend(frame.run.to_le_bytes());
        header.extend(frame.atom.to_le_bytes());
        header.extend(crc32fast::hash(&frame.payload).to_le_bytes());
        header.extend(crc32fast::hash(&header).to_le_bytes());
        file.extend(header);
        file.extend(&frame.payload);
    }
    file
}

/// Where each frame ends, in bytes; the file's header too.
pub(crate) fn ends(frames: &[Frame]) -> Vec<usize> {
    let mut ends = vec![HEADER];
    for frame in frames {
        ends.push(ends[ends.len() - 1] + HEADER + frame.payload.len());
    }
    ends
}

/// The runs of the sample, each by the name of its case; the last one is cut off.
pub(crate) const SAMPLE: [&str; 5] = ["chain", "undone", "policies", "sessions", "fan"];

/// A book of several runs that have ended, and one that was interrupted.
pub(crate) fn sample() -> Vec<Frame> {
    let disk = MemoryDisk::default();
    let book = Logbook::with_disk(Box::new(disk.clone()), Durability::Os).unwrap();
    for case in SAMPLE {
        settle(case, case, &serial(), &book, &World::in_memory()).unwrap();
    }
    drop(book);
    let bytes = disk.bytes();
    let mut frames = read(&bytes);
    assert_eq!(write(&frames), bytes);
    let last = u32::try_from(SAMPLE.len()).unwrap();
    // The second of its tasks side by side was under way.
    let begun = frames.iter().filter(|frame| frame.run != last).count();
    frames.truncate(begun + 8);
    frames
}
