//! Where the value of an atom is kept: written once in the life of a body, read without a guard.

use std::any::Any;

use serde::Serialize;
use serde::de::DeserializeOwned;
use spin::Once;

use crate::failure::Failure;
use crate::flow::{Op, Step, Undo};
use crate::logbook;

/// The value that one atom provides.
// One thread fills it, and does no more meanwhile than move the value in, so that others have next
// to nothing to spin for; `OnceLock` would take two locked instructions for it instead of one.
pub struct Slot<T>(Once<T>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::empty()
    }
}

impl<T> Slot<T> {
    /// A slot before its atom has run.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Once::new())
    }

    /// The value.
    ///
    /// # Panics
    ///
    /// If the atom has not run, which the plan rules out.
    #[inline]
    pub fn get(&self) -> &T {
        match self.0.get() {
            Some(value) => value,
            None => unreachable!("an atom runs after those that it reads"),
        }
    }

    /// The value, if the atom has run or its value was loaded.
    #[inline]
    pub fn peek(&self) -> Option<&T> {
        self.0.get()
    }

    /// The value, taken out.
    ///
    /// # Panics
    ///
    /// If the atom has not run, which the plan rules out.
    pub fn take(&mut self) -> T {
        std::mem::take(&mut self.0)
            .try_into_inner()
            .expect("an output is taken once, after its atom has run")
    }

    /// The value, taken out, if the atom has run.
    #[inline]
    pub fn try_take(&mut self) -> Option<T> {
        std::mem::take(&mut self.0).try_into_inner()
    }

    /// The value, or else the one that `make` gives, which is kept.
    pub(crate) fn get_or(&self, make: impl FnOnce() -> T) -> &T {
        if let Some(value) = self.0.get() {
            return value;
        }
        // Not while others wait, who would spin.
        let value = make();
        self.0.call_once(|| value)
    }

    /// Keeps the value that `make` gives, unless there is one.
    pub(crate) fn once(&self, make: impl FnOnce() -> T) -> Step {
        self.get_or(make);
        Step::OK
    }

    fn fill(&self, value: T) -> Step {
        assert!(self.set(value), "an atom runs once in the life of a body");
        Step::OK
    }

    /// Puts a value into an empty slot, and says whether it was empty.
    fn set(&self, value: T) -> bool {
        let mut is_new = false;
        self.0.call_once(|| {
            is_new = true;
            value
        });
        is_new
    }

    /// Keeps a value that may be read by other threads.
    #[inline]
    pub fn put(&self, value: T) -> Step
    where
        T: Send + Sync,
    {
        self.fill(value)
    }

    /// Keeps a value that stays on this thread.
    #[inline]
    pub fn put_local(&self, value: T) -> Step {
        self.fill(value)
    }

    /// Keeps a value that came from outside, and appends it, encoded.
    pub(crate) fn given(&self, value: T, out: &mut Vec<u8>) -> Step
    where
        T: Serialize + DeserializeOwned,
    {
        let encoded = encoded(logbook::encode_checked(&value, out));
        self.set(value);
        encoded
    }

    pub(crate) fn store(&self, op: Op<'_>) -> Step
    where
        T: Serialize + DeserializeOwned,
    {
        match op {
            Op::Encode(out) => encoded(logbook::encode_checked(self.get(), out)),
            Op::Load(bytes) => match logbook::decode::<T>(bytes) {
                Ok(value) => {
                    // Filled already where the value was needed twice at the same time.
                    self.set(value);
                    Step::OK
                }
                Err(error) => unloaded(&error),
            },
            _ => Step::OK,
        }
    }

    /// What is done with a value that is not stored, besides providing it: nothing.
    pub fn transient(&self, _op: Op<'_>) -> Step {
        Step::OK
    }

    /// How the atom ended, with its value if it has one.
    pub fn undoing<'a>(&'a self, undo: Undo<'a>) -> Undoing<'a>
    where
        T: 'static,
    {
        match (undo, self.0.get()) {
            // A result that could not be stored is a failure, and yet there is something to undo.
            (Undo::Done | Undo::Failed(_), Some(value)) => Undoing::Done(value),
            (Undo::Failed(failure), None) => Undoing::Failed(failure),
            (Undo::Unknown, _) => Undoing::Unknown,
            (Undo::Done, None) => unreachable!("the value was loaded before the revert"),
        }
    }
}

// Not generic, so that they are compiled once and not for every type.
fn encoded(result: Result<(), logbook::EncodeError>) -> Step {
    match result {
        Ok(()) => Step::OK,
        Err(error) => Step::failed(Failure::from_error(&error)),
    }
}

fn unloaded(error: &logbook::DecodeError) -> Step {
    Step::failed(Failure::new(error.to_string()))
}

/// How an atom ended, before the type of its value is known again.
#[derive(Clone, Copy)]
pub enum Undoing<'a> {
    /// It succeeded with this value.
    Done(&'a dyn Any),
    /// It failed.
    Failed(&'a Failure),
    /// Nobody knows.
    Unknown,
}
