//! The state in which a killed process leaves a logbook, without killing one.

use std::path::Path;

/// Copies the folder of a logbook while a run is at work on it.
///
/// What is in the copy is what would be there if the process had been killed at this moment.
///
/// # Panics
///
/// If the folder is not there, or if there is a copy already.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a new folder");
    for entry in std::fs::read_dir(from).expect("the folder is there") {
        let entry = entry.expect("it can be listed");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("it can be copied");
        }
    }
}
