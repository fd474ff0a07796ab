//! What the logbook remembers of each record: enough to list runs and to find their records again.
//!
//! The same index grows by appending and by reading, so that both agree on what the book says.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::SystemTime;

use super::frame::Header;
use super::record::{Begin, Kind, Meaning, REQUEST_HEAD};
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
}

impl Index {
    /// Whether the book holds the plan of this fingerprint.
    pub(super) fn has_plan(&self, fingerprint: u64) -> bool {
        self.plans.contains_key(&fingerprint)
    }

    /// The number of the run of this id.
    pub(super) fn number(&self, id: &RunId) -> Option<u32> {
        self.numbers.get(id).copied()
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

    /// Every run with its number, in the order in which they began.
    pub(super) fn runs(&self) -> impl Iterator<Item = (u32, &RunIndex)> {
        (1..).zip(&self.runs)
    }

    /// The sequence number of the record that applies the letter, if one does.
    pub(super) fn applied(&self, letter: LetterId) -> Option<u64> {
        self.letters.get(&letter).copied()
    }

    /// How much of a payload [`note`](Index::note) has to see, in bytes.
    pub(super) fn needed(kind: Kind, len: u32) -> usize {
        match kind {
            Kind::Plan => 8,
            Kind::Begin | Kind::Wait => len as usize,
            Kind::Request => REQUEST_HEAD,
            Kind::End => 1,
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
        if self.numbers.contains_key(&begin.id) {
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
            Meaning::Stopped(state) => run.stopped = Some((state, header.seq)),
            Meaning::Opaque => {}
        }
        Ok(())
    }
}

impl RunIndex {
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
        let mut waits = Vec::new();
        let state = match (self.stopped, &self.waits) {
            (Some((state, seq)), _) if seq <= acknowledged => state,
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
