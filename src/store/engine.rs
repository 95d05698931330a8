//! sled with our trees: opening it in spite of its weak spots, applying frames, loading whole generations. When to do
//! which is decided by `open` and by the operations.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use sled::transaction::{ConflictableTransactionError, TransactionError};
use sled::{IVec, Transactional};

use super::counts::Listed;
use super::journal::Row;
use super::keys::{self, Tree};
use super::reserve::Reserve;

/// sled's page cache; what does not fit is read again from the system's.
const CACHE_BYTES: u64 = 32 << 20;

/// So many times the bytes of the rows it is given sled may have to write at once (measured: 2.9 times in all).
const AMPLIFIED: u64 = 4;

/// How often sled writes by itself. The journal is what counts; this only bounds what is replayed.
const FLUSH_EVERY_MS: u64 = 500;

/// How often sled's lock is tried again, and how long between: its last owner, or an iterator of it, may linger.
const TRIES: u32 = 25;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// The open trees.
#[derive(Debug)]
pub struct Engine {
    /// The database they are part of.
    pub db: sled::Db,
    /// In the order of [`Tree::ALL`].
    pub trees: Vec<sled::Tree>,
    /// What is remembered of sources.
    pub states: sled::Tree,
    /// What parts of the daemon remember, by name.
    pub notes: sled::Tree,
    folder: PathBuf,
    reserve: Reserve,
}

impl Engine {
    /// Opens the sled folder, creating it if there is none. After a corruption error it is tried once more without
    /// sled's snapshots, which are moved aside. A panic of sled counts as damage.
    pub fn open(folder: &Path) -> sled::Result<Engine> {
        prepare(folder)?;
        caught(|| Engine::of(open_sled(folder)?, folder))
    }

    fn of(db: sled::Db, folder: &Path) -> sled::Result<Engine> {
        let trees = Tree::ALL.iter().map(|known| db.open_tree(known.name()));
        Ok(Engine {
            trees: trees.collect::<sled::Result<_>>()?,
            states: db.open_tree(keys::STATES)?,
            notes: db.open_tree(keys::NOTES)?,
            reserve: Reserve::of(folder)?,
            db,
            folder: folder.to_owned(),
        })
    }

    /// One of the trees.
    pub fn tree(&self, tree: Tree) -> &sled::Tree {
        &self.trees[tree as usize]
    }

    /// The number of the last frame it holds; 0 before the first.
    pub fn watermark(&self) -> sled::Result<u64> {
        let value = self.tree(Tree::Meta).get(keys::WATERMARK)?;
        Ok(value.and_then(|bytes| keys::read_id(&bytes)).unwrap_or(0))
    }

    /// A tree in it that this version does not know.
    pub fn unknown_tree(&self) -> Option<String> {
        let ours = |name: &IVec| {
            let known = Tree::ALL.iter().any(|tree| name == tree.name().as_bytes());
            known || name == keys::STATES.as_bytes() || name == keys::NOTES.as_bytes() || name == b"__sled__default"
        };
        let unknown = self.db.tree_names().into_iter().find(|name| !ours(name));
        unknown.map(|name| String::from_utf8_lossy(&name).into_owned())
    }

    /// Sees that sled can write so many bytes of rows and what it holds, whatever else fills the disk.
    ///
    /// # Errors
    /// When there is no room for them; then nothing has changed.
    pub fn make_room(&self, bytes: usize) -> sled::Result<()> {
        Ok(self.reserve.ahead(AMPLIFIED.saturating_mul(bytes as u64))?)
    }

    /// Applies a frame in one transaction together with its number. Returns which lists have gained or lost a story.
    pub fn apply(&self, sequence: u64, rows: &[Row]) -> sled::Result<Vec<(Listed, i64)>> {
        let result = self.trees.transaction(|views| {
            let mut moved = Vec::new();
            for row in rows {
                let view = &views[row.tree as usize];
                let before = match &row.value {
                    Some(value) => view.insert(row.key.as_slice(), value.as_slice())?,
                    None => view.remove(row.key.as_slice())?,
                };
                let by = i64::from(row.value.is_some()) - i64::from(before.is_some());
                if by != 0 {
                    moved.extend(Listed::of(row.tree, &row.key).map(|listed| (listed, by)));
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

    /// Puts rows in without a transaction: for a generation that counts only once it is whole.
    pub fn load(&self, rows: Vec<Row>) -> sled::Result<()> {
        for Row { tree, key, value } in rows {
            match value {
                Some(value) => self.tree(tree).insert(key, value)?,
                None => self.tree(tree).remove(key)?,
            };
        }
        Ok(())
    }

    /// Says that everything up to this frame is in it.
    pub fn set_watermark(&self, sequence: u64) -> sled::Result<()> {
        let value = IVec::from(&sequence.to_be_bytes());
        self.tree(Tree::Meta).insert(keys::WATERMARK, value).map(drop)
    }

    /// Waits until everything is on disk, through the disk's own cache.
    pub fn sync(&self) -> sled::Result<()> {
        self.db.flush()?;
        sync_folder(&self.folder)?;
        Ok(())
    }
}

/// Writes every file of a folder, and the folder itself, through to the disk.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folder(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

/// Runs something of sled's; some of its checks panic where bytes have changed.
pub fn caught<T>(act: impl FnOnce() -> sled::Result<T>) -> sled::Result<T> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
        let said = said.unwrap_or_default();
        Err(sled::Error::ReportableBug(format!("sled gave up: {said}")))
    })
}

/// Whether somebody holds sled's own lock, of which it only tells in words.
pub fn is_locked(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(source) if source.to_string().contains("could not acquire lock"))
}

/// What the system said to sled; "other" for a fault of sled's own.
pub fn kind_of(error: &sled::Error) -> io::ErrorKind {
    match error {
        sled::Error::Io(source) => source.kind(),
        _ => io::ErrorKind::Other,
    }
}

/// Removes the half-written snapshot that a kill during an opening leaves (sled would take it for the newest), and asks
/// the file system to write through.
fn prepare(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    let folder = File::open(folder)?;
    // Not every file system has the flag; those that have it no longer lose sled's metadata in a power cut.
    if let Ok(flags) = ioctl_getflags(&folder) {
        let _ = ioctl_setflags(&folder, flags | IFlags::SYNC);
    }
    folder.sync_all()
}

fn open_sled(folder: &Path) -> sled::Result<sled::Db> {
    let open = || {
        sled::Config::new()
            .path(folder)
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
            tracing::warn!(path = %folder.display(), "the store could not be read; trying without its snapshots");
            set_snapshots_aside(folder)?;
            open()
        }
        other => other,
    }
}

fn set_snapshots_aside(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("snap") {
            fs::rename(entry.path(), folder.join(format!("aside.{name}")))?;
        }
    }
    Ok(())
}
