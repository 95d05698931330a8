//! `warta restore`: a backup in the place of a store. The store it replaces is moved aside, and what its journal has
//! beyond the backup is replayed where both are of one history; where they are not, what was withdrawn in it stays
//! withdrawn all the same, and what was held back stays out.

use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::engine::Engine;
use super::generation::{self, Old};
use super::journal::{self, Place};
use super::kept_out::KeptOut;
use super::keys::Tree;
use super::load::{self, Unloadable};
use super::open::Parts;
use super::stream::Reader;
use super::{Error, compact, open};

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
        let kept = match &old {
            OldStore::Open(parts) => KeptOut::of(&parts.engine),
            OldStore::None | OldStore::Damaged => KeptOut::of_damaged(path),
        };
        let (rows, stories) = kept.rows(path, &engine)?;
        if !rows.is_empty() {
            last = journal::place(last, &rows);
            engine.apply(last, &rows).map_err(sled)?;
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
        Err(Error::Damaged { .. } | Error::Mixed { .. } | Error::Newer { .. }) if replace == Replace::No => {
            Err(refused("unreadable".to_owned()))
        }
        Err(error @ (Error::Damaged { .. } | Error::Mixed { .. } | Error::Newer { .. })) => {
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
/// frame, or goes on from it.
fn replay(path: &Path, engine: &Engine, backup: Place) -> Result<(Place, Replayed), Error> {
    let base = load::base_header(path).ok().flatten().map(|header| header.begun);
    let mut last = (backup.mark != 0 && base == Some(backup)).then_some(backup);
    let folder = path.join("journal");
    let mut frames = 0;
    let mut failed = None;
    let before = backup.sequence.saturating_sub(1);
    let read = journal::read(&folder, before, u64::MAX, backup, |frame, place| {
        let follows = backup.mark != 0 && frame.sequence == backup.sequence + 1;
        if place == backup || (last.is_none() && follows) {
            last = Some(backup);
        }
        let goes_on = last.is_some_and(|last| frame.sequence == last.sequence + 1);
        if goes_on && failed.is_none() {
            match engine.apply(place, &frame.rows) {
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
