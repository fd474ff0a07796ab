//! Records with right checksums that cannot be true: refused with a clear error, without a panic
//! and without memory for what they claim.

use taskflow::{Failed, Failure, FailureKind, Logbook, LogbookError, RunError, StartError, Undone};
use tests::crash::{World, drive};

use super::file::{BEGIN, DONE, END, Frame, PLAN, SAMPLE, START, ends, read, sample, write};
use super::{open, serial};

/// Opens a book of these frames and takes up the run of that id.
fn take_up(frames: &[Frame], id: &str) -> Result<u64, RunError> {
    let book = open(&write(frames)).map_err(RunError::Book)?;
    drive(id, id, &serial(), &book, &World::in_memory())
}

/// The frames of a run of `chain` that is under way.
fn chain() -> Vec<Frame> {
    let frames = sample();
    let begun = frames.iter().filter(|frame| frame.run <= 1).take(7);
    begun.cloned().collect()
}

fn frame(kind: u8, atom: u32, payload: &[u8]) -> Frame {
    Frame {
        kind,
        run: 1,
        atom,
        payload: payload.to_vec(),
    }
}

/// `chain` with the frames put behind its plan and its beginning.
fn chain_with(frames: &[Frame]) -> Vec<Frame> {
    let mut all = chain();
    all.truncate(2);
    assert_eq!((all[0].kind, all[1].kind), (PLAN, BEGIN));
    all.extend_from_slice(frames);
    all
}

#[test]
fn records_that_contradict_each_other_are_named() {
    let number = 8_u64.to_le_bytes();
    let cases: &[(&str, &[Frame])] = &[
        ("done before it started", &[frame(DONE, 0, &number)]),
        ("a task that there is not", &[frame(START, 99, &[])]),
        (
            "a task of the greatest number",
            &[frame(START, u32::MAX, &[])],
        ),
        ("started before what it reads", &[frame(START, 1, &[])]),
        (
            "started twice",
            &[frame(START, 0, &[]), frame(START, 0, &[])],
        ),
        ("reverted while it goes well", &[frame(9, 0, &[])]),
        ("a success without its tasks", &[frame(END, 0, &[5])]),
        ("an end of nothing", &[frame(END, 0, &[6])]),
        ("running as an end", &[frame(END, 0, &[1])]),
        (
            "a failure that is none",
            &[frame(START, 0, &[]), frame(6, 0, &[0xff; 40])],
        ),
        (
            "a decision that there is not",
            &[frame(START, 0, &[]), frame(3, 0, &[]), frame(8, 0, &[77])],
        ),
        (
            "a decision without a byte",
            &[frame(START, 0, &[]), frame(3, 0, &[]), frame(8, 0, &[])],
        ),
        ("a request that there is not", &[frame(12, 0, &[0, 99])]),
        (
            "an answer that nobody asked for",
            &[frame(12, 0, &[0, 2, 1])],
        ),
    ];
    for (what, frames) in cases {
        let record = 1 + frames.len();
        match take_up(&chain_with(frames), "chain") {
            Err(RunError::Book(error @ LogbookError::Contradiction { .. })) => {
                let text = error.to_string();
                let place = format!("record {record} of run `chain`");
                assert!(text.starts_with(&place), "{what}: {text}");
            }
            other => panic!("{what}: {other:?}"),
        }
    }
    let error = take_up(&chain_with(&[frame(DONE, 1, &number)]), "chain").unwrap_err();
    assert!(error.to_string().contains("(Done of `second`)"), "{error}");
    let error = take_up(&chain_with(&[frame(START, 99, &[])]), "chain").unwrap_err();
    let expected = "(Start of task 99, which the flow does not have)";
    assert!(error.to_string().contains(expected), "{error}");
    // What becomes of the run when a task fails stands behind id, flow, version and fingerprint.
    let mut frames = chain();
    frames[1].payload[8 + 5 + 8 + 5 + 4 + 8] = 2;
    let error = take_up(&frames, "chain").unwrap_err();
    assert!(error.to_string().contains("(`on_failure` is 2)"), "{error}");
}

#[test]
fn a_payload_that_claims_more_than_there_is_takes_no_memory() {
    // The lengths of the id and of the inputs, which stand at the beginning and at the end.
    let frames = chain();
    let inputs = frames[1].payload.len() - 16;
    for at in [0, inputs] {
        for claim in [u64::MAX, u64::from(u32::MAX), 1 << 40, 17] {
            let mut frames = frames.clone();
            frames[1].payload[at..at + 8].copy_from_slice(&claim.to_le_bytes());
            match open(&write(&frames)) {
                Err(error @ LogbookError::Damaged { .. }) => {
                    let offset = ends(&frames)[1];
                    assert!(
                        error.to_string().contains(&format!("byte {offset}")),
                        "{error}"
                    );
                }
                other => panic!("{claim} bytes at {at}: {other:?}"),
            }
        }
    }
    // A frame that claims to be larger than the file is one that a crash cut off.
    let mut bytes = write(&frames);
    let last = ends(&frames)[frames.len() - 1];
    bytes[last..last + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let crc = crc32fast::hash(&bytes[last..last + 28]);
    bytes[last + 28..last + 32].copy_from_slice(&crc.to_le_bytes());
    let book = open(&bytes).unwrap();
    assert_eq!(book.torn().unwrap().offset, last as u64);
}

#[test]
fn a_value_of_another_type_is_named() {
    let started = [frame(START, 0, &[]), frame(DONE, 0, b"no number")];
    let Err(RunError::Failed(failed)) = take_up(&chain_with(&started), "chain") else {
        panic!("a value of nine bytes is no number");
    };
    let text = failed.to_string();
    assert!(
        text.contains("what `first` provided cannot be read"),
        "{text}"
    );
    // Inputs are read before anything runs.
    let mut frames = chain();
    let inputs = frames[1].payload.len() - 16;
    frames[1].payload.truncate(inputs);
    frames[1].payload.extend(3_u64.to_le_bytes());
    frames[1].payload.extend(b"abc");
    match take_up(&frames, "chain") {
        Err(RunError::NotStarted(StartError::OldInputs { .. })) => {}
        other => panic!("inputs of three bytes are no number: {other:?}"),
    }
}

#[test]
fn a_run_of_another_plan_is_refused() {
    // The run says that it follows the plan of `undone`, which the book has too.
    let mut frames = sample();
    let plans: Vec<Vec<u8>> = frames
        .iter()
        .filter(|frame| frame.kind == PLAN)
        .map(|frame| frame.payload.clone())
        .collect();
    let begin = frames.iter().position(|frame| frame.kind == BEGIN).unwrap();
    let place = frames[begin]
        .payload
        .windows(8)
        .position(|bytes| *bytes == plans[0][..8])
        .unwrap();
    frames[begin].payload[place..place + 8].copy_from_slice(&plans[1][..8]);
    let second = frames
        .iter()
        .rposition(|frame| frame.payload == plans[1])
        .unwrap();
    let plan = frames.remove(second);
    frames.insert(0, plan);
    match take_up(&frames, "chain") {
        Err(RunError::NotStarted(error @ StartError::Refused { .. })) => {
            let text = error.to_string();
            assert!(text.contains("task `reserve` is gone"), "{text}");
            assert!(text.contains("task `first` is new"), "{text}");
        }
        other => panic!("another plan: {other:?}"),
    }
}

#[test]
fn whatever_a_record_says_nothing_panics() {
    let original = sample();
    let mut tried = 0;
    for at in 0..original.len() {
        for frames in changed(&original, at) {
            tried += 1;
            let Ok(book) = open(&write(&frames)) else {
                continue;
            };
            for name in SAMPLE {
                check_no_panic(&book, name, &frames[at.min(frames.len() - 1)]);
            }
        }
    }
    assert!(tried > 1000, "{tried} are few");
    assert_eq!(read(&write(&original)), original);
}

fn check_no_panic(book: &Logbook, name: &str, changed: &Frame) {
    let result = drive(name, name, &serial(), book, &World::in_memory());
    let Err(error) = result else { return };
    let text = error.to_string();
    assert!(!text.is_empty());
    let RunError::Failed(failed) = error else {
        return;
    };
    for failure in failures(&failed) {
        // A record may come to say that the failure of the flow's own task was a panic.
        assert!(
            failure.kind() != FailureKind::Panic || failure.message() == "it was doomed",
            "{name}, {changed:?}: {text}"
        );
    }
}

fn failures(failed: &Failed) -> Vec<&Failure> {
    let left = match failed.undone() {
        Undone::Partly(left) => &left[..],
        _ => &[],
    };
    let reverts = left.iter().filter_map(|left| left.failure.as_ref());
    let tasks = failed.failures().iter().map(|failed| &failed.failure);
    tasks.chain(reverts).collect()
}

/// The frames with the one at a place changed in every way, or gone, or elsewhere.
fn changed(frames: &[Frame], at: usize) -> Vec<Vec<Frame>> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Vec<Frame>)| {
        let mut changed = frames.to_vec();
        change(&mut changed);
        all.push(changed);
    };
    with(&|frames| drop(frames.remove(at)));
    with(&|frames| frames.insert(at, frames[at].clone()));
    with(&|frames| {
        let next = (at + 1) % frames.len();
        frames.swap(at, next);
    });
    with(&|frames| frames.truncate(at + 1));
    for kind in 0..=15 {
        with(&|frames| frames[at].kind = kind);
    }
    for run in [0, 1, 2, 3, 4, 5, 6, u32::MAX] {
        with(&|frames| frames[at].run = run);
    }
    for atom in [0, 1, 2, 3, 4, 63, 64, 1_000, u32::MAX] {
        with(&|frames| frames[at].atom = atom);
    }
    with(&|frames| frames[at].payload.clear());
    with(&|frames| frames[at].payload.push(0));
    with(&|frames| {
        frames[at].payload.pop();
    });
    for byte in 0..frames[at].payload.len() {
        for value in [0, 1, 0x7f, 0xff] {
            with(&|frames| frames[at].payload[byte] = value);
        }
    }
    all
}
