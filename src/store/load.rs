//! Filling an empty sled folder: from a stream, and from the store's own base when sled is lost.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::engine::Engine;
use super::journal::Place;
use super::stream::{Block, Header, Reader, Trailer, Unreadable, emptied};
use super::{Error, generation, open};

/// The name of the base in a store's folder.
pub const BASE: &str = "base";

/// Why a stream cannot be loaded.
pub enum Unloadable {
    /// It cannot be read.
    Stream(Unreadable),
    /// sled cannot take it.
    Sled(sled::Error),
}

impl From<Unreadable> for Unloadable {
    fn from(error: Unreadable) -> Unloadable {
        Unloadable::Stream(error)
    }
}

impl From<sled::Error> for Unloadable {
    fn from(error: sled::Error) -> Unloadable {
        Unloadable::Sled(error)
    }
}

/// Puts what a stream holds into an empty engine, to disk. The watermark is written last: until then it counts for
/// nothing.
pub fn load<R: Read>(engine: &Engine, reader: &mut Reader<R>) -> Result<Trailer, Unloadable> {
    let trailer = each(engine, reader, Pass::All)?;
    end(engine, &trailer)?;
    Ok(trailer)
}

/// Of so many rows in a row the first nine come before the others, see [`load_small`].
const TOGETHER: usize = 14;
const BEFORE: usize = 9;

/// As [`load`] from a base, so that sled takes little room. It splits a full page of sixteen rows by writing both halves,
/// and keeps what was written before: with rows of kilobytes that is most of the file (measured: 2.7 times what lives,
/// and 1.15 times this way). So the pages are made of keys alone first; the large values then are written once each. Of
/// small rows that come in order each page keeps the nine it had when it was split. So nine of fourteen come first and the
/// rest between them (measured: 93 bytes a row of a list beside key and value instead of 143, of hashes 55 instead of 102).
fn load_small(engine: &Engine, base: &Path) -> Result<Trailer, Unloadable> {
    let opened = || Reader::begin(File::open(base).map_err(Unreadable::Io)?);
    let (mut reader, _) = opened()?;
    each(engine, &mut reader, Pass::Before)?;
    let (mut reader, _) = opened()?;
    let trailer = each(engine, &mut reader, Pass::After)?;
    end(engine, &trailer)?;
    Ok(trailer)
}

/// Says that everything is there, once it is on disk.
fn end(engine: &Engine, trailer: &Trailer) -> sled::Result<()> {
    engine.set_watermark(trailer.ended)?;
    engine.sync()
}

/// What of a stream is put into an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// Everything.
    All,
    /// Records without what is in them, and of other rows those that come first.
    Before,
    /// What is in records, and all other rows.
    After,
}

/// Puts the rows of a stream into an engine.
fn each<R: Read>(engine: &Engine, reader: &mut Reader<R>, pass: Pass) -> Result<Trailer, Unloadable> {
    let chosen = |place: usize| place % TOGETHER < BEFORE;
    let mut place = 0;
    loop {
        match (reader.next()?, pass) {
            (Block::Rows(rows), pass) => {
                let next = place + rows.len();
                engine.load(match pass {
                    Pass::All => rows.dressed(),
                    Pass::Before => rows.before(place, chosen),
                    Pass::After => rows.after(place, chosen),
                })?;
                place = next;
            }
            (Block::Frame(frame), Pass::Before) => engine.load(emptied(frame.rows))?,
            (Block::Frame(frame), Pass::All | Pass::After) => engine.load(frame.rows)?,
            (Block::States(_) | Block::Notes(_), Pass::Before) => {}
            (Block::States(states), _) => {
                for (key, value) in states {
                    engine.states.insert(key, value)?;
                }
            }
            (Block::Notes(notes), _) => {
                for (name, value) in notes {
                    engine.notes.insert(name, value)?;
                }
            }
            (Block::End(trailer), _) => return Ok(trailer),
        }
    }
}

/// Fills a new sled folder from a base, which is thereby proved to be whole.
pub fn fill(path: &Path, base: &Path, folder: &Path) -> Result<(Engine, Trailer), Error> {
    let engine = Engine::open_to_fill(folder).map_err(|error| open::sled_error(path, error))?;
    let trailer = load_small(&engine, base).map_err(|error| match error {
        Unloadable::Stream(error) => base_error(path, error),
        Unloadable::Sled(error) => open::sled_error(path, error),
    })?;
    Ok((engine, trailer))
}

/// What the base says of itself; nothing where there is none.
///
/// # Errors
/// When it is no base, or of a later version.
pub fn base_header(path: &Path) -> Result<Option<Header>, Error> {
    let opened = open_base(path)?;
    Ok(opened.map(|(_, header)| header))
}

/// Whether all of the base can be read; also where there is none.
pub fn base_is_whole(path: &Path) -> bool {
    match open_base(path) {
        Ok(Some((mut reader, _))) => loop {
            match reader.next() {
                Ok(Block::End(_)) => return true,
                Ok(_) => {}
                Err(_) => return false,
            }
        },
        Ok(None) => true,
        Err(_) => false,
    }
}

/// The store's base, opened for reading.
pub fn open_base(path: &Path) -> Result<Option<(Reader<File>, Header)>, Error> {
    let file = match File::open(path.join(BASE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(open::io_error(path, "its base cannot be opened"))?,
    };
    let opened = Reader::begin(file).map_err(|error| base_error(path, error))?;
    Ok(Some(opened))
}

/// Builds the sled folder again from the base. What the journal has beyond it is the caller's to apply.
pub fn rebuild(path: &Path) -> Result<Place, Error> {
    tracing::warn!(path = %path.display(), "sled/ is lost or older than the base; building it again from the base");
    let new = generation::begin(path)?;
    let (engine, place) = from_base(path, &new.join("sled"))?;
    drop(engine);
    let (lost, old) = (path.join("sled"), new.join("lost"));
    let swap = || -> io::Result<()> {
        if lost.exists() {
            fs::rename(&lost, &old)?;
        }
        fs::rename(new.join("sled"), &lost)?;
        File::open(path)?.sync_all()?;
        fs::remove_dir_all(&new)
    };
    swap().map_err(open::io_error(path, "sled/ cannot be replaced"))?;
    Ok(place)
}

/// An engine in a new folder with what the base holds; empty where there is none.
pub fn from_base(path: &Path, folder: &Path) -> Result<(Engine, Place), Error> {
    if base_header(path)?.is_none() {
        let engine = Engine::open(folder).map_err(|error| open::sled_error(path, error))?;
        return Ok((engine, Place::default()));
    }
    let (engine, trailer) = fill(path, &path.join(BASE), folder)?;
    Ok((engine, trailer.ended))
}

fn base_error(path: &Path, error: Unreadable) -> Error {
    match error {
        Unreadable::Io(source) => open::io_error(path, "its base cannot be read")(source),
        Unreadable::Newer(_) => Error::Newer {
            path: path.to_owned(),
            what: format!("cannot be read: its base {error}"),
        },
        error => open::damaged(path, format!("base {error}"), open::REPAIR),
    }
}
