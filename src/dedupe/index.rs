//! Finds the few articles worth comparing with a new one: those that share at least two of their smallest hashes with
//! it. In memory only, for the articles of the window; at start it is filled again from the stored fingerprints, oldest
//! first. It compares nothing itself: `verify` does.

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
        for hash in fingerprint.probes() {
            let before = slots.len();
            let mut entry = self.heads.get(hash).copied().unwrap_or(NONE);
            while entry != NONE && slots.len() - before <= MOST_HOLDERS {
                slots.push(entry / PROBES as u32);
                entry = self.slots[entry as usize / PROBES].older[entry as usize % PROBES];
            }
            if slots.len() - before > MOST_HOLDERS {
                slots.truncate(before);
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
struct Whole(u64);

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
