//! Files that are not as they were written: cut anywhere, flipped anywhere, or made up.

use super::*;
use crate::logbook::frame::{HEADER, Header, file_header};

/// The bytes of the sample book, and where each frame ends.
fn written() -> (Vec<u8>, Vec<usize>) {
    let disk = MemoryDisk::default();
    let book = Logbook::with_disk(Box::new(disk.clone()), Durability::Os).unwrap();
    sample(&book);
    drop(book);
    let bytes = disk.bytes();
    let mut ends = vec![HEADER];
    while let Some(header) = bytes[ends[ends.len() - 1]..].first_chunk() {
        let header = Header::decode(header).unwrap();
        ends.push(ends[ends.len() - 1] + HEADER + header.len as usize);
    }
    assert_eq!(ends.last(), Some(&bytes.len()));
    (bytes, ends)
}

/// The last of `ends` that is not beyond `place`; 0 if there is none.
fn last_upto(ends: &[usize], place: usize) -> usize {
    let upto = ends.iter().rev().find(|&&end| end <= place);
    upto.copied().unwrap_or(0)
}

/// Opens a copy of `bytes`. The book and what its disk holds then.
fn open(bytes: &[u8]) -> Result<(Logbook, Vec<u8>), LogbookError> {
    let disk = MemoryDisk::new(bytes.to_vec());
    let opened = Logbook::with_disk(Box::new(disk.clone()), Durability::Os);
    if opened.is_err() {
        assert_eq!(disk.bytes(), bytes, "what is damaged is left as it is");
    }
    opened.map(|book| (book, disk.bytes()))
}

/// A frame with right checksums.
fn frame(kind: u8, seq: u64, run: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap();
    let header = Header {
        len,
        kind,
        seq,
        run,
        atom: 0,
        crc: frame::crc(payload),
    };
    let mut bytes = Vec::new();
    header.append_to(&mut bytes);
    bytes.extend_from_slice(payload);
    bytes
}

/// Opens a file with these frames, and says what is wrong with it.
fn damage(frames: &[Vec<u8>]) -> String {
    match open(&[&file_header()[..], &frames.concat()].concat()) {
        Err(error @ LogbookError::Damaged { .. }) => error.to_string(),
        other => panic!("not damaged: {other:?}"),
    }
}

#[test]
fn every_prefix_opens_up_to_its_last_whole_record() {
    let (bytes, ends) = written();
    for cut in 0..=bytes.len() {
        // Where a crash cuts, nothing follows, or zeros do.
        for zeros in [0, 1, 31, 32, 100, 70_000] {
            let mut file = bytes[..cut].to_vec();
            file.resize(cut + zeros, 0);
            let end = last_upto(&ends, cut);
            let (book, after) = open(&file).unwrap();
            let torn = book.torn();
            assert!(torn.is_none_or(|torn| torn.offset + torn.bytes == file.len() as u64));
            // A value of zeros may be completed by the zeros that follow it.
            let torn_bytes = torn.map_or(0, |torn| torn.bytes);
            let good = file.len() - usize::try_from(torn_bytes).unwrap();
            assert!(
                good == end || (good > end && ends.contains(&good)),
                "cut {cut}, {zeros}"
            );
            if good > 0 {
                assert_eq!(after, file[..good], "cut {cut}, {zeros}");
            } else {
                assert_eq!(after, file_header(), "cut {cut}, {zeros}");
            }
        }
    }
}

#[test]
fn what_is_torn_is_cut_once_and_the_book_goes_on() {
    let (bytes, ends) = written();
    let disk = MemoryDisk::new(bytes[..bytes.len() - 1].to_vec());
    let book = Logbook::with_disk(Box::new(disk.clone()), Durability::Synced).unwrap();
    let torn = book.torn().expect("the last record is torn");
    assert_eq!(torn.offset, ends[ends.len() - 2] as u64);
    let said = format!("{} bytes from byte {} on", torn.bytes, torn.offset);
    assert!(torn.to_string().contains(&said), "{torn}");
    let first = RunId::new("first").unwrap();
    let Ok(Claim::Taken(log)) = book.claim(&first) else {
        panic!("the run is free")
    };
    let before = entries(&book, "first");
    record(&log, &[(Kind::Resume, 0, b"")]).unwrap();
    drop((log, book));
    let book = Logbook::with_disk(Box::new(disk), Durability::Synced).unwrap();
    assert_eq!(book.torn(), None);
    assert_eq!(entries(&book, "first").len(), before.len() + 1);
}

#[test]
fn every_flipped_bit_is_reported() {
    let (bytes, ends) = written();
    let last = ends[ends.len() - 2];
    for bit in 0..bytes.len() * 8 {
        let mut file = bytes.clone();
        file[bit / 8] ^= 1 << (bit % 8);
        let frame = last_upto(&ends, bit / 8);
        match open(&file) {
            Err(LogbookError::Damaged { file, offset, .. }) => {
                assert_eq!(offset, frame as u64, "bit {bit}");
                assert_eq!(file, Path::new("(memory)"));
            }
            // At the end of a file a flipped bit looks like a write that was cut off.
            Ok((book, _)) => {
                assert_eq!(frame, last, "bit {bit}");
                let torn = book.torn().expect("fewer records are never silent");
                assert_eq!(torn.offset, last as u64);
            }
            Err(other) => panic!("bit {bit}: {other}"),
        }
    }
}

#[test]
fn every_frame_that_is_missing_or_doubled_is_reported() {
    let (bytes, ends) = written();
    for (at, pair) in ends.windows(2).enumerate() {
        let (start, end) = (pair[0], pair[1]);
        let doubled = [&bytes[..end], &bytes[start..]].concat();
        assert!(
            matches!(open(&doubled), Err(LogbookError::Damaged { .. })),
            "frame {at}"
        );
        // Without its last frames a file is a shorter file; that is what a sync is for.
        if end < bytes.len() {
            let missing = [&bytes[..start], &bytes[end..]].concat();
            assert!(
                matches!(open(&missing), Err(LogbookError::Damaged { .. })),
                "frame {at}"
            );
        }
    }
}

#[test]
fn zeros_in_the_middle_are_damage() {
    let (bytes, ends) = written();
    for pair in ends.windows(2).take(ends.len() - 2) {
        let mut file = bytes.clone();
        file[pair[0]..pair[1]].fill(0);
        let error = open(&file).unwrap_err();
        let place = format!("is damaged at byte {}: ", pair[0]);
        assert!(error.to_string().contains(&place), "{error}");
    }
}

#[test]
fn frames_that_cannot_stand_where_they_do_are_damage() {
    let plan = || frame(1, 1, 0, &7_u64.to_le_bytes());
    let begun = |seq, run, begin: &Begin| {
        let mut payload = Vec::new();
        encode(begin, &mut payload).unwrap();
        frame(2, seq, run, &payload)
    };
    let check = |frames: &[Vec<u8>], what: &str| {
        let message = damage(frames);
        assert!(
            message.contains(what),
            "{message:?} does not contain {what:?}"
        );
    };
    check(
        &[frame(1, 2, 0, &[0; 8])],
        "byte 32: record 2 stands where 1 would be next",
    );
    check(
        &[plan(), plan()],
        "byte 72: record 1 stands where 2 would be next",
    );
    check(
        &[frame(0, 1, 0, b"")],
        "a record is of the kind 0, which is not known",
    );
    check(
        &[frame(200, 1, 0, b"")],
        "a record is of the kind 200, which is not known",
    );
    check(&[frame(1, 1, 1, &[0; 8])], "a plan belongs to run 1");
    check(&[frame(1, 1, 0, &[0; 7])], "a plan has no fingerprint");
    check(&[frame(4, 1, 0, b"")], "a record belongs to run 0");
    check(
        &[frame(4, 1, 1, b"")],
        "a record belongs to run 1, which has not begun",
    );
    check(&[frame(4, 1, u32::MAX, b"")], "which has not begun");
    check(
        &[plan(), frame(2, 2, 1, b"")],
        "stored bytes are not those of a",
    );
    check(
        &[begun(1, 1, &begin("a"))],
        "run `a` begins with a plan that is not there",
    );
    check(
        &[plan(), begun(2, 2, &begin("a"))],
        "run 2 begins where run 1 would be next",
    );
    check(
        &[plan(), begun(2, 1, &begin("a")), begun(3, 2, &begin("a"))],
        "run `a` begins a second time",
    );
    for end in [&b""[..], b"\0", b"\x0a"] {
        check(
            &[plan(), begun(2, 1, &begin("a")), frame(13, 3, 1, end)],
            "a run ends in a state that is not known",
        );
    }
    for head in [&b""[..], b"\x02", b"\x01fewer than 16"] {
        check(
            &[plan(), begun(2, 1, &begin("a")), frame(12, 3, 1, head)],
            "a request does not say whether it applies a letter",
        );
    }
    let applied = |seq, run| frame(12, seq, run, b"\x010123456789abcdef");
    let begun = [plan(), begun(2, 1, &begin("a")), begun(3, 2, &begin("b"))];
    check(
        &[&begun[..], &[applied(4, 1), applied(5, 2)]].concat(),
        "the letter 30313233343536373839616263646566 is applied a second time",
    );
}

#[test]
fn a_file_of_another_kind_or_version_is_refused() {
    for file in [
        &b"a"[..],
        b"something else, and longer than a header is",
        &[0xff; 200],
    ] {
        let error = open(file).unwrap_err().to_string();
        assert!(
            error.contains("at byte 0: it does not begin as a logbook does"),
            "{error}"
        );
    }
    let mut header = file_header();
    header[8] = 3;
    let crc = frame::crc(&header[..28]);
    header[28..].copy_from_slice(&crc.to_le_bytes());
    let error = open(&header).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the logbook `(memory)` has version 3 of the format and this library reads version 0; use \
         the library that wrote it"
    );
}

#[test]
fn a_made_up_length_asks_for_no_memory() {
    // Were the length believed, each of these would ask for 4 GiB.
    for kind in [1, 2, 5, 13] {
        let header = Header {
            len: u32::MAX,
            kind,
            seq: 1,
            run: 1,
            atom: 0,
            crc: 0,
        };
        for _ in 0..1_000 {
            let mut file = file_header().to_vec();
            header.append_to(&mut file);
            file.extend_from_slice(b"few bytes");
            let (book, after) = open(&file).unwrap();
            assert_eq!(book.torn().map(|torn| torn.offset), Some(32));
            assert_eq!(after.len(), 32);
        }
    }
}
