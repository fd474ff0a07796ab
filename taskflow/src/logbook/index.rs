//! What the logbook remembers of each record: enough to list runs and to find their records again.
//!
//! The same index grows by appending and by reading, so that both agree on what the book says.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::SystemTime;

use super::frame::Header;
use super::record::{Begin, Kind, Meaning, REQUEST_HEAD, ended_ms};
use super::waiting::{Wait, point};
use super::{LetterId, RunId, RunState, RunSummary, codec};

/// Where a payload stands in the file, and how to see that it is still the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// The offset of the payload's first byte.
    pub(super) offset: u64,
    /// The size of the payload, in bytes.
    pub(super) len: u32,
    /// The CRC-32 of the payload.
    pub(super) crc: u32,
}

/// A record of a run, without its payload.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fact {
    pub(super) kind: Kind,
    pub(super) atom: u32,
    pub(super) position: Position,
}

/// A run, without the payloads of its records.
#[derive(Debug)]
pub(super) struct RunIndex {
    id: RunId,
    flow: String,
    version: u32,
    started: SystemTime,
    deadline_ms: Option<u64>,
    priority: i16,
    labels: Vec<(String, String)>,
    /// What `Begin` says in full.
    pub(super) begin: Position,
    pub(super) plan: Position,
    /// The records after `Begin`.
    pub(super) facts: Vec<Fact>,
    /// The state that the run has come to stand in and the sequence number of the record that says
    /// so, or `None` if it goes on.
    stopped: Option<(RunState, u64)>,
    /// What the run waits for and the sequence number of the record that says so, if it is the last
    /// one: the run does nothing else.
    waits: Option<(Vec<Wait>, u64)>,
    /// When it came to where it stands, in milliseconds of Unix time.
    ended_ms: Option<u64>,
    /// The run is dropped, and its id counts as used up to this time.
    dropped: Option<u64>,
}

/// Whether somebody is at work on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Driven {
    No,
    Works,
    /// It has nothing to do but to wait for something from outside.
    Waits,
}

/// Every plan and every run of a book.
#[derive(Debug, Default)]
pub(super) struct Index {
    plans: HashMap<u64, Position>,
    /// The runs by their number, less one.
    runs: Vec<RunIndex>,
    numbers: HashMap<RunId, u32>,
    /// The letters that were applied, and the sequence number of the record that says so.
    letters: HashMap<LetterId, u64>,
    /// What the last record says that tells the right key by, if the book is sealed.
    seal: Option<Vec<u8>>,
}

impl Index {
    /// Whether the book holds the plan of this fingerprint.
    pub(super) fn has_plan(&self, fingerprint: u64) -> bool {
        self.plans.contains_key(&fingerprint)
    }

    /// What tells the right key, if the book is sealed.
    pub(super) fn seal(&self) -> Option<&[u8]> {
        self.seal.as_deref()
    }

    /// The number of the run of this id, unless it is dropped.
    pub(super) fn number(&self, id: &RunId) -> Option<u32> {
        let number = self.numbers.get(id).copied()?;
        self.run(number)?.dropped.is_none().then_some(number)
    }

    /// Up to when the id of a run that is dropped counts as used, in milliseconds of Unix time.
    pub(super) fn kept_until(&self, id: &RunId) -> Option<u64> {
        self.run(*self.numbers.get(id)?)?.dropped
    }

    /// The run of this number.
    pub(super) fn run(&self, number: u32) -> Option<&RunIndex> {
        self.runs.get(place(number)?)
    }

    /// The number that the next run gets.
    pub(super) fn next_number(&self) -> u32 {
        // A book with 2^32 runs would be far larger than memory: each takes hundreds of bytes here.
        u32::try_from(self.runs.len() + 1).expect("a book holds fewer than 2^32 runs")
    }

    /// Every run that is not dropped with its number, in the order in which they began.
    pub(super) fn runs(&self) -> impl Iterator<Item = (u32, &RunIndex)> {
        self.runs_after(0)
    }

    /// The same, of those behind the run of this number.
    pub(super) fn runs_after(&self, number: u32) -> impl Iterator<Item = (u32, &RunIndex)> {
        let behind = self.runs.get(number as usize..).unwrap_or_default();
        let runs = (1..).zip(behind).map(move |(at, run)| (number + at, run));
        runs.filter(|(_, run)| run.dropped.is_none())
    }

    /// The sequence number of the record that applies the letter, if one does.
    pub(super) fn applied(&self, letter: LetterId) -> Option<u64> {
        self.letters.get(&letter).copied()
    }

    /// How much of a payload [`note`](Index::note) has to see, in bytes.
    pub(super) fn needed(kind: Kind, len: u32) -> usize {
        match kind {
            Kind::Plan | Kind::Drop => 8,
            Kind::Begin | Kind::Wait | Kind::Seal => len as usize,
            Kind::Request => REQUEST_HEAD,
            Kind::End => 9,
            _ => 0,
        }
    }

    /// Takes in a frame whose payload begins with `payload` and stands at `offset`.
    ///
    /// # Errors
    ///
    /// What is wrong with a frame that cannot stand where it does. The index is as before then.
    #[inline]
    pub(super) fn note(
        &mut self,
        kind: Kind,
        header: &Header,
        offset: u64,
        payload: &[u8],
    ) -> Result<(), String> {
        match kind {
            Kind::Plan => self.note_plan(header, offset, payload),
            Kind::Begin => self.note_begin(header, offset, payload),
            Kind::Seal => self.note_seal(header, payload),
            _ => self.note_fact(kind, header, offset, payload),
        }
    }

    fn note_plan(&mut self, header: &Header, offset: u64, payload: &[u8]) -> Result<(), String> {
        if header.run != 0 {
            return Err(format!(
                "a plan belongs to run {}, not to the book",
                header.run
            ));
        }
        let Some(fingerprint) = payload.first_chunk() else {
            return Err("a plan has no fingerprint".to_owned());
        };
        self.plans
            .entry(u64::from_le_bytes(*fingerprint))
            .or_insert(header.position(offset));
        Ok(())
    }

    fn note_seal(&mut self, header: &Header, payload: &[u8]) -> Result<(), String> {
        if header.run != 0 {
            return Err(format!(
                "a seal belongs to run {}, not to the book",
                header.run
            ));
        }
        if header.seq > 1 && self.seal.is_none() {
            return Err("a seal stands behind records that are not sealed".to_owned());
        }
        self.seal = Some(payload.to_vec());
        Ok(())
    }

    fn note_begin(&mut self, header: &Header, offset: u64, payload: &[u8]) -> Result<(), String> {
        if header.run != self.next_number() {
            let next = self.next_number();
            return Err(format!(
                "run {} begins where run {next} would be next",
                header.run
            ));
        }
        let begin: Begin = codec::decode(payload).map_err(|error| error.to_string())?;
        let Some(&plan) = self.plans.get(&begin.plan) else {
            return Err(format!(
                "run `{}` begins with a plan that is not there",
                begin.id
            ));
        };
        let Some(started) = point(begin.started_ms) else {
            return Err(format!(
                "run `{}` begins at a time that there is not",
                begin.id
            ));
        };
        if self.number(&begin.id).is_some() {
            return Err(format!("run `{}` begins a second time", begin.id));
        }
        self.numbers.insert(begin.id.clone(), header.run);
        self.runs.push(RunIndex {
            id: begin.id,
            flow: begin.flow,
            version: begin.version,
            started,
            deadline_ms: begin.deadline_ms,
            priority: begin.priority,
            labels: begin.labels,
            begin: header.position(offset),
            plan,
            facts: Vec::new(),
            stopped: None,
            waits: None,
            ended_ms: None,
            dropped: None,
        });
        Ok(())
    }

    #[inline]
    fn note_fact(
        &mut self,
        kind: Kind,
        header: &Header,
        offset: u64,
        payload: &[u8],
    ) -> Result<(), String> {
        let meaning = Meaning::of(kind, payload)?;
        let waits = match kind {
            Kind::Wait => {
                let waits = codec::decode(payload).map_err(|error| error.to_string())?;
                Some((waits, header.seq))
            }
            _ => None,
        };
        let Some(run) = place(header.run).and_then(|place| self.runs.get_mut(place)) else {
            return Err(format!(
                "a record belongs to run {}, which has not begun",
                header.run
            ));
        };
        if run.dropped.is_some() {
            return Err(format!(
                "a record belongs to run {}, which is dropped",
                header.run
            ));
        }
        if kind == Kind::Drop {
            let Some(until) = payload.first_chunk() else {
                return Err("a run is dropped without a time for its id".to_owned());
            };
            run.drop_up_to(u64::from_le_bytes(*until));
            return Ok(());
        }
        if let Meaning::Applying(letter) = meaning {
            match self.letters.entry(letter) {
                Entry::Vacant(entry) => entry.insert(header.seq),
                Entry::Occupied(_) => {
                    return Err(format!("the letter {letter} is applied a second time"));
                }
            };
        }
        run.waits = waits;
        run.facts.push(Fact {
            kind,
            atom: header.atom,
            position: header.position(offset),
        });
        match meaning {
            Meaning::Going | Meaning::Applying(_) => run.stopped = None,
            Meaning::Stopped(state) => {
                run.stopped = Some((state, header.seq));
                run.ended_ms = ended_ms(payload);
            }
            Meaning::Opaque => {}
        }
        Ok(())
    }
}

impl RunIndex {
    /// Forgets what it knows of the run, save that its id was used.
    fn drop_up_to(&mut self, until: u64) {
        self.dropped = Some(until);
        (self.facts, self.labels) = (Vec::new(), Vec::new());
    }

    /// The id of the run.
    pub(super) fn id(&self) -> &RunId {
        &self.id
    }

    /// The stored name of the run's flow.
    pub(super) fn flow(&self) -> &str {
        &self.flow
    }

    /// When the run began.
    pub(super) fn started(&self) -> SystemTime {
        self.started
    }

    /// When the run is to be over, in milliseconds of Unix time.
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.deadline_ms
    }

    /// The labels that the run was begun with.
    pub(super) fn labels(&self) -> &[(String, String)] {
        &self.labels
    }

    /// How often the run was taken up since anything last came of it.
    pub(super) fn fruitless_resumes(&self) -> u32 {
        let since = self.facts.iter().rev();
        let fruitless = since.take_while(|fact| !fact.kind.is_progress());
        let resumes = fruitless.filter(|fact| fact.kind == Kind::Resume).count();
        u32::try_from(resumes).unwrap_or(u32::MAX)
    }

    /// What a listing says of the run, where `driven` says whether somebody is at work on it, and
    /// records from after `acknowledged` do not count yet.
    pub(super) fn summary(&self, driven: Driven, acknowledged: u64) -> RunSummary {
        let (mut waits, mut ended) = (Vec::new(), None);
        let state = match (self.stopped, &self.waits) {
            (Some((state, seq)), _) if seq <= acknowledged => {
                ended = self.ended_ms.and_then(point);
                state
            }
            (_, Some((said, seq))) if *seq <= acknowledged => {
                waits.extend(said.iter().map(Wait::told));
                RunState::Waiting
            }
            _ => match driven {
                Driven::Works => RunState::Running,
                Driven::Waits => RunState::Waiting,
                Driven::No => RunState::Interrupted,
            },
        };
        RunSummary {
            id: self.id.clone(),
            flow: self.flow.clone(),
            version: self.version,
            state,
            started: self.started,
            // One that this system cannot tell is never reached.
            deadline: self.deadline_ms.and_then(point),
            priority: self.priority,
            ended,
            labels: self.labels.clone(),
            waits,
        }
    }
}

impl Header {
    /// Where the payload is if its first byte is at `offset`.
    #[inline]
    fn position(&self, offset: u64) -> Position {
        Position {
            offset,
            len: self.len,
            crc: self.crc,
        }
    }
}

/// Where the run of this number stands among the runs.
fn place(number: u32) -> Option<usize> {
    Some(number.checked_sub(1)? as usize)
}
