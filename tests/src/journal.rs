//! What happened, in order: a resource that tasks and reverts write to.

use std::sync::{Arc, Mutex, PoisonError};

/// A list of effects. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    /// Adds an effect.
    pub fn note(&self, effect: impl Into<String>) {
        let mut effects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        effects.push(effect.into());
    }

    /// How many effects there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The effects so far, which are forgotten.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
