//! What a run of a flow does, told from the pattern alone.
//!
//! A model follows one run: it is given the effects that there were, says whether they are among
//! those that there may be, and how the run ends. Where `exact` is asked for, as of the serial
//! engine, there is one possibility only.

use std::collections::BTreeSet;

use tests::model::{Effect, Script, Was, value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// What the task with this number provides.
    Task(usize),
    Input(usize),
    Literal(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// Reverted if it succeeded.
    Done,
    /// Reverted if it was started.
    Any,
    /// Irreversible.
    Final,
    /// Irreversible, and reverted if it failed.
    FinalAny,
    /// Transient.
    Passing,
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    pub(crate) reads: &'static [Read],
}

#[derive(Debug)]
pub(crate) enum Item {
    Task(usize),
    Linear(&'static [Item]),
    Unordered(&'static [Item]),
    /// With the explicit edges between its tasks.
    Graph(&'static [Item], &'static [(usize, usize)]),
    /// A nested flow, and what its fields are given: it waits for that as a whole.
    Flow(&'static Item, &'static [Read]),
}

/// A flow.
#[derive(Debug)]
pub(crate) struct Case {
    /// What `on_failure` says, if it is said.
    pub(crate) keep: Option<bool>,
    pub(crate) output: usize,
    pub(crate) tasks: &'static [Task],
    pub(crate) tree: Item,
    /// The pattern as it was written.
    pub(crate) text: &'static str,
}

/// How a run ends. Failures and what is left are in the order of definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Succeeded(u64),
    Reverted {
        failures: Vec<(String, String)>,
    },
    Kept {
        failures: Vec<(String, String)>,
    },
    Partly {
        failures: Vec<(String, String)>,
        left: Vec<(String, Option<String>)>,
        /// A revert failed.
        stuck: bool,
    },
    /// A person asked for the revert, and nothing is left.
    AsAsked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Untouched,
    Done,
    Failed,
    Undone,
    Stuck(Was),
}

impl Item {
    /// Its tasks, in the order of definition.
    fn tasks(&self, case: &Case) -> Vec<usize> {
        match self {
            Self::Task(task) => vec![*task],
            Self::Flow(item, _) => item.tasks(case),
            Self::Linear(items) | Self::Unordered(items) => {
                items.iter().flat_map(|item| item.tasks(case)).collect()
            }
            Self::Graph(items, edges) => {
                // Again and again the first one that waits for nothing.
                let waits = graph(case, items, edges);
                let mut order: Vec<usize> = Vec::new();
                while order.len() < items.len() {
                    let free = |item: &usize| {
                        !order.contains(item)
                            && waits
                                .iter()
                                .all(|(from, to)| to != item || order.contains(from))
                    };
                    let next = (0..items.len()).find(free).expect("no cycle");
                    order.push(next);
                }
                order
                    .iter()
                    .flat_map(|&item| items[item].tasks(case))
                    .collect()
            }
        }
    }

    /// Adds every pair of tasks of which the first is finished before the second starts.
    fn pairs(&self, case: &Case, pairs: &mut BTreeSet<(usize, usize)>) {
        let (items, waits) = match self {
            Self::Task(_) => return,
            Self::Flow(item, _) => return item.pairs(case, pairs),
            Self::Unordered(items) => (items, BTreeSet::new()),
            Self::Linear(items) => {
                let all = (0..items.len()).flat_map(|to| (0..to).map(move |from| (from, to)));
                (items, all.collect())
            }
            Self::Graph(items, edges) => (items, closure(graph(case, items, edges), items.len())),
        };
        for (from, to) in waits {
            for first in items[from].tasks(case) {
                pairs.extend(items[to].tasks(case).iter().map(|&second| (first, second)));
            }
        }
        items.iter().for_each(|item| item.pairs(case, pairs));
    }
}

/// Which items of a graph wait for which.
fn graph(case: &Case, items: &[Item], edges: &[(usize, usize)]) -> BTreeSet<(usize, usize)> {
    let home = |task: usize| items.iter().position(|item| members(item).contains(&task));
    let mut waits = BTreeSet::new();
    for (to, item) in items.iter().enumerate() {
        for read in reads(case, item) {
            if let Read::Task(read) = read
                && let Some(from) = home(read)
                && from != to
            {
                waits.insert((from, to));
            }
        }
    }
    for &(from, to) in edges {
        if let (Some(from), Some(to)) = (home(from), home(to)) {
            waits.insert((from, to));
        }
    }
    waits
}

fn reads(case: &Case, item: &Item) -> Vec<Read> {
    match item {
        Item::Task(task) => case.tasks[*task].reads.to_vec(),
        Item::Flow(item, given) => [reads(case, item), given.to_vec()].concat(),
        Item::Linear(items) | Item::Unordered(items) | Item::Graph(items, _) => {
            items.iter().flat_map(|item| reads(case, item)).collect()
        }
    }
}

fn members(item: &Item) -> Vec<usize> {
    match item {
        Item::Task(task) => vec![*task],
        Item::Flow(item, _) => members(item),
        Item::Linear(items) | Item::Unordered(items) | Item::Graph(items, _) => {
            items.iter().flat_map(members).collect()
        }
    }
}

fn closure(mut waits: BTreeSet<(usize, usize)>, len: usize) -> BTreeSet<(usize, usize)> {
    for via in 0..len {
        for from in 0..len {
            for to in 0..len {
                if waits.contains(&(from, via)) && waits.contains(&(via, to)) {
                    waits.insert((from, to));
                }
            }
        }
    }
    waits
}

/// One run.
pub(crate) struct Model<'c> {
    case: &'c Case,
    inputs: [u64; 2],
    /// The numbers of the tasks in the order of definition.
    order: Vec<usize>,
    before: BTreeSet<(usize, usize)>,
    is: Vec<Is>,
    failures: Vec<(usize, String)>,
    /// Whether the run was taken up: values that were not stored are gone.
    later: bool,
}

impl<'c> Model<'c> {
    pub(crate) fn new(case: &'c Case, inputs: [u64; 2]) -> Self {
        let mut before = BTreeSet::new();
        case.tree.pairs(case, &mut before);
        Self {
            case,
            inputs,
            order: case.tree.tasks(case),
            before,
            is: vec![Is::Untouched; case.tasks.len()],
            failures: Vec::new(),
            later: false,
        }
    }

    fn kind(&self, task: usize) -> Kind {
        self.case.tasks[task].kind
    }

    fn path(&self, task: usize) -> String {
        self.case.tasks[task].path.to_owned()
    }

    fn keeps(&self) -> bool {
        let reverts = |task: &Task| matches!(task.kind, Kind::Done | Kind::Any | Kind::FinalAny);
        self.case
            .keep
            .unwrap_or_else(|| !self.case.tasks.iter().any(reverts))
    }

    fn value(&self, task: usize) -> u64 {
        let reads: Vec<u64> = self.case.tasks[task]
            .reads
            .iter()
            .map(|read| match *read {
                Read::Task(task) => self.value(task),
                Read::Input(input) => self.inputs[input],
                Read::Literal(literal) => literal,
            })
            .collect();
        value(self.case.tasks[task].path, &reads)
    }

    /// Adds what has to run again because `task` needs its value.
    fn missing(&self, task: usize, again: &mut BTreeSet<usize>) {
        for read in self.case.tasks[task].reads {
            if let Read::Task(read) = *read {
                self.gone(read, again);
            }
        }
    }

    /// Adds what has to run again because the value of `task` is needed.
    fn gone(&self, task: usize, again: &mut BTreeSet<usize>) {
        let gone = self.later && self.is[task] == Is::Done && self.kind(task) == Kind::Passing;
        if gone && again.insert(task) {
            self.missing(task, again);
        }
    }

    /// The run goes on: what is not done runs, and what it needs and is gone runs again.
    pub(crate) fn forward(
        &mut self,
        effects: &[Effect],
        script: &Script,
        exact: bool,
    ) -> Result<End, String> {
        let mut todo: BTreeSet<usize> = (0..self.is.len())
            .filter(|&task| self.is[task] != Is::Done)
            .collect();
        for task in todo.clone() {
            self.missing(task, &mut todo);
        }
        self.gone(self.case.output, &mut todo);
        let bad = |task: usize| {
            let path = self.case.tasks[task].path;
            script.fail.contains(path) || script.panic.contains(path)
        };
        let (ran, undid) = split(effects)?;
        let ran = self.numbers(&ran)?;
        if exact {
            let mut wanted = Vec::new();
            for &task in self.order.iter().filter(|task| todo.contains(task)) {
                wanted.push(task);
                if bad(task) {
                    break;
                }
            }
            if ran != wanted {
                return Err(format!(
                    "{:?} ran, not {:?}",
                    self.paths(&ran),
                    self.paths(&wanted)
                ));
            }
        }
        self.check_ran(&ran, &todo, &bad)?;
        let failed: Vec<usize> = self
            .order
            .iter()
            .copied()
            .filter(|&task| ran.contains(&task) && bad(task))
            .collect();
        if failed.is_empty() && ran.len() < todo.len() {
            return Err(format!("only {:?} ran", self.paths(&ran)));
        }
        self.failures = failed
            .iter()
            .map(|&task| {
                let path = self.path(task);
                let why = if script.panic.contains(&path) {
                    format!("panicked: {path} panics")
                } else {
                    format!("{path} fails")
                };
                (task, why)
            })
            .collect();
        for task in ran {
            self.is[task] = if failed.contains(&task) {
                Is::Failed
            } else {
                Is::Done
            };
        }
        let end = if failed.is_empty() {
            if !undid.is_empty() {
                return Err(format!("{undid:?} was undone without need"));
            }
            End::Succeeded(self.value(self.case.output))
        } else if self.keeps() {
            if !undid.is_empty() {
                return Err(format!("{undid:?} was undone, and not kept"));
            }
            End::Kept {
                failures: self.failures(),
            }
        } else {
            self.undo(&undid, script, exact)?
        };
        self.later = true;
        Ok(end)
    }

    /// A run that is over is attached to: nothing runs but what the output is made of.
    pub(crate) fn attached(
        &self,
        effects: &[Effect],
        end: End,
        exact: bool,
    ) -> Result<End, String> {
        let mut again = BTreeSet::new();
        if matches!(end, End::Succeeded(_)) {
            self.gone(self.case.output, &mut again);
        }
        let (ran, undid) = split(effects)?;
        let ran = self.numbers(&ran)?;
        let wanted: Vec<usize> = self
            .order
            .iter()
            .copied()
            .filter(|task| again.contains(task))
            .collect();
        self.check_ran(&ran, &again, &|_| false)?;
        if !undid.is_empty() || ran.len() != wanted.len() || exact && ran != wanted {
            return Err(format!("a run that is over did {effects:?}"));
        }
        Ok(end)
    }

    /// The run is undone by another process than the one that ran it.
    pub(crate) fn undo_later(
        &mut self,
        effects: &[Effect],
        script: &Script,
        exact: bool,
    ) -> Result<End, String> {
        let (mut needed, mut allowed) = (BTreeSet::new(), BTreeSet::new());
        let (ran, undid) = split(effects)?;
        for &task in &self.order {
            if self.to_undo(task).is_some() {
                self.missing(task, &mut allowed);
            }
        }
        for effect in &undid {
            if let Effect::Undid(path, _) = effect {
                self.missing(self.number(path)?, &mut needed);
            }
        }
        let ran = self.numbers(&ran)?;
        self.check_ran(&ran, &allowed, &|_| false)?;
        if let Some(&lacks) = needed.iter().find(|task| !ran.contains(task)) {
            return Err(format!("the value of {} is missing", self.path(lacks)));
        }
        self.undo(&undid, script, exact)
    }

    /// Whether what ran may have run, in that order.
    fn check_ran(
        &self,
        ran: &[usize],
        todo: &BTreeSet<usize>,
        bad: &dyn Fn(usize) -> bool,
    ) -> Result<(), String> {
        for (at, &task) in ran.iter().enumerate() {
            let path = self.path(task);
            if !todo.contains(&task) {
                return Err(format!("{path} ran without need"));
            }
            if ran[..at].contains(&task) {
                return Err(format!("{path} ran twice"));
            }
            let first = |&&first: &&usize| self.before.contains(&(first, task));
            for &first in todo.iter().filter(first) {
                if !ran[..at].contains(&first) || bad(first) {
                    return Err(format!("{path} ran without {}", self.path(first)));
                }
            }
        }
        Ok(())
    }

    /// How a task had ended that has something to undo.
    fn to_undo(&self, task: usize) -> Option<Was> {
        match (self.is[task], self.kind(task)) {
            (Is::Done, Kind::Done | Kind::Any) => Some(Was::Done),
            (Is::Failed, Kind::Any | Kind::FinalAny) => Some(Was::Failed),
            (Is::Stuck(was), _) => Some(was),
            _ => None,
        }
    }

    /// Backwards; what cannot be undone keeps what stands before it.
    fn undo(&mut self, undid: &[Effect], script: &Script, exact: bool) -> Result<End, String> {
        let mut wanted = Vec::new();
        let mut walls: Vec<usize> = Vec::new();
        let mut left = Vec::new();
        for &task in self.order.iter().rev() {
            let path = self.case.tasks[task].path;
            let blocked = walls
                .iter()
                .any(|&wall| self.before.contains(&(task, wall)));
            let is_final = matches!(self.case.tasks[task].kind, Kind::Final | Kind::FinalAny);
            if is_final && self.is[task] == Is::Done {
                walls.push(task);
                left.push((path.to_owned(), None));
            } else if let Some(was) = self.to_undo(task) {
                if blocked {
                    left.push((path.to_owned(), None));
                    continue;
                }
                wanted.push((task, Effect::Undid(path.to_owned(), was)));
                self.is[task] = if script.stick.contains(path) {
                    walls.push(task);
                    left.push((path.to_owned(), Some(format!("{path} sticks"))));
                    Is::Stuck(was)
                } else {
                    Is::Undone
                };
            }
        }
        self.check_undid(undid, &wanted, exact)?;
        left.reverse();
        let failures = self.failures();
        Ok(if left.is_empty() {
            End::Reverted { failures }
        } else {
            let stuck = left.iter().any(|(_, why)| why.is_some());
            End::Partly {
                failures,
                left,
                stuck,
            }
        })
    }

    fn check_undid(
        &self,
        undid: &[Effect],
        wanted: &[(usize, Effect)],
        exact: bool,
    ) -> Result<(), String> {
        let at = |effect: &Effect| undid.iter().position(|other| other == effect);
        let all =
            wanted.len() == undid.len() && wanted.iter().all(|(_, effect)| at(effect).is_some());
        let same = wanted.iter().map(|(_, effect)| effect).eq(undid);
        if !all || exact && !same {
            let wanted: Vec<_> = wanted.iter().map(|(_, effect)| effect).collect();
            return Err(format!("{undid:?} was undone, not {wanted:?}"));
        }
        for (first, first_effect) in wanted {
            for (second, second_effect) in wanted {
                let backwards = self.before.contains(&(*first, *second));
                if backwards && at(first_effect) < at(second_effect) {
                    return Err(format!("{first_effect:?} came before {second_effect:?}"));
                }
            }
        }
        Ok(())
    }

    fn failures(&self) -> Vec<(String, String)> {
        let failures = self.failures.iter();
        failures
            .map(|(task, why)| (self.path(*task), why.clone()))
            .collect()
    }

    fn number(&self, path: &str) -> Result<usize, String> {
        let number = self.case.tasks.iter().position(|task| task.path == path);
        number.ok_or_else(|| format!("there is no task `{path}`"))
    }

    fn numbers(&self, paths: &[String]) -> Result<Vec<usize>, String> {
        paths.iter().map(|path| self.number(path)).collect()
    }

    fn paths(&self, tasks: &[usize]) -> Vec<String> {
        tasks.iter().map(|&task| self.path(task)).collect()
    }
}

/// Runs come first, then reverts.
fn split(effects: &[Effect]) -> Result<(Vec<String>, Vec<Effect>), String> {
    let (mut ran, mut undid) = (Vec::new(), Vec::new());
    for effect in effects {
        match effect {
            Effect::Ran(path) if undid.is_empty() => ran.push(path.clone()),
            Effect::Ran(path) => return Err(format!("{path} ran after {undid:?}")),
            Effect::Undid(..) => undid.push(effect.clone()),
        }
    }
    Ok((ran, undid))
}
