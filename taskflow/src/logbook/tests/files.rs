//! Logbooks in real folders: what is made there, who holds it, and who looks at it.

use std::fs;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_book_is_a_folder_that_outlives_its_process() {
    let tmp = tempfile::tempdir().unwrap();
    let path = tmp.path().join("a/b/orders.book");
    for durability in [Durability::Synced, Durability::Os, Durability::Never] {
        let book = Logbook::options(&path)
            .durability(durability)
            .open()
            .unwrap();
        let log = run(&book, &durability.to_string());
        record(&log, &[(Kind::Done, 1, b"value")]).unwrap();
    }
    assert_eq!(names(&path), ["00000001.log", "inbox", "lock"]);
    let book = Logbook::open(&path).unwrap();
    assert_eq!(states(&book).len(), 3);
    for id in ["synced", "os", "never"] {
        assert_eq!(entries(&book, id), [(Kind::Done, 1, b"value".to_vec())]);
    }
}

#[test]
fn the_bytes_in_a_file_are_those_in_memory() {
    let tmp = tempfile::tempdir().unwrap();
    let book = Logbook::open(tmp.path()).unwrap();
    let disk = MemoryDisk::default();
    let memory = Logbook::with_disk(Box::new(disk.clone()), Durability::Synced).unwrap();
    sample(&book);
    sample(&memory);
    // Reading in between moves the file's cursor.
    entries(&book, "first");
    record(&run(&book, "last"), &[(Kind::Done, 1, b"value")]).unwrap();
    record(&run(&memory, "last"), &[(Kind::Done, 1, b"value")]).unwrap();
    assert_eq!(
        fs::read(tmp.path().join("00000001.log")).unwrap(),
        disk.bytes()
    );
}

#[test]
fn a_second_holder_is_refused_or_waits() {
    let tmp = tempfile::tempdir().unwrap();
    let first = Logbook::open(tmp.path()).unwrap();
    let error = Logbook::open(tmp.path()).unwrap_err();
    assert!(matches!(&error, LogbookError::Locked { path } if path == tmp.path()));
    assert!(
        error.to_string().contains("wait with `wait_for_lock`"),
        "{error}"
    );

    let begun = Instant::now();
    let wait = Duration::from_millis(250);
    assert!(
        Logbook::options(tmp.path())
            .wait_for_lock(wait)
            .open()
            .is_err()
    );
    assert!(begun.elapsed() >= wait);

    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            Logbook::options(tmp.path())
                .wait_for_lock(Duration::from_mins(1))
                .open()
        });
        thread::sleep(Duration::from_millis(20));
        record(&run(&first, "r"), &[(Kind::Start, 0, b"")]).unwrap();
        drop(first);
        let second = waiting.join().unwrap().unwrap();
        assert_eq!(states(&second), [("r".to_owned(), RunState::Interrupted)]);
    });
}

#[test]
fn a_commit_and_a_driver_keep_the_book_held() {
    let tmp = tempfile::tempdir().unwrap();
    let book = Logbook::open(tmp.path()).unwrap();
    let log = run(&book, "r");
    drop(book);
    assert!(matches!(
        Logbook::open(tmp.path()),
        Err(LogbookError::Locked { .. })
    ));
    let commit = log.append(&batch(&[(Kind::Start, 0, b"")])).unwrap();
    drop(log);
    assert!(matches!(
        Logbook::open(tmp.path()),
        Err(LogbookError::Locked { .. })
    ));
    commit.wait().unwrap();
    Logbook::open(tmp.path()).unwrap();
}

#[test]
fn a_reader_looks_without_a_lock_and_changes_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let book = Logbook::open(tmp.path()).unwrap();
    sample(&book);
    let log = run(&book, "third");
    record(&log, &[(Kind::Start, 0, b"")]).unwrap();
    let third = |reader: &LogbookReader| reader.runs().unwrap()[2].state;

    let reader = LogbookReader::open(tmp.path()).unwrap();
    assert_eq!(reader.runs().unwrap(), book.runs().unwrap());
    assert_eq!(
        reader.unfinished("checkout").unwrap(),
        book.unfinished("checkout").unwrap()
    );
    assert_eq!(third(&reader), RunState::Running);
    record(&log, &[(Kind::Done, 0, b"value")]).unwrap();
    drop((log, book));
    assert_eq!(third(&reader), RunState::Interrupted);

    let file = tmp.path().join("00000001.log");
    fs::OpenOptions::new()
        .append(true)
        .open(&file)
        .unwrap()
        .write_all(b"half a header")
        .unwrap();
    let before = fs::read(&file).unwrap();
    let reader = LogbookReader::open(tmp.path()).unwrap();
    let torn = reader.torn().expect("the end is torn");
    assert_eq!((&torn.file, torn.bytes), (&file, 13));
    assert_eq!(fs::read(&file).unwrap(), before);

    let book = Logbook::open(tmp.path()).unwrap();
    assert_eq!(book.torn(), Some(torn));
    assert_eq!(fs::read(&file).unwrap(), before[..before.len() - 13]);
}

#[test]
fn a_reader_may_look_while_the_book_grows() {
    let tmp = tempfile::tempdir().unwrap();
    let book = Logbook::options(tmp.path())
        .durability(Durability::Os)
        .open()
        .unwrap();
    let log = run(&book, "r");
    record(&log, &[(Kind::Start, 0, b"")]).unwrap();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for atom in 0..2_000 {
                record(&log, &[(Kind::Done, atom, &[7; 500])]).unwrap();
            }
        });
        while !writer.is_finished() {
            let reader = LogbookReader::open(tmp.path()).unwrap();
            assert_eq!(reader.runs().unwrap().len(), 1);
        }
    });
}

#[test]
fn readers_do_not_keep_a_writer_out() {
    let tmp = tempfile::tempdir().unwrap();
    drop(Logbook::open(tmp.path()).unwrap());
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for _ in 0..50 {
                drop(Logbook::open(tmp.path()).unwrap());
            }
        });
        while !writer.is_finished() {
            LogbookReader::open(tmp.path()).unwrap().runs().unwrap();
        }
    });
}

#[test]
fn a_reader_of_nothing_makes_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let path = tmp.path().join("orders.book");
    let error = LogbookReader::open(&path).unwrap_err();
    assert!(
        matches!(&error, LogbookError::Io { doing: "open", .. }),
        "{error}"
    );
    assert!(error.to_string().contains("orders.book"), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_file_where_the_folder_should_be_is_named() {
    let tmp = tempfile::tempdir().unwrap();
    let path = tmp.path().join("orders.book");
    fs::write(&path, b"mine").unwrap();
    let error = Logbook::open(&path).unwrap_err();
    assert!(error.to_string().contains("orders.book"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"mine");
}

#[cfg(unix)]
#[test]
fn what_is_made_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    fn modes(folder: &Path, found: &mut Vec<(PathBuf, u32)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let mode = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o7777;
            found.push((path.clone(), mode));
            if path.is_dir() {
                modes(&path, found);
            }
        }
    }

    let tmp = tempfile::tempdir().unwrap();
    let (made, there) = (
        tmp.path().join("made/orders.book"),
        tmp.path().join("there"),
    );
    fs::create_dir(&there).unwrap();
    fs::set_permissions(&there, fs::Permissions::from_mode(0o755)).unwrap();
    for folder in [&made, &there] {
        let book = Logbook::open(folder).unwrap();
        let log = run(&book, "r1");
        record(&log, &[(Kind::Done, 1, b"value")]).unwrap();
        let inbox = Inbox::at(folder);
        inbox.suspend(&RunId::new("r2").unwrap()).unwrap();
        // It is for a run that there is not.
        assert_eq!(book.letters().unwrap(), []);
        inbox.suspend(log.id()).unwrap();
    }
    let mut found = Vec::new();
    modes(tmp.path(), &mut found);
    // Two folders above all, and in each book two files, two folders, and three files in these.
    assert_eq!(found.len(), 3 + 2 * 7);
    for (path, mode) in found {
        let expected = match &path {
            path if **path == *there => 0o755,
            path if path.is_dir() => 0o700,
            _ => 0o600,
        };
        assert_eq!(mode, expected, "{}: {mode:o}", path.display());
    }
}
