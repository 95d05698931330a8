//! `warta restore`: a backup in the place of a store. The store it replaces is moved aside, and what its journal has
//! beyond the backup is replayed where both are of one history; where they are not, what was withdrawn in it stays
//! withdrawn all the same, and what was held back stays out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::engine::Engine;
use super::generation::{self, Old};
use super::journal::{self, Place, Row};
use super::keys::{self, Tree};
use super::load::{self, Unloadable};
use super::open::Parts;
use super::stream::{Block, Reader};
use super::{Error, StoredArticle, compact, decode, encode, open};
use crate::model::{Back, Change, Correction, Edit, QuarantineStatus, Quarantined, Story, Withdrawal};

/// What to do with a store that has stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// Leave it as it is, and refuse.
    No,
    /// Move it aside, into a folder named by this moment.
    Yes(Timestamp),
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreSummary {
    /// Stories in the store now.
    pub stories: u64,
    /// Articles in it.
    pub articles: u64,
    /// The last frame that is in the backup.
    pub watermark: u64,
    /// What was taken from the journal of the store that was there.
    pub replayed: Replayed,
    /// Stories that were withdrawn in the store that was there, and are now here as well, beyond what was replayed.
    pub withdrawn: u64,
    /// Where the store is that was there.
    pub aside: Option<PathBuf>,
}

/// What was taken from the journal of the store that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// There was no store.
    NoStore,
    /// Everything beyond the backup: so many frames.
    All(u64),
    /// So many frames; what came after them is damaged.
    UpTo(u64, String),
    /// Nothing: it is of another history, or does not reach back to the backup.
    OtherHistory,
}

/// Restores a backup into a store's folder, which is created if there is none. Nobody may have it open. All of it is read
/// and proved whole before anything is moved.
///
/// # Errors
/// [`Error::NotEmpty`], [`Error::Backup`] and those of opening; then nothing has changed.
pub fn restore(path: &Path, input: impl Read, replace: Replace) -> Result<RestoreSummary, Error> {
    let _lock = open::lock(path)?;
    generation::settle(path)?;
    let old = old_store(path, replace)?;
    let new = generation::begin(path)?;
    let sled = |error| open::sled_error(path, error);
    let engine = Engine::open(&new.join(compact::REBUILT)).map_err(sled)?;
    let backup = read_backup(path, &engine, input)?;
    let (mut last, replayed) = match &old {
        OldStore::None => (backup, Replayed::NoStore),
        OldStore::Open(_) | OldStore::Damaged => replay(path, &engine, backup)?,
    };
    let mut withdrawn = 0;
    if matches!(replayed, Replayed::UpTo(..) | Replayed::OtherHistory) {
        let kept = kept_out(path, &old);
        let (mut rows, stories) = withdrawals(path, &engine, &kept.hidden)?;
        rows.extend(held_back(path, &engine, kept.held)?);
        if !rows.is_empty() {
            last = journal::place(last.sequence + 1, &rows);
            engine.apply(last.sequence, &rows).map_err(sled)?;
        }
        withdrawn = stories;
    }
    open::probe(path, &engine)?;
    let trailer = compact::write_base(path, &new, &engine, last)?;
    drop(engine);
    // Without it the new generation is whole; what is left of it is removed by the switch.
    let _ = std::fs::remove_dir_all(new.join(compact::REBUILT));
    compact::fill_sled(path, &new, &trailer)?;
    journal::create(&new.join("journal")).map_err(|error| open::journal_error(path, error))?;
    let keep = match (&old, replace) {
        (OldStore::None, _) | (_, Replace::No) => Old::Remove,
        (_, Replace::Yes(now)) => Old::Keep(now.strftime("%Y%m%dT%H%M%SZ").to_string()),
    };
    drop(old);
    let aside = generation::switch(path, &keep)?;
    Ok(RestoreSummary {
        stories: trailer.rows[Tree::Story as usize],
        articles: trailer.rows[Tree::Article as usize],
        watermark: backup.sequence,
        replayed,
        withdrawn,
        aside,
    })
}

/// The store that is there.
enum OldStore {
    None,
    Open(Box<Parts>),
    Damaged,
}

/// Looks at the store that is there, and refuses one that has anything where it is not to be replaced.
fn old_store(path: &Path, replace: Replace) -> Result<OldStore, Error> {
    if !compact::is_there(path) {
        return Ok(OldStore::None);
    }
    let refused = |stories: String| Error::NotEmpty {
        path: path.to_owned(),
        stories,
    };
    match open::parts(path) {
        Ok(parts) => {
            let kept = [Tree::Story, Tree::Gone, Tree::Correction, Tree::Quarantine];
            let has_any = kept.iter().any(|tree| !parts.engine.tree(*tree).is_empty());
            if has_any && replace == Replace::No {
                return Err(refused(parts.engine.tree(Tree::Story).len().to_string()));
            }
            Ok(OldStore::Open(Box::new(parts)))
        }
        Err(Error::Damaged { .. } | Error::Newer { .. }) if replace == Replace::No => {
            Err(refused("unreadable".to_owned()))
        }
        Err(error @ (Error::Damaged { .. } | Error::Newer { .. })) => {
            tracing::warn!(%error, "the store that is replaced cannot be opened");
            Ok(OldStore::Damaged)
        }
        Err(error) => Err(error),
    }
}

/// Reads the whole backup into an empty engine.
fn read_backup(path: &Path, engine: &Engine, input: impl Read) -> Result<Place, Error> {
    let loaded = Reader::begin(input)
        .map_err(Unloadable::Stream)
        .and_then(|(mut reader, _)| load::load(engine, &mut reader));
    match loaded {
        Ok(trailer) => Ok(trailer.ended),
        Err(Unloadable::Stream(error)) => Err(Error::Backup {
            what: error.to_string(),
        }),
        Err(Unloadable::Sled(error)) => Err(open::sled_error(path, error)),
    }
}

/// Applies what the old journal has beyond the backup, if both are of one history: the old one has the backup's last
/// frame, or goes on from a base that ends with it.
fn replay(path: &Path, engine: &Engine, backup: Place) -> Result<(Place, Replayed), Error> {
    let base = load::base_header(path).ok().flatten().map(|header| header.begun);
    let mut last = (backup.mark != 0 && base == Some(backup)).then_some(backup);
    let folder = path.join("journal");
    let mut frames = 0;
    let mut failed = None;
    let read = journal::read(&folder, backup.sequence.saturating_sub(1), u64::MAX, |frame, place| {
        if place == backup {
            last = Some(place);
        }
        let goes_on = last.is_some_and(|last| frame.sequence == last.sequence + 1);
        if goes_on && failed.is_none() {
            match engine.apply(frame.sequence, &frame.rows) {
                Ok(_) => (last, frames) = (Some(place), frames + 1),
                Err(error) => failed = Some(error),
            }
        }
        Ok::<(), journal::Error>(())
    });
    if let Some(error) = failed {
        return Err(open::sled_error(path, error));
    }
    let replayed = match (last, read) {
        (None, _) => Replayed::OtherHistory,
        (Some(_), Ok(_)) => Replayed::All(frames),
        (Some(_), Err(error)) => Replayed::UpTo(frames, error.to_string()),
    };
    Ok((last.unwrap_or(backup), replayed))
}

/// What readers were not to see in the old store, by address.
#[derive(Default)]
struct KeptOut {
    hidden: BTreeMap<Vec<u8>, Correction>,
    held: BTreeMap<Vec<u8>, Quarantined>,
}

impl KeptOut {
    /// The trees that tell of it.
    const TREES: [Tree; 2] = [Tree::Correction, Tree::Quarantine];

    fn take(&mut self, tree: Tree, key: &[u8], value: &[u8]) {
        match tree {
            Tree::Correction => {
                let correction = decode::<Correction>(value).ok();
                if let Some(correction) = correction.filter(|correction| correction.hidden.is_some()) {
                    self.hidden.insert(key.to_vec(), correction);
                }
            }
            Tree::Quarantine => {
                let held = decode::<Quarantined>(value).ok();
                if let Some(held) = held.filter(|held| held.status != QuarantineStatus::Released) {
                    self.held.insert(key.to_vec(), held);
                }
            }
            _ => {}
        }
    }

    fn take_all(&mut self, engine: &Engine) {
        for tree in KeptOut::TREES {
            for (key, value) in engine.tree(tree).iter().flatten() {
                self.take(tree, &key, &value);
            }
        }
    }
}

/// What was withdrawn or held back in the old store: everything that any part of it still tells.
fn kept_out(path: &Path, old: &OldStore) -> KeptOut {
    let mut found = KeptOut::default();
    if let OldStore::Open(parts) = old {
        found.take_all(&parts.engine);
        return found;
    }
    if let Ok(engine) = Engine::open(&path.join("sled")) {
        found.take_all(&engine);
    }
    for ((tree, key), value) in from_base_and_journal(path) {
        found.take(tree, &key, &value);
    }
    found
}

/// The rows of those trees that base and journal tell of, as far as they can be read.
fn from_base_and_journal(path: &Path) -> HashMap<(Tree, Vec<u8>), Vec<u8>> {
    let mut found = HashMap::new();
    let mut take = |rows: Vec<Row>| {
        for row in rows.into_iter().filter(|row| KeptOut::TREES.contains(&row.tree)) {
            let key = (row.tree, row.key);
            match row.value {
                Some(value) => found.insert(key, value),
                None => found.remove(&key),
            };
        }
    };
    if let Ok(Some((mut reader, _))) = load::open_base(path) {
        while let Ok(block) = reader.next() {
            match block {
                Block::Rows(rows) => take(rows),
                Block::Frame(frame) => take(frame.rows),
                Block::States(_) => {}
                Block::End(_) => break,
            }
        }
    }
    // What comes after damage cannot be told; what came before it counts.
    let _ = journal::read(&path.join("journal"), 0, u64::MAX, |frame, _| {
        take(frame.rows);
        Ok::<(), journal::Error>(())
    });
    found
}

/// The rows that hold back what was held back in the old store, where the backup knows less of it.
fn held_back(path: &Path, engine: &Engine, held: BTreeMap<Vec<u8>, Quarantined>) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (url, mut held) in held {
        let known = get(path, engine, Tree::Quarantine, &url)?;
        let known = known.map(|value| {
            let unreadable = |error| open::unreadable(path, Tree::Quarantine.name(), &url, &error);
            decode::<Quarantined>(&value).map_err(unreadable)
        });
        let known = known.transpose()?;
        let listed = |held: &Quarantined| keys::held_back(&held.article.source, held.since, &url);
        match &known {
            Some(known) if known.status == QuarantineStatus::Held && held.status == QuarantineStatus::Confirmed => {
                rows.push(Row {
                    tree: Tree::HeldBack,
                    key: listed(known),
                    value: None,
                });
            }
            Some(_) => continue,
            None => {}
        }
        if held.status == QuarantineStatus::Held {
            rows.push(row(Tree::HeldBack, listed(&held), Vec::new()));
        }
        // Ids mean other stories here.
        held.story = None;
        rows.push(row(Tree::Quarantine, url, encode(&held)));
    }
    Ok(rows)
}

/// The rows that withdraw what was withdrawn in the old store, and how many stories those are.
fn withdrawals(path: &Path, engine: &Engine, hidden: &BTreeMap<Vec<u8>, Correction>) -> Result<(Vec<Row>, u64), Error> {
    let mut rows = Vec::new();
    let mut done = BTreeSet::new();
    for (key, correction) in hidden {
        let Some(withdrawal) = &correction.hidden else {
            continue;
        };
        // Should its article ever come again, it is withdrawn from the first.
        rows.push(row(Tree::Correction, key.clone(), encode(correction)));
        let article = get(path, engine, Tree::Url, key)?.and_then(|id| keys::read_id(&id));
        let article = article.map_or(Ok(None), |id| record::<StoredArticle>(path, engine, Tree::Article, id))?;
        let story = article.map_or(Ok(None), |article| {
            record::<Story>(path, engine, Tree::Story, article.story.0)
        })?;
        if let Some(story) = story.filter(|story| story.hidden.is_none())
            && done.insert(story.id)
        {
            withdraw(path, engine, story, withdrawal, &mut rows)?;
        }
    }
    Ok((rows, done.len() as u64))
}

/// Withdraws a story as the ledger does: its words go, its place stays.
fn withdraw(
    path: &Path,
    engine: &Engine,
    mut story: Story,
    withdrawal: &Withdrawal,
    rows: &mut Vec<Row>,
) -> Result<(), Error> {
    for member in &story.members {
        let stored = record::<StoredArticle>(path, engine, Tree::Article, member.article.0)?;
        if let Some(mut stored) = stored {
            stored.blank();
            rows.push(row(Tree::Article, keys::id(stored.id.0), encode(&stored)));
        }
        let correction = Correction {
            region: story.fixed.region,
            satker: story.fixed.satker.clone(),
            hidden: Some(withdrawal.clone()),
            apart: story.apart.clone(),
        };
        rows.push(row(Tree::Correction, keys::url(&member.url), encode(&correction)));
    }
    story.hidden = Some(withdrawal.clone());
    story.updated = story.updated.max(withdrawal.at);
    story.edits.push(Edit {
        at: withdrawal.at,
        by: Edit::WARTA.to_owned(),
        change: Change::Hide(withdrawal.reason.clone()),
        back: Back::Show,
    });
    rows.push(row(Tree::Story, keys::id(story.id.0), encode(&story)));
    Ok(())
}

fn row(tree: Tree, key: Vec<u8>, value: Vec<u8>) -> Row {
    let value = Some(value);
    Row { tree, key, value }
}

fn get(path: &Path, engine: &Engine, tree: Tree, key: &[u8]) -> Result<Option<sled::IVec>, Error> {
    engine
        .tree(tree)
        .get(key)
        .map_err(|error| open::sled_error(path, error))
}

fn record<Record: serde::de::DeserializeOwned>(
    path: &Path,
    engine: &Engine,
    tree: Tree,
    id: u64,
) -> Result<Option<Record>, Error> {
    let key = keys::id(id);
    let value = get(path, engine, tree, &key)?;
    let decoded = value.map(|value| decode(&value).map_err(|error| open::unreadable(path, tree.name(), &key, &error)));
    decoded.transpose()
}
