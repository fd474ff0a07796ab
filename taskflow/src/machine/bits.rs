//! A set of atoms that gives the first and the last quickly.

/// A set of small numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits {
    /// The first word, so that a plan of up to 64 atoms needs no allocation.
    head: u64,
    /// The others, as many as the greatest member that there ever was needs.
    tail: Vec<u64>,
    /// No word before this one has a member.
    low: u32,
    /// No word after this one has a member.
    high: u32,
    len: u32,
}

impl Bits {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub(super) fn contains(&self, member: u32) -> bool {
        self.word(member / 64) & bit(member) != 0
    }

    #[inline]
    pub(super) fn insert(&mut self, member: u32) {
        let at = member / 64;
        let word = self.word_mut(at);
        if *word & bit(member) != 0 {
            return;
        }
        *word |= bit(member);
        (self.low, self.high) = if self.len == 0 {
            (at, at)
        } else {
            (self.low.min(at), self.high.max(at))
        };
        self.len += 1;
    }

    /// Whether it was there.
    #[inline]
    pub(super) fn remove(&mut self, member: u32) -> bool {
        if !self.contains(member) {
            return false;
        }
        *self.word_mut(member / 64) &= !bit(member);
        self.len -= 1;
        self.narrow();
        true
    }

    /// Takes out the one that [`first`](Bits::first) gives.
    #[inline]
    pub(super) fn remove_first(&mut self) {
        let word = self.word_mut(self.low);
        if *word == 0 {
            return;
        }
        *word &= *word - 1;
        self.len -= 1;
        self.narrow();
    }

    /// The bounds are as near as they can be.
    #[inline]
    fn narrow(&mut self) {
        if self.len > 0 {
            while self.word(self.low) == 0 {
                self.low += 1;
            }
            while self.word(self.high) == 0 {
                self.high -= 1;
            }
        }
    }

    pub(super) fn clear(&mut self) {
        if self.len > 0 {
            self.head = 0;
            self.tail.fill(0);
            self.len = 0;
        }
    }

    #[inline]
    pub(super) fn first(&self) -> Option<u32> {
        (self.len > 0).then(|| self.low * 64 + self.word(self.low).trailing_zeros())
    }

    #[inline]
    pub(super) fn last(&self) -> Option<u32> {
        (self.len > 0).then(|| self.high * 64 + 63 - self.word(self.high).leading_zeros())
    }

    #[inline]
    fn word(&self, at: u32) -> u64 {
        match at {
            0 => self.head,
            at => self.tail.get(at as usize - 1).copied().unwrap_or(0),
        }
    }

    #[inline]
    fn word_mut(&mut self, at: u32) -> &mut u64 {
        match at as usize {
            0 => &mut self.head,
            at => {
                if at > self.tail.len() {
                    self.tail.resize(at, 0);
                }
                &mut self.tail[at - 1]
            }
        }
    }
}

#[inline]
fn bit(member: u32) -> u64 {
    1 << (member % 64)
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
            if number.is_multiple_of(7) {
                bits.remove_first();
                set.pop_first();
            }
            assert_eq!(bits.first(), set.first().copied());
            assert_eq!(bits.last(), set.last().copied());
            assert_eq!(bits.len(), set.len());
        }
    }
}
