//! Where the values of groups are kept that run a part of the flow more than once.
//!
//! The bodies of a group come into being when they are first entered. No body moves after that,
//! and two of them never wait for each other.

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::flow::{Closing, Step};
use crate::slot::Slot;

/// Cells that are there as soon as one asks for them: row `k` has twice as many as row `k - 1`.
///
/// A row is made when the first of its cells is asked for, so that few cells are cheap and many
/// are found as fast. The first cell is in its place from the beginning.
struct Rows<C> {
    first: C,
    rows: OnceLock<Box<[Row<C>]>>,
}

/// A row, once it is made.
type Row<C> = OnceLock<Box<[C]>>;

/// The rows that all numbers but the first fit in.
const ROWS: usize = 32;

impl<C: Default> Rows<C> {
    fn new() -> Self {
        Self {
            first: C::default(),
            rows: OnceLock::new(),
        }
    }

    fn cell(&self, number: u32) -> &C {
        let Some(row) = number.checked_ilog2() else {
            return &self.first;
        };
        let rows = self.rows.get_or_init(|| many(ROWS));
        let len = 1_usize << row;
        let row = rows[row as usize].get_or_init(|| many(len));
        &row[number as usize - len]
    }

    /// A cell whose row has been made.
    fn made(&mut self, number: u32) -> Option<&mut C> {
        let Some(row) = number.checked_ilog2() else {
            return Some(&mut self.first);
        };
        let len = 1_usize << row;
        let row = self.rows.get_mut()?.get_mut(row as usize)?.get_mut()?;
        row.get_mut(number as usize - len)
    }
}

fn many<C: Default>(len: usize) -> Box<[C]> {
    std::iter::repeat_with(C::default).take(len).collect()
}

/// The bodies of a group whose last one is seen from outside: those of a `retry`, by the number of
/// the attempt, and the one of a `timeout` or a `limit`.
///
/// All are kept as long as the flow, as those who undo an attempt read its values.
pub struct Bodies<B> {
    all: Rows<OnceLock<B>>,
    /// The number of the last body that was entered.
    last: AtomicU32,
    make: fn() -> B,
}

impl<B> Bodies<B> {
    /// No body yet.
    #[must_use]
    pub fn new(make: fn() -> B) -> Self {
        Self {
            all: Rows::new(),
            last: AtomicU32::new(0),
            make,
        }
    }

    /// The body of this number.
    pub fn enter(&self, number: u32) -> &B {
        // Relaxed: who reads from outside does so after the group has ended, which the engine
        // has handed on together with all that was written in it.
        self.last.fetch_max(number, Ordering::Relaxed);
        self.all.cell(number).get_or_init(self.make)
    }

    /// The last body, if one was entered.
    pub fn peek_last(&self) -> Option<&B> {
        // Relaxed: as above.
        self.all.cell(self.last.load(Ordering::Relaxed)).get()
    }

    /// The last body, if one was entered.
    pub fn last_mut(&mut self) -> Option<&mut B> {
        let last = *self.last.get_mut();
        self.all.made(last)?.get_mut()
    }
}

/// The bodies of a group that puts together what they provide: those of a `map`, by the number of
/// the item, and the one of a `try`.
///
/// They lie together in trays, each of which is made when somebody enters one of its bodies, and
/// given back when the group has put together what is in it.
pub struct Gathered<B> {
    trays: Rows<Mutex<Option<Tray<B>>>>,
    make: fn() -> B,
}

/// Bodies that lie together.
type Tray<B> = Arc<[B]>;

/// The most bodies that lie together. The first body lies alone, and then as many do as there were
/// before, so that a few bodies take little room.
const TRAY: u32 = 64;

/// The number of a body's tray, its place there, and how many places that has.
fn spot(number: u32) -> (u32, usize, u32) {
    match number.checked_ilog2() {
        None => (0, 0, 1),
        Some(row) if number < TRAY => (row + 1, (number - (1 << row)) as usize, 1 << row),
        Some(_) => {
            let first = TRAY.ilog2();
            (first + number / TRAY, (number % TRAY) as usize, TRAY)
        }
    }
}

/// A body that somebody is in.
pub struct Entered<B> {
    tray: Tray<B>,
    at: usize,
}

impl<B> Deref for Entered<B> {
    type Target = B;

    #[inline]
    fn deref(&self) -> &B {
        &self.tray[self.at]
    }
}

impl<B> Gathered<B> {
    /// No body yet.
    #[must_use]
    pub fn new(make: fn() -> B) -> Self {
        Self {
            trays: Rows::new(),
            make,
        }
    }

    /// The body of this number.
    #[inline]
    pub fn enter(&self, number: u32) -> Entered<B> {
        let (tray, at, len) = spot(number);
        let mut tray = self.lock(tray);
        let tray = tray.get_or_insert_with(|| self.filled(len)).clone();
        Entered { tray, at }
    }

    /// What `take` takes out of the body of this number, which is over.
    ///
    /// # Panics
    ///
    /// If somebody is still in the body, which the plan rules out.
    pub fn taken<T>(&self, number: u32, take: impl FnOnce(&mut B) -> T) -> T {
        let (tray, at, len) = spot(number);
        let mut tray = self.lock(tray);
        let bodies = tray.get_or_insert_with(|| self.filled(len));
        let bodies = Arc::get_mut(bodies).expect("nobody is in a body when its group has ended");
        let taken = take(&mut bodies[at]);
        // They are asked for in order.
        if at + 1 == bodies.len() {
            *tray = None;
        }
        taken
    }

    /// What `keep` takes of the body of this number, which stays for the reverts in it.
    pub fn kept<T>(&self, number: u32, keep: impl FnOnce(&B) -> T) -> T {
        keep(&self.enter(number))
    }

    /// Gives back what is in the first bodies, as nobody wants it.
    pub fn let_go(&self, len: u32) -> Step {
        let trays = len.checked_sub(1).map_or(0, |last| spot(last).0 + 1);
        for tray in 0..trays {
            *self.lock(tray) = None;
        }
        Step::OK
    }

    #[cold]
    fn filled(&self, len: u32) -> Tray<B> {
        (0..len).map(|_| (self.make)()).collect()
    }

    #[inline]
    fn lock(&self, tray: u32) -> MutexGuard<'_, Option<Tray<B>>> {
        let cell = self.trays.cell(tray).lock();
        // Nothing that can panic happens to a body under the lock, save that it is made.
        cell.unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a `map` provides: what each of its bodies does, in order.
pub fn gather<T>(slot: &Slot<Vec<T>>, len: u32, last: impl Fn(u32) -> T) -> Step {
    slot.once(|| (0..len).map(last).collect())
}

/// What a `map` provides that goes on when an item fails.
pub fn gather_some<T>(
    slot: &Slot<Vec<Result<T, crate::Failure>>>,
    len: u32,
    ended: &dyn Closing,
    last: impl Fn(u32) -> T,
) -> Step {
    slot.once(|| {
        let item = |number| match ended.failure(number) {
            Some(failure) => Err(failure),
            None => Ok(last(number)),
        };
        (0..len).map(item).collect()
    })
}

/// What a `try` provides.
pub fn tried<T>(
    slot: &Slot<Result<T, crate::Failure>>,
    ended: &dyn Closing,
    last: impl FnOnce(u32) -> T,
) -> Step {
    slot.once(|| match ended.failure(0) {
        Some(failure) => Err(failure),
        None => Ok(last(0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_cell() {
        let mut rows: Rows<OnceLock<u32>> = Rows::new();
        for number in (0..70).chain([1 << 20, (1 << 20) + 5]) {
            assert_eq!(rows.cell(number).set(number), Ok(()));
        }
        for number in (0..70).chain([1 << 20, (1 << 20) + 5]) {
            assert_eq!(rows.cell(number).get(), Some(&number));
            assert_eq!(
                rows.made(number).and_then(|cell| cell.get().copied()),
                Some(number)
            );
        }
        assert!(rows.made(u32::MAX).is_none());
    }

    #[test]
    fn every_body_has_its_place() {
        let mut next = (0, 0, 1);
        for number in 0..1000 {
            assert_eq!(spot(number), next, "{number}");
            let (tray, at, len) = next;
            next = if at + 1 < len as usize {
                (tray, at + 1, len)
            } else {
                (tray + 1, 0, (number + 1).min(TRAY))
            };
        }
    }

    #[test]
    fn the_last_body_is_seen() {
        let mut bodies = Bodies::new(Slot::<u32>::empty);
        assert!(bodies.peek_last().is_none());
        for number in [0, 3, 1] {
            assert!(bodies.enter(number).put(number).done().is_ok());
        }
        assert_eq!(bodies.peek_last().and_then(Slot::peek), Some(&3));
        assert_eq!(bodies.last_mut().and_then(Slot::try_take), Some(3));
        assert_eq!(bodies.enter(1).peek(), Some(&1));
    }

    struct Failing(u32);

    impl Closing for Failing {
        fn failure(&self, body: u32) -> Option<crate::Failure> {
            (body == self.0).then(|| crate::Failure::new("no"))
        }
    }

    #[test]
    fn what_bodies_provide_is_put_together_once() {
        let bodies = Gathered::new(Slot::<u32>::empty);
        for number in 0..5 {
            assert!(bodies.enter(number).put(number).done().is_ok());
        }
        let (all, some, one) = (Slot::empty(), Slot::empty(), Slot::empty());
        let kept = |number| bodies.kept(number, |slot| *slot.get());
        assert!(gather_some(&some, 5, &Failing(2), kept).done().is_ok());
        let taken = |number| bodies.taken(number, Slot::take);
        for _ in 0..2 {
            assert!(gather(&all, 5, taken).done().is_ok());
            assert!(tried(&one, &Failing(0), taken).done().is_ok());
        }
        assert_eq!(*all.get(), [0, 1, 2, 3, 4]);
        let failed: Vec<bool> = some.get().iter().map(Result::is_err).collect();
        assert_eq!(failed, [false, false, true, false, false]);
        assert!(one.get().is_err());
        assert!(bodies.enter(3).peek().is_none());
        assert!(bodies.let_go(5).done().is_ok());
    }
}
