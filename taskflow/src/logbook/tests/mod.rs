//! Tests of the whole logbook, on files, in memory, and on disks that fail.

mod behind;
mod concurrency;
mod damage;
mod faults;
mod files;
mod history;
mod inbox;
mod inbox_crashes;
mod killed;
mod seal;

use super::*;

/// What a test begins a run with.
fn begin(id: &str) -> Begin {
    Begin {
        id: RunId::new(id).unwrap(),
        flow: "checkout".into(),
        version: 2,
        plan: 7,
        on_failure: 1,
        started_ms: 1_700_000_000_123,
        deadline_ms: None,
        priority: 0,
        labels: vec![("tenant".into(), "a".into())],
        inputs: Bytes(vec![1, 2, 3]),
    }
}

/// Begins a run with the plan that all tests share.
fn run(book: &Logbook, id: &str) -> RunLog {
    book.begin(&begin(id), || Ok(b"the plan".to_vec())).unwrap()
}

fn batch(records: &[(Kind, u32, &[u8])]) -> Batch {
    let mut batch = Batch::default();
    for &(kind, atom, payload) in records {
        batch.push(kind, atom, payload);
    }
    batch
}

/// Appends records and waits until they count.
fn record(log: &RunLog, records: &[(Kind, u32, &[u8])]) -> Result<(), LogbookError> {
    log.append(&batch(records))?.wait()
}

/// The records of a run, values read.
fn entries(book: &Logbook, id: &str) -> Vec<(Kind, u32, Vec<u8>)> {
    let history = book
        .history(&RunId::new(id).unwrap())
        .unwrap()
        .expect("the run is there");
    let bytes = |payload| match payload {
        Payload::Read(bytes) => bytes,
        Payload::At(position) => book.value(position).unwrap(),
    };
    history
        .entries
        .into_iter()
        .map(|e| (e.kind, e.atom, bytes(e.payload)))
        .collect()
}

fn states(book: &Logbook) -> Vec<(String, RunState)> {
    book.runs()
        .unwrap()
        .into_iter()
        .map(|run| (run.id.to_string(), run.state))
        .collect()
}

/// Applies a letter as the driver of its run does, and leaves its file.
fn apply(log: &RunLog, letter: &Letter) -> Result<(), LogbookError> {
    let payload = request(Some(letter.id), b"what was asked");
    record(log, &[(Kind::Request, 0, &payload)])
}

/// Takes every letter for the run; the ids.
fn take(book: &Logbook, log: &RunLog) -> Result<Vec<LetterId>, LogbookError> {
    let letters = log.letters()?;
    for letter in &letters {
        apply(log, letter)?;
        book.applied(letter)?;
    }
    Ok(letters.iter().map(|letter| letter.id).collect())
}

/// The letters that records of the run apply, in order.
fn recorded_letters(book: &Logbook, id: &str) -> Vec<LetterId> {
    let records = entries(book, id);
    let requests = records.iter().filter(|(kind, ..)| *kind == Kind::Request);
    requests
        .filter_map(|(_, _, payload)| split_request(payload).unwrap().0)
        .collect()
}

/// The right to drive a run that is there.
fn claim(book: &Logbook, id: &str) -> RunLog {
    match book.claim(&RunId::new(id).unwrap()).unwrap() {
        Claim::Taken(log) => log,
        other => panic!("the run is free: {other:?}"),
    }
}

/// A book with records of every kind and sizes around every boundary of the format.
fn sample(book: &Logbook) {
    let first = run(book, "first");
    record(&first, &[(Kind::Start, 0, b"")]).unwrap();
    record(
        &first,
        &[
            (Kind::Done, 0, b"value"),
            (Kind::Start, 1, b""),
            (Kind::Start, 2, b""),
        ],
    )
    .unwrap();
    let second = run(book, "second");
    record(
        &second,
        &[
            (Kind::Start, 3, b""),
            (Kind::Fail, 3, b"no"),
            (Kind::Release, 4, b""),
        ],
    )
    .unwrap();
    record(
        &first,
        &[
            (Kind::Decide, 1, b"x"),
            (Kind::Revert, 2, b""),
            (Kind::Reverted, 2, b""),
        ],
    )
    .unwrap();
    record(
        &first,
        &[
            (Kind::RevertFail, 2, &[0; 40]),
            (Kind::Request, 0, b"\0rerun"),
            (Kind::Request, 0, b"\x010123456789abcdefrerun"),
        ],
    )
    .unwrap();
    record(
        &second,
        &[
            (Kind::Resume, 0, b""),
            (Kind::End, 0, &[RunState::Failed.code(), 9]),
        ],
    )
    .unwrap();
    record(&first, &[(Kind::End, 0, &[RunState::Succeeded.code()])]).unwrap();
}
