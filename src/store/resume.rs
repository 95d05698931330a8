//! Room on the disk: seeing that it ends before sled runs into it, and going on in the same process once there is some
//! again. Meanwhile everything can be read.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::engine::{self, Engine};
use super::journal::{self, Fault, Journal, Place};
use super::{Error, Store, open};

/// So much of the file system stays free, so that sled, which writes behind the journal, does not run into its end:
/// this share of it, within these bounds.
const RESERVE_SHARE: u64 = 64;
const LEAST_RESERVE: u64 = 4 << 20;
const MOST_RESERVE: u64 = 64 << 20;

/// A disk that was full has room again once the reserve and this share of it are free, so that it is not full again at
/// the next article.
const MARGIN_SHARE: u64 = 4;

/// There must be room for so many bytes of rows too before it goes on.
const SOME_GROUPS: usize = 1 << 20;

impl Store {
    /// Whether the store takes articles now, without trying.
    ///
    /// # Errors
    /// [`Error::Full`] where there is no room; any other where an earlier write failed.
    pub fn takes_articles(&self) -> Result<(), Error> {
        let fault = self.journal().refuse_after_fault();
        fault.map_err(|error| self.journal_error(error))?;
        has_room(&self.inner.path)?;
        let ahead = self.engine()?.make_room(0);
        ahead.map_err(|error| self.sled_error(error))
    }

    /// Makes the store writable again after a full disk or a failed write; without a fault it only looks whether there
    /// is room. What was never acknowledged is cut off the journal; a sled that could not follow is opened again, for
    /// which readers wait.
    ///
    /// # Errors
    /// [`Error::Full`] while there is no room: try again later, nothing has changed. Any other says that the store has
    /// to be opened anew.
    pub fn try_resume(&self) -> Result<(), Error> {
        has_free(&self.inner.path, |reserve| reserve + reserve / MARGIN_SHARE)?;
        // A backup under way keeps sled open.
        let _upkeep = self.upkeep();
        let mut journal = self.journal();
        // sled notices a full disk only when it writes, which it does in the background.
        let writes = self.engine().and_then(|_| self.flush());
        if let Ok(engine) = self.engine() {
            let ahead = engine.make_room(SOME_GROUPS);
            ahead.map_err(|error| self.sled_error(error))?;
        }
        if journal.fault().is_none() && writes.is_ok() {
            return Ok(());
        }
        journal.cut_back().map_err(|error| self.journal_error(error))?;
        let is_behind = matches!(journal.fault(), Some(Fault::Behind(_)));
        if is_behind || writes.is_err() {
            if !is_behind {
                journal.fall_behind(io::ErrorKind::StorageFull);
            }
            self.reopen(&journal)?;
        }
        journal.resume();
        self.touched().note_all(self.generation() + 1);
        self.inner.generation.fetch_add(1, Ordering::AcqRel);
        tracing::info!(path = %self.inner.path.display(), "the store takes articles again");
        Ok(())
    }

    /// Closes sled, opens it again, and applies what the journal has beyond it.
    fn reopen(&self, journal: &Journal) -> Result<(), Error> {
        let path = &self.inner.path;
        let mut slot = self.inner.engine.write().unwrap_or_else(PoisonError::into_inner);
        // sled's last words are written to the disk that failed, which it may take for a reason to panic.
        let _ = engine::caught(|| {
            drop(slot.take());
            Ok(())
        });
        let engine = Engine::open(&path.join("sled")).map_err(|error| self.sled_error(error))?;
        catch_up(path, &engine, journal.last().sequence)?;
        *self.inner.counts.write().unwrap_or_else(PoisonError::into_inner) = None;
        *slot = Some(Arc::new(engine));
        Ok(())
    }
}

/// Applies what the journal has beyond an engine, up to a frame. Returns the last one it has.
pub fn catch_up(path: &Path, engine: &Engine, upto: u64) -> Result<Place, Error> {
    let seen = engine.watermark().map_err(|error| open::sled_error(path, error))?;
    let mut next = seen.sequence;
    let folder = path.join("journal");
    journal::read(&folder, seen.sequence, upto, seen, |frame, place| -> Result<(), Stop> {
        if frame.sequence != next + 1 {
            return Err(Stop::Gap(frame.sequence));
        }
        next = frame.sequence;
        engine.apply(place, &frame.rows).map(drop).map_err(Stop::Sled)
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
    has_free(path, |reserve| reserve)
}

/// Whether so much is free as `least` makes of the reserve.
fn has_free(path: &Path, least: impl FnOnce(u64) -> u64) -> Result<(), Error> {
    // Where the system does not say, the next write will.
    let Ok(disk) = rustix::fs::statvfs(path) else {
        return Ok(());
    };
    let size = disk.f_blocks.saturating_mul(disk.f_frsize);
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < least((size / RESERVE_SHARE).clamp(LEAST_RESERVE, MOST_RESERVE)) {
        return Err(Error::Full { path: path.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
impl Store {
    /// Puts it into the state in which a full disk leaves it.
    pub(crate) fn pretend_full(&self) {
        self.journal().fall_behind(io::ErrorKind::StorageFull);
    }
}
