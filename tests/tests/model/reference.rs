//! What a run of a flow does, told from the pattern alone.
//!
//! A model follows one run: it is given the effects that there were, says whether they are among
//! those that there may be, and how the run ends. Where `exact` is asked for, as of the serial
//! engine, there is one possibility only.

use std::collections::{BTreeMap, BTreeSet};

use super::pattern::{Case, Kind, Read, Task};
use tests::model::{Effect, Script, Was, value};

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

/// One run.
pub(crate) struct Model<'c> {
    case: &'c Case,
    inputs: [u64; 2],
    /// The numbers of the tasks in the order of definition.
    order: Vec<usize>,
    before: BTreeSet<(usize, usize)>,
    is: Vec<Is>,
    failures: BTreeMap<usize, String>,
    /// The tasks that ran in this life of the process: their values are at hand.
    here: BTreeSet<usize>,
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
            failures: BTreeMap::new(),
            here: BTreeSet::new(),
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
        let gone = self.is[task] == Is::Done && !self.here.contains(&task);
        if gone && self.kind(task) == Kind::Passing && again.insert(task) {
            self.missing(task, again);
        }
    }

    /// The run as it is after the process was killed while the last of the effects was under way.
    pub(crate) fn killed(
        case: &'c Case,
        inputs: [u64; 2],
        effects: &[Effect],
        script: &Script,
    ) -> Result<Self, String> {
        let mut model = Self::new(case, inputs);
        for effect in &effects[..effects.len() - 1] {
            match effect {
                Effect::Ran(path) => {
                    let task = model.number(path)?;
                    model.ends(task, script);
                }
                Effect::Undid(path, was) => {
                    let task = model.number(path)?;
                    model.is[task] = if script.stick.contains(path) {
                        Is::Stuck(*was)
                    } else {
                        Is::Undone
                    };
                }
            }
        }
        model.taken_up();
        Ok(model)
    }

    /// Another process goes on with the run: values that were not stored are gone.
    pub(crate) fn taken_up(&mut self) {
        self.here.clear();
    }

    /// A task ran, and ends as the script says.
    fn ends(&mut self, task: usize, script: &Script) {
        let path = self.path(task);
        let why = if script.panic.contains(&path) {
            format!("panicked: {path} panics")
        } else {
            format!("{path} fails")
        };
        self.here.insert(task);
        self.is[task] = if bad(self.case, task, script) {
            self.failures.insert(task, why);
            Is::Failed
        } else {
            Is::Done
        };
    }

    /// What came after something that is undone was worked out from what is not there any more.
    fn begin_anew(&mut self) {
        let undone = |task: &usize| self.is[*task] == Is::Undone;
        let undone: Vec<usize> = (0..self.is.len()).filter(undone).collect();
        for &(before, after) in &self.before {
            if undone.contains(&before) {
                self.is[after] = Is::Untouched;
            }
        }
    }

    /// The run goes on: what is not done runs, and what it needs and is gone runs again.
    pub(crate) fn forward(
        &mut self,
        effects: &[Effect],
        script: &Script,
        exact: bool,
    ) -> Result<End, String> {
        self.begin_anew();
        let mut todo: BTreeSet<usize> = (0..self.is.len())
            .filter(|&task| self.is[task] != Is::Done)
            .collect();
        for task in todo.clone() {
            self.missing(task, &mut todo);
        }
        self.gone(self.case.output, &mut todo);
        let bad = |task: usize| bad(self.case, task, script);
        let (ran, undid) = split(effects)?;
        let mut ran = self.numbers(&ran)?;
        let mut again = Vec::new();
        if exact {
            let mut wanted = Vec::new();
            for &task in self.order.iter().filter(|task| todo.contains(task)) {
                wanted.push(task);
                if bad(task) {
                    break;
                }
            }
            again = ran.split_off(wanted.len().min(ran.len()));
            if ran != wanted {
                let (ran, wanted) = (self.paths(&ran), self.paths(&wanted));
                return Err(format!("{ran:?} ran, not {wanted:?}"));
            }
        }
        self.check_ran(&ran, &todo, &bad)?;
        let fails = ran.iter().any(|&task| bad(task));
        if !fails && ran.len() < todo.len() {
            return Err(format!("only {:?} ran", self.paths(&ran)));
        }
        self.failures.clear();
        for task in ran {
            self.ends(task, script);
        }
        if fails && !self.keeps() {
            self.check_again(&again, &undid)?;
            return self.undo(&undid, script, exact, false);
        }
        if !again.is_empty() || !undid.is_empty() {
            return Err(format!("{again:?} ran, {undid:?} was undone without need"));
        }
        Ok(if fails {
            End::Kept {
                failures: self.failures(),
            }
        } else {
            End::Succeeded(self.value(self.case.output))
        })
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

    /// The run is undone by another process than the one that ran it, which calls reverts anew
    /// that had failed.
    pub(crate) fn undo_later(
        &mut self,
        effects: &[Effect],
        script: &Script,
        exact: bool,
        anew: bool,
    ) -> Result<End, String> {
        let (ran, undid) = split(effects)?;
        let ran = self.numbers(&ran)?;
        self.check_again(&ran, &undid)?;
        self.undo(&undid, script, exact, anew)
    }

    /// Whether what ran again is what the reverts need.
    fn check_again(&self, ran: &[usize], undid: &[Effect]) -> Result<(), String> {
        let (mut needed, mut allowed) = (BTreeSet::new(), BTreeSet::new());
        for &task in &self.order {
            if self.to_undo(task).is_some() {
                self.missing(task, &mut allowed);
            }
        }
        for effect in undid {
            if let Effect::Undid(path, _) = effect {
                self.missing(self.number(path)?, &mut needed);
            }
        }
        self.check_ran(ran, &allowed, &|_| false)?;
        match needed.iter().find(|task| !ran.contains(task)) {
            Some(&lacks) => Err(format!("the value of {} is missing", self.path(lacks))),
            None => Ok(()),
        }
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
    fn undo(
        &mut self,
        undid: &[Effect],
        script: &Script,
        exact: bool,
        anew: bool,
    ) -> Result<End, String> {
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
            } else if matches!(self.is[task], Is::Stuck(_)) && !anew {
                walls.push(task);
                left.push((path.to_owned(), Some(format!("{path} sticks"))));
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
        let failed = |task: &usize| Some((self.path(*task), self.failures.get(task)?.clone()));
        self.order.iter().filter_map(failed).collect()
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

/// Whether the script lets a task fail.
fn bad(case: &Case, task: usize, script: &Script) -> bool {
    let path = case.tasks[task].path;
    script.fail.contains(path) || script.panic.contains(path)
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
