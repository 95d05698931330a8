//! The journal: what was acknowledged, in order, on disk before anything else. sled can be rebuilt from it.
//!
//! Segments `journal/00000001` … hold frames `[magic][payload length u32][crc32c u32][sequence u64][zstd(postcard(rows))]`,
//! little-endian, the checksum over sequence and payload. A frame that a crash cut short can only be the last one: it
//! was never acknowledged and is cut off. A bad frame with a good one behind it is damage, and is said.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::codec;
use super::keys::Tree;

const MAGIC: [u8; 4] = *b"WJ1\n";

/// Bytes before a frame's payload.
const HEADER: usize = 20;

/// A segment that has grown past this is followed by a new one.
const SEGMENT_BYTES: u64 = 16 << 20;

/// So much must be free before a journal that was full takes frames again.
const ROOM: usize = 256 << 10;

/// One change to one tree: the outcome of a decision, so that applying it twice is the same as once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The tree.
    pub tree: Tree,
    /// The key.
    pub key: Vec<u8>,
    /// The new value; `None` removes the key.
    pub value: Option<Vec<u8>>,
}

/// A frame's number and rows.
pub struct Frame {
    /// Counts up from 1 without a gap.
    pub sequence: u64,
    /// The changes, to be applied together.
    pub rows: Vec<Row>,
}

/// The journal's fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Bytes in it have changed since they were written.
    #[error("{} is damaged at byte {at}: {what}", path.display())]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// Where.
        at: usize,
        /// What is wrong there.
        what: String,
    },
}

/// Where a frame stands in its history: two stores that have the same place have the same history up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The frame's number; 0 before the first.
    pub sequence: u64,
    /// A hash of the frame.
    pub mark: u128,
}

/// The open end of the journal.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    segment: u64,
    file: File,
    length: u64,
    last: Place,
    /// After a failed write nobody knows what is on disk: nothing more is appended until that is settled.
    fault: Option<Fault>,
}

/// Why the journal takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There was no room for a frame.
    Full,
    /// A frame could not be written.
    Failed,
    /// sled could not take a frame that is in the journal.
    Behind,
}

impl Journal {
    /// Opens the journal in `folder`, creating it if there is none; hands the frames after `applied` to `visit` in order
    /// and cuts off a torn last one. Segments that hold nothing beyond `applied` are not read. `base` is where the
    /// journal begins: what it returns as its last place as long as it has no frame.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a bad frame that a crash does not explain; whatever `visit` returns.
    pub fn open<E: From<Error>>(
        folder: &Path,
        base: Place,
        applied: u64,
        mut visit: impl FnMut(Frame) -> Result<(), E>,
    ) -> Result<Journal, E> {
        fs::create_dir_all(folder).map_err(|error| io_error("create", folder, error))?;
        let (segments, before) = unapplied(folder, applied)?;
        let mut last = Place {
            sequence: before,
            mark: 0,
        };
        for (index, segment) in segments.iter().enumerate() {
            let path = path(folder, *segment);
            let bytes = fs::read(&path).map_err(|error| io_error("read", &path, error))?;
            let end = scan(&path, &bytes, &mut last, applied, &mut visit)?;
            if end < bytes.len() {
                let held = last.sequence >= applied || (last.sequence == 0 && base.sequence >= applied);
                let may_be_torn = index + 1 == segments.len() && held;
                cut(&path, &bytes, end, may_be_torn)?;
            }
        }
        let segment = segments.last().copied().unwrap_or(1);
        let (file, length) = create_or_append(folder, segment)?;
        Ok(Journal {
            folder: folder.to_owned(),
            segment,
            file,
            length,
            last: if last.sequence == 0 { base } else { last },
            fault: None,
        })
    }

    /// The place of the last frame.
    pub fn last(&self) -> Place {
        self.last
    }

    /// Why it takes no more, if it does not.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Takes no more until sled has followed it.
    pub fn fall_behind(&mut self) {
        self.fault = Some(Fault::Behind);
    }

    /// Takes frames again, after [`Journal::cut_back`] and once sled holds all there is.
    pub fn resume(&mut self) {
        self.fault = None;
    }

    /// Appends a frame and waits until it is on disk. Returns its number.
    ///
    /// # Errors
    /// After an error nothing of the frame counts, and the journal takes no more until that is settled.
    pub fn append(&mut self, rows: &[Row]) -> Result<u64, Error> {
        self.refuse_after_fault()?;
        let sequence = self.last.sequence + 1;
        let frame = frame(sequence, rows);
        self.write(&frame).inspect_err(|error| {
            let full = matches!(error, Error::Io { source, .. } if is_full(source));
            self.fault = Some(if full { Fault::Full } else { Fault::Failed });
        })?;
        self.length += frame.len() as u64;
        self.last = Place {
            sequence,
            mark: mark(&frame),
        };
        Ok(sequence)
    }

    fn write(&mut self, frame: &[u8]) -> Result<(), Error> {
        if self.length >= SEGMENT_BYTES {
            (self.file, self.length) = create_or_append(&self.folder, self.segment + 1)?;
            self.segment += 1;
        }
        let path = path(&self.folder, self.segment);
        self.file
            .write_all(frame)
            .map_err(|error| io_error("append to", &path, error))?;
        self.file.sync_data().map_err(|error| io_error("flush", &path, error))
    }

    fn refuse_after_fault(&self) -> Result<(), Error> {
        let source = match self.fault {
            None => return Ok(()),
            Some(Fault::Full) => io::Error::from(io::ErrorKind::StorageFull),
            Some(Fault::Failed | Fault::Behind) => {
                io::Error::other("an earlier write failed; the store takes no more until that is settled")
            }
        };
        Err(io_error("append to", &path(&self.folder, self.segment), source))
    }

    /// Cuts off what a failed write has left, and sees that there is room again.
    ///
    /// # Errors
    /// When there is none; then nothing has changed.
    pub fn cut_back(&mut self) -> Result<(), Error> {
        let path = path(&self.folder, self.segment);
        let cut = || -> io::Result<(File, u64)> {
            let (file, _) = create_or_append(&self.folder, self.segment).map_err(|error| match error {
                Error::Io { source, .. } => source,
                Error::Damaged { .. } => io::Error::other(error),
            })?;
            file.set_len(self.length)?;
            file.sync_all()?;
            let mut probe = &file;
            let room = probe.write_all(&vec![0; ROOM]).and_then(|()| file.sync_all());
            file.set_len(self.length)?;
            file.sync_all()?;
            room.map(|()| (file, self.length))
        };
        (self.file, self.length) = cut().map_err(|error| io_error("cut", &path, error))?;
        Ok(())
    }

    /// Removes the segments that hold nothing beyond this frame, but for the last one.
    pub fn prune(&mut self, upto: u64) -> Result<(), Error> {
        let (kept, _) = unapplied(&self.folder, upto)?;
        let first = kept.first().copied().unwrap_or(self.segment).min(self.segment);
        for segment in segments(&self.folder)?.into_iter().filter(|segment| *segment < first) {
            let path = path(&self.folder, segment);
            fs::remove_file(&path).map_err(|error| io_error("remove", &path, error))?;
        }
        let folder = File::open(&self.folder).and_then(|folder| folder.sync_all());
        folder.map_err(|error| io_error("flush", &self.folder, error))
    }
}

/// Hands the frames after one and up to another to `visit`, and their places. Changes nothing, so that it may read what
/// is being appended to. Returns the last place it came to: whether that is far enough is the caller's to judge.
///
/// # Errors
/// [`Error::Damaged`] where a bad frame stands before good ones; whatever `visit` returns.
pub fn read<E: From<Error>>(
    folder: &Path,
    after: u64,
    upto: u64,
    mut visit: impl FnMut(Frame, Place) -> Result<(), E>,
) -> Result<Place, E> {
    let (segments, before) = unapplied(folder, after)?;
    let mut last = Place {
        sequence: before,
        mark: 0,
    };
    for (index, segment) in segments.iter().enumerate() {
        let path = path(folder, *segment);
        let bytes = fs::read(&path).map_err(|error| io_error("read", &path, error))?;
        let mut at = 0;
        while last.sequence < upto
            && let Some(length) = whole(&bytes[at..])
        {
            scan(&path, &bytes[at..at + length], &mut last, after, &mut |frame| {
                let place = Place {
                    sequence: frame.sequence,
                    mark: mark(&bytes[at..at + length]),
                };
                visit(frame, place)
            })?;
            at += length;
        }
        if last.sequence >= upto {
            break;
        }
        if at < bytes.len() && (index + 1 < segments.len() || good_behind(&bytes, at)) {
            return Err(damaged_before_good(&path, at).into());
        }
    }
    Ok(last)
}

/// Creates an empty journal in a new folder.
pub fn create(folder: &Path) -> Result<(), Error> {
    fs::create_dir(folder).map_err(|error| io_error("create", folder, error))?;
    create_or_append(folder, 1).map(drop)
}

/// Puts the segments that hold frames after this one, and the last one, into a new folder besides.
pub fn link(folder: &Path, after: u64, new: &Path) -> Result<(), Error> {
    fs::create_dir(new).map_err(|error| io_error("create", new, error))?;
    for segment in unapplied(folder, after)?.0 {
        let (from, to) = (path(folder, segment), path(new, segment));
        // Not every file system has hard links.
        let linked = fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(drop));
        linked.map_err(|error| io_error("copy", &from, error))?;
    }
    Ok(())
}

/// The greatest number of a whole frame anywhere in the journal, whatever stands before it; 0 where there is none.
pub fn greatest(folder: &Path) -> Result<u64, Error> {
    let mut greatest = 0;
    for segment in segments(folder)? {
        let path = path(folder, segment);
        let bytes = fs::read(&path).map_err(|error| io_error("read", &path, error))?;
        let mut at = 0;
        while at < bytes.len() {
            let frame = bytes[at..]
                .starts_with(&MAGIC)
                .then(|| read_frame(&bytes[at..]))
                .flatten();
            greatest = greatest.max(frame.map_or(0, |(sequence, _)| sequence));
            at += frame.map_or(1, |(_, payload)| HEADER + payload.len());
        }
    }
    Ok(greatest)
}

/// The place of a frame that no journal holds.
pub fn place(sequence: u64, rows: &[Row]) -> Place {
    Place {
        sequence,
        mark: mark(&frame(sequence, rows)),
    }
}

/// How many bytes the segments have that hold nothing beyond this frame.
pub fn bytes_upto(folder: &Path, upto: u64) -> Result<u64, Error> {
    let (kept, _) = unapplied(folder, upto)?;
    let mut bytes = 0;
    for segment in segments(folder)?.into_iter().filter(|segment| !kept.contains(segment)) {
        let path = path(folder, segment);
        bytes += fs::metadata(&path)
            .map_err(|error| io_error("read", &path, error))?
            .len();
    }
    Ok(bytes)
}

/// The segments that hold frames after this one, and those whose frames cannot be told; and the frame before the first
/// of them, if that can be told without reading them.
fn unapplied(folder: &Path, applied: u64) -> Result<(Vec<u64>, u64), Error> {
    let segments = segments(folder)?;
    let (mut skipped, mut before) = (0, 0);
    for (index, segment) in segments.iter().enumerate().skip(1) {
        match first_sequence(&path(folder, *segment))? {
            Some(first) if first <= applied.saturating_add(1) && first > before => {
                (skipped, before) = (index, first - 1);
            }
            _ => break,
        }
    }
    Ok((segments[skipped..].to_vec(), before))
}

/// The number of a segment's first frame, unchecked; nothing where it has none.
fn first_sequence(path: &Path) -> Result<Option<u64>, Error> {
    let mut head = Vec::with_capacity(HEADER);
    File::open(path)
        .and_then(|file| file.take(HEADER as u64).read_to_end(&mut head))
        .map_err(|error| io_error("read", path, error))?;
    let number = head.get(12..HEADER).and_then(|bytes| bytes.try_into().ok());
    Ok(number.filter(|_| head.starts_with(&MAGIC)).map(u64::from_le_bytes))
}

/// Reads frames from the start of a segment and hands on those after `applied`; returns where the good ones end.
fn scan<E: From<Error>>(
    path: &Path,
    bytes: &[u8],
    last: &mut Place,
    applied: u64,
    visit: &mut impl FnMut(Frame) -> Result<(), E>,
) -> Result<usize, E> {
    let mut at = 0;
    while let Some((sequence, payload)) = read_frame(&bytes[at..]) {
        let damaged = |what: String| Error::Damaged {
            path: path.to_owned(),
            at,
            what,
        };
        if last.sequence != 0 && sequence != last.sequence + 1 {
            return Err(damaged(format!("frame {} is followed by {sequence}", last.sequence)).into());
        }
        let length = HEADER + payload.len();
        if sequence > applied {
            let rows = codec::unpack(payload).and_then(|plain| postcard::from_bytes(&plain).ok());
            let rows =
                rows.ok_or_else(|| damaged(format!("frame {sequence} is not of a format this version reads")))?;
            visit(Frame { sequence, rows })?;
        }
        *last = Place {
            sequence,
            mark: mark(&bytes[at..at + length]),
        };
        at += length;
    }
    Ok(at)
}

/// Cuts a torn frame off the last segment; anything else that is not a frame is damage.
fn cut(path: &Path, bytes: &[u8], end: usize, may_be_torn: bool) -> Result<(), Error> {
    if !may_be_torn || good_behind(bytes, end) {
        return Err(damaged_before_good(path, end));
    }
    tracing::warn!(path = %path.display(), bytes = bytes.len() - end, "cut a frame that was never acknowledged off the journal");
    let file = OpenOptions::new()
        .write(true)
        .open(path)
        .map_err(|error| io_error("open", path, error))?;
    file.set_len(end as u64)
        .and_then(|()| file.sync_all())
        .map_err(|error| io_error("cut", path, error))
}

/// Whether a whole frame stands somewhere behind this place.
fn good_behind(bytes: &[u8], end: usize) -> bool {
    (end + 1..bytes.len()).any(|at| bytes[at..].starts_with(&MAGIC) && read_frame(&bytes[at..]).is_some())
}

fn damaged_before_good(path: &Path, at: usize) -> Error {
    Error::Damaged {
        path: path.to_owned(),
        at,
        what: "a frame that was acknowledged is not whole".to_owned(),
    }
}

/// The length of the frame at the start of `bytes`, if it is whole.
fn whole(bytes: &[u8]) -> Option<usize> {
    read_frame(bytes).map(|(_, payload)| HEADER + payload.len())
}

/// What a frame is recognised by.
fn mark(frame: &[u8]) -> u128 {
    xxh3_128(frame)
}

/// Whether the system says that there is no room.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The sequence and payload of the frame at the start of `bytes`, if it is whole.
fn read_frame(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let number = |range: std::ops::Range<usize>| Some(u32::from_le_bytes(bytes.get(range)?.try_into().ok()?));
    if !bytes.starts_with(&MAGIC) {
        return None;
    }
    let length = number(4..8)? as usize;
    let sum = number(8..12)?;
    let summed = bytes.get(12..HEADER.checked_add(length)?)?;
    let sequence = u64::from_le_bytes(summed.get(..8)?.try_into().ok()?);
    (crc32c::crc32c(summed) == sum).then(|| (sequence, &summed[8..]))
}

fn frame(sequence: u64, rows: &[Row]) -> Vec<u8> {
    let plain = postcard::to_stdvec(rows).expect("plain data with known lengths is always written");
    let mut summed = sequence.to_le_bytes().to_vec();
    summed.extend(codec::pack(&plain));
    let mut frame = MAGIC.to_vec();
    frame.extend(u32::try_from(summed.len() - 8).unwrap_or(u32::MAX).to_le_bytes());
    frame.extend(crc32c::crc32c(&summed).to_le_bytes());
    frame.extend(summed);
    frame
}

/// The numbers of the segments, in order.
fn segments(folder: &Path) -> Result<Vec<u64>, Error> {
    let entries = fs::read_dir(folder).map_err(|error| io_error("list", folder, error))?;
    let mut numbers: Vec<u64> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn path(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:08}"))
}

/// A segment's file, ready for appending, and its length. A new one is made known to the folder before it is used.
fn create_or_append(folder: &Path, segment: u64) -> Result<(File, u64), Error> {
    let path = path(folder, segment);
    let open = || -> io::Result<(File, u64)> {
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.sync_all()?;
        File::open(folder)?.sync_all()?;
        let length = file.metadata()?.len();
        Ok((file, length))
    };
    open().map_err(|error| io_error("open", &path, error))
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: u8) -> Row {
        Row {
            tree: Tree::Meta,
            key: vec![n],
            value: Some(vec![n; 100]),
        }
    }

    fn open(folder: &Path) -> Result<(Journal, Vec<Vec<Row>>), Error> {
        let mut frames = Vec::new();
        let journal = Journal::open(folder, Place::default(), 0, |frame| {
            frames.push(frame.rows);
            Ok::<(), Error>(())
        })?;
        Ok((journal, frames))
    }

    fn written(folder: &Path, frames: u8) -> Vec<u8> {
        let (mut journal, _) = open(folder).unwrap();
        for n in 0..frames {
            journal.append(&[row(n)]).unwrap();
        }
        fs::read(path(folder, 1)).unwrap()
    }

    #[test]
    fn frames_come_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path(), 3);
        let (journal, frames) = open(folder.path()).unwrap();
        assert_eq!(frames, [vec![row(0)], vec![row(1)], vec![row(2)]]);
        assert_eq!(journal.last().sequence, 3);
    }

    #[test]
    fn a_frame_torn_at_any_byte_is_cut_and_the_rest_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = written(folder.path(), 3);
        let whole = bytes.len() * 2 / 3;
        for length in whole + 1..bytes.len() {
            fs::write(path(folder.path(), 1), &bytes[..length]).unwrap();
            let (mut journal, frames) = open(folder.path()).unwrap();
            assert_eq!(frames, [vec![row(0)], vec![row(1)]], "torn at {length}");
            journal.append(&[row(9)]).unwrap();
            assert_eq!(open(folder.path()).unwrap().1[2], [row(9)]);
        }
    }

    #[test]
    fn a_flipped_byte_before_good_frames_is_damage_and_nothing_is_cut() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = written(folder.path(), 3);
        for at in 0..bytes.len() / 3 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x40;
            fs::write(path(folder.path(), 1), &flipped).unwrap();
            assert!(
                matches!(open(folder.path()), Err(Error::Damaged { .. })),
                "flipped at {at}"
            );
            assert_eq!(fs::read(path(folder.path(), 1)).unwrap(), flipped);
        }
    }

    #[test]
    fn a_missing_segment_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path()).unwrap();
        for n in 0..3 {
            journal.append(&[row(n)]).unwrap();
            journal.length = SEGMENT_BYTES;
        }
        assert_eq!(open(folder.path()).unwrap().1.len(), 3);
        fs::remove_file(path(folder.path(), 2)).unwrap();
        assert!(matches!(open(folder.path()), Err(Error::Damaged { .. })));
    }
}
