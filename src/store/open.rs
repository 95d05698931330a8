//! Opening: the lock, sled's weak spots, and the journal's frames that sled has not seen. Nothing here ever empties a
//! store.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::codec::Unreadable;
use super::counts::Counts;
use super::engine::{self, Engine};
use super::journal::{self, Journal, Place, Row, is_full};
use super::keys::{self, Tree};
use super::{Error, Inner, Store, StoredArticle, generation, load};
use crate::model::Story;

/// The version of a store's folder. 1 had neither a base nor removed articles; nothing in it needs to be rewritten.
const FORMAT: u64 = 2;

/// How often the store's lock is tried again, and how long between. A process that has just ended, or is just starting
/// another, may still hold it for a moment.
const TRIES: u32 = 25;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// What to do about damage.
pub(super) const REPAIR: &str = "keep a copy of its folder; `warta compact` repairs it from what is whole, and where that \
                                 is not enough, `warta restore` a backup";

/// What to do where nothing is left to repair it from.
pub(super) const RESTORE: &str = "keep a copy of its folder, and `warta restore` a backup";

/// The two halves of an open store, in agreement.
pub(super) struct Parts {
    pub engine: Engine,
    pub journal: Journal,
}

impl Store {
    /// Opens the store in `path`, creating it if there is none. `id_authority` is kept at the first opening; later
    /// ones return what was kept.
    ///
    /// # Errors
    /// See [`Error`]; nothing on disk is changed by an opening that fails but a torn, never acknowledged last frame.
    pub fn open(path: &Path, id_authority: &str) -> Result<Store, Error> {
        let lock = lock(path)?;
        let Parts { engine, mut journal } = parts(path)?;
        let authority = fix_authority(path, &engine, &mut journal, id_authority)?;
        let counts = count(path, &engine)?;
        Ok(Store {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                _lock: lock,
                engine: RwLock::new(Some(Arc::new(engine))),
                journal: Mutex::new(journal),
                counts: RwLock::new(counts),
                changed: Mutex::new(None),
                generation: AtomicU64::new(0),
                states_put: AtomicU64::new(0),
                touched: Mutex::default(),
                authority,
                upkeep: Mutex::new(()),
            }),
        })
    }
}

/// Ends what was under way, opens sled and journal, and makes them agree. Whoever calls it holds the lock.
pub(super) fn parts(path: &Path) -> Result<Parts, Error> {
    generation::settle(path)?;
    let base = load::base_header(path)?.map_or_else(Place::default, |header| header.begun);
    let sled_folder = path.join("sled");
    let journal_is_there = path.join("journal").is_dir();
    if base.sequence > 0 && !journal_is_there {
        return Err(damaged(path, "journal/ is missing".to_owned(), REPAIR));
    }
    if base.sequence > 0 && !sled_folder.join("db").exists() {
        load::rebuild(path)?;
    }
    let mut engine = Engine::open(&sled_folder).map_err(|error| sled_error(path, error))?;
    check_format(path, &engine)?;
    if engine.watermark().map_err(|error| sled_error(path, error))? < base.sequence {
        // The journal need not reach back to where it stands.
        drop(engine);
        load::rebuild(path)?;
        engine = Engine::open(&sled_folder).map_err(|error| sled_error(path, error))?;
    }
    let journal = replay(path, &engine, base)?;
    probe(path, &engine)?;
    Ok(Parts { engine, journal })
}

/// Creates the folder and takes its lock, before anything else in it is touched.
pub(super) fn lock(path: &Path) -> Result<File, Error> {
    let failed = |what: &str| {
        let what = what.to_owned();
        move |source| Error::Io {
            path: path.to_owned(),
            what,
            source,
        }
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(path)
        .map_err(failed("its folder cannot be created"))?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.join("lock"))
        .map_err(failed("its lock file cannot be opened"))?;
    let mut tries = TRIES;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if tries > 0 => {
                tries -= 1;
                thread::sleep(BETWEEN_TRIES);
            }
            Err(TryLockError::WouldBlock) => return Err(Error::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(failed("it cannot be locked")(source)),
        }
    }
}

/// Sees that no other program and no later version made this, and says from now on that this version has it.
fn check_format(path: &Path, engine: &Engine) -> Result<(), Error> {
    let meta = engine.tree(Tree::Meta);
    let format = meta.get(keys::FORMAT).map_err(|error| sled_error(path, error))?;
    let format = format.and_then(|value| keys::read_id(&value)).unwrap_or(1);
    if format > FORMAT {
        let what =
            format!("is of format {format}, which a later version of warta wrote; this one reads up to {FORMAT}");
        return Err(newer(path, what));
    }
    if let Some(unknown) = engine.unknown_tree() {
        let what = format!("has a tree {unknown:?}, which a later version of warta, or another program, wrote");
        return Err(newer(path, what));
    }
    if format < FORMAT {
        let insert = meta.insert(keys::FORMAT, keys::id(FORMAT));
        insert.map_err(|error| sled_error(path, error))?;
    }
    Ok(())
}

/// Opens the journal and applies what sled has not seen of it: after a crash the last frames, after the loss of the
/// sled folder all since the base.
fn replay(path: &Path, engine: &Engine, base: Place) -> Result<Journal, Error> {
    let seen = engine.watermark().map_err(|error| sled_error(path, error))?;
    let mut next = seen;
    let journal = Journal::open(&path.join("journal"), base, seen, |frame| -> Result<(), Replay> {
        if frame.sequence != next + 1 {
            return Err(Replay::Gap {
                after: next,
                found: frame.sequence,
            });
        }
        next = frame.sequence;
        let applied = engine.apply(frame.sequence, &frame.rows);
        applied.map(drop).map_err(Replay::Sled)
    });
    let journal = journal.map_err(|error| match error {
        Replay::Journal(error) => journal_error(path, error),
        Replay::Sled(error) => sled_error(path, error),
        Replay::Gap { after, found } => damaged(
            path,
            format!("the journal goes on at frame {found}, and what came after frame {after} is missing"),
            RESTORE,
        ),
    })?;
    let last = journal.last().sequence;
    if last < seen {
        let what = format!("the journal ends at frame {last}, the store knows frame {seen}");
        return Err(damaged(path, what, REPAIR));
    }
    if next > seen {
        // A command that ends at once leaves its last frame to the next one; that is nothing to tell of.
        tracing::debug!(path = %path.display(), frames = next - seen, "brought the store up to its journal");
    }
    Ok(journal)
}

/// Why a replay stopped.
enum Replay {
    Journal(journal::Error),
    Sled(sled::Error),
    Gap { after: u64, found: u64 },
}

impl From<journal::Error> for Replay {
    fn from(error: journal::Error) -> Replay {
        Replay::Journal(error)
    }
}

/// Reads the ends of every tree: sled finds damage only when it is read.
pub(super) fn probe(path: &Path, engine: &Engine) -> Result<(), Error> {
    let ends = || {
        let mut trees = engine.trees.iter();
        trees.try_for_each(|tree| tree.first().and_then(|_| tree.last()).map(drop))
    };
    engine::caught(ends).map_err(|error| sled_error(path, error))?;
    newest_is_readable::<StoredArticle>(path, engine, Tree::Article)?;
    newest_is_readable::<Story>(path, engine, Tree::Story)
}

/// Reads the newest record of a tree: a later format shows there first.
fn newest_is_readable<Record: DeserializeOwned>(path: &Path, engine: &Engine, tree: Tree) -> Result<(), Error> {
    let newest = engine.tree(tree).last().map_err(|error| sled_error(path, error))?;
    let Some((key, value)) = newest else {
        return Ok(());
    };
    let decoded = super::decode::<Record>(&value).map(drop);
    decoded.map_err(|error| unreadable(path, tree.name(), &key, &error))
}

/// The authority in entry ids: the one in the store, else the configured one, which is kept from now on.
fn fix_authority(path: &Path, engine: &Engine, journal: &mut Journal, configured: &str) -> Result<String, Error> {
    if let Some(kept) = authority(path, engine)? {
        return Ok(kept);
    }
    let rows = [Row {
        tree: Tree::Meta,
        key: keys::AUTHORITY.to_vec(),
        value: Some(configured.as_bytes().to_vec()),
    }];
    let sequence = journal.append(&rows).map_err(|error| journal_error(path, error))?;
    engine.apply(sequence, &rows).map_err(|error| sled_error(path, error))?;
    Ok(configured.to_owned())
}

/// The authority that was kept.
pub(super) fn authority(path: &Path, engine: &Engine) -> Result<Option<String>, Error> {
    let kept = engine.tree(Tree::Meta).get(keys::AUTHORITY);
    let kept = kept.map_err(|error| sled_error(path, error))?;
    Ok(kept.map(|kept| String::from_utf8_lossy(&kept).into_owned()))
}

/// How many stories each list has.
pub(super) fn count(path: &Path, engine: &Engine) -> Result<Counts, Error> {
    Counts::of(engine).map_err(|error| sled_error(path, error))
}

/// What a fault of the journal means for the store.
pub(super) fn journal_error(path: &Path, error: journal::Error) -> Error {
    match error {
        journal::Error::Io { source, .. } if is_full(&source) => Error::Full { path: path.to_owned() },
        journal::Error::Io {
            action,
            path: file,
            source,
        } => Error::Io {
            path: path.to_owned(),
            what: format!("cannot {action} {}", file.display()),
            source,
        },
        error @ journal::Error::Damaged { .. } => damaged(path, error.to_string(), REPAIR),
    }
}

/// What a fault of sled means for the store.
pub(super) fn sled_error(path: &Path, error: sled::Error) -> Error {
    match error {
        sled::Error::Io(source) if is_full(&source) => Error::Full { path: path.to_owned() },
        error if engine::is_locked(&error) => Error::InUse { path: path.to_owned() },
        sled::Error::Io(source) => Error::Io {
            path: path.to_owned(),
            what: "sled/ cannot be read or written".to_owned(),
            source,
        },
        other => damaged(path, format!("sled/: {other}"), REPAIR),
    }
}

/// What a fault of the system means for the store.
pub(super) fn io_error<'a>(path: &'a Path, what: &'a str) -> impl Fn(io::Error) -> Error + 'a {
    move |source| match source {
        source if is_full(&source) => Error::Full { path: path.to_owned() },
        source => Error::Io {
            path: path.to_owned(),
            what: what.to_owned(),
            source,
        },
    }
}

/// What a record that cannot be read means for the store.
pub(super) fn unreadable(path: &Path, tree: &str, key: &[u8], error: &Unreadable) -> Error {
    let key = match keys::read_id(key) {
        Some(id) => format!("{id:x}"),
        None => String::from_utf8_lossy(key).into_owned(),
    };
    let what = format!("{tree} {key} {error}");
    match error {
        Unreadable::Newer { .. } => newer(path, format!("cannot be read: {what}")),
        Unreadable::Damaged(_) => damaged(path, what, REPAIR),
    }
}

/// Says what a later version wrote.
fn newer(path: &Path, what: String) -> Error {
    Error::Newer {
        path: path.to_owned(),
        what,
    }
}

/// Says what is damaged and what to do.
pub(super) fn damaged(path: &Path, what: String, advice: &str) -> Error {
    Error::Damaged {
        path: path.to_owned(),
        what,
        advice: advice.to_owned(),
    }
}
