//! Opening: the lock, sled's weak spots, and the journal's frames that sled has not seen. Nothing here ever empties a
//! store.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};
use std::thread;
use std::time::Duration;

use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use serde::de::DeserializeOwned;

use super::journal::{self, Journal, Row};
use super::keys::{self, Tree};
use super::{Error, Inner, Store, StoredArticle, apply};
use crate::model::{RegionCode, Story};

/// sled's page cache.
const CACHE_BYTES: u64 = 64 << 20;

/// How often sled writes by itself. The journal is what counts; this only bounds what is replayed.
const FLUSH_EVERY_MS: u64 = 500;

/// How often a lock is tried again, and how long between. A process that has just ended, or is just starting another, may
/// still hold one for a moment.
const TRIES: u32 = 25;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// What to do about a sled folder that cannot be read: the journal holds everything.
pub(super) const REBUILD: &str = "move its folder sled/ aside and start again: it is rebuilt from journal/";

/// What to do about a record that cannot be read: perhaps a later version wrote it.
const REBUILD_OR_UPGRADE: &str =
    "open it with the version of warta that wrote it, or move its folder sled/ aside: it is rebuilt from journal/";

/// What to do about a journal that cannot be read.
const KEEP: &str = "keep a copy of the whole folder, and restore it from a backup";

impl Store {
    /// Opens the store in `path`, creating it if there is none. `id_authority` is kept at the first opening; later
    /// ones return what was kept.
    ///
    /// # Errors
    /// See [`Error`]; nothing on disk is changed by an opening that fails but a torn, never acknowledged last frame.
    pub fn open(path: &Path, id_authority: &str) -> Result<Store, Error> {
        let lock = lock(path)?;
        let sled_folder = path.join("sled");
        prepare(path, &sled_folder)?;
        let db = open_sled(path, &sled_folder)?;
        let tree = |name: &str| db.open_tree(name).map_err(|error| sled_error(path, error));
        let trees = Tree::ALL
            .iter()
            .map(|known| tree(known.name()))
            .collect::<Result<Vec<_>, _>>()?;
        let states = tree(keys::STATES)?;
        let mut journal = replay(path, &trees)?;
        probe(path, &trees)?;
        let authority = fix_authority(path, &trees, &mut journal, id_authority)?;
        let counts = count(path, &trees[Tree::RegionTime as usize])?;
        Ok(Store {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                _lock: lock,
                db,
                trees,
                states,
                journal: Mutex::new(journal),
                counts: RwLock::new(counts),
                generation: AtomicU64::new(0),
                authority,
            }),
        })
    }
}

/// Creates the folder and takes its lock, before anything else in it is touched.
fn lock(path: &Path) -> Result<File, Error> {
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

/// Removes the half-written snapshot that a kill during an opening leaves (sled would take it for the newest), and asks
/// the file system to write through.
fn prepare(path: &Path, sled_folder: &Path) -> Result<(), Error> {
    let steps = || -> io::Result<()> {
        fs::create_dir_all(sled_folder)?;
        for entry in fs::read_dir(sled_folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("snap.") && name.ends_with(".generating") {
                fs::remove_file(entry.path())?;
            }
        }
        let folder = File::open(sled_folder)?;
        // Not every file system has the flag; those that have it no longer lose sled's metadata in a power cut.
        if let Ok(flags) = ioctl_getflags(&folder) {
            let _ = ioctl_setflags(&folder, flags | IFlags::SYNC);
        }
        folder.sync_all()
    };
    steps().map_err(|source| Error::Io {
        path: path.to_owned(),
        what: "its folder sled/ cannot be prepared".to_owned(),
        source,
    })
}

/// Opens sled; after a corruption error once more without its snapshots, which are moved aside.
fn open_sled(path: &Path, sled_folder: &Path) -> Result<sled::Db, Error> {
    let open = || {
        sled::Config::new()
            .path(sled_folder)
            .mode(sled::Mode::LowSpace)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(Some(FLUSH_EVERY_MS))
            .open()
    };
    let mut opened = open();
    // Nobody else can have it, for we hold the store's own lock: it is the last owner's that lingers.
    for _ in 0..TRIES {
        if !opened.as_ref().is_err_and(is_locked) {
            break;
        }
        thread::sleep(BETWEEN_TRIES);
        opened = open();
    }
    match opened {
        Err(sled::Error::Corruption { .. }) => {
            tracing::warn!(path = %sled_folder.display(), "the store could not be read; trying without its snapshots");
            set_snapshots_aside(sled_folder).map_err(|source| Error::Io {
                path: path.to_owned(),
                what: "its snapshots cannot be moved".to_owned(),
                source,
            })?;
            open().map_err(|error| sled_error(path, error))
        }
        other => other.map_err(|error| sled_error(path, error)),
    }
}

/// Whether somebody holds sled's own lock, of which it only tells in words.
fn is_locked(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(source) if source.to_string().contains("could not acquire lock"))
}

fn set_snapshots_aside(sled_folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(sled_folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("snap") {
            fs::rename(entry.path(), sled_folder.join(format!("aside.{name}")))?;
        }
    }
    Ok(())
}

/// Opens the journal and applies what sled has not seen of it: after a crash the last frames, after the loss of the
/// sled folder all of them.
fn replay(path: &Path, trees: &[sled::Tree]) -> Result<Journal, Error> {
    let meta = &trees[Tree::Meta as usize];
    let seen = meta.get(keys::WATERMARK).map_err(|error| sled_error(path, error))?;
    let seen = seen.and_then(|bytes| keys::read_id(&bytes)).unwrap_or(0);
    let mut next = seen;
    let mut replayed = 0_u64;
    let journal = Journal::open(&path.join("journal"), |frame| -> Result<(), Replay> {
        if frame.sequence <= seen {
            return Ok(());
        }
        if frame.sequence != next + 1 {
            return Err(Replay::Gap {
                after: next,
                found: frame.sequence,
            });
        }
        next = frame.sequence;
        replayed += 1;
        apply(trees, frame.sequence, &frame.rows)
            .map(drop)
            .map_err(Replay::Sled)
    });
    let journal = journal.map_err(|error| match error {
        Replay::Journal(error) => journal_error(path, error),
        Replay::Sled(error) => sled_error(path, error),
        Replay::Gap { after, found } => damaged(path, format!("the journal goes from frame {after} to {found}"), KEEP),
    })?;
    if journal.last() < seen {
        let what = format!(
            "the journal ends at frame {}, the store knows frame {seen}",
            journal.last()
        );
        return Err(damaged(path, what, KEEP));
    }
    if replayed > 0 {
        tracing::info!(path = %path.display(), frames = replayed, "brought the store up to its journal");
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
fn probe(path: &Path, trees: &[sled::Tree]) -> Result<(), Error> {
    for tree in trees {
        tree.first()
            .and_then(|_| tree.last())
            .map_err(|error| sled_error(path, error))?;
    }
    newest_is_readable::<StoredArticle>(path, trees, Tree::Article)?;
    newest_is_readable::<Story>(path, trees, Tree::Story)
}

/// Reads the newest record of a tree: a later format shows there first.
fn newest_is_readable<Record: DeserializeOwned>(path: &Path, trees: &[sled::Tree], tree: Tree) -> Result<(), Error> {
    let newest = trees[tree as usize].last().map_err(|error| sled_error(path, error))?;
    let Some((key, value)) = newest else {
        return Ok(());
    };
    super::decode::<Record>(&value).map(drop).map_err(|error| {
        let what = format!("{} {:x} {error}", tree.name(), keys::read_id(&key).unwrap_or(0));
        damaged(path, what, REBUILD_OR_UPGRADE)
    })
}

/// The authority in entry ids: the one in the store, else the configured one, which is kept from now on.
fn fix_authority(path: &Path, trees: &[sled::Tree], journal: &mut Journal, configured: &str) -> Result<String, Error> {
    let kept = trees[Tree::Meta as usize]
        .get(keys::AUTHORITY)
        .map_err(|error| sled_error(path, error))?;
    if let Some(kept) = kept {
        return Ok(String::from_utf8_lossy(&kept).into_owned());
    }
    let row = Row {
        tree: Tree::Meta,
        key: keys::AUTHORITY.to_vec(),
        value: Some(configured.as_bytes().to_vec()),
    };
    let rows = [row];
    let sequence = journal.append(&rows).map_err(|error| journal_error(path, error))?;
    apply(trees, sequence, &rows).map_err(|error| sled_error(path, error))?;
    Ok(configured.to_owned())
}

/// How many stories each region's feed has.
fn count(path: &Path, region_time: &sled::Tree) -> Result<HashMap<RegionCode, u64>, Error> {
    let mut counts = HashMap::new();
    for row in region_time {
        let (key, _) = row.map_err(|error| sled_error(path, error))?;
        if let Some(code) = keys::region_of(&key) {
            *counts.entry(code).or_default() += 1;
        }
    }
    Ok(counts)
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
        error @ journal::Error::Damaged { .. } => damaged(path, error.to_string(), KEEP),
    }
}

/// What a fault of sled means for the store.
pub(super) fn sled_error(path: &Path, error: sled::Error) -> Error {
    match error {
        sled::Error::Io(source) if is_full(&source) => Error::Full { path: path.to_owned() },
        error if is_locked(&error) => Error::InUse { path: path.to_owned() },
        sled::Error::Io(source) => Error::Io {
            path: path.to_owned(),
            what: "sled/ cannot be read or written".to_owned(),
            source,
        },
        other => damaged(path, format!("sled/: {other}"), REBUILD),
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Says what is damaged and what to do.
pub(super) fn damaged(path: &Path, what: String, advice: &str) -> Error {
    Error::Damaged {
        path: path.to_owned(),
        what,
        advice: advice.to_owned(),
    }
}
