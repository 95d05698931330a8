//! Reading what the screen held back, and what is usual for each source. What is held back is the ledger's to write; no
//! story, list or index of a story ever leads there.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::{self, Tree};
use super::{Error, Store, encode, resume};
use crate::model::{QuarantineStatus, Quarantined, SourceId};

/// What is held back of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// The source.
    pub source: SourceId,
    /// How many articles wait for a decision.
    pub count: usize,
    /// Those of them that were held back last, the newest first.
    pub newest: Vec<Quarantined>,
}

impl Store {
    /// What was held back at the key of an address, whatever was decided about it.
    pub fn quarantined(&self, url_key: &[u8]) -> Result<Option<Quarantined>, Error> {
        self.record(Tree::Quarantine, url_key)
    }

    /// What was held back at a canonical address, whatever was decided about it.
    pub fn quarantined_of_url(&self, canonical: &str) -> Result<Option<Quarantined>, Error> {
        self.quarantined(&keys::url(canonical))
    }

    /// Whether an address that was ever held back need not be read again: its words are there, or dropped for ever.
    /// Nothing where it is as any other: it was never held back, or released.
    pub(super) fn is_held(&self, url_key: &[u8]) -> Result<Option<bool>, Error> {
        let held = self.quarantined(url_key)?;
        Ok(held.and_then(|held| match held.status {
            QuarantineStatus::Held => Some(!held.blanked),
            QuarantineStatus::Confirmed => Some(true),
            QuarantineStatus::Released => None,
        }))
    }

    /// What waits for a decision, by source; at most `limit` articles of each.
    pub fn held_back(&self, limit: usize) -> Result<Vec<HeldBack>, Error> {
        let mut all: Vec<HeldBack> = Vec::new();
        let mut source_key = Vec::new();
        for row in self.rows(self.tree(Tree::HeldBack).map(|tree| tree.iter())) {
            let (key, _) = row?;
            let Some((source, url)) = keys::held_parts(&key) else {
                continue;
            };
            let begins = source_key != source;
            if let Some(last) = all.last_mut().filter(|last| !begins && last.newest.len() >= limit) {
                last.count += 1;
                continue;
            }
            let Some(held) = self.quarantined(url)? else {
                continue;
            };
            if begins {
                source_key = source.to_vec();
                all.push(HeldBack {
                    source: held.article.source.clone(),
                    count: 0,
                    newest: Vec::new(),
                });
            }
            if let Some(last) = all.last_mut() {
                last.count += 1;
                last.newest.push(held);
            }
        }
        Ok(all)
    }

    /// What is usual for a source, in the shape that the screen gives it.
    pub fn history<Record: DeserializeOwned>(&self, source: &SourceId) -> Result<Option<Record>, Error> {
        let key = keys::history(source);
        let value = self
            .engine()?
            .states
            .get(&key)
            .map_err(|error| self.sled_error(error))?;
        value
            .map(|value| self.decoded(keys::STATES, key.as_bytes(), &value))
            .transpose()
    }

    /// Remembers what is usual for a source.
    pub fn put_history<Record: Serialize>(&self, source: &SourceId, history: &Record) -> Result<(), Error> {
        resume::has_room(&self.inner.path)?;
        let insert = self.engine()?.states.insert(keys::history(source), encode(history));
        insert.map(drop).map_err(|error| self.sled_error(error))
    }
}
