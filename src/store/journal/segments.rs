//! The files of the journal: frames, the segments they stand in, and reading them. It writes no frame.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::{Error, Frame, Place, Row};
use crate::store::codec::{self, Bytes};

const MAGIC: [u8; 4] = *b"WJ2\n";

/// What a row takes besides its key and value, at most: its tree, and their lengths.
const ROW_BYTES: usize = 16;

/// Bytes before a frame's payload.
const HEADER: usize = 28;

/// A frame as it stands in a segment.
pub(super) struct Whole<'a> {
    sequence: u64,
    /// The mark of the frame before it.
    before: u64,
    payload: &'a [u8],
}

impl Whole<'_> {
    fn length(&self) -> usize {
        HEADER + self.payload.len()
    }
}

/// Hands the frames after one and up to another to `visit`, and their places. Changes nothing, so that it may read what
/// is being appended to. Returns the last place it came to: whether that is far enough is the caller's to judge. `known`
/// is a place of the history that is asked for.
///
/// # Errors
/// [`Error::Damaged`] where a bad frame stands before good ones; [`Error::Foreign`] where the journal is of a history
/// without `known`; whatever `visit` returns.
pub fn read<E: From<Error>>(
    folder: &Path,
    after: u64,
    upto: u64,
    known: Place,
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
            let frame = &bytes[at..at + length];
            scan(&path, frame, &mut last, &[known], after, &mut visit)?;
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
            greatest = greatest.max(frame.as_ref().map_or(0, |frame| frame.sequence));
            at += frame.map_or(1, |frame| frame.length());
        }
    }
    Ok(greatest)
}

/// Sees that the journal is of the history of a place, if it has that frame or the next one. Reads the segment with it.
/// Returns its first frame and the last one that it came to; nothing where no frame is whole.
///
/// # Errors
/// [`Error::Foreign`], or [`Error::Damaged`] where frames are missing.
pub fn reach(folder: &Path, known: Place) -> Result<Option<(u64, u64)>, Error> {
    let (segments, before) = unapplied(folder, known.sequence)?;
    let mut last = Place {
        sequence: before,
        mark: 0,
    };
    let mut first = None;
    for segment in segments {
        let path = path(folder, segment);
        let bytes = fs::read(&path).map_err(|error| io_error("read", &path, error))?;
        first = first.or_else(|| read_frame(&bytes).map(|frame| frame.sequence));
        scan(&path, &bytes, &mut last, &[known], u64::MAX, &mut |_, _| {
            Ok::<(), Error>(())
        })?;
        if last.sequence > known.sequence {
            break;
        }
    }
    Ok(first.map(|first| (first, last.sequence)))
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

/// The segments that hold frames after this one, and those whose frames cannot be told; and the frame before the first
/// of them, if that can be told without reading them.
pub(super) fn unapplied(folder: &Path, applied: u64) -> Result<(Vec<u64>, u64), Error> {
    let segments = segments(folder)?;
    for index in (1..segments.len()).rev() {
        let first = first_sequence(&path(folder, segments[index]))?;
        if let Some(first) = first.filter(|first| (1..=applied.saturating_add(1)).contains(first)) {
            return Ok((segments[index..].to_vec(), first - 1));
        }
    }
    Ok((segments, 0))
}

/// The number of a segment's first frame, unchecked; nothing where it has none.
pub(super) fn first_sequence(path: &Path) -> Result<Option<u64>, Error> {
    let mut head = Vec::with_capacity(HEADER);
    File::open(path)
        .and_then(|file| file.take(HEADER as u64).read_to_end(&mut head))
        .map_err(|error| io_error("read", path, error))?;
    let number = head.get(12..20).and_then(|bytes| bytes.try_into().ok());
    Ok(number.filter(|_| head.starts_with(&MAGIC)).map(u64::from_le_bytes))
}

/// Reads frames from the start of a segment and hands on those after `applied`; returns where the good ones end. Each
/// goes on from the one before it, and all from the places that are known of their history.
pub(super) fn scan<E: From<Error>>(
    path: &Path,
    bytes: &[u8],
    last: &mut Place,
    known: &[Place],
    applied: u64,
    visit: &mut impl FnMut(Frame, Place) -> Result<(), E>,
) -> Result<usize, E> {
    let mut at = 0;
    while let Some(frame) = read_frame(&bytes[at..]) {
        let (sequence, length) = (frame.sequence, frame.length());
        let damaged = |what: String| Error::Damaged {
            path: path.to_owned(),
            at,
            what,
        };
        if last.sequence != 0 && sequence != last.sequence + 1 {
            return Err(damaged(format!("frame {} is followed by {sequence}", last.sequence)).into());
        }
        let place = Place {
            sequence,
            mark: mark(&bytes[at..at + length]),
        };
        let contradicts = |known: &Place| known.contradicts(place, frame.before);
        if contradicts(last) || known.iter().any(contradicts) {
            let path = path.to_owned();
            return Err(Error::Foreign { path, sequence }.into());
        }
        if sequence > applied {
            let rows = codec::unpack(frame.payload).and_then(|plain| postcard::from_bytes(&plain).ok());
            let rows =
                rows.ok_or_else(|| damaged(format!("frame {sequence} is not of a format this version reads")))?;
            visit(Frame { sequence, rows }, place)?;
        }
        *last = place;
        at += length;
    }
    Ok(at)
}

/// Whether a whole frame stands somewhere behind this place.
pub(super) fn good_behind(bytes: &[u8], end: usize) -> bool {
    (end + 1..bytes.len()).any(|at| bytes[at..].starts_with(&MAGIC) && read_frame(&bytes[at..]).is_some())
}

/// Whether these bytes may be of a frame that a crash cut short: its beginning, or the room for it.
pub(super) fn begins_frame(bytes: &[u8]) -> bool {
    let title = &MAGIC[..bytes.len().min(MAGIC.len())];
    bytes.starts_with(title) || bytes.iter().all(|byte| *byte == 0)
}

pub(super) fn damaged_before_good(path: &Path, at: usize) -> Error {
    Error::Damaged {
        path: path.to_owned(),
        at,
        what: "a frame that was acknowledged is not whole".to_owned(),
    }
}

/// The length of the frame at the start of `bytes`, if it is whole.
pub(super) fn whole(bytes: &[u8]) -> Option<usize> {
    read_frame(bytes).map(|frame| frame.length())
}

/// The frame at the start of `bytes`, if it is whole.
pub(super) fn read_frame(bytes: &[u8]) -> Option<Whole<'_>> {
    let number = |range: std::ops::Range<usize>| Some(u32::from_le_bytes(bytes.get(range)?.try_into().ok()?));
    if !bytes.starts_with(&MAGIC) {
        return None;
    }
    let length = number(4..8)? as usize;
    let sum = number(8..12)?;
    let summed = bytes.get(12..HEADER.checked_add(length)?)?;
    let whole = Whole {
        sequence: u64::from_le_bytes(summed.get(..8)?.try_into().ok()?),
        before: u64::from_le_bytes(summed.get(8..16)?.try_into().ok()?),
        payload: &summed[16..],
    };
    (crc32c::crc32c(summed) == sum).then_some(whole)
}

/// The frame that comes after a place.
pub(super) fn frame(after: Place, rows: &[Row]) -> Vec<u8> {
    let bytes: usize = rows.iter().map(Row::size).sum();
    // What serde makes of rows, but for their bytes, which it would take one by one.
    let rows = rows.iter();
    let rows: Vec<_> = rows
        .map(|row| (row.tree, Bytes(&row.key), row.value.as_deref().map(Bytes)))
        .collect();
    let room = Vec::with_capacity(bytes + ROW_BYTES * rows.len());
    let plain = postcard::to_extend(&rows, room).expect("plain data with known lengths is always written");
    let mut summed = (after.sequence + 1).to_le_bytes().to_vec();
    summed.extend(after.mark.to_le_bytes());
    summed.extend(codec::pack_rows(&plain));
    let mut frame = MAGIC.to_vec();
    frame.extend(u32::try_from(summed.len() - 16).unwrap_or(u32::MAX).to_le_bytes());
    frame.extend(crc32c::crc32c(&summed).to_le_bytes());
    frame.extend(summed);
    frame
}

/// What a frame is recognised by.
pub(super) fn mark(frame: &[u8]) -> u64 {
    xxh3_64(frame)
}

/// The numbers of the segments, in order.
pub(super) fn segments(folder: &Path) -> Result<Vec<u64>, Error> {
    let entries = fs::read_dir(folder).map_err(|error| io_error("list", folder, error))?;
    let mut numbers: Vec<u64> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

pub(super) fn path(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:08}"))
}

/// A segment's file, ready for appending, and its length. A new one is made known to the folder before it is used.
pub(super) fn create_or_append(folder: &Path, segment: u64) -> Result<(File, u64), Error> {
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

pub(super) fn io_error(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
