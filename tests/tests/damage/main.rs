//! Books that are not as they were written, and disks that fail: flows go on from what is there,
//! or say clearly what is wrong, and never lose anything in silence.

mod crafted;
mod faults;
mod file;
mod flipped;

use taskflow::logbook::MemoryDisk;
use taskflow::{AnyEngine, Durability, Logbook, LogbookError};

fn open(bytes: &[u8]) -> Result<Logbook, LogbookError> {
    let disk = MemoryDisk::new(bytes.to_vec());
    Logbook::with_disk(Box::new(disk), Durability::Os)
}

fn serial() -> AnyEngine {
    "serial".parse().unwrap()
}
