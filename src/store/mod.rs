//! What is kept: articles, stories and their indexes in sled, behind a journal that is on disk first.
//!
//! [`Store::open`] makes both agree; [`Store::commit`] is the ledger's alone; everybody else reads. The recipe is that
//! of the measurements the project began with: sled 0.34's own flush is not enough for a power cut, so nothing is
//! acknowledged before its frame is in the journal.
//!
//! # A store folder
//! | name | what |
//! | --- | --- |
//! | `lock` | held by the one process that has it open |
//! | `journal/NNNNNNNN` | what was acknowledged since `base` and the last two backups, in order |
//! | `base` | in the format of a backup: everything up to a frame that the journal still goes on from; none in a young store |
//! | `sled/` | everything; whatever happens to it, it is built again from `base` and `journal/` |
//! | `switch`, `generation.new/`, `generation.old/` | a compaction or restore under way; the next opening ends it |
//! | `aside-…/` | the store that a restore has replaced |
//!
//! [`Store::backup`], [`restore`] and [`compact`] are the operations; [`Store::try_resume`] goes on after a full disk.
//!
//! # Errors
//! Every [`Error`] means that *our* disk or store is at fault: stop, and say what to do. Exit code 3.

mod backup;
mod codec;
mod compact;
mod counts;
mod engine;
mod generation;
mod gone;
mod incidents;
mod journal;
mod kept_out;
pub mod keys;
mod load;
mod open;
mod quarantine;
mod read;
mod reserve;
mod restore;
mod resume;
mod stream;
mod touched;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::model::{Article, ArticleId, Joined, RegionCode, RegionMatch, Scope, SourceId, SourceState, StoryId};

use counts::Counts;
use engine::Engine;
use journal::Journal;
use keys::Tree;

pub use backup::{BackupSummary, examine};
pub use codec::{decode, encode, encode_hashes};
pub use compact::{CompactSummary, compact};
pub use gone::Gone;
pub use journal::Row;
pub use quarantine::HeldBack;
pub use restore::{Replace, Replayed, RestoreSummary, restore};
pub use stream::Unreadable as UnreadableBackup;

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
    /// A later version of the program wrote it.
    #[error("the store {} {what}: use that version of warta. Nothing was changed", path.display())]
    Newer {
        /// The store's folder.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// It has stories, and was not to be replaced.
    #[error("the store {} has {stories} stories: restore with --replace moves it aside. Nothing was changed", path.display())]
    NotEmpty {
        /// The store's folder.
        path: PathBuf,
        /// How many; "unreadable" where that cannot be told.
        stories: String,
    },
    /// The backup to restore cannot be used.
    #[error("the backup {what}. Nothing was changed; restore another one")]
    Backup {
        /// What is wrong with it.
        what: String,
    },
    /// The backup cannot be written to where it was to go.
    #[error("cannot write the backup")]
    Output(#[source] io::Error),
    /// There is no room.
    #[error("no room left for the store {}: free some space; nothing acknowledged is lost, and what is there can be read", path.display())]
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
    /// Nothing only while it is being opened again after a full disk.
    engine: RwLock<Option<Arc<Engine>>>,
    journal: Mutex<Journal>,
    counts: RwLock<Counts>,
    generation: AtomicU64,
    /// Goes up with every state that is put.
    states_put: AtomicU64,
    /// Changed before the generation goes up.
    touched: Mutex<touched::Touched>,
    authority: String,
    /// The stories that changed and that nobody has asked for yet; nothing until somebody follows.
    changed: Mutex<Option<BTreeSet<StoryId>>>,
    /// Held by what reads or removes whole journal segments and the base.
    upkeep: Mutex<()>,
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

    /// Goes up with every change of what readers can see in a region or unit; of a story that has left it, only when it
    /// leaves.
    pub fn generation_of(&self, scope: &Scope) -> u64 {
        self.touched().of(scope)
    }

    fn touched(&self) -> MutexGuard<'_, touched::Touched> {
        self.inner.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many stories the feed of each region has ever had.
    pub fn counts(&self) -> HashMap<RegionCode, u64> {
        let counts = self.inner.counts.read().unwrap_or_else(PoisonError::into_inner);
        counts.regions().clone()
    }

    /// Writes rows as one: first to the journal and to disk, which acknowledges them, then to sled.
    ///
    /// # Errors
    /// When the journal cannot take them, nothing has happened. When sled cannot, they are acknowledged all the same,
    /// and come back when [`Store::try_resume`] succeeds or the store is opened again; until then it takes no more.
    pub fn commit(&self, rows: &[Row]) -> Result<(), Error> {
        let mut journal = self.journal();
        let engine = self.engine()?;
        resume::has_room(&self.inner.path)?;
        let bytes = rows.iter().map(Row::size).sum();
        engine.make_room(bytes).map_err(|error| self.sled_error(error))?;
        let sequence = journal.append(rows).map_err(|error| self.journal_error(error))?;
        let moved = engine.apply(sequence, rows).map_err(|error| {
            journal.fall_behind(engine::kind_of(&error));
            self.sled_error(error)
        })?;
        let mut counts = self.inner.counts.write().unwrap_or_else(PoisonError::into_inner);
        counts.follow(moved);
        if let Some(changed) = self.changed().as_mut() {
            let stories = rows.iter().filter(|row| row.tree == Tree::Story);
            changed.extend(stories.filter_map(|row| keys::read_id(&row.key)).map(StoryId));
        }
        // Nobody else writes: the journal is held.
        self.touched().note(rows, self.generation() + 1);
        self.inner.generation.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// The stories that changed since the last time this was asked, and the number of the last group that is in them.
    /// Whoever asks for the first time is told none, and begins with everything there is.
    pub fn take_changed(&self) -> (Vec<StoryId>, u64) {
        // No group is written meanwhile.
        let journal = self.journal();
        let changed = self.changed().replace(BTreeSet::new());
        (changed.into_iter().flatten().collect(), journal.last().sequence)
    }

    /// The stories that changed after one group and up to another, by the journal; `None` where it does not reach back
    /// so far, or cannot be read.
    pub fn changed_between(&self, after: u64, upto: u64) -> Option<BTreeSet<StoryId>> {
        let (mut last, mut changed) = (after, BTreeSet::new());
        if after < upto {
            let visit = |frame: journal::Frame, _: journal::Place| -> Result<(), journal::Error> {
                if frame.sequence == last + 1 {
                    last += 1;
                }
                let stories = frame.rows.iter().filter(|row| row.tree == Tree::Story);
                changed.extend(stories.filter_map(|row| keys::read_id(&row.key)).map(StoryId));
                Ok(())
            };
            let read = journal::read(&self.inner.path.join("journal"), after, upto, visit);
            if let Err(error) = read {
                tracing::debug!(%error, "cannot tell from the journal what has changed");
                return None;
            }
        }
        (last == upto).then_some(changed)
    }

    fn changed(&self) -> MutexGuard<'_, Option<BTreeSet<StoryId>>> {
        self.inner.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers a source's state. Call it last, when everything it stands for is committed.
    pub fn put_state(&self, source: &SourceId, state: &SourceState) -> Result<(), Error> {
        resume::has_room(&self.inner.path)?;
        let insert = self.engine()?.states.insert(source.as_str(), encode(state));
        insert.map_err(|error| self.sled_error(error))?;
        self.inner.states_put.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// Goes up with every state that is put: while it stays, there is no need to look at the states again.
    pub fn states_put(&self) -> u64 {
        self.inner.states_put.load(Ordering::Acquire)
    }

    /// Keeps a note under a name, in the place of the one before. It is on disk with the next flush.
    pub fn put_note(&self, name: &str, note: &impl Serialize) -> Result<(), Error> {
        resume::has_room(&self.inner.path)?;
        let insert = self.engine()?.notes.insert(name, encode(note));
        insert.map(drop).map_err(|error| self.sled_error(error))
    }

    /// Waits until sled has written what it was given.
    pub fn flush(&self) -> Result<(), Error> {
        let flushed = self.engine()?.db.flush();
        flushed.map(drop).map_err(|error| self.sled_error(error))
    }

    fn engine(&self) -> Result<Arc<Engine>, Error> {
        let engine = self.inner.engine.read().unwrap_or_else(PoisonError::into_inner);
        // It is taken out only where the disk was full.
        engine.clone().ok_or_else(|| Error::Full {
            path: self.inner.path.clone(),
        })
    }

    fn tree(&self, tree: Tree) -> Result<sled::Tree, Error> {
        Ok(self.engine()?.tree(tree).clone())
    }

    fn upkeep(&self) -> MutexGuard<'_, ()> {
        self.inner.upkeep.lock().unwrap_or_else(PoisonError::into_inner)
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
