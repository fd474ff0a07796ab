//! Divides what was found into shares of about equal size, one for each pack.

use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use taskflow::task;

use super::entry::Entry;
use super::manifest::pack_name;
use super::scan::Scan;

/// How many packs a backup has at least, so that a small one is spread over threads as well.
pub const PACKS_MIN: usize = 8;
/// What a pack holds at most, in bytes, unless a single file is larger: what a kill can cost.
const PACK_MAX: u128 = 64 << 20;

/// What goes into one pack; it may be nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub index: usize,
    /// The path of the first entry, by which a person knows the share.
    #[serde(with = "taskflow::os_bytes")]
    pub first_path: PathBuf,
    entries: Range<usize>,
}

impl Share {
    /// Those of all entries that are in it.
    pub fn of<'a>(&self, entries: &'a [Entry]) -> &'a [Entry] {
        entries.get(self.entries.clone()).unwrap_or_default()
    }

    /// The name of its pack.
    pub fn name(&self) -> String {
        pack_name(self.index)
    }
}

/// Cuts the entries wherever another share of the bytes is full.
///
/// The same entries are always cut at the same places, so that a pack that is written again has the
/// same bytes.
#[task(provides = packs)]
pub fn split(scan: &Scan) -> Vec<Share> {
    let entries = &scan.entries;
    let total: u128 = entries.iter().map(weight).sum();
    let packs = total.div_ceil(PACK_MAX).max(PACKS_MIN as u128);
    let mut shares = Vec::new();
    let (mut start, mut end, mut sum) = (0, 0, 0);
    for pack in 1..=packs {
        let full = total * pack / packs;
        // An entry belongs to the share in which its middle lies.
        while let Some(entry) = entries.get(end)
            && (sum + weight(entry) / 2 < full || pack == packs)
        {
            sum += weight(entry);
            end += 1;
        }
        shares.push(Share {
            index: shares.len(),
            first_path: entries
                .get(start)
                .map_or_else(PathBuf::new, |entry| entry.path.clone()),
            entries: start..end,
        });
        start = end;
    }
    shares
}

/// What an entry takes in an archive, header included.
fn weight(entry: &Entry) -> u128 {
    u128::from(entry.size()) + 512
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Kind, Time};

    fn files(sizes: &[u64]) -> Vec<Entry> {
        let file = |(number, &size): (usize, &u64)| Entry {
            path: format!("{number:04}").into(),
            kind: Kind::File { size },
            mode: 0o644,
            modified: Time {
                seconds: 0,
                nanos: 0,
            },
        };
        sizes.iter().enumerate().map(file).collect()
    }

    fn check(sizes: &[u64], expected: &[usize]) {
        let scan = Scan {
            entries: files(sizes),
            warnings: Vec::new(),
        };
        let shares = split(&scan);
        let entries = scan.entries;
        let all: Vec<_> = shares
            .iter()
            .flat_map(|share| share.of(&entries).to_vec())
            .collect();
        assert_eq!(all, entries, "nothing is lost or moved");
        let lengths: Vec<_> = shares
            .iter()
            .map(|share| share.of(&entries).len())
            .collect();
        assert_eq!(lengths, expected, "{sizes:?}");
    }

    #[test]
    fn shares_are_about_equal() {
        check(&[], &[0; 8]);
        check(&[1000; 16], &[2; 8]);
        check(&[0; 80], &[10; 8]);
    }

    #[test]
    fn much_is_cut_into_more_packs() {
        check(&[(64 << 20) - 512; 20], &[1; 20]);
    }

    #[test]
    fn a_huge_file_has_a_pack_of_its_own() {
        check(&[10, 400 << 20, 10], &[1, 0, 0, 0, 1, 0, 0, 1]);
        check(&[10, 1 << 40, 10], &{
            let mut lengths = vec![0; 16_385];
            (lengths[0], lengths[8_192], lengths[16_384]) = (1, 1, 1);
            lengths
        });
    }
}
