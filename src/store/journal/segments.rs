//! The files of the journal: frames, the segments they stand in, and reading them. It writes no frame.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

use super::{Error, Frame, Place, Row};
use crate::store::codec::{self, Bytes};

const MAGIC: [u8; 4] = *b"WJ1\n";

/// What a row takes besides its key and value, at most: its tree, and their lengths.
const ROW_BYTES: usize = 16;

/// Bytes before a frame's payload.
const HEADER: usize = 20;

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
    let number = head.get(12..HEADER).and_then(|bytes| bytes.try_into().ok());
    Ok(number.filter(|_| head.starts_with(&MAGIC)).map(u64::from_le_bytes))
}

/// Reads frames from the start of a segment and hands on those after `applied`; returns where the good ones end.
pub(super) fn scan<E: From<Error>>(
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

/// Whether a whole frame stands somewhere behind this place.
pub(super) fn good_behind(bytes: &[u8], end: usize) -> bool {
    (end + 1..bytes.len()).any(|at| bytes[at..].starts_with(&MAGIC) && read_frame(&bytes[at..]).is_some())
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
    read_frame(bytes).map(|(_, payload)| HEADER + payload.len())
}

/// The sequence and payload of the frame at the start of `bytes`, if it is whole.
pub(super) fn read_frame(bytes: &[u8]) -> Option<(u64, &[u8])> {
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

pub(super) fn frame(sequence: u64, rows: &[Row]) -> Vec<u8> {
    let bytes: usize = rows.iter().map(Row::size).sum();
    // What serde makes of rows, but for their bytes, which it would take one by one.
    let rows = rows.iter();
    let rows: Vec<_> = rows
        .map(|row| (row.tree, Bytes(&row.key), row.value.as_deref().map(Bytes)))
        .collect();
    let room = Vec::with_capacity(bytes + ROW_BYTES * rows.len());
    let plain = postcard::to_extend(&rows, room).expect("plain data with known lengths is always written");
    let mut summed = sequence.to_le_bytes().to_vec();
    summed.extend(codec::pack_rows(&plain));
    let mut frame = MAGIC.to_vec();
    frame.extend(u32::try_from(summed.len() - 8).unwrap_or(u32::MAX).to_le_bytes());
    frame.extend(crc32c::crc32c(&summed).to_le_bytes());
    frame.extend(summed);
    frame
}

/// What a frame is recognised by.
pub(super) fn mark(frame: &[u8]) -> u128 {
    xxh3_128(frame)
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
