//! One flow on every engine, with a logbook and without.

use taskflow::{AnyEngine, Failed, Logbook, RunError, RunState};

use crate::Journal;

/// Where a flow runs.
#[derive(Debug)]
pub struct Case {
    /// How the engine is called.
    pub name: &'static str,
    /// The engine.
    pub engine: AnyEngine,
    /// Where the run is recorded, if it is.
    pub book: Option<Logbook>,
    /// What the tasks do.
    pub journal: Journal,
}

/// What there was to see of a run.
#[derive(Debug)]
pub struct Seen<T> {
    /// Whether the order of effects is exactly that of definition.
    pub serial: bool,
    /// What the run resulted in.
    pub result: Result<T, RunError>,
    /// What became of it, if it was recorded.
    pub state: Option<RunState>,
    /// The effects, in order.
    pub effects: Vec<String>,
}

impl Case {
    /// The id of the run that a case records.
    pub const RUN: &'static str = "case";

    /// Every engine, with a logbook and without.
    ///
    /// # Panics
    ///
    /// If an engine has no threads.
    pub fn all() -> impl Iterator<Item = Self> {
        ["serial", "parallel:2"].into_iter().flat_map(|name| {
            [None, Some(Logbook::memory())].map(|book| Self {
                name,
                engine: name.parse().expect("an engine of that name"),
                book,
                journal: Journal::default(),
            })
        })
    }

    /// What there is to see after the run.
    ///
    /// # Panics
    ///
    /// If the logbook does not know the run.
    pub fn seen<T>(&self, result: Result<T, RunError>) -> Seen<T> {
        let state = self.book.as_ref().map(|book| {
            let id = Self::RUN.parse().expect("an id");
            let summary = book.run_summary(&id).expect("a logbook that can be read");
            summary.expect("the run is recorded").state
        });
        Seen {
            serial: self.name == "serial",
            result,
            state,
            effects: self.journal.take(),
        }
    }
}

/// Runs a flow in every [`Case`] and gives what there was to see to a function.
///
/// ```
/// use taskflow::{flow, task};
/// use tests::{Journal, everywhere};
///
/// #[task]
/// fn hello(journal: &Journal) -> u32 {
///     journal.note("hello");
///     5
/// }
///
/// flow! {
///     struct Hello { #[resource] journal: Journal } -> u32
///     linear[hello]
/// }
///
/// everywhere!(|journal| Hello { journal }, |seen| {
///     assert_eq!(seen.result.unwrap(), 5);
///     assert_eq!(seen.effects, ["hello"]);
/// });
/// ```
#[macro_export]
macro_rules! everywhere {
    (|$journal:ident| $flow:expr, |$seen:ident| $check:expr) => {
        for case in $crate::Case::all() {
            let $journal = case.journal.clone();
            let result = match &case.book {
                Some(book) => $flow.id($crate::Case::RUN).run(&case.engine, book),
                None => $flow.call(&case.engine),
            };
            let $seen = case.seen(result);
            $check
        }
    };
}

/// How a run failed.
///
/// # Panics
///
/// If it did not.
pub fn failed<T>(result: Result<T, RunError>) -> Failed {
    match result {
        Err(RunError::Failed(failed)) => failed,
        Err(other) => panic!("a task should have failed, but: {other}"),
        Ok(_) => panic!("a task should have failed"),
    }
}
