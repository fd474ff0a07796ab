//! A map that is empty in most runs, and then costs nothing to have and to let go of.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::ops::{Deref, DerefMut};

/// A [`BTreeMap`] that is made when it is first changed.
// The box keeps small what has such maps, which is moved when a run begins.
#[allow(clippy::box_collection)]
#[derive(Debug, Clone)]
pub(crate) struct Sparse<K, V>(Option<Box<BTreeMap<K, V>>>);

impl<K, V> Default for Sparse<K, V> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K: 'static, V: 'static> Sparse<K, V> {
    const EMPTY: &'static BTreeMap<K, V> = &BTreeMap::new();

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|map| map.is_empty())
    }
}

impl<K: 'static, V: 'static> Deref for Sparse<K, V> {
    type Target = BTreeMap<K, V>;

    #[inline]
    fn deref(&self) -> &BTreeMap<K, V> {
        self.0.as_deref().unwrap_or(Self::EMPTY)
    }
}

impl<K: 'static, V: 'static> DerefMut for Sparse<K, V> {
    #[inline]
    fn deref_mut(&mut self) -> &mut BTreeMap<K, V> {
        self.0.get_or_insert_default()
    }
}

impl<K, V> From<BTreeMap<K, V>> for Sparse<K, V> {
    fn from(map: BTreeMap<K, V>) -> Self {
        Self((!map.is_empty()).then(|| Box::new(map)))
    }
}

impl<'m, K: 'static, V: 'static> IntoIterator for &'m Sparse<K, V> {
    type Item = (&'m K, &'m V);
    type IntoIter = btree_map::Iter<'m, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'m, K: 'static, V: 'static> IntoIterator for &'m mut Sparse<K, V> {
    type Item = (&'m K, &'m mut V);
    type IntoIter = btree_map::IterMut<'m, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_there() {
        let mut map = Sparse::default();
        assert!(map.is_empty() && map.get(&1).is_none() && map.iter().next().is_none());
        map.insert(1, 'a');
        assert_eq!((map.get(&1), map.len()), (Some(&'a'), 1));
        map.remove(&1);
        assert!(map.is_empty());
        assert!(Sparse::from(BTreeMap::<u8, u8>::new()).0.is_none());
    }
}
