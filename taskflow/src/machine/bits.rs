//! A set of atoms that gives the first and the last quickly.

use smallvec::SmallVec;

/// A set of small numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits {
    /// As many as the greatest member that there ever was needs.
    ///
    /// A plan of up to 64 atoms needs no allocation.
    words: SmallVec<[u64; 1]>,
    /// No word before this one has a member.
    low: usize,
    /// No word after this one has a member.
    high: usize,
    len: usize,
}

impl Bits {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(super) fn contains(&self, member: u32) -> bool {
        self.words
            .get(member as usize / 64)
            .is_some_and(|word| word & bit(member) != 0)
    }

    #[inline]
    pub(super) fn insert(&mut self, member: u32) {
        let at = member as usize / 64;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        if self.words[at] & bit(member) == 0 {
            (self.low, self.high) = if self.len == 0 {
                (at, at)
            } else {
                (self.low.min(at), self.high.max(at))
            };
            self.words[at] |= bit(member);
            self.len += 1;
        }
    }

    /// Whether it was there.
    #[inline]
    pub(super) fn remove(&mut self, member: u32) -> bool {
        if !self.contains(member) {
            return false;
        }
        self.words[member as usize / 64] &= !bit(member);
        self.len -= 1;
        if self.len > 0 {
            while self.words[self.low] == 0 {
                self.low += 1;
            }
            while self.words[self.high] == 0 {
                self.high -= 1;
            }
        }
        true
    }

    pub(super) fn clear(&mut self) {
        if self.len > 0 {
            self.words.fill(0);
            self.len = 0;
        }
    }

    #[inline]
    pub(super) fn first(&self) -> Option<u32> {
        (self.len > 0).then(|| number(self.low) + self.words[self.low].trailing_zeros())
    }

    #[inline]
    pub(super) fn last(&self) -> Option<u32> {
        (self.len > 0).then(|| number(self.high) + 63 - self.words[self.high].leading_zeros())
    }
}

#[inline]
fn bit(member: u32) -> u64 {
    1 << (member % 64)
}

/// The first number of a word.
// A bound of `u32` has fewer words than that.
#[allow(clippy::cast_possible_truncation)]
fn number(word: usize) -> u32 {
    word as u32 * 64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_agrees_with_a_plain_set() {
        let mut bits = Bits::default();
        let mut set = BTreeSet::new();
        let mut number = 7_u32;
        for _ in 0..10_000 {
            number = number.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            let member = (number >> 8) % 300;
            if number >> 31 == 0 {
                bits.insert(member);
                set.insert(member);
            } else {
                assert_eq!(bits.remove(member), set.remove(&member));
            }
            assert_eq!(bits.first(), set.first().copied());
            assert_eq!(bits.last(), set.last().copied());
            assert_eq!(bits.len(), set.len());
        }
    }
}
