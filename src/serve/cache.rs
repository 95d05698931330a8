//! What was rendered, kept in memory until what it was made of changes or its time is over. Of the same answer one is
//! made at a time, and of all of them a few. What takes more than its share of memory goes, the longest unasked first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use xxhash_rust::xxh3::xxh3_64;

use super::Settings;
use super::answer::Rendered;
use crate::model::Scope;

/// Bytes of an entry beside its name and what was rendered, about.
const ENTRY: usize = 300;

/// Answers that are made at once: each may wait for the disk, and the crawler needs the threads too.
const AT_ONCE: usize = 4;

/// Answers whose names fall together wait for each other, which costs little.
const FLIGHTS: usize = 64;

/// What an answer was made of besides the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Anything that is stored.
    Everything,
    /// What it is about.
    Scope,
}

/// What an answer may be about less than everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Nothing less.
    Everything,
    /// A region or unit.
    Scope(Scope),
    /// What the search index finds.
    Index,
}

/// The state of the store, as an answer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The store's generation.
    pub generation: u64,
    /// The generation of what the answer is about; the store's where that is everything.
    pub scope: u64,
    /// The time.
    pub now: Timestamp,
}

/// An answer, and how long it stands.
#[derive(Clone, Debug)]
pub struct Made {
    /// The answer.
    pub rendered: Rendered,
    /// What it was made of.
    pub basis: Basis,
    /// From when on it would be another, though nothing has changed.
    pub until: Timestamp,
}

/// The kept answers, each under its name.
#[derive(Debug)]
pub struct Cache {
    /// Bytes that they may take together.
    most: usize,
    kept: Mutex<All>,
    flights: [tokio::sync::Mutex<()>; FLIGHTS],
    makers: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct All {
    by_name: HashMap<String, Kept>,
    /// Goes up with every use of one of them.
    uses: u64,
}

#[derive(Clone, Debug)]
struct Kept {
    made: Made,
    about: About,
    generation: u64,
    settings: Arc<Settings>,
    /// The number of its last use.
    used: u64,
}

/// A kept answer whose stories have changed.
#[derive(Debug)]
pub struct Stale {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub scope: Scope,
    /// What readers were given.
    pub before: Rendered,
}

impl Moment {
    fn of(&self, basis: Basis) -> u64 {
        match basis {
            Basis::Everything => self.generation,
            Basis::Scope => self.scope,
        }
    }
}

impl Kept {
    fn stands(&self, moment: Moment, settings: &Arc<Settings>) -> bool {
        let is_now = self.generation == moment.of(self.made.basis) && moment.now < self.made.until;
        is_now && Arc::ptr_eq(&self.settings, settings)
    }
}

impl All {
    fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }

    /// Forgets the longest unused where they take more than this, and some more, so that it is seldom done.
    fn shrink(&mut self, most: usize) {
        let size = |name: &String, kept: &Kept| ENTRY + name.len() + kept.made.rendered.size();
        let mut total: usize = self.by_name.iter().map(|(name, kept)| size(name, kept)).sum();
        if total <= most {
            return;
        }
        let mut by_use: Vec<_> = self
            .by_name
            .iter()
            .map(|(name, kept)| (kept.used, size(name, kept), name.clone()))
            .collect();
        by_use.sort_unstable();
        for (_, size, name) in by_use {
            if total <= most - most / 4 {
                return;
            }
            self.by_name.remove(&name);
            total -= size;
        }
    }
}

impl Cache {
    /// Keeps answers of so many bytes together, their coded forms included.
    pub fn new(most: usize) -> Cache {
        Cache {
            most,
            kept: Mutex::default(),
            flights: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            makers: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer as it would be made at this moment with these settings.
    pub fn get(&self, name: &str, moment: Moment, settings: &Arc<Settings>) -> Option<Rendered> {
        let mut all = self.all();
        let used = all.next_use();
        let kept = all.by_name.get_mut(name)?;
        if !kept.stands(moment, settings) {
            return None;
        }
        kept.used = used;
        Some(kept.made.rendered.clone())
    }

    /// Keeps an answer and returns it. The moment is from before the store was read, so that a later change is not missed.
    pub fn put(
        &self,
        (name, about): (String, About),
        moment: Moment,
        settings: Arc<Settings>,
        mut made: Made,
    ) -> Rendered {
        let mut all = self.all();
        let before = all.by_name.get(&name).map(|kept| &kept.made.rendered);
        if let Some(same) = before.filter(|before| before.is_same(&made.rendered)) {
            // Its other forms are made already.
            made.rendered = same.clone();
        }
        let rendered = made.rendered.clone();
        let kept = Kept {
            generation: moment.of(made.basis),
            used: all.next_use(),
            made,
            about,
            settings,
        };
        all.by_name.insert(name, kept);
        all.shrink(self.most);
        rendered
    }

    /// The answer about a scope, if it is here as it would be made at its moment.
    pub fn at_hand(&self, name: &str, moment: impl Fn(&About) -> Moment, settings: &Arc<Settings>) -> Option<Rendered> {
        let mut all = self.all();
        let used = all.next_use();
        let kept = all.by_name.get_mut(name)?;
        if !matches!(kept.about, About::Scope(_)) || !kept.stands(moment(&kept.about), settings) {
            return None;
        }
        kept.used = used;
        Some(kept.made.rendered.clone())
    }

    /// The answers whose scope has changed since. Not those with other settings, or which any change touches: these are
    /// left to who asks, for all of them would have to be made again.
    pub fn stale(&self, moment: impl Fn(&About) -> Moment, settings: &Arc<Settings>) -> Vec<Stale> {
        let all = self.all();
        let stale = |(name, kept): (&String, &Kept)| {
            let About::Scope(scope) = &kept.about else {
                return None;
            };
            let has_changed = kept.made.basis == Basis::Scope && kept.generation != moment(&kept.about).scope;
            (has_changed && Arc::ptr_eq(&kept.settings, settings)).then(|| Stale {
                name: name.clone(),
                scope: scope.clone(),
                before: kept.made.rendered.clone(),
            })
        };
        all.by_name.iter().filter_map(stale).collect()
    }

    /// The right to make the answer of this name: whoever waits for it finds it made.
    pub async fn flight(&self, name: &str) -> tokio::sync::MutexGuard<'_, ()> {
        let number = usize::try_from(xxh3_64(name.as_bytes()) % FLIGHTS as u64).unwrap_or_default();
        self.flights[number].lock().await
    }

    /// The right to be among the few that make answers.
    pub async fn maker(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.makers).acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{now, settings};
    use super::*;

    #[test]
    fn what_was_asked_for_stays_and_all_of_it_takes_no_more_than_its_share() {
        let cache = Cache::new(10_000);
        let settings = Arc::new(settings("https://warta.example.id/"));
        let moment = Moment {
            generation: 1,
            scope: 1,
            now: now(),
        };
        let put = |name: &str, bytes: usize| {
            let made = Made {
                rendered: Rendered::new("a".repeat(bytes), "text/plain", None),
                basis: Basis::Everything,
                until: Timestamp::MAX,
            };
            let named = (name.to_owned(), About::Everything);
            cache.put(named, moment, Arc::clone(&settings), made);
        };
        let has = |name: &str| cache.get(name, moment, &settings).is_some();
        put("often", 1_000);
        for n in 0..100 {
            put(&n.to_string(), 1_000);
            assert!(has("often"), "{n}");
            assert!(has(&n.to_string()), "{n}");
        }
        assert!(!has("0"));
        let kept = (0..100).filter(|n| has(&n.to_string())).count();
        assert!((4..=6).contains(&kept), "{kept}");
        put("larger than all", 20_000);
        assert!(!has("larger than all") && !has("99"));
    }
}
