//! Room on the disk: seeing that it ends before sled runs into it, and going on in the same process once there is some
//! again. Meanwhile everything can be read.

use std::path::Path;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::engine::Engine;
use super::journal::{self, Fault, Journal, Place};
use super::{Error, Store, open};

/// So much of the file system stays free, so that sled, which writes behind the journal, does not run into its end:
/// this share of it, within these bounds.
const RESERVE_SHARE: u64 = 64;
const LEAST_RESERVE: u64 = 4 << 20;
const MOST_RESERVE: u64 = 64 << 20;

impl Store {
    /// Makes the store writable again after a full disk or a failed write; without a fault it only looks whether there
    /// is room. What was never acknowledged is cut off the journal; a sled that could not follow is opened again, for
    /// which readers wait.
    ///
    /// # Errors
    /// [`Error::Full`] while there is no room: try again later, nothing has changed. Any other says that the store has
    /// to be opened anew.
    pub fn try_resume(&self) -> Result<(), Error> {
        has_room(&self.inner.path)?;
        // A backup under way keeps sled open.
        let _upkeep = self.upkeep();
        let mut journal = self.journal();
        // sled notices a full disk only when it writes, which it does in the background.
        let writes = self.engine().and_then(|_| self.flush());
        if journal.fault().is_none() && writes.is_ok() {
            return Ok(());
        }
        journal.cut_back().map_err(|error| self.journal_error(error))?;
        if journal.fault() == Some(Fault::Behind) || writes.is_err() {
            journal.fall_behind();
            self.reopen(&journal)?;
        }
        journal.resume();
        self.inner.generation.fetch_add(1, Ordering::AcqRel);
        tracing::info!(path = %self.inner.path.display(), "the store takes articles again");
        Ok(())
    }

    /// Closes sled, opens it again, and applies what the journal has beyond it.
    fn reopen(&self, journal: &Journal) -> Result<(), Error> {
        let path = &self.inner.path;
        let mut slot = self.inner.engine.write().unwrap_or_else(PoisonError::into_inner);
        drop(slot.take());
        let engine = Engine::open(&path.join("sled")).map_err(|error| self.sled_error(error))?;
        catch_up(path, &engine, journal.last().sequence)?;
        let counts = open::count(path, &engine)?;
        *self.inner.counts.write().unwrap_or_else(PoisonError::into_inner) = counts;
        *slot = Some(Arc::new(engine));
        Ok(())
    }
}

/// Applies what the journal has beyond an engine, up to a frame. Returns the last one it has.
pub fn catch_up(path: &Path, engine: &Engine, upto: u64) -> Result<Place, Error> {
    let seen = engine.watermark().map_err(|error| open::sled_error(path, error))?;
    let mut next = seen;
    let folder = path.join("journal");
    journal::read(&folder, seen, upto, |frame, _| -> Result<(), Stop> {
        if frame.sequence != next + 1 {
            return Err(Stop::Gap(frame.sequence));
        }
        next = frame.sequence;
        engine.apply(frame.sequence, &frame.rows).map(drop).map_err(Stop::Sled)
    })
    .map_err(|stop| match stop {
        Stop::Journal(error) => open::journal_error(path, error),
        Stop::Sled(error) => open::sled_error(path, error),
        Stop::Gap(found) => {
            let what = format!("the journal goes on at frame {found}, and what came after frame {next} is missing");
            open::damaged(path, what, open::RESTORE)
        }
    })
}

/// Why catching up stopped.
enum Stop {
    Journal(journal::Error),
    Sled(sled::Error),
    Gap(u64),
}

impl From<journal::Error> for Stop {
    fn from(error: journal::Error) -> Stop {
        Stop::Journal(error)
    }
}

/// Whether there is room for more.
///
/// # Errors
/// [`Error::Full`] where the reserve is all that is left.
pub fn has_room(path: &Path) -> Result<(), Error> {
    // Where the system does not say, the next write will.
    let Ok(disk) = rustix::fs::statvfs(path) else {
        return Ok(());
    };
    let size = disk.f_blocks.saturating_mul(disk.f_frsize);
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < (size / RESERVE_SHARE).clamp(LEAST_RESERVE, MOST_RESERVE) {
        return Err(Error::Full { path: path.to_owned() });
    }
    Ok(())
}
