//! What is appended is what is read, before and after a book is opened again.

use std::time::{Duration, SystemTime};

use super::*;

/// Does `look` with a book that has just been written, and again once it is opened anew.
fn twice(durability: Durability, look: impl Fn(&Logbook)) {
    let disk = MemoryDisk::default();
    let book = Logbook::with_disk(Box::new(disk.clone()), durability).unwrap();
    sample(&book);
    look(&book);
    drop(book);
    let book = Logbook::with_disk(Box::new(disk), durability).unwrap();
    assert_eq!(book.torn(), None);
    look(&book);
}

#[test]
fn records_come_back_in_order() {
    for durability in [Durability::Synced, Durability::Os, Durability::Never] {
        twice(durability, |book| {
            let first: [(Kind, u32, &[u8]); 11] = [
                (Kind::Start, 0, b""),
                (Kind::Done, 0, b"value"),
                (Kind::Start, 1, b""),
                (Kind::Start, 2, b""),
                (Kind::Decide, 1, b"x"),
                (Kind::Revert, 2, b""),
                (Kind::Reverted, 2, b""),
                (Kind::RevertFail, 2, &[0; 40]),
                (Kind::Request, 0, b"\0rerun"),
                (Kind::Request, 0, b"\x010123456789abcdefrerun"),
                (Kind::End, 0, &[5]),
            ];
            assert_eq!(
                entries(book, "first"),
                first.map(|(k, a, p)| (k, a, p.to_vec()))
            );
            let second: [(Kind, u32, &[u8]); 5] = [
                (Kind::Start, 3, b""),
                (Kind::Fail, 3, b"no"),
                (Kind::Release, 4, b""),
                (Kind::Resume, 0, b""),
                (Kind::End, 0, &[7, 9]),
            ];
            assert_eq!(
                entries(book, "second"),
                second.map(|(k, a, p)| (k, a, p.to_vec()))
            );
        });
    }
}

#[test]
fn a_history_holds_what_a_run_began_with_and_values_by_place() {
    twice(Durability::Synced, |book| {
        let history = book
            .history(&RunId::new("second").unwrap())
            .unwrap()
            .unwrap();
        assert_eq!(history.begin, begin("second"));
        assert_eq!(history.plan, b"the plan");
        let history = book
            .history(&RunId::new("first").unwrap())
            .unwrap()
            .unwrap();
        for entry in history.entries {
            let is_place = matches!(entry.payload, Payload::At(_));
            assert_eq!(is_place, entry.kind == Kind::Done);
        }
        assert!(
            book.history(&RunId::new("third").unwrap())
                .unwrap()
                .is_none()
        );
    });
}

#[test]
fn a_plan_is_stored_once_for_each_fingerprint() {
    let disk = MemoryDisk::default();
    for id in ["a", "b"] {
        let book = Logbook::with_disk(Box::new(disk.clone()), Durability::Never).unwrap();
        drop(run(&book, id));
        let other = Begin {
            plan: 8,
            ..begin(&format!("other-{id}"))
        };
        drop(book.begin(&other, || Ok(b"another plan".to_vec())).unwrap());
    }
    let bytes = disk.bytes();
    let count = |plan: &[u8]| {
        bytes
            .windows(plan.len())
            .filter(|&window| window == plan)
            .count()
    };
    assert_eq!(count(b"the plan"), 1);
    assert_eq!(count(b"another plan"), 1);
}

#[test]
fn a_golden_book() {
    let disk = MemoryDisk::default();
    let book = Logbook::with_disk(Box::new(disk.clone()), Durability::Os).unwrap();
    let log = run(&book, "r");
    record(&log, &[(Kind::Done, 0x0a0b, b"v")]).unwrap();
    let bytes = disk.bytes();

    let mut golden = frame::file_header().to_vec();
    let mut frame = |head: [u8; 24], payload: &[u8]| {
        let mut header = head.to_vec();
        header.extend(frame::crc(payload).to_le_bytes());
        let crc = frame::crc(&header);
        header.extend(crc.to_le_bytes());
        golden.extend(header);
        golden.extend(payload);
    };
    frame(
        [
            16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ],
        b"\x07\0\0\0\0\0\0\0the plan",
    );
    let mut payload = Vec::new();
    encode(&begin("r"), &mut payload).unwrap();
    let len = u8::try_from(payload.len()).unwrap();
    frame(
        [
            len, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
        ],
        &payload,
    );
    frame(
        [
            1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 11, 10, 0, 0,
        ],
        b"v",
    );
    assert_eq!(bytes, golden);
}

#[test]
fn a_listing_says_what_has_become_of_each_run() {
    let disk = MemoryDisk::default();
    let book = Logbook::with_disk(Box::new(disk.clone()), Durability::Synced).unwrap();
    sample(&book);
    let log = run(&book, "third");
    let expect = |book: &Logbook, third| {
        let expected = [
            ("first".to_owned(), RunState::Succeeded),
            ("second".to_owned(), RunState::Failed),
            ("third".to_owned(), third),
        ];
        assert_eq!(states(book), expected);
        let unfinished = book.unfinished("checkout").unwrap();
        assert_eq!(unfinished.len(), 2);
        assert_eq!(unfinished[0].id.as_ref(), "second");
        assert!(book.unfinished("other").unwrap().is_empty());
    };
    expect(&book, RunState::Running);
    drop(log);
    expect(&book, RunState::Interrupted);
    drop(book);
    let book = Logbook::with_disk(Box::new(disk), Durability::Synced).unwrap();
    expect(&book, RunState::Interrupted);

    let summary = book
        .run_summary(&RunId::new("third").unwrap())
        .unwrap()
        .unwrap();
    assert_eq!(summary, book.runs().unwrap()[2]);
    assert_eq!(summary.flow, "checkout");
    assert_eq!(summary.version, 2);
    assert_eq!(
        summary.started,
        SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123)
    );
    assert_eq!(summary.labels, [("tenant".to_owned(), "a".to_owned())]);
    assert_eq!(
        book.run_summary(&RunId::new("fourth").unwrap()).unwrap(),
        None
    );
}

#[test]
fn a_run_that_is_asked_to_go_on_is_not_at_its_end() {
    let book = Logbook::memory();
    let log = run(&book, "r");
    record(&log, &[(Kind::End, 0, &[RunState::Suspended.code()])]).unwrap();
    assert_eq!(states(&book)[0].1, RunState::Suspended);
    // A crash may come between the two: then it was not asked.
    record(&log, &[(Kind::Resume, 0, b"")]).unwrap();
    assert_eq!(states(&book)[0].1, RunState::Suspended);
    record(&log, &[(Kind::Request, 0, b"\0")]).unwrap();
    assert_eq!(states(&book)[0].1, RunState::Running);
}

#[test]
fn an_end_counts_once_it_is_recorded() {
    let disk = MemoryDisk::default();
    let book = Logbook::with_disk(Box::new(disk), Durability::Synced).unwrap();
    let log = run(&book, "r");
    let commit = log
        .append(&batch(&[(Kind::End, 0, &[RunState::Succeeded.code()])]))
        .unwrap();
    assert_eq!(states(&book)[0].1, RunState::Running);
    commit.wait().unwrap();
    assert_eq!(states(&book)[0].1, RunState::Succeeded);
}

#[test]
fn an_id_begins_once() {
    let book = Logbook::memory();
    drop(run(&book, "r"));
    let error = book
        .begin(&begin("r"), || Ok(b"the plan".to_vec()))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the logbook has a run `r` already; take another id, or attach to that run"
    );
    assert_eq!(book.runs().unwrap().len(), 1);
}

#[test]
fn a_large_value_comes_back_from_buffer_and_disk() {
    let disk = MemoryDisk::default();
    let book = Logbook::with_disk(Box::new(disk), Durability::Os).unwrap();
    let log = run(&book, "r");
    let value: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let commit = log.append(&batch(&[(Kind::Done, 1, &value)])).unwrap();
    assert_eq!(entries(&book, "r"), [(Kind::Done, 1, value.clone())]);
    commit.wait().unwrap();
    assert_eq!(entries(&book, "r"), [(Kind::Done, 1, value)]);
}

#[test]
fn a_batch_can_be_used_again() {
    let book = Logbook::memory();
    let log = run(&book, "r");
    let mut batch = batch(&[(Kind::Done, 1, b"abc")]);
    log.append(&batch).unwrap().wait().unwrap();
    batch.clear();
    assert!(batch.is_empty());
    batch.push(Kind::Done, 2, b"de");
    log.append(&batch).unwrap().wait().unwrap();
    assert_eq!(
        entries(&book, "r"),
        [
            (Kind::Done, 1, b"abc".to_vec()),
            (Kind::Done, 2, b"de".to_vec())
        ]
    );
}

#[test]
fn a_run_that_is_dropped_is_hidden_and_its_id_kept_for_a_time() {
    let disk = MemoryDisk::default();
    let open = || Logbook::with_disk(Box::new(disk.clone()), Durability::Never).unwrap();
    let hour = Duration::from_hours(1);
    let (kept, free) = (RunId::new("kept").unwrap(), RunId::new("free").unwrap());
    {
        let book = open();
        for id in ["kept", "free", "stays"] {
            let log = run(&book, id);
            record(&log, &[(Kind::Start, 0, &[])]).unwrap();
            assert!(matches!(
                book.drop_run(log.id(), hour),
                Err(LogbookError::Unfinished { .. })
            ));
            record(&log, &[(Kind::End, 0, &end(RunState::Succeeded, 7))]).unwrap();
        }
        assert!(book.drop_run(&kept, hour).unwrap());
        assert!(book.drop_run(&free, Duration::ZERO).unwrap());
        assert!(!book.drop_run(&free, hour).unwrap());
    }
    for turn in 0..2 {
        let book = open();
        let told = book.runs().unwrap();
        let last = told.last().unwrap();
        assert_eq!(last.id.as_ref(), if turn == 0 { "stays" } else { "free" });
        assert_eq!(told.len(), 1 + turn);
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(7);
        assert_eq!(told[0].ended, Some(at));
        assert_eq!(book.run_summary(&kept).unwrap(), None);
        assert!(book.history(&kept).unwrap().is_none());
        assert!(matches!(book.claim(&kept), Ok(Claim::Unknown)));
        assert!(matches!(
            book.begin(&begin("kept"), || Ok(Vec::new())),
            Err(LogbookError::Dropped { .. })
        ));
        // The page behind a run goes on as before.
        assert_eq!(book.select(&Filter::default(), 1, 9).len(), 1 + turn);
        if turn == 0 {
            drop(run(&book, "free"));
        }
    }
}
