//! What a backup or a restore says when it is done.

use std::fmt;

use serde::{Deserialize, Serialize};
use taskflow::task;

use super::entry::Kind;
use super::error::Result;
use super::io::Io;
use super::manifest::Manifest;
use super::pack::Packed;
use super::place::{Place, Source};
use super::scan::{self, Scan, differences};

/// How many warnings are shown; the rest is counted.
const SHOWN: usize = 20;

/// What is in a backup, and what a person should know about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    folders: usize,
    files: usize,
    links: usize,
    /// In bytes, of the content of all files.
    content: u64,
    /// In bytes, of all packs.
    packed: u64,
    pub warnings: Vec<String>,
}

/// Reads the manifest back, and looks for what changed in the source since.
///
/// A backup holds what was there when it was read; what a long run, or one that was continued the
/// next day, has missed is for a person to know.
#[task]
pub fn report(
    source: &Source,
    target: &Place,
    scan: &Scan,
    written: &[Packed],
    io: &Io,
) -> Result<Report> {
    let manifest = Manifest::read(target)?;
    let stored: Vec<_> = manifest.entries().map(|stored| &stored.entry).collect();
    let now = scan::scan(source, io)?;
    let changes = differences(&stored, &now.entries);
    let mut warnings = scan.warnings.clone();
    warnings.extend(written.iter().flat_map(|packed| packed.warnings.clone()));
    warnings.extend(
        changes
            .iter()
            .map(|change| format!("{change} since it was backed up; make a new backup for that")),
    );
    Ok(Report::new(&manifest, warnings))
}

impl Report {
    pub fn new(manifest: &Manifest, warnings: Vec<String>) -> Self {
        let mut report = Self {
            folders: 0,
            files: 0,
            links: 0,
            content: 0,
            packed: manifest.packs.iter().map(|pack| pack.size).sum(),
            warnings,
        };
        for stored in manifest.entries() {
            match stored.entry.kind {
                Kind::Folder => report.folders += 1,
                Kind::File { size } => {
                    report.files += 1;
                    report.content += size;
                }
                Kind::Link { .. } => report.links += 1,
            }
        }
        report
    }

    /// The warnings as lines, shortened where there are very many.
    pub fn warning_lines(&self) -> impl Iterator<Item = String> {
        let more = self.warnings.len().saturating_sub(SHOWN);
        let shown = self.warnings.iter().take(SHOWN);
        shown
            .map(|warning| format!("warning: {warning}"))
            .chain((more > 0).then(|| format!("warning: and {more} more of this kind")))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} files, {} folders, {} links: {}, packed to {}",
            self.files,
            self.folders,
            self.links,
            Bytes(self.content),
            Bytes(self.packed)
        )
    }
}

/// A size in the unit that fits.
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
        let mut whole = self.0;
        let mut rest = 0;
        let mut unit = 0;
        while whole >= 1000 {
            rest = whole % 1000;
            whole /= 1000;
            unit += 1;
        }
        match unit {
            0 => write!(f, "{whole} B"),
            _ => write!(f, "{whole}.{} {}", rest / 100, units[unit]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_950, "1.9 kB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
    }
}
