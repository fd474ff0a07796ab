//! Secrets go through runs, processes and letters, and show nowhere.
#![allow(missing_docs)]

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use taskflow::listen::Lines;
use taskflow::logbook::Aead;
use taskflow::{
    Capture, Durability, Inbox, Logbook, LogbookError, LogbookReader, Parallel, Resolution,
    RunError, RunState, Secret, Serial, StartError, TaskContext, flow, task,
};

/// What must not show; nothing else here says it.
const SECRET: &str = "hunter2";
const PIN: u32 = 0x7061_7373;

#[derive(Clone, PartialEq, Serialize, Deserialize, Debug)]
struct Account {
    user: String,
    password: Secret<String>,
}

fn account() -> Account {
    Account {
        user: "eve".to_owned(),
        password: Secret::new(SECRET.to_owned()),
    }
}

fn strict() -> Result<(), &'static str> {
    Err("the door is shut")
}

#[task]
fn sign_in(account: &Account, ctx: &TaskContext) -> Secret<String> {
    ctx.checkpoint(&account.password).expect("it is recorded");
    Secret::new(format!("{} as {}", account.password.expose(), account.user))
}

#[task]
fn knock(token: &Secret<String>, word: Secret<String>) -> Vec<Secret<String>> {
    vec![token.clone(), word]
}

#[task]
fn enter(item: &Secret<String>, pin: Secret<u32>) -> Result<usize, String> {
    assert_eq!(pin.into_inner(), PIN);
    strict().map_err(|error| format!("{error} to {item}"))?;
    Ok(item.expose().len())
}

flow! {
    struct Door { account: Account, word: Secret<String> } -> Vec<usize>
    linear[
        sign_in,
        knock(token = sign_in),
        signal(pin: Secret<u32>),
        map(item in knock, label = item)[enter],
    ]
}

fn door() -> Door {
    Door {
        account: account(),
        word: Secret::new(SECRET.to_owned()),
    }
}

/// A flow whose failure has the secret in it by the fault of its author.
#[task]
fn blab(account: &Account) -> Result<u32, String> {
    Err(format!("no such password: {}", account.password.expose()))
}

flow! {
    struct Blab { account: Account } -> u32
    linear[blab]
}

/// Somewhere to write to that can be read.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Every byte below the folder.
fn all_bytes(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() {
            all_bytes(&path)
        } else {
            fs::read(&path).unwrap()
        });
    }
    bytes
}

fn shows(bytes: &[u8]) -> bool {
    contains(bytes, SECRET.as_bytes()) || contains(bytes, &PIN.to_le_bytes())
}

fn open(path: &Path, key: &[u8; 32]) -> Logbook {
    let options = Logbook::options(path).durability(Durability::Os);
    options.seal(Aead::new(key)).open().unwrap()
}

#[test]
fn a_secret_shows_nowhere() {
    let key = Aead::random_key().unwrap();
    let tmp = tempfile::tempdir().unwrap();
    let (written, capture) = (Shared::default(), Capture::new());
    let mut told = Vec::new();
    // One process begins, and waits for the pin.
    {
        let book = open(tmp.path(), &key);
        let start = door()
            .id("x")
            .listen(Lines::new(written.clone()))
            .listen(capture.clone());
        told.push(format!("{start:?}"));
        let run = start.start(&Serial, &book).unwrap();
        let control = run.control();
        told.push(format!("{run:?} {control:?} {book:?}"));
        let inbox = Inbox::at(tmp.path()).seal(Aead::new(&key));
        told.push(format!("{inbox:?}"));
        let (posted, id) = (inbox.clone(), run.id().clone());
        let clerk = std::thread::spawn(move || {
            let pause = || std::thread::sleep(std::time::Duration::from_millis(5));
            while control.state().unwrap() != RunState::Waiting {
                pause();
            }
            // What is given wrong is refused without being shown.
            let wrong = posted.signal_json(&id, "pin", &format!("\"{SECRET}\""));
            let wrong = wrong.unwrap();
            while posted.is_pending(wrong).unwrap() {
                pause();
            }
            posted.signal_json(&id, "pin", &PIN.to_string()).unwrap();
            wrong
        });
        let failed = run.wait().unwrap_err();
        let wrong = clerk.join().unwrap();
        assert!(failed.to_string().contains("the door is shut to <secret>"));
        told.push(format!("{failed} {failed:?} {failed:#}"));
        let why = inbox.refusal(wrong).unwrap().unwrap();
        assert!(
            why.contains("the secret is not a value of its type"),
            "{why}"
        );
        told.push(why);
    }
    // Another one takes it up, on another engine.
    {
        let book = open(tmp.path(), &key);
        let engine = Parallel::new();
        let id = "x".parse().unwrap();
        let run = Door::resume(&id, DoorResources {}, &engine, &book).unwrap();
        let failed = run.rerun().unwrap_err();
        assert!(matches!(failed, RunError::Failed(_)));
        told.push(format!("{failed} {failed:?}"));
        let mut other = door();
        other.account.password = Secret::new("other".to_owned());
        let error = other.id("x").run(&Serial, &book).unwrap_err();
        assert!(matches!(
            error,
            RunError::NotStarted(StartError::OtherInputs(_))
        ));
        told.push(format!("{error} {error:?} {:?}", book.runs().unwrap()));
    }
    let resolution = Resolution::done_with(&account());
    told.push(format!("{resolution:?}"));
    let reader = LogbookReader::open(tmp.path()).unwrap();
    told.push(format!("{reader:?} {:?}", reader.runs().unwrap()));
    for event in capture.take_events() {
        told.push(format!("{event} {event:#} {event:?}"));
    }
    told.push(String::from_utf8(written.0.lock().unwrap().clone()).unwrap());
    // Bytes would be printed as numbers.
    let bytes = format!("{:?}", SECRET.as_bytes());
    let bytes = bytes.trim_matches(['[', ']']);
    for text in told {
        for secret in [SECRET, bytes, &PIN.to_string()] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert!(!shows(&all_bytes(tmp.path())));
}

#[test]
fn a_failure_is_sealed_with_its_text() {
    let key = Aead::random_key().unwrap();
    let tmp = tempfile::tempdir().unwrap();
    let book = open(tmp.path(), &key);
    let blab = || Blab { account: account() }.id("x");
    let failed = blab().run(&Serial, &book).unwrap_err();
    assert!(failed.to_string().contains(SECRET));
    drop(book);
    assert!(!shows(&all_bytes(tmp.path())));
    // Whoever has the key has the text.
    let again = blab().run(&Serial, &open(tmp.path(), &key)).unwrap_err();
    assert!(again.to_string().contains(SECRET));
}

#[test]
fn without_a_seal_the_file_has_the_values() {
    let tmp = tempfile::tempdir().unwrap();
    let book = Logbook::open(tmp.path()).unwrap();
    Blab { account: account() }.run(&Serial, &book).unwrap_err();
    drop(book);
    assert!(shows(&all_bytes(tmp.path())));
}

#[test]
fn another_key_or_none_opens_nothing_and_changes_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let key = Aead::random_key().unwrap();
    let blab = Blab { account: account() };
    blab.run(&Serial, &open(tmp.path(), &key)).unwrap_err();
    let before = all_bytes(tmp.path());
    let none = Logbook::open(tmp.path()).unwrap_err();
    assert!(matches!(none, LogbookError::Sealed { .. }), "{none}");
    let other = Aead::new(&Aead::random_key().unwrap());
    let other = Logbook::options(tmp.path()).seal(other).open();
    let other = other.unwrap_err();
    assert!(matches!(other, LogbookError::WrongSeal { .. }), "{other}");
    assert!(other.to_string().contains("give that key too"), "{other}");
    assert_eq!(all_bytes(tmp.path()), before);
}

#[test]
fn a_flipped_bit_is_found_even_with_a_right_checksum() {
    use taskflow::logbook::MemoryDisk;

    let tmp = tempfile::tempdir().unwrap();
    let key = [7; 32];
    Blab { account: account() }
        .id("x")
        .run(&Serial, &open(tmp.path(), &key))
        .unwrap_err();
    let file = tmp.path().join("00000001.log");
    let mut bytes = fs::read(&file).unwrap();
    // The last bit of the failure, which is the last record but two: `Fail`, and what follows it.
    let frames = frames(&bytes);
    let &(start, len) = frames.iter().find(|&&(at, _)| bytes[at + 4] == 6).unwrap();
    bytes[start + 32 + len - 1] ^= 1;
    let crc = crc32fast::hash(&bytes[start + 32..start + 32 + len]);
    bytes[start + 24..start + 28].copy_from_slice(&crc.to_le_bytes());
    let crc = crc32fast::hash(&bytes[start..start + 28]);
    bytes[start + 28..start + 32].copy_from_slice(&crc.to_le_bytes());
    let options = Logbook::options(tmp.path()).seal(Aead::new(&key));
    let disk = MemoryDisk::new(bytes);
    let book = options.open_through(|_| Box::new(disk)).unwrap();
    let error = Blab { account: account() }.id("x").run(&Serial, &book);
    let error = error.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("cannot be opened: it is not as it was sealed"),
        "{error}"
    );
}

/// Where each frame of a book begins, and how long its payload is.
fn frames(bytes: &[u8]) -> Vec<(usize, usize)> {
    let (mut frames, mut at) = (Vec::new(), 32);
    while let Some(len) = bytes.get(at..at + 4) {
        let len = u32::from_le_bytes(len.try_into().unwrap()) as usize;
        frames.push((at, len));
        at += 32 + len;
    }
    frames
}
