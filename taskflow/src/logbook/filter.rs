//! Which runs a listing is to hold.

use std::time::SystemTime;

use super::index::RunIndex;

/// What a run must be like to be listed; by default, every run is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// The stored name of its flow.
    pub(crate) flow: Option<String>,
    /// Labels that it must have, all of them.
    pub(crate) labels: Vec<(String, String)>,
    /// It began then or later.
    pub(crate) from: Option<SystemTime>,
    /// It began earlier than that.
    pub(crate) before: Option<SystemTime>,
}

impl Filter {
    pub(super) fn admits(&self, run: &RunIndex) -> bool {
        self.flow.as_ref().is_none_or(|flow| run.flow() == flow)
            && self.from.is_none_or(|from| run.started() >= from)
            && self.before.is_none_or(|before| run.started() < before)
            && self.labels.iter().all(|label| run.labels().contains(label))
    }
}
