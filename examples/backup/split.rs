//! Divides what was found into shares of about equal size, one for each pack.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use taskflow::task;

use super::entry::Entry;
use super::place::PACKS;
use super::scan::Scan;

/// One range of the entries for each pack, in order; some may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares(Vec<Range<usize>>);

impl Shares {
    /// The entries of the pack with this number.
    pub fn of<'a>(&self, index: usize, entries: &'a [Entry]) -> &'a [Entry] {
        self.0
            .get(index)
            .and_then(|range| entries.get(range.clone()))
            .unwrap_or_default()
    }
}

/// Cuts the entries wherever another eighth of the bytes is full.
///
/// The same entries are always cut at the same places, so that a pack that is written again has the
/// same bytes.
#[task(provides = shares)]
pub fn split(scan: &Scan) -> Shares {
    let entries = &scan.entries;
    let total: u128 = entries.iter().map(weight).sum();
    let mut shares = Vec::with_capacity(PACKS);
    let (mut start, mut end, mut sum) = (0, 0, 0);
    for pack in 1..=PACKS as u128 {
        let full = total * pack / PACKS as u128;
        // An entry belongs to the share in which its middle lies.
        while let Some(entry) = entries.get(end)
            && (sum + weight(entry) / 2 < full || pack == PACKS as u128)
        {
            sum += weight(entry);
            end += 1;
        }
        shares.push(start..end);
        start = end;
    }
    Shares(shares)
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

    fn check(sizes: &[u64], expected: [usize; PACKS]) {
        let scan = Scan {
            entries: files(sizes),
            warnings: Vec::new(),
        };
        let shares = split(&scan);
        let entries = scan.entries;
        let all: Vec<_> = (0..PACKS)
            .flat_map(|index| shares.of(index, &entries).to_vec())
            .collect();
        assert_eq!(all, entries, "nothing is lost or moved");
        let lengths: Vec<_> = (0..PACKS).map(|i| shares.of(i, &entries).len()).collect();
        assert_eq!(lengths, expected, "{sizes:?}");
    }

    #[test]
    fn shares_are_about_equal() {
        check(&[], [0; PACKS]);
        check(&[1000; 16], [2; PACKS]);
        check(&[0; 80], [10; PACKS]);
        check(&[u64::MAX; 8], [1; PACKS]);
    }

    #[test]
    fn a_huge_file_has_a_pack_of_its_own() {
        check(&[10, 1 << 40, 10], [1, 0, 0, 0, 1, 0, 0, 1]);
    }
}
