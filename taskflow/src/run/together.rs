//! What an engine does with a run that several threads work at.

use std::hint;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Core, Run, Turn, Worker};
use crate::flow::Steps;
use crate::logbook::LogbookError;

/// How often a worker that waits looks at what does not signal.
const LOOK: Duration = Duration::from_millis(20);
/// How long a worker that has nothing to do looks for a change before it sleeps.
const WATCH: Duration = Duration::from_micros(20);
/// How many items of a map take about as long as one thing to do.
const ITEMS: u32 = 8;

impl<D: ?Sized + Steps> Run<D> {
    fn core(&self) -> MutexGuard<'_, Box<Core>> {
        // Nothing is called under the lock that a user wrote, so nothing leaves it half changed.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what the worker finished and gives it up to `room` things to do, then waits until
    /// both are recorded as the policy says.
    #[inline]
    pub(crate) fn turn(&self, worker: &mut Worker<'_, D>, room: usize) -> Turn {
        let mut core = self.core();
        if core.is_asked() && !core.attended {
            core = self.attend(core);
        }
        // Who looks often takes a few items, and who has found that they are short takes many.
        let stretch = u32::try_from(room).map_or(u32::MAX, |room| match room {
            1 => 1,
            room => room * ITEMS,
        });
        let (turn, commit) = core.exchange(worker, room, stretch);
        if core.parked + core.watching > 0
            && (turn == Turn::Over || core.machine.ready() > 0 || core.is_due_sooner())
        {
            self.wake(&core);
        }
        let noted = core.noted;
        drop(core);
        match self.stage.settle(commit, noted) {
            Ok(()) => turn,
            Err(error) => {
                worker.work.clear();
                self.break_off(error);
                Turn::Over
            }
        }
    }

    /// Attends to what others ask for.
    #[cold]
    fn attend<'r>(&'r self, mut core: MutexGuard<'r, Box<Core>>) -> MutexGuard<'r, Box<Core>> {
        // Two would take the same letters.
        core.attended = true;
        let taken = core.take_requests();
        drop(core);
        let read = taken.map(|mut pending| {
            for pending in &mut pending {
                pending.read(&*self.stage.steps);
            }
            pending
        });
        let mut core = self.core();
        core.attended = false;
        let applied = read.and_then(|pending| core.apply_requests(pending));
        if let Err(error) = applied {
            core.break_off(&self.stage.facts, error);
        }
        self.wake(&core);
        core
    }

    /// Something has changed for those who wait.
    fn wake(&self, core: &Core) {
        if core.watching > 0 {
            // Relaxed: who sees it takes the lock before anything else.
            self.changes.fetch_add(1, Ordering::Relaxed);
        }
        if core.parked > 0 {
            self.changed.notify_all();
        }
    }

    /// Has the worker do what it was given; see [`Worker::perform`].
    #[inline]
    pub(crate) fn perform(&self, worker: &mut Worker<'_, D>, deadline: Option<Instant>) {
        if let Err(error) = worker.perform(deadline) {
            self.break_off(error);
        }
    }

    /// The logbook failed: everybody goes home.
    fn break_off(&self, error: LogbookError) {
        self.core().break_off(&self.stage.facts, error);
        self.changed.notify_all();
    }

    /// Sends every worker home, because one of them unwinds: a mistake of ours, since a panic of a
    /// task is a failure.
    pub(crate) fn abandon(&self) {
        self.core().abandoned = true;
        self.changed.notify_all();
    }

    /// Whether something can be started.
    pub(crate) fn has_work(&self) -> bool {
        let core = self.core();
        !core.is_off() && core.machine.ready() > 0
    }

    /// Waits until something can be started or the run is over, at most for `timeout`.
    pub(crate) fn park(&self, timeout: Option<Duration>) {
        let mut core = self.core();
        if core.is_parkable() {
            // What others are at may be over soon, and to be woken takes far longer than that.
            core.watching += 1;
            let changes = self.changes.load(Ordering::Relaxed);
            drop(core);
            watch(|| self.changes.load(Ordering::Relaxed) != changes);
            core = self.core();
            core.watching -= 1;
        }
        core.parked += 1;
        while core.is_parkable() {
            // Who asks for something does not signal, and neither does time: they are looked for.
            core.awaited = core.machine.next_due();
            let timeout = [timeout, core.doze().map(|doze| doze.min(LOOK))];
            let timeout = timeout.into_iter().flatten().min();
            if let Some(log) = &core.log {
                log.desk().set_waits(core.machine.is_waiting());
            }
            core = match timeout {
                None => self
                    .changed
                    .wait(core)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(timeout) => {
                    let waited = self.changed.wait_timeout(core, timeout);
                    core = waited.unwrap_or_else(PoisonError::into_inner).0;
                    break;
                }
            };
        }
        core.parked -= 1;
        core.awaited = None;
        if let Some(log) = &core.log {
            log.desk().set_waits(false);
        }
    }
}

impl Core {
    /// Whether a worker has nothing to do but to wait.
    fn is_parkable(&self) -> bool {
        !self.is_off()
            && self.machine.ready() == 0
            && self.machine.over().is_none()
            && !self.is_due()
    }
}

/// Looks for a moment whether something has come about.
pub(crate) fn watch(is_so: impl Fn() -> bool) {
    if is_so() {
        return;
    }
    let until = Instant::now() + WATCH;
    while Instant::now() < until {
        hint::spin_loop();
        if is_so() {
            return;
        }
    }
}
