//! `warta compact`: a store written anew, as small as it can be, and repaired on the way where either half of it is
//! damaged and the other one is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::Path;

use super::engine::{self, Engine};
use super::generation::{self, Old};
use super::journal::{self, Place};
use super::keys::{self, Tree};
use super::load;
use super::stream::{Header, Trailer};
use super::{Error, Store, backup, open, resume};

/// What a compaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactSummary {
    /// Stories in the store.
    pub stories: u64,
    /// Articles in the store.
    pub articles: u64,
    /// All rows.
    pub rows: u64,
    /// Bytes of the store's files before.
    pub before: u64,
    /// Bytes of the store's files after: of sled, the base and what the journal keeps.
    pub after: u64,
    /// Bytes of sled's files after.
    pub sled: u64,
    /// Bytes of all keys and values.
    pub live: u64,
    /// What was damaged and is no more.
    pub repaired: Option<String>,
}

/// Writes the store of a folder anew. Nobody may have it open. Damage is repaired where everything that was acknowledged
/// is still to be found: in sled, or in base and journal.
///
/// # Errors
/// See [`Error`]; then nothing has changed.
pub fn compact(path: &Path) -> Result<CompactSummary, Error> {
    if !is_there(path) {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        return Err(open::io_error(path, "there is none")(missing));
    }
    let _lock = open::lock(path)?;
    generation::settle(path)?;
    let before = bytes_of(path).map_err(open::io_error(path, "its size cannot be told"))?;
    let (found, trailer, repaired) = match sound(path) {
        Err(error @ Error::Damaged { .. }) => {
            let what = error.to_string();
            let found = repair(path, error)?;
            let trailer = write_generation(path, &found)?;
            (found, trailer, Some(what))
        }
        sound => {
            let (found, trailer) = sound?;
            (found, trailer, None)
        }
    };
    let live = live_bytes(&found.engine).map_err(|error| open::sled_error(path, error))?;
    drop(found);
    // Without it the new generation is whole; what is left of it is removed by the switch.
    let _ = fs::remove_dir_all(path.join(generation::NEW).join(REBUILT));
    generation::switch(path, &Old::Remove)?;
    let size = |folder: &Path| bytes_of(folder).map_err(open::io_error(path, "its size cannot be told"));
    Ok(CompactSummary {
        stories: trailer.rows[Tree::Story as usize],
        articles: trailer.rows[Tree::Article as usize],
        rows: trailer.rows.iter().sum(),
        before,
        after: size(path)?,
        sled: size(&path.join("sled"))?,
        live,
        repaired,
    })
}

/// Whether a folder holds any part of a store.
pub fn is_there(path: &Path) -> bool {
    let parts = ["sled", "journal", load::BASE, "switch"];
    parts.iter().any(|part| path.join(part).exists())
}

/// Where sled holds what a new generation is made of, within that one's folder.
pub const REBUILT: &str = "rebuilt";

/// A whole store.
struct Found {
    engine: Engine,
    last: Place,
    journal: Journal,
}

/// What becomes of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Journal {
    /// What the backups need of it stays.
    Kept,
    /// It is damaged; a new one goes on from the base.
    Begun,
}

impl Found {
    fn new(engine: Engine, last: Place, journal: Journal) -> Found {
        Found { engine, last, journal }
    }
}

/// Opens a store that is as it should be, and writes it anew.
fn sound(path: &Path) -> Result<(Found, Trailer), Error> {
    let parts = open::parts(path)?;
    let last = parts.journal.last();
    let found = Found::new(parts.engine, last, Journal::Kept);
    generation::begin(path)?;
    let trailer = write_generation(path, &found)?;
    Ok((found, trailer))
}

/// Finds everything in one half of a damaged store: in sled if it has all that any whole frame of the journal tells of,
/// else in base and journal if they reach as far as sled.
fn repair(path: &Path, error: Error) -> Result<Found, Error> {
    let new = generation::begin(path)?;
    let journal = path.join("journal");
    let sled = Engine::open(&path.join("sled")).and_then(|engine| {
        let seen = engine.watermark()?;
        Ok((engine, seen))
    });
    let seen = sled.as_ref().map_or_else(|_| Place::default(), |(_, seen)| *seen);
    if let Ok((engine, seen)) = sled {
        let greatest = if journal.is_dir() {
            journal::greatest(&journal)
        } else {
            Ok(0)
        };
        let has_all = greatest.is_ok_and(|greatest| greatest <= seen.sequence);
        is_of_one_store(path, &engine, seen)?;
        let authority = open::authority(path, &engine).ok().flatten();
        if seen.sequence > 0 && has_all && authority.is_some() && is_whole(path, &engine) {
            tracing::warn!(path = %path.display(), "the journal is damaged; it begins anew from sled/, which has all of it");
            return Ok(Found::new(engine, seen, Journal::Begun));
        }
    }
    if !journal.is_dir() {
        return Err(error);
    }
    let (engine, base) = load::from_base(path, &new.join(REBUILT))?;
    let last = resume::catch_up(path, &engine, u64::MAX)?;
    let last = if last.sequence > base.sequence { last } else { base };
    if last.sequence < seen.sequence || last.sequence == 0 {
        return Err(error);
    }
    tracing::warn!(path = %path.display(), "sled/ is damaged; it was built again from base and journal/");
    Ok(Found::new(engine, last, Journal::Kept))
}

/// Sees that nothing tells that sled is not this store's own, for then it repairs nothing.
fn is_of_one_store(path: &Path, engine: &Engine, seen: Place) -> Result<(), Error> {
    let agree = open::is_of_base(path, engine).and_then(|()| {
        let reach = journal::reach(&path.join("journal"), seen);
        reach.map(drop).map_err(|error| open::journal_error(path, error))
    });
    // What cannot be read tells nothing.
    if let Err(mixed @ Error::Mixed { .. }) = agree {
        return Err(mixed);
    }
    let identity = open::identity(path, engine).ok().flatten();
    match identity_in_journal(path) {
        Some(other) if identity.is_some_and(|identity| identity != other) => Err(Error::Mixed {
            path: path.to_owned(),
            what: "journal/ and sled/ are not of the same".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// What the first frame tells, as long as there is no base.
fn identity_in_journal(path: &Path) -> Option<u64> {
    let mut found = None;
    let visit = |frame: journal::Frame, _: Place| -> Result<(), journal::Error> {
        let row = frame
            .rows
            .iter()
            .find(|row| row.tree == Tree::Meta && row.key == keys::IDENTITY);
        found = row.and_then(|row| keys::read_id(row.value.as_ref()?));
        Ok(())
    };
    journal::read(&path.join("journal"), 0, 1, Place::default(), visit).ok()?;
    found
}

/// Whether every row can be read.
fn is_whole(path: &Path, engine: &Engine) -> bool {
    let header = Header {
        authority: String::new(),
        identity: None,
        begun: Place::default(),
        stories: 0,
    };
    let read = || Ok(backup::write_still(path, engine, &header, io::sink()).is_ok());
    engine::caught(read).unwrap_or(false)
}

/// Writes base, sled and journal of a new generation.
fn write_generation(path: &Path, found: &Found) -> Result<Trailer, Error> {
    let new = path.join(generation::NEW);
    let trailer = write_base(path, &new, &found.engine, found.last)?;
    fill_sled(path, &new, &trailer)?;
    let marks = backup::backups(&found.engine).map_err(|error| open::sled_error(path, error))?;
    let kept_from = backup::kept_from(marks);
    let folder = new.join("journal");
    let journal = if found.journal == Journal::Begun || kept_from >= found.last.sequence {
        journal::create(&folder)
    } else {
        journal::link(&path.join("journal"), kept_from, &folder)
    };
    journal.map_err(|error| open::journal_error(path, error))?;
    Ok(trailer)
}

/// Writes the base of a new generation.
pub fn write_base(path: &Path, new: &Path, engine: &Engine, last: Place) -> Result<Trailer, Error> {
    let authority = open::authority(path, engine)?.unwrap_or_default();
    let stories = engine.tree(Tree::Story).len() as u64;
    let header = Header {
        authority,
        identity: open::identity(path, engine)?,
        begun: last,
        stories,
    };
    let failed = |error| open::io_error(path, "a new base cannot be written")(error);
    let file = File::create(new.join(load::BASE)).map_err(failed)?;
    backup::write_still(path, engine, &header, BufWriter::new(file)).map(|(_, trailer)| trailer)
}

/// Fills the sled folder of a new generation from its base, which is thereby proved to be whole, and counts its rows.
pub fn fill_sled(path: &Path, new: &Path, written: &Trailer) -> Result<(), Error> {
    let (engine, _) = load::fill(path, &new.join(load::BASE), &new.join("sled"))?;
    for tree in Tree::ALL {
        let own = if tree == Tree::Meta { [keys::WATERMARK].len() } else { 0 };
        let (has, should) = (engine.tree(tree).len() - own, written.rows[tree as usize]);
        if has as u64 != should {
            let what = format!("{has} rows of {should} came into the new generation of {}", tree.name());
            return Err(open::damaged(path, what, open::RESTORE));
        }
    }
    Ok(())
}

fn live_bytes(engine: &Engine) -> sled::Result<u64> {
    let mut bytes = 0;
    for row in engine.trees.iter().flat_map(sled::Tree::iter) {
        let (key, value) = row?;
        bytes += (key.len() + value.len()) as u64;
    }
    Ok(bytes)
}

impl Store {
    /// The size of the store's folder on disk, in bytes.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn bytes(&self) -> Result<u64, Error> {
        let path = &self.inner.path;
        bytes_of(path).map_err(open::io_error(path, "its size cannot be told"))
    }
}

/// The bytes of all files below a folder. One that vanished meanwhile is none: a running store removes files.
fn bytes_of(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        bytes += match entry.file_type()? {
            // What a restore has moved aside is not the store.
            kind if kind.is_dir() && name.to_string_lossy().starts_with("aside-") => 0,
            kind if kind.is_dir() => bytes_of(&entry.path())?,
            _ => match entry.metadata() {
                Ok(metadata) => metadata.len(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
                Err(error) => return Err(error),
            },
        };
    }
    Ok(bytes)
}
