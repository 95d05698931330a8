//! What is kept: articles, stories and their indexes in sled, behind a journal that is on disk first.
//!
//! [`Store::open`] makes both agree; [`Store::commit`] is the ledger's alone; everybody else reads. A store folder
//! holds `lock`, `journal/` and `sled/`. The recipe is that of the measurements the project began with: sled 0.34's
//! own flush is not enough for a power cut, so nothing is acknowledged before its frame is in the journal.
//!
//! # Errors
//! Every [`Error`] means that *our* disk or store is at fault: stop, and say what to do. Exit code 3.

mod codec;
mod journal;
pub mod keys;
mod open;
mod read;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use sled::transaction::{ConflictableTransactionError, TransactionError};
use sled::{IVec, Transactional};

use crate::model::{Article, ArticleId, Joined, RegionCode, RegionMatch, SourceId, SourceState, StoryId};

use journal::Journal;
use keys::Tree;

pub use codec::{decode, encode, encode_hashes};
pub use journal::Row;

/// The store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has it open.
    #[error(
        "the store {} is in use by another warta: ask the running daemon (server.control_socket), or stop it first",
        path.display()
    )]
    InUse {
        /// The store's folder.
        path: PathBuf,
    },
    /// What is on disk is not what was written.
    #[error("the store {} is damaged: {what}. Nothing was changed; {advice}", path.display())]
    Damaged {
        /// The store's folder.
        path: PathBuf,
        /// What was found.
        what: String,
        /// What to do.
        advice: String,
    },
    /// There is no room.
    #[error("no room left for the store {}: free some space and start again; nothing acknowledged is lost", path.display())]
    Full {
        /// The store's folder.
        path: PathBuf,
    },
    /// The system refuses a file or folder.
    #[error("cannot use the store {}: {what}", path.display())]
    Io {
        /// The store's folder.
        path: PathBuf,
        /// What was tried.
        what: String,
        /// The system's answer.
        source: io::Error,
    },
}

/// An article as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredArticle {
    /// Its number.
    pub id: ArticleId,
    /// The story it belongs to.
    pub story: StoryId,
    /// Where it belongs, and why.
    pub region: RegionMatch,
    /// Its words.
    pub article: Article,
    /// How it came to its story.
    pub joined: Joined,
    /// Whether its words were taken out, because its story was withdrawn.
    pub blanked: bool,
}

impl StoredArticle {
    /// Takes text and image out.
    pub fn blank(&mut self) {
        let article = &mut self.article;
        for words in [&mut article.summary, &mut article.html, &mut article.text] {
            words.clear();
        }
        article.image = None;
        self.blanked = true;
    }
}

/// The open store. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// Held for as long as the store is open; the system frees it with the process.
    _lock: std::fs::File,
    db: sled::Db,
    /// In the order of [`Tree::ALL`].
    trees: Vec<sled::Tree>,
    states: sled::Tree,
    journal: Mutex<Journal>,
    counts: RwLock<HashMap<RegionCode, u64>>,
    generation: AtomicU64,
    authority: String,
}

impl Store {
    /// The authority in entry ids, fixed when the store was first opened.
    pub fn authority(&self) -> &str {
        &self.inner.authority
    }

    /// Goes up with every change of what readers can see.
    pub fn generation(&self) -> u64 {
        self.inner.generation.load(Ordering::Acquire)
    }

    /// How many stories the feed of each region has ever had.
    pub fn counts(&self) -> HashMap<RegionCode, u64> {
        self.inner.counts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes rows as one: first to the journal and to disk, which acknowledges them, then to sled.
    ///
    /// # Errors
    /// When the journal cannot take them, nothing has happened. When sled cannot, they are acknowledged all the same,
    /// and come back when the store is opened again; until then it takes no more.
    pub fn commit(&self, rows: &[Row]) -> Result<(), Error> {
        let mut journal = self.journal();
        let sequence = journal.append(rows).map_err(|error| self.journal_error(error))?;
        let moved = apply(&self.inner.trees, sequence, rows).map_err(|error| {
            journal.close();
            self.sled_error(error)
        })?;
        let mut counts = self.inner.counts.write().unwrap_or_else(PoisonError::into_inner);
        for (code, by) in moved {
            let count = counts.entry(code).or_default();
            *count = count.saturating_add_signed(by);
        }
        self.inner.generation.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// Remembers a source's state. Call it last, when everything it stands for is committed.
    pub fn put_state(&self, source: &SourceId, state: &SourceState) -> Result<(), Error> {
        let insert = self.inner.states.insert(source.as_str(), encode(state));
        insert.map(drop).map_err(|error| self.sled_error(error))
    }

    /// Waits until sled has written what it was given.
    pub fn flush(&self) -> Result<(), Error> {
        self.inner.db.flush().map(drop).map_err(|error| self.sled_error(error))
    }

    fn tree(&self, tree: Tree) -> &sled::Tree {
        &self.inner.trees[tree as usize]
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        // A panic while appending leaves the journal marked as broken, so the guard is safe to take.
        self.inner.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn journal_error(&self, error: journal::Error) -> Error {
        open::journal_error(&self.inner.path, error)
    }

    fn sled_error(&self, error: sled::Error) -> Error {
        open::sled_error(&self.inner.path, error)
    }
}

/// Applies a frame to sled in one transaction together with its number. Returns which region feeds have gained or lost
/// a story.
fn apply(trees: &[sled::Tree], sequence: u64, rows: &[Row]) -> Result<Vec<(RegionCode, i64)>, sled::Error> {
    let result = trees.transaction(|views| {
        let mut moved = Vec::new();
        for row in rows {
            let view = &views[row.tree as usize];
            let before = match &row.value {
                Some(value) => view.insert(row.key.as_slice(), value.as_slice())?,
                None => view.remove(row.key.as_slice())?,
            };
            let by = i64::from(row.value.is_some()) - i64::from(before.is_some());
            if row.tree == Tree::RegionTime && by != 0 {
                moved.extend(keys::region_of(&row.key).map(|code| (code, by)));
            }
        }
        views[Tree::Meta as usize].insert(keys::WATERMARK, IVec::from(&sequence.to_be_bytes()))?;
        Ok::<_, ConflictableTransactionError<()>>(moved)
    });
    result.map_err(|error| match error {
        TransactionError::Storage(error) => error,
        TransactionError::Abort(()) => {
            sled::Error::ReportableBug("a transaction that never aborts was aborted".to_owned())
        }
    })
}
