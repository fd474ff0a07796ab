//! What a flow of groups does on an engine that runs one task at a time.

use std::collections::BTreeMap;

use tests::model::{Effect, Was, value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Cannot be reverted.
    Plain,
    /// Reverted if it succeeded.
    Done,
    /// Reverted if it was started.
    Any,
}

/// A part of a flow.
#[derive(Debug)]
pub(crate) enum Node {
    /// Its name, and the names of what it reads.
    Task(&'static str, Kind, &'static [&'static str]),
    /// One after the other.
    All(&'static [Node]),
    Retry(u32, &'static Node),
    /// With the name of the item.
    RetryEach(&'static str, &'static Node),
    Try(&'static Node),
    /// With the number of the flag.
    When(usize, &'static Node),
    Map(&'static str, &'static Node),
    /// If the value of that name is even, and if it is not.
    Match(&'static str, &'static Node, &'static Node),
}

#[derive(Debug, Clone)]
pub(crate) struct Inputs {
    pub(crate) a: u64,
    pub(crate) flags: (bool, bool),
    pub(crate) list: Vec<u64>,
}

/// A task that failed, and what it said.
pub(crate) type Failure = (String, String);

/// What a run did, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Story {
    pub(crate) effects: Vec<Effect>,
    pub(crate) end: Result<u64, Failure>,
}

/// Tells what a run does whose tasks fail so many times each.
pub(crate) fn story(node: &Node, inputs: &Inputs, first: &BTreeMap<String, u32>) -> Story {
    let mut teller = Teller {
        inputs,
        first: first.clone(),
        values: BTreeMap::from([("a", inputs.a)]),
        items: String::new(),
        effects: Vec::new(),
        ran: Vec::new(),
    };
    let end = teller.tell(node);
    if end.is_err() {
        teller.undo(0);
    }
    Story {
        end: end.map(|()| teller.values["out"]),
        effects: teller.effects,
    }
}

struct Teller<'i> {
    inputs: &'i Inputs,
    first: BTreeMap<String, u32>,
    values: BTreeMap<&'static str, u64>,
    /// The numbers of the items that it is within, as they stand behind a name.
    items: String,
    effects: Vec<Effect>,
    /// What ran and is not undone, with what becomes of it if it is.
    ran: Vec<(String, Option<Was>)>,
}

impl Teller<'_> {
    fn tell(&mut self, node: &Node) -> Result<(), Failure> {
        match node {
            Node::Task(name, kind, reads) => self.task(name, *kind, reads),
            Node::All(nodes) => nodes.iter().try_for_each(|node| self.tell(node)),
            Node::Retry(times, inner) => self.attempts(*times, |teller, _| teller.tell(inner)),
            Node::RetryEach(item, inner) => {
                let list = self.inputs.list.clone();
                let times = u32::try_from(list.len()).unwrap_or(u32::MAX);
                self.attempts(times, |teller, attempt| {
                    teller.values.insert(item, list[attempt as usize]);
                    teller.tell(inner)
                })
            }
            Node::Try(inner) => {
                let mark = self.ran.len();
                if self.tell(inner).is_err() {
                    self.undo(mark);
                }
                Ok(())
            }
            Node::When(flag, inner) => {
                let flags = self.inputs.flags;
                if [flags.0, flags.1][*flag] {
                    self.tell(inner)
                } else {
                    Ok(())
                }
            }
            Node::Map(item, inner) => {
                let outside = self.items.clone();
                let mut end = Ok(());
                for (number, value) in self.inputs.list.iter().enumerate() {
                    self.items = format!("{outside}[{number}]");
                    self.values.insert(item, *value);
                    end = self.tell(inner);
                    if end.is_err() {
                        break;
                    }
                }
                self.items = outside;
                end
            }
            Node::Match(on, even, odd) => match self.values[on] % 2 {
                0 => self.tell(even),
                _ => self.tell(odd),
            },
        }
    }

    fn task(&mut self, name: &'static str, kind: Kind, reads: &[&str]) -> Result<(), Failure> {
        let path = format!("{name}{}", self.items);
        self.effects.push(Effect::Ran(path.clone()));
        let left = self.first.entry(path.clone()).or_default();
        let fails = *left > 0;
        *left = left.saturating_sub(1);
        let undo = match (kind, fails) {
            (Kind::Plain, _) | (Kind::Done, true) => None,
            (_, false) => Some(Was::Done),
            (Kind::Any, true) => Some(Was::Failed),
        };
        self.ran.push((path.clone(), undo));
        if fails {
            let why = format!("{path} fails");
            return Err((path, why));
        }
        let reads: Vec<u64> = reads.iter().map(|read| self.values[read]).collect();
        self.values.insert(name, value(&path, &reads));
        Ok(())
    }

    /// Again and again until one succeeds; all but the last are undone here.
    fn attempts(
        &mut self,
        times: u32,
        mut attempt: impl FnMut(&mut Self, u32) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mark = self.ran.len();
        for number in 0..times - 1 {
            if attempt(self, number).is_ok() {
                return Ok(());
            }
            self.undo(mark);
        }
        attempt(self, times - 1)
    }

    /// Undoes everything that ran since, backwards.
    fn undo(&mut self, mark: usize) {
        for (path, was) in self.ran.split_off(mark).into_iter().rev() {
            self.effects.extend(was.map(|was| Effect::Undid(path, was)));
        }
    }
}
