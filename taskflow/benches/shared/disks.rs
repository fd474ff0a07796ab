//! Disks that show what a logbook asks of them.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use taskflow::logbook::{Disk, MemoryDisk};

/// A disk in memory that remembers what it was given, and how often it was synced.
#[derive(Clone, Default)]
pub(crate) struct Witness {
    disk: MemoryDisk,
    seen: Arc<Mutex<Seen>>,
}

/// What a disk was asked to do.
#[derive(Default)]
pub(crate) struct Seen {
    /// The bytes of each write.
    pub(crate) writes: Vec<Vec<u8>>,
    pub(crate) syncs: usize,
}

impl Witness {
    /// What was asked since the last call.
    pub(crate) fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for Witness {
    fn len(&mut self) -> io::Result<u64> {
        self.disk.len()
    }

    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.disk.read_at(offset, bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.seen().writes.push(bytes.to_vec());
        self.disk.append(bytes)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk.truncate(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.seen().syncs += 1;
        self.disk.sync()
    }
}
