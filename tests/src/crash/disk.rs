//! Disks that stop the process or fail at a chosen call.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use taskflow::logbook::Disk;

use super::Points;

/// A disk at which the process can be stopped before each append, after half of its bytes, after
/// all of them, and after each sync.
pub struct StoppingDisk {
    disk: Box<dyn Disk>,
    points: Points,
}

impl StoppingDisk {
    /// Puts the places before `disk`.
    #[must_use]
    pub fn new(disk: Box<dyn Disk>, points: &Points) -> StoppingDisk {
        StoppingDisk {
            disk,
            points: points.clone(),
        }
    }
}

impl Disk for StoppingDisk {
    fn len(&mut self) -> io::Result<u64> {
        self.disk.len()
    }

    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.disk.read_at(offset, bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (head, tail) = bytes.split_at(bytes.len() / 2);
        self.points.pass("before an append")?;
        self.disk.append(head)?;
        self.points.pass("in the middle of an append")?;
        self.disk.append(tail)?;
        self.points.pass("after an append")
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.points.pass("before a cut")?;
        self.disk.truncate(len)?;
        self.points.pass("after a cut")
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.sync()?;
        self.points.pass("after a sync")
    }
}

/// How a call of a disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done.
    Error,
    /// An append puts down half of the bytes, then fails.
    Short,
    /// The call is done, and fails all the same.
    Late,
}

/// A disk that fails once, at a chosen call.
pub struct FaultyDisk {
    disk: Box<dyn Disk>,
    fault: Fault,
    /// Counts down to the call that fails.
    left: Arc<AtomicU64>,
}

impl FaultyDisk {
    /// Lets the call after `left` others fail. The count that is handed out is greater than `left`
    /// once that has happened.
    #[must_use]
    pub fn new(disk: Box<dyn Disk>, fault: Fault, left: u64) -> (FaultyDisk, Arc<AtomicU64>) {
        let left = Arc::new(AtomicU64::new(left));
        let disk = FaultyDisk {
            disk,
            fault,
            left: left.clone(),
        };
        (disk, left)
    }

    /// Does one call, or fails.
    fn call<T>(
        &mut self,
        short: impl FnOnce(&mut dyn Disk) -> io::Result<()>,
        call: impl FnOnce(&mut dyn Disk) -> io::Result<T>,
    ) -> io::Result<T> {
        let disk = &mut *self.disk;
        // Relaxed: the count alone matters. It wraps at the call that fails and is never at zero
        // again in the life of a test.
        if self.left.fetch_sub(1, Ordering::Relaxed) != 0 {
            return call(disk);
        }
        match self.fault {
            Fault::Error => {}
            Fault::Short => short(disk)?,
            Fault::Late => drop(call(disk)?),
        }
        Err(io::Error::other("the disk fails"))
    }
}

impl Disk for FaultyDisk {
    fn len(&mut self) -> io::Result<u64> {
        self.call(|_| Ok(()), |disk| disk.len())
    }

    fn read_at(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.call(|_| Ok(()), |disk| disk.read_at(offset, bytes))
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let half = &bytes[..bytes.len() / 2];
        self.call(|disk| disk.append(half), |disk| disk.append(bytes))
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.call(|_| Ok(()), |disk| disk.truncate(len))
    }

    fn sync(&mut self) -> io::Result<()> {
        self.call(|_| Ok(()), |disk| disk.sync())
    }
}
