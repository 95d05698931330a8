//! What was rendered, kept in memory until what it was made of changes or its time is over. Of the same answer one is
//! made at a time, and of all of them a few.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::{MutexGuard, OwnedSemaphorePermit, Semaphore};
use xxhash_rust::xxh3::xxh3_64;

use super::Settings;
use super::answer::Rendered;

/// More answers than these are rendered anew when they are asked for: 552 regions in three formats with their pages fit.
const MOST: usize = 3_000;

/// Answers that are made at once: each may wait for the disk, and the crawler needs the threads too.
const AT_ONCE: usize = 4;

/// Answers whose names fall together wait for each other, which costs little.
const FLIGHTS: usize = 64;

/// What an answer was made of besides the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Anything that is stored.
    Everything,
    /// What is in one scope.
    Scope,
}

/// The state of the store, as an answer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The store's generation.
    pub generation: u64,
    /// The generation of the answer's scope; the store's where it has none.
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
    kept: Mutex<HashMap<String, Kept>>,
    flights: [tokio::sync::Mutex<()>; FLIGHTS],
    makers: Arc<Semaphore>,
}

#[derive(Clone, Debug)]
struct Kept {
    made: Made,
    generation: u64,
    settings: Arc<Settings>,
}

impl Default for Cache {
    fn default() -> Cache {
        Cache {
            kept: Mutex::default(),
            flights: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            makers: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Moment {
    fn of(&self, basis: Basis) -> u64 {
        match basis {
            Basis::Everything => self.generation,
            Basis::Scope => self.scope,
        }
    }
}

impl Cache {
    /// The answer as it would be made at this moment with these settings.
    pub fn get(&self, name: &str, moment: Moment, settings: &Arc<Settings>) -> Option<Rendered> {
        let all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(name)?;
        let stands = kept.generation == moment.of(kept.made.basis) && moment.now < kept.made.until;
        (stands && Arc::ptr_eq(&kept.settings, settings)).then(|| kept.made.rendered.clone())
    }

    /// Keeps an answer and returns it. The moment is from before the store was read, so that a later change is not missed.
    pub fn put(&self, name: String, moment: Moment, settings: Arc<Settings>, mut made: Made) -> Rendered {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, kept| kept.made.until > moment.now && Arc::ptr_eq(&kept.settings, &settings));
            if all.len() >= MOST {
                all.clear();
            }
        }
        let before = all.get(&name).map(|kept| &kept.made.rendered);
        if let Some(same) = before.filter(|before| before.is_same(&made.rendered)) {
            // Its other forms are made already.
            made.rendered = same.clone();
        }
        let rendered = made.rendered.clone();
        let generation = moment.of(made.basis);
        all.insert(
            name,
            Kept {
                made,
                generation,
                settings,
            },
        );
        rendered
    }

    /// The right to make the answer of this name: whoever waits for it finds it made.
    pub async fn flight(&self, name: &str) -> MutexGuard<'_, ()> {
        let number = usize::try_from(xxh3_64(name.as_bytes()) % FLIGHTS as u64).unwrap_or_default();
        self.flights[number].lock().await
    }

    /// The right to be among the few that make answers.
    pub async fn maker(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.makers).acquire_owned().await.ok()
    }
}
