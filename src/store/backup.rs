//! Copies of the whole store while it is written: for elsewhere, and as the store's own base, from which the journal goes
//! on.
//!
//! The moment of a copy is its end. The rows are read while the ledger writes, so that some are older than others; then
//! the frames since the beginning follow, in order. Each sets the rows it touches to what they were then, whatever was
//! read of them before: after the last frame all are of one moment.

use std::io::{self, Read, Write};
use std::path::Path;

use super::engine::Engine;
use super::journal::{self, Row};
use super::keys::{self, Tree};
use super::stream::{Block, Header, Reader, Trailer, Unreadable, Writer};
use super::{Error, Store, codec, generation, load, open};
use crate::model::RegionCode;

/// A new base is written when the journal could lose more than this by it, and more than the base is long.
const WORTH_A_BASE: u64 = 64 << 20;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSummary {
    /// The authority in entry ids.
    pub authority: String,
    /// The last frame that is in it: hand it to [`Store::backup_done`] once the backup is safe.
    pub watermark: u64,
    /// Stories that were there when it was begun.
    pub stories: u64,
    /// Articles whose rows were read.
    pub articles: u64,
    /// All rows.
    pub rows: u64,
    /// Frames that were written meanwhile, and are in it.
    pub frames: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Reads a whole backup, which proves that it can be restored, and says what is in it.
///
/// # Errors
/// When it is no backup, of a later version, damaged or cut short.
pub fn examine(input: impl Read) -> Result<BackupSummary, Unreadable> {
    let (mut reader, header) = Reader::begin(input)?;
    loop {
        if let Block::End(trailer) = reader.next()? {
            return Ok(summary(&header, &trailer, reader.position()));
        }
    }
}

impl Store {
    /// Writes a consistent copy of everything to `out`, while the store is used. Nothing is dropped by it: see
    /// [`Store::backup_done`].
    ///
    /// # Errors
    /// [`Error::Output`] when `out` does not take it; [`Error::Damaged`] when a row cannot be read: what is written so
    /// far has no end then, and is refused by `restore`.
    pub fn backup(&self, out: impl Write) -> Result<BackupSummary, Error> {
        let _upkeep = self.upkeep();
        let out = io::BufWriter::with_capacity(256 << 10, out);
        self.copy(out, &Error::Output)
    }

    /// Says that a nightly backup up to this frame is safe. Journal segments that neither the last two backups nor the
    /// base need are removed; when that is worth it, a new base is written first, and also when the one that is there can no
    /// longer be read: nobody would notice until it is needed.
    pub fn backup_done(&self, watermark: u64) -> Result<(), Error> {
        let (older, newer) = self.backups()?;
        let (older, newer) = if watermark > newer {
            (newer, watermark)
        } else {
            (older, newer)
        };
        self.commit(&[Row {
            tree: Tree::Meta,
            key: keys::BACKUPS.to_vec(),
            value: Some([older.to_be_bytes(), newer.to_be_bytes()].concat()),
        }])?;
        let kept_from = kept_from((older, newer));
        let path = &self.inner.path;
        if !load::base_is_whole(path) {
            tracing::error!(path = %path.display(), "the store's base is damaged: it is written anew from what is open");
            return self.rebase();
        }
        let base = load::base_header(path)?.map_or(0, |header| header.begun.sequence);
        let length = std::fs::metadata(path.join(load::BASE)).map_or(0, |base| base.len());
        let needless = journal::bytes_upto(&path.join("journal"), kept_from);
        let needless = needless.map_err(|error| self.journal_error(error))?;
        if base < kept_from && needless > length.max(WORTH_A_BASE) {
            return self.rebase();
        }
        let _upkeep = self.upkeep();
        let prune = self.journal().prune(kept_from.min(base));
        prune.map_err(|error| self.journal_error(error))
    }

    /// Writes a new base while the store is used, and removes the journal segments that nothing needs any more.
    pub fn rebase(&self) -> Result<(), Error> {
        let _upkeep = self.upkeep();
        let path = &self.inner.path;
        let mut failed = None;
        let begun = self.journal().last();
        let written = generation::write_whole(path, load::BASE, |file| {
            let on_disk = |source| open::io_error(path, "its base cannot be written")(source);
            self.copy(file, &on_disk).map(drop).map_err(|error| {
                failed = Some(error);
                io::Error::other("its base cannot be written")
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        written.map_err(open::io_error(path, "its base cannot be written"))?;
        let kept_from = kept_from(self.backups()?).min(begun.sequence);
        let prune = self.journal().prune(kept_from);
        prune.map_err(|error| self.journal_error(error))
    }

    /// The last frames of the last two backups that [`Store::backup_done`] was told of; 0 for one that there was not.
    pub fn backups(&self) -> Result<(u64, u64), Error> {
        backups(&*self.engine()?).map_err(|error| self.sled_error(error))
    }

    /// Writes everything. Whoever calls it keeps the journal's segments from being removed meanwhile.
    fn copy(&self, out: impl Write, fail: &dyn Fn(io::Error) -> Error) -> Result<BackupSummary, Error> {
        let engine = self.engine()?;
        // Under the lock no frame is half applied: sled has all there are.
        let begun = {
            let journal = self.journal();
            match journal.fault() {
                Some(journal::Fault::Behind(_)) => {
                    let path = self.inner.path.clone();
                    return Err(Error::Full { path });
                }
                _ => journal.last(),
            }
        };
        let header = Header {
            authority: self.authority().to_owned(),
            begun,
            stories: self.counts().get(&RegionCode::INDONESIA).copied().unwrap_or(0),
        };
        let path = &self.inner.path;
        let mut writer = Writer::begin(out, &header).map_err(fail)?;
        write_rows(path, &engine, &mut writer, fail)?;
        let ended = self.journal().last();
        let folder = path.join("journal");
        let reached = journal::read(
            &folder,
            begun.sequence,
            ended.sequence,
            |frame, _| -> Result<(), Stop> { writer.frame(&frame).map_err(Stop::Output) },
        );
        let reached = reached.map_err(|stop| match stop {
            Stop::Journal(error) => self.journal_error(error),
            Stop::Output(source) => fail(source),
        })?;
        if ended.sequence > begun.sequence && reached != ended {
            let what = format!(
                "the journal ends at frame {} and should at {}",
                reached.sequence, ended.sequence
            );
            return Err(open::damaged(path, what, open::REPAIR));
        }
        let (trailer, bytes, _) = writer.end(ended).map_err(fail)?;
        Ok(summary(&header, &trailer, bytes))
    }
}

/// Why reading the frames stopped.
enum Stop {
    Journal(journal::Error),
    Output(io::Error),
}

impl From<journal::Error> for Stop {
    fn from(error: journal::Error) -> Stop {
        Stop::Journal(error)
    }
}

/// Writes the whole of a store that nobody writes to.
pub fn write_still(
    path: &Path,
    engine: &Engine,
    header: &Header,
    out: impl Write,
) -> Result<(BackupSummary, Trailer), Error> {
    let fail = |source| open::io_error(path, "its base cannot be written")(source);
    let mut writer = Writer::begin(out, header).map_err(fail)?;
    write_rows(path, engine, &mut writer, &fail)?;
    let (trailer, bytes, _) = writer.end(header.begun).map_err(fail)?;
    Ok((summary(header, &trailer, bytes), trailer))
}

/// Up to which frame the journal is not needed for the backups: restoring one needs what came after it. Without any the
/// base alone decides.
pub fn kept_from((older, newer): (u64, u64)) -> u64 {
    match (older, newer) {
        (0, 0) => u64::MAX,
        (0, newer) => newer,
        (older, _) => older,
    }
}

/// The last frames of the last two backups; 0 for one that there was not.
pub fn backups(engine: &Engine) -> sled::Result<(u64, u64)> {
    let value = engine.tree(Tree::Meta).get(keys::BACKUPS)?;
    let marks = value.and_then(|value| {
        let (older, newer) = value.split_at_checked(8)?;
        Some((keys::read_id(older)?, keys::read_id(newer)?))
    });
    Ok(marks.unwrap_or_default())
}

/// A key and its value.
type Record = (Vec<u8>, Vec<u8>);

/// The states first: what they stand for is in any frame after them.
fn write_rows<W: Write>(
    path: &Path,
    engine: &Engine,
    writer: &mut Writer<W>,
    fail: &dyn Fn(io::Error) -> Error,
) -> Result<(), Error> {
    let failed = |error| open::sled_error(path, error);
    let records = |tree: &sled::Tree, name: &str| -> Result<Vec<Record>, Error> {
        let read = tree.iter().map(|row| {
            let (key, value) = row.map_err(failed)?;
            codec::check(&value).map_err(|error| open::unreadable(path, name, &key, &error))?;
            Ok((key.to_vec(), value.to_vec()))
        });
        read.collect()
    };
    writer.states(&records(&engine.states, keys::STATES)?).map_err(fail)?;
    writer.notes(&records(&engine.notes, keys::NOTES)?).map_err(fail)?;
    for tree in Tree::ALL {
        for row in engine.tree(tree) {
            let (key, value) = row.map_err(failed)?;
            let value = if tree.has_records() {
                codec::undress(&value).map_err(|error| open::unreadable(path, tree.name(), &key, &error))?
            } else {
                value.to_vec()
            };
            if tree == Tree::Meta && (&*key == keys::WATERMARK || &*key == keys::FORMAT) {
                continue;
            }
            let row = Row {
                tree,
                key: key.to_vec(),
                value: Some(value),
            };
            writer.row(row).map_err(fail)?;
        }
    }
    Ok(())
}

fn summary(header: &Header, trailer: &Trailer, bytes: u64) -> BackupSummary {
    BackupSummary {
        authority: header.authority.clone(),
        watermark: trailer.ended.sequence,
        stories: header.stories,
        articles: trailer.rows[Tree::Article as usize],
        rows: trailer.rows.iter().sum(),
        frames: trailer.frames,
        bytes,
    }
}
