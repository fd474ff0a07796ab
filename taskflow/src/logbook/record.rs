//! What frames say: the kinds of records, and the little of them that the logbook itself reads.

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::letter::{ID, LetterId};
use super::{RunId, RunState};

/// What a record says. The number is the kind's byte in the file and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A plan that runs of this book follow: its fingerprint, then its bytes. Belongs to no run.
    Plan = 1,
    /// A run begins; the payload is a [`Begin`].
    Begin = 2,
    /// Another process took the run up.
    Resume = 3,
    /// An atom is about to run.
    Start = 4,
    /// An atom succeeded; the payload is its value.
    Done = 5,
    /// An atom failed; the payload says how.
    Fail = 6,
    /// An atom that was started had not begun after all.
    Release = 7,
    /// What was decided for an atom of unknown outcome.
    Decide = 8,
    /// An atom's revert is about to run.
    Revert = 9,
    /// An atom's revert succeeded.
    Reverted = 10,
    /// An atom's revert failed; the payload says how.
    RevertFail = 11,
    /// A person asked for something, and the run goes on for it; the payload is a [`request`].
    Request = 12,
    /// The run stops, for good or for now; the payload is made by [`end`].
    End = 13,
    /// A controller has worked out what it does; the payload says what.
    Open = 14,
    /// A point in time has come that an atom waited for.
    Due = 15,
    /// A task that is under way says how far it is; the payload is the value that it gave.
    Checkpoint = 16,
    /// A retry undoes its body and runs it again, or gives up; the payload says when.
    Attempt = 17,
    /// Nothing is left to do but to wait; the payload is a list of [`Wait`](super::Wait)s. It holds
    /// until the next record of the run.
    Wait = 18,
    /// The run is dropped, and nothing is told of it any more; the payload is the point in time up to
    /// which its id counts as used, in milliseconds of Unix time.
    Drop = 19,
    /// The book is sealed; the payload is what is sealed in it to tell the right key by. Belongs to
    /// no run, and the first record of a sealed book is one.
    Seal = 20,
}

/// Every kind, by its byte less one.
const KINDS: [Kind; 20] = [
    Kind::Plan,
    Kind::Begin,
    Kind::Resume,
    Kind::Start,
    Kind::Done,
    Kind::Fail,
    Kind::Release,
    Kind::Decide,
    Kind::Revert,
    Kind::Reverted,
    Kind::RevertFail,
    Kind::Request,
    Kind::End,
    Kind::Open,
    Kind::Due,
    Kind::Checkpoint,
    Kind::Attempt,
    Kind::Wait,
    Kind::Drop,
    Kind::Seal,
];

impl Kind {
    pub(super) fn code(self) -> u8 {
        self as u8
    }

    /// Whether the run has got further when this is recorded. That an atom is about to run says
    /// nothing yet: it may be what ends the process, and is recorded at each new try.
    pub(super) fn is_progress(self) -> bool {
        match self {
            Kind::Plan
            | Kind::Seal
            | Kind::Begin
            | Kind::Resume
            | Kind::Start
            | Kind::Release
            | Kind::Decide
            | Kind::Revert => false,
            Kind::Done
            | Kind::Fail
            | Kind::Reverted
            | Kind::RevertFail
            | Kind::Request
            | Kind::End
            | Kind::Open
            | Kind::Due
            | Kind::Checkpoint
            | Kind::Attempt
            | Kind::Wait
            | Kind::Drop => true,
        }
    }

    pub(super) fn from_code(code: u8) -> Option<Kind> {
        KINDS.get(usize::from(code.checked_sub(1)?)).copied()
    }
}

/// The first record of a run: everything that is needed to take it up again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begin {
    pub(crate) id: RunId,
    /// The stored name of the flow.
    pub(crate) flow: String,
    /// The version of the flow.
    pub(crate) version: u32,
    /// The fingerprint of the plan, which an earlier record of the book holds.
    pub(crate) plan: u64,
    /// What becomes of the run when a task fails; a code of the run's.
    pub(crate) on_failure: u8,
    /// When the run began, in milliseconds of Unix time.
    pub(crate) started_ms: u64,
    /// When it is to be over, in milliseconds of Unix time.
    pub(crate) deadline_ms: Option<u64>,
    /// Where it stands among those that wait for a thread.
    pub(crate) priority: i16,
    pub(crate) labels: Vec<(String, String)>,
    /// The encoded inputs of the flow.
    pub(crate) inputs: Bytes,
}

/// The payload of a `Request`: which letter of the inbox it applies, if it does, and then `rest`.
///
/// Both are one record, so that no crash keeps one without the other.
pub(crate) fn request(letter: Option<LetterId>, rest: &[u8]) -> Vec<u8> {
    let mut payload = vec![u8::from(letter.is_some())];
    payload.extend(letter.iter().flat_map(LetterId::bytes));
    payload.extend(rest);
    payload
}

/// The parts of a payload that [`request`] made, or `None` if it did not.
pub(crate) fn split_request(payload: &[u8]) -> Option<(Option<LetterId>, &[u8])> {
    match payload {
        [0, rest @ ..] => Some((None, rest)),
        [1, rest @ ..] => {
            let (id, rest) = rest.split_first_chunk::<ID>()?;
            Some((Some(LetterId::from_bytes(*id)), rest))
        }
        _ => None,
    }
}

/// The payload of an `End`: the run comes to stand in this state, at this time in milliseconds of
/// Unix time.
pub(crate) fn end(state: RunState, at: u64) -> [u8; 9] {
    let mut payload = [state.code(); 9];
    payload[1..].copy_from_slice(&at.to_le_bytes());
    payload
}

/// When a run came to stand, by a payload that [`end`] made.
pub(super) fn ended_ms(payload: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(*payload.get(1..)?.first_chunk()?))
}

/// How much of a request's payload [`split_request`] needs for the letter, in bytes.
pub(super) const REQUEST_HEAD: usize = 1 + ID;

/// What a record means for the state of its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The run goes on.
    Going,
    /// The run goes on, for the request in a letter.
    Applying(LetterId),
    /// The run has come to stand in this state.
    Stopped(RunState),
    /// Nothing that the logbook looks at.
    Opaque,
}

impl Meaning {
    /// What a record of `kind` means whose payload begins with `payload`, or what is wrong with it.
    #[inline]
    pub(super) fn of(kind: Kind, payload: &[u8]) -> Result<Meaning, &'static str> {
        match kind {
            // A run that has come to stand is not moved by being taken up: it takes a request,
            // which is recorded behind that, and which a crash may keep from the book.
            Kind::Request => match split_request(payload) {
                Some((letter, _)) => Ok(letter.map_or(Meaning::Going, Meaning::Applying)),
                None => Err("a request does not say whether it applies a letter"),
            },
            Kind::Begin => Ok(Meaning::Going),
            Kind::End => payload
                .first()
                .and_then(|&code| RunState::from_code(code))
                .map(|state| match state {
                    // Nobody has to ask for it to go on.
                    RunState::Interrupted => Meaning::Going,
                    state => Meaning::Stopped(state),
                })
                .ok_or("a run ends in a state that is not known"),
            _ => Ok(Meaning::Opaque),
        }
    }
}

/// A byte string that serde copies as a whole; a `Vec<u8>` goes byte by byte.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}

struct BytesVisitor;

impl Visitor<'_> for BytesVisitor {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte string")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
        Ok(Bytes(bytes.to_vec()))
    }

    fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
        Ok(Bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::{Begin, Bytes, KINDS, Kind, request, split_request};
    use crate::logbook::codec::{decode, encode_checked};
    use crate::logbook::{LetterId, RunId};

    #[test]
    fn codes_lead_back_to_their_kind() {
        for (place, kind) in KINDS.into_iter().enumerate() {
            assert_eq!(usize::from(kind.code()), place + 1);
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(Kind::from_code(0), None);
        assert_eq!(Kind::from_code(21), None);
    }

    #[test]
    fn a_golden_request() {
        assert_eq!(request(None, b"xy"), *b"\0xy");
        assert_eq!(split_request(b"\0xy"), Some((None, &b"xy"[..])));
        let letter = Some(LetterId::from_bytes(*b"0123456789abcdef"));
        let payload = request(letter, b"xy");
        assert_eq!(payload, *b"\x010123456789abcdefxy");
        assert_eq!(split_request(&payload), Some((letter, &b"xy"[..])));
        assert_eq!(split_request(&payload[..17]), Some((letter, &b""[..])));
        for wrong in [&b""[..], b"\x02xy", &payload[..16]] {
            assert_eq!(split_request(wrong), None);
        }
    }

    #[test]
    fn a_golden_begin() {
        let begin = Begin {
            id: RunId::new("r1").unwrap(),
            flow: "f".into(),
            version: 2,
            plan: 3,
            on_failure: 4,
            started_ms: 5,
            deadline_ms: Some(8),
            priority: -2,
            labels: vec![("k".into(), "v".into())],
            inputs: Bytes(vec![6, 7]),
        };
        let mut bytes = Vec::new();
        encode_checked(&begin, &mut bytes).unwrap();
        #[rustfmt::skip]
        let golden = [
            2, 0, 0, 0, 0, 0, 0, 0, b'r', b'1',
            1, 0, 0, 0, 0, 0, 0, 0, b'f',
            2, 0, 0, 0,
            3, 0, 0, 0, 0, 0, 0, 0,
            4,
            5, 0, 0, 0, 0, 0, 0, 0,
            1, 8, 0, 0, 0, 0, 0, 0, 0,
            254, 255,
            1, 0, 0, 0, 0, 0, 0, 0,
            1, 0, 0, 0, 0, 0, 0, 0, b'k', 1, 0, 0, 0, 0, 0, 0, 0, b'v',
            2, 0, 0, 0, 0, 0, 0, 0, 6, 7,
        ];
        assert_eq!(bytes, golden);
        assert_eq!(decode::<Begin>(&bytes), Ok(begin));
    }
}
