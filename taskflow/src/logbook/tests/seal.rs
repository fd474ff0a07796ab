//! Sealed logbooks, with a seal that hides nothing from who looks hard, and refuses what a good
//! one does.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// Seals by a key of one byte, and opens with several.
#[derive(Clone)]
struct Weak {
    key: u8,
    older: Vec<u8>,
    refuses: Arc<AtomicBool>,
}

fn weak(key: u8) -> Weak {
    Weak {
        key,
        older: Vec::new(),
        refuses: Arc::default(),
    }
}

impl Seal for Weak {
    fn seal(
        &self,
        context: &SealContext<'_>,
        plain: &[u8],
        sealed: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(SealError::new("the key service is away; start it"));
        }
        sealed.push(self.key);
        sealed.extend(plain.iter().map(|byte| byte ^ 0x80));
        sealed.extend(context.bytes());
        Ok(())
    }

    fn open(
        &self,
        context: &SealContext<'_>,
        sealed: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        let rest = match sealed {
            [key, rest @ ..] if *key == self.key || self.older.contains(key) => rest,
            _ => return Err(SealError::new("it has another key; give that")),
        };
        let Some(bytes) = rest.strip_suffix(context.bytes()) else {
            return Err(SealError::new("it is elsewhere; restore it"));
        };
        plain.extend(bytes.iter().map(|byte| byte ^ 0x80));
        Ok(())
    }

    fn is_current(&self, sealed: &[u8]) -> bool {
        sealed.first() == Some(&self.key)
    }
}

fn open(disk: &MemoryDisk, seal: Option<Weak>) -> Result<Logbook, LogbookError> {
    let file = PathBuf::from("(memory)");
    let (disk, sealer) = (Box::new(disk.clone()), seal.map(Sealer::new));
    Logbook::on(disk, file, Durability::Os, None, sealer)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

const SECRET: &[u8] = b"hunter2";

/// Every kind of record with the secret in it.
fn fill(book: &Logbook) {
    let begin = Begin {
        inputs: Bytes(SECRET.to_vec()),
        ..begin("r1")
    };
    let log = book.begin(&begin, || Ok(b"the plan".to_vec())).unwrap();
    record(&log, &records()).unwrap();
}

fn records() -> Vec<(Kind, u32, &'static [u8])> {
    vec![
        (Kind::Start, 1, b""),
        (Kind::Checkpoint, 1, SECRET),
        (Kind::Fail, 1, SECRET),
        (Kind::Start, 1, b""),
        (Kind::Done, 1, SECRET),
        (Kind::Done, 2, b""),
        (Kind::RevertFail, 1, SECRET),
        (Kind::Request, 0, b"\0hunter2"),
        (Kind::Request, 0, b"\x010123456789abcdefhunter2"),
        (Kind::Open, 3, b"open"),
    ]
}

#[test]
fn what_users_gave_comes_back_and_is_not_in_the_file() {
    let disk = MemoryDisk::default();
    fill(&open(&disk, Some(weak(1))).unwrap());
    let bytes = disk.bytes();
    assert!(!contains(&bytes, SECRET));
    for readable in [
        &b"checkout"[..],
        b"tenant",
        b"the plan",
        b"0123456789abcdef",
    ] {
        assert!(contains(&bytes, readable));
    }
    let book = open(&disk, Some(weak(1))).unwrap();
    let expected: Vec<_> = records()
        .into_iter()
        .map(|(kind, atom, payload)| (kind, atom, payload.to_vec()))
        .collect();
    assert_eq!(entries(&book, "r1"), expected);
    let begun = book.begun(&RunId::new("r1").unwrap()).unwrap().unwrap();
    assert_eq!(begun.inputs, Bytes(SECRET.to_vec()));
    assert_eq!(states(&book), [("r1".to_owned(), RunState::Interrupted)]);
}

#[test]
fn the_wrong_seal_or_none_is_refused_before_anything_is_changed() {
    let sealed = MemoryDisk::default();
    fill(&open(&sealed, Some(weak(1))).unwrap());
    let plain = MemoryDisk::default();
    fill(&open(&plain, None).unwrap());
    let check = |disk: &MemoryDisk, seal, expected: &str| {
        // A torn end would be cut off.
        let mut bytes = disk.bytes();
        bytes.extend([1; 5]);
        let disk = MemoryDisk::new(bytes.clone());
        let error = open(&disk, seal).map(drop).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(disk.bytes(), bytes);
    };
    check(&sealed, None, "is sealed; give what it was sealed with");
    check(
        &sealed,
        Some(weak(2)),
        "is sealed otherwise: it has another key",
    );
    check(&plain, Some(weak(1)), "is not sealed");
}

#[test]
fn a_seal_is_the_first_record_wherever_a_crash_comes() {
    let disk = MemoryDisk::default();
    drop(open(&disk, Some(weak(1))).unwrap());
    let whole = disk.bytes();
    for cut in 0..=whole.len() {
        let disk = MemoryDisk::new(whole[..cut].to_vec());
        drop(open(&disk, Some(weak(1))).unwrap());
        assert_eq!(disk.bytes(), whole);
    }
    // Opening it again adds nothing.
    drop(open(&disk, Some(weak(1))).unwrap());
    assert_eq!(disk.bytes(), whole);
}

#[test]
fn a_new_key_takes_the_place_of_the_old_one() {
    let disk = MemoryDisk::default();
    fill(&open(&disk, Some(weak(1))).unwrap());
    let both = Weak {
        older: vec![1],
        ..weak(2)
    };
    let book = open(&disk, Some(both)).unwrap();
    run(&book, "r2");
    assert_eq!(entries(&book, "r1").len(), records().len());
    drop(book);

    open(&disk, Some(weak(1))).map(drop).unwrap_err();
    let book = open(&disk, Some(weak(2))).unwrap();
    let r2 = book.begun(&RunId::new("r2").unwrap()).unwrap().unwrap();
    assert_eq!(r2.inputs, begin("r2").inputs);
    let error = book.history(&RunId::new("r1").unwrap()).unwrap_err();
    assert!(matches!(error, LogbookError::Unopened { .. }));
    let error = error.to_string();
    assert!(
        error.contains("cannot be opened: it has another key"),
        "{error}"
    );
}

#[test]
fn a_value_that_stands_elsewhere_does_not_open() {
    let disk = MemoryDisk::default();
    let book = open(&disk, Some(weak(1))).unwrap();
    let log = run(&book, "r1");
    record(&log, &[(Kind::Done, 1, SECRET), (Kind::Done, 2, b"other")]).unwrap();
    let history = book.history(log.id()).unwrap().unwrap();
    let Payload::At(at) = history.entries[0].payload else {
        panic!("it is a value");
    };
    assert_eq!(book.value(at).unwrap(), SECRET);
    let elsewhere = ValueAt { atom: 2, ..at };
    let error = book.value(elsewhere).unwrap_err().to_string();
    assert!(error.contains("it is elsewhere"), "{error}");
}

#[test]
fn what_cannot_be_sealed_is_not_recorded() {
    let disk = MemoryDisk::default();
    let seal = weak(1);
    let book = open(&disk, Some(seal.clone())).unwrap();
    let log = run(&book, "r1");
    seal.refuses.store(true, Ordering::Relaxed);
    let error = record(&log, &[(Kind::Start, 1, b""), (Kind::Done, 1, SECRET)]).unwrap_err();
    assert!(error.to_string().contains("the key service is away"));
    let error = book.begin(&begin("r2"), || Ok(Vec::new())).map(drop);
    assert!(matches!(error, Err(LogbookError::Unsealable(_))));
    seal.refuses.store(false, Ordering::Relaxed);
    assert_eq!(entries(&book, "r1"), []);
    record(&log, &[(Kind::Done, 1, SECRET)]).unwrap();
    assert_eq!(entries(&book, "r1"), [(Kind::Done, 1, SECRET.to_vec())]);
}

#[test]
fn a_seal_stands_only_where_it_may() {
    use crate::logbook::frame::{Header, crc};

    let frame = |seq, run| {
        let mut bytes = Vec::new();
        let header = Header {
            len: 1,
            kind: Kind::Seal.code(),
            seq,
            run,
            atom: 0,
            crc: crc(b"x"),
        };
        header.append_to(&mut bytes);
        bytes.extend(b"x");
        bytes
    };
    let plain = MemoryDisk::default();
    run(&open(&plain, None).unwrap(), "r1");
    let behind = [plain.bytes(), frame(3, 0)].concat();
    let of_run = [frame::file_header().to_vec(), frame(1, 1)].concat();
    for bytes in [behind, of_run] {
        let error = open(&MemoryDisk::new(bytes), None).map(drop).unwrap_err();
        assert!(matches!(error, LogbookError::Damaged { .. }), "{error}");
    }
}

/// Every byte below the folder.
fn all_bytes(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() {
            all_bytes(&path)
        } else {
            std::fs::read(&path).unwrap()
        });
    }
    bytes
}

#[test]
fn a_value_in_a_letter_is_sealed_like_the_book() {
    let tmp = tempfile::tempdir().unwrap();
    let book = Logbook::options(tmp.path()).seal(weak(1)).open().unwrap();
    let log = run(&book, "r1");
    let inbox = Inbox::at(tmp.path());
    // Without a value there is nothing to seal.
    inbox.suspend(log.id()).unwrap();
    let plain = inbox.signal_json(log.id(), "pin", "\"hunter2\"");
    assert!(matches!(plain, Err(LogbookError::Sealed { .. })));
    let inbox = inbox.seal(weak(1));
    inbox.signal_json(log.id(), "pin", "\"hunter2\"").unwrap();
    let secret = "hunter2".to_owned();
    inbox.resolve_done(log.id(), "task", &secret).unwrap();
    inbox.resolve_rerun(log.id(), "task").unwrap();
    // Somebody puts a name on it that it was not posted with, or has another key.
    let other = Inbox::at(tmp.path()).seal(weak(2));
    let wrong = other.signal_json(log.id(), "pin", "\"hunter2\"").unwrap();
    assert!(!contains(&all_bytes(tmp.path()), SECRET));

    let letters = log.letters().unwrap();
    let mut encoded = Vec::new();
    encode(&secret, &mut encoded).unwrap();
    let asks: Vec<_> = letters.into_iter().map(|letter| letter.ask).collect();
    let expected = [
        Ask::Suspend,
        Ask::Signal {
            name: "pin".to_owned(),
            value: Value::Json("\"hunter2\"".to_owned()),
        },
        Ask::Resolve {
            task: "task".to_owned(),
            answer: Told::Done(Value::Bincode(Bytes(encoded))),
        },
        Ask::Resolve {
            task: "task".to_owned(),
            answer: Told::Rerun,
        },
    ];
    assert_eq!(asks, expected);
    let why = inbox.refusal(wrong).unwrap().unwrap();
    assert!(why.contains("its value cannot be opened (it has"), "{why}");
    assert!(!contains(&all_bytes(tmp.path()), SECRET));
}

#[test]
fn a_letter_that_does_not_fit_the_book_is_refused() {
    let sealer = Sealer::new(weak(1));
    let letter = |name: &str| Letter {
        id: LetterId::from_bytes([7; 16]),
        run: RunId::new("r1").unwrap(),
        ask: Ask::Signal {
            name: name.to_owned(),
            value: Value::Json("1".to_owned()),
        },
    };
    let open = |sealer, letter| super::super::seal::open_letter(sealer, letter);
    let posted = sealer.letter(letter("a")).unwrap();
    assert_eq!(open(Some(&sealer), posted.clone()), Ok(letter("a")));
    assert_eq!(open(None, letter("a")), Ok(letter("a")));
    open(None, posted.clone()).unwrap_err();
    open(Some(&sealer), letter("a")).unwrap_err();
    let Ask::Signal { value, .. } = posted.ask else {
        panic!("it asks for the same");
    };
    let mut moved = letter("b");
    moved.ask = Ask::Signal {
        name: "b".to_owned(),
        value,
    };
    let why = open(Some(&sealer), moved).unwrap_err();
    assert!(why.contains("it is elsewhere"), "{why}");
}

#[test]
fn a_reader_lists_a_sealed_book_without_its_seal() {
    let tmp = tempfile::tempdir().unwrap();
    let plain = Logbook::open(tmp.path().join("plain")).unwrap();
    let sealed = Logbook::options(tmp.path().join("sealed")).seal(weak(1));
    let sealed = sealed.open().unwrap();
    for (book, name) in [(&plain, "plain"), (&sealed, "sealed")] {
        record(&run(book, "r1"), &[(Kind::Done, 1, SECRET)]).unwrap();
        let reader = LogbookReader::open(tmp.path().join(name)).unwrap();
        assert_eq!(reader.is_sealed(), name == "sealed");
        assert_eq!(reader.runs().unwrap().len(), 1);
    }
}
