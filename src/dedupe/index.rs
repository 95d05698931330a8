//! Finds the few articles worth comparing with a new one: those that share at least two of their smallest hashes with
//! it. In memory only, for the articles of the window; it is filled again from the stored fingerprints, oldest
//! first, before the first article after a start. It compares nothing itself: `verify` does.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use super::fingerprint::{Fingerprint, PROBES};
use crate::model::ArticleId;

/// A hash that more articles have than this is furniture, or a phrase every release has: it says nothing.
const MOST_HOLDERS: usize = 64;

/// Articles must share so many of their smallest hashes to be compared.
const SHARED: u32 = 2;

/// At most so many articles are worth comparing.
const MOST_CANDIDATES: usize = 24;

/// No entry.
const NONE: u32 = u32::MAX;

/// The articles of the window by their smallest hashes.
#[derive(Debug, Default)]
pub struct Index {
    /// The newest entry of each hash. An entry is `slot * PROBES + which`.
    heads: HashMap<u32, u32, BuildHasherDefault<Whole>>,
    /// How many entries a hash has, of those with two or more. Most have one.
    holders: HashMap<u32, u32, BuildHasherDefault<Whole>>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_article: HashMap<u64, u32, BuildHasherDefault<Whole>>,
    by_arrival: BTreeSet<u64>,
}

/// An article: its hashes, and for each the next older and newer entry of the same hash.
#[derive(Clone, Debug)]
struct Slot {
    article: u64,
    used: u8,
    hashes: [u32; PROBES],
    older: [u32; PROBES],
    newer: [u32; PROBES],
}

impl Index {
    /// An index without articles.
    pub fn new() -> Index {
        Index::default()
    }

    /// How many articles it holds.
    pub fn len(&self) -> usize {
        self.by_article.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.by_article.is_empty()
    }

    /// Adds an article, or puts it in the place of what it was. The newest article is inserted last.
    pub fn insert(&mut self, article: ArticleId, fingerprint: &Fingerprint) {
        self.remove(article);
        let probes = fingerprint.probes();
        let slot = self.free_slot();
        let mut record = Slot {
            article: article.0,
            used: u8::try_from(probes.len()).unwrap_or(u8::MAX),
            hashes: [0; PROBES],
            older: [NONE; PROBES],
            newer: [NONE; PROBES],
        };
        for (which, hash) in probes.iter().enumerate() {
            let entry = slot * PROBES as u32 + which as u32;
            let older = self.heads.insert(*hash, entry).unwrap_or(NONE);
            if let Some(newer) = self.newer_mut(older) {
                *newer = entry;
                *self.holders.entry(*hash).or_insert(1) += 1;
            }
            record.hashes[which] = *hash;
            record.older[which] = older;
        }
        self.slots[slot as usize] = record;
        self.by_article.insert(article.0, slot);
        self.by_arrival.insert(article.0);
    }

    /// Forgets an article.
    pub fn remove(&mut self, article: ArticleId) {
        let Some(slot) = self.by_article.remove(&article.0) else {
            return;
        };
        let record = self.slots[slot as usize].clone();
        self.by_arrival.remove(&record.article);
        for which in 0..usize::from(record.used) {
            let (older, newer) = (record.older[which], record.newer[which]);
            if (older, newer) != (NONE, NONE) {
                self.release(record.hashes[which]);
            }
            if let Some(link) = self.newer_mut(older) {
                *link = newer;
            }
            if let Some(link) = self.older_mut(newer) {
                *link = older;
            } else if older == NONE {
                self.heads.remove(&record.hashes[which]);
            } else {
                self.heads.insert(record.hashes[which], older);
            }
        }
        self.free.push(slot);
    }

    /// Forgets every article that arrived before this one; returns how many those were. It is arrival that counts, not
    /// the date: of two histories that are read at the same time the copies are to be found as well.
    pub fn evict_before(&mut self, article: ArticleId) -> usize {
        let mut evicted = 0;
        while let Some(oldest) = self.by_arrival.first().copied()
            && oldest < article.0
        {
            self.remove(ArticleId(oldest));
            evicted += 1;
        }
        evicted
    }

    /// The articles worth comparing, at most 24: those that share most come first, of them the newest.
    pub fn candidates(&self, fingerprint: &Fingerprint) -> Vec<ArticleId> {
        let mut slots = Vec::with_capacity(64);
        // All at once, so that the processor waits for memory once and not for each.
        let heads: Vec<Option<&u32>> = fingerprint.probes().iter().map(|hash| self.heads.get(hash)).collect();
        for (hash, head) in fingerprint.probes().iter().zip(heads) {
            let Some(head) = head.filter(|_| !self.is_common(*hash)) else {
                continue;
            };
            let mut entry = *head;
            while entry != NONE {
                slots.push(entry / PROBES as u32);
                entry = self.slots[entry as usize / PROBES].older[entry as usize % PROBES];
            }
        }
        slots.sort_unstable();
        let shared = slots.chunk_by(|a, b| a == b).map(|same| (same.len() as u32, same[0]));
        let mut found: Vec<(u32, u64)> = shared
            .filter(|(shared, _)| *shared >= SHARED)
            .map(|(shared, slot)| (shared, self.slots[slot as usize].article))
            .collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(MOST_CANDIDATES);
        found.into_iter().map(|(_, article)| ArticleId(article)).collect()
    }

    /// One entry of a hash less.
    fn release(&mut self, hash: u32) {
        if let Entry::Occupied(mut holders) = self.holders.entry(hash) {
            *holders.get_mut() -= 1;
            if *holders.get() < 2 {
                holders.remove();
            }
        }
    }

    /// Whether a hash with a second entry has more than say anything.
    fn is_common(&self, hash: u32) -> bool {
        self.holders
            .get(&hash)
            .is_some_and(|holders| *holders as usize > MOST_HOLDERS)
    }

    fn free_slot(&mut self) -> u32 {
        if let Some(slot) = self.free.pop() {
            return slot;
        }
        if self.slots.len() == self.slots.capacity() {
            // An eighth at a time: doubling would hold twice the memory.
            self.slots.reserve_exact(self.slots.len() / 8 + 64);
        }
        let empty = Slot {
            article: 0,
            used: 0,
            hashes: [0; PROBES],
            older: [NONE; PROBES],
            newer: [NONE; PROBES],
        };
        self.slots.push(empty);
        (self.slots.len() - 1) as u32
    }

    fn newer_mut(&mut self, entry: u32) -> Option<&mut u32> {
        let slot = self.slots.get_mut(entry as usize / PROBES)?;
        slot.newer.get_mut(entry as usize % PROBES)
    }

    fn older_mut(&mut self, entry: u32) -> Option<&mut u32> {
        let slot = self.slots.get_mut(entry as usize / PROBES)?;
        slot.older.get_mut(entry as usize % PROBES)
    }
}

/// A hasher for numbers that are hashes already, or count up. Multiplying spreads both over all bits; the smallest
/// hashes of articles share their upper bits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Whole(u64);

impl Hasher for Whole {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        let wide = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = wide ^ (wide >> 32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dedupe::tests::article;

    /// A fingerprint with these shingles.
    fn of(at: i64, shingles: impl IntoIterator<Item = u32>) -> Fingerprint {
        let mut fingerprint = Fingerprint::of(&article("a", "https://a.example", ""));
        fingerprint.at = at;
        fingerprint.shingles = shingles.into_iter().collect();
        fingerprint
    }

    #[test]
    fn articles_that_share_two_hashes_are_found_the_most_alike_first() {
        let mut index = Index::new();
        index.insert(ArticleId(1), &of(0, [1, 2, 3, 4]));
        index.insert(ArticleId(2), &of(0, [1, 2, 8, 9]));
        index.insert(ArticleId(3), &of(0, [1, 20, 30]));
        index.insert(ArticleId(4), &of(0, [1, 2, 8, 10]));
        let found = index.candidates(&of(0, [1, 2, 3, 50]));
        assert_eq!(
            found,
            [ArticleId(1), ArticleId(4), ArticleId(2)],
            "newest first among equals"
        );
        assert_eq!(index.candidates(&of(0, 100..124)), []);
        assert_eq!(index.candidates(&of(0, [])), []);
    }

    #[test]
    fn only_the_smallest_hashes_count() {
        let mut index = Index::new();
        index.insert(ArticleId(1), &of(0, 1..100));
        assert_eq!(index.candidates(&of(0, 25..100)), []);
        assert_eq!(index.candidates(&of(0, 23..100)), [ArticleId(1)]);
    }

    #[test]
    fn what_very_many_share_finds_nothing() {
        let mut index = Index::new();
        for id in 0..65 {
            index.insert(ArticleId(id), &of(0, [1, 2, 3, 1_000 + id as u32]));
        }
        assert_eq!(index.candidates(&of(0, [1, 2, 3])), []);
        index.remove(ArticleId(0));
        assert_eq!(index.candidates(&of(0, [1, 2, 3])).len(), MOST_CANDIDATES);
    }

    #[test]
    fn old_articles_leave() {
        let mut index = Index::new();
        for id in 0..10 {
            index.insert(ArticleId(id), &of(0, [1, 2, 3]));
        }
        assert_eq!(index.evict_before(ArticleId(5)), 5);
        assert_eq!((index.len(), index.evict_before(ArticleId(5))), (5, 0));
        let found = index.candidates(&of(0, [1, 2, 3]));
        assert_eq!(found, [9, 8, 7, 6, 5].map(ArticleId));
    }

    #[test]
    fn it_finds_what_a_plain_search_finds_after_any_changes() {
        let mut index = Index::new();
        let mut plain: HashMap<u64, Vec<u32>> = HashMap::new();
        let mut state = 7_u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..3_000 {
            let id = next(60);
            if next(3) == 0 {
                index.remove(ArticleId(id));
                plain.remove(&id);
            } else {
                let mut hashes: Vec<u32> = (0..next(12)).map(|_| next(200) as u32).collect();
                hashes.sort_unstable();
                hashes.dedup();
                index.insert(ArticleId(id), &of(next(9) as i64, hashes.iter().copied()));
                plain.insert(id, hashes);
            }
            let probe: Vec<u32> = (0..20).map(|at| at * 10).collect();
            let mut expected: Vec<(usize, u64)> = plain
                .iter()
                .map(|(id, hashes)| (hashes.iter().filter(|hash| probe.contains(hash)).count(), *id))
                .filter(|(shared, _)| *shared >= 2)
                .collect();
            expected.sort_unstable_by(|a, b| b.cmp(a));
            expected.truncate(MOST_CANDIDATES);
            let found = index.candidates(&of(0, probe));
            assert_eq!(found, expected.iter().map(|(_, id)| ArticleId(*id)).collect::<Vec<_>>());
            assert_eq!(index.len(), plain.len());
        }
        assert!(index.slots.len() <= 60, "slots are used again");
    }
}
