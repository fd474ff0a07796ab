//! Events kept for a test to look at.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Listener, RunEvent};

/// Keeps what it is told, for tests: `price started`, `price done`, `price failed: no such item`.
///
/// Clones share what they keep: one is attached to a run, the other is asked. See the
/// [module](crate::listen) for an example.
#[derive(Debug, Clone, Default)]
pub struct Capture {
    events: Arc<Mutex<Vec<RunEvent>>>,
}

impl Capture {
    /// Nothing is kept yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what was told since the last time, as the [`Change`](super::Change)s print
    /// themselves: without flows, runs and points in time.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        let events = self.take_events();
        let lines = events.iter().map(|event| event.change().to_string());
        lines.collect()
    }

    /// Takes what was told since the last time.
    #[must_use]
    pub fn take_events(&self) -> Vec<RunEvent> {
        std::mem::take(&mut *self.events())
    }

    fn events(&self) -> MutexGuard<'_, Vec<RunEvent>> {
        // Events are added whole.
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Capture {
    fn on(&self, event: &RunEvent) {
        self.events().push(event.clone());
    }
}
