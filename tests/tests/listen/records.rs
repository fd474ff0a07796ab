//! Records as they stand in a file and events as they were told, brought to one form.

use std::collections::BTreeSet;

use taskflow::RunEvent;
use taskflow::listen::{Change, RunRequest};

/// The kind of a record and the number of its atom.
pub(crate) type Record = (u8, u32);

const HEADER: usize = 32;
const PLAN: u8 = 1;
const BEGIN: u8 = 2;
const START: u8 = 4;
const RELEASE: u8 = 7;
const OPEN: u8 = 14;
const WAIT: u8 = 18;

/// The records of the one run in a file, as far as they are of account to who listens. A record
/// that is cut off at the end is none.
pub(crate) fn recorded(file: &[u8]) -> Vec<Record> {
    let mut rest = file.get(HEADER..).unwrap_or_default();
    let mut records = Vec::new();
    while let Some((header, behind)) = rest.split_at_checked(HEADER) {
        let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let Some((_, behind)) = behind.split_at_checked(number(0) as usize) else {
            break;
        };
        // What a run waits for follows from what was told.
        if ![PLAN, WAIT].contains(&header[4]) {
            records.push((header[4], number(20)));
        }
        rest = behind;
    }
    // That a controller is at work has no event of its own.
    let opened = records.iter().filter(|&&(kind, _)| kind == OPEN);
    let controllers: BTreeSet<u32> = opened.map(|&(_, atom)| atom).collect();
    records.retain(|(kind, atom)| !matches!(*kind, START | RELEASE) || !controllers.contains(atom));
    records
}

/// The records that events speak of.
pub(crate) fn heard(events: &[RunEvent]) -> Vec<Record> {
    events.iter().map(record).collect()
}

fn record(event: &RunEvent) -> Record {
    match event.change() {
        Change::RunStarted => (BEGIN, 0),
        Change::RunTakenUp => (3, 0),
        Change::TaskStarted { task, .. } => (START, task.number()),
        Change::TaskDone { task: atom } | Change::GroupDone { group: atom } => (5, atom.number()),
        Change::TaskFailed { task: atom, .. } | Change::GroupFailed { group: atom, .. } => {
            (6, atom.number())
        }
        Change::TaskReleased { task } => (RELEASE, task.number()),
        Change::Decided { task, .. } => (8, task.number()),
        Change::RevertStarted { task } => (9, task.number()),
        Change::RevertDone { task } => (10, task.number()),
        Change::RevertFailed { task, .. } => (11, task.number()),
        Change::Requested(
            RunRequest::Signal { signal: atom } | RunRequest::Resolve { task: atom },
        ) => (12, atom.number()),
        Change::Requested(_) => (12, 0),
        Change::RunEnded { .. } => (13, 0),
        Change::GroupOpened { group: atom, .. } | Change::Waiting { atom, .. } => {
            (OPEN, atom.number())
        }
        Change::DeadlinePassed => (15, u32::MAX),
        Change::Due { atom } => (15, atom.number()),
        Change::Checkpoint { task } => (16, task.number()),
        Change::Retried { group, .. } => (17, group.number()),
        other => panic!("an event that the tests do not know: {other}"),
    }
}
