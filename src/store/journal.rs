//! The journal: what was acknowledged, in order, on disk before anything else. sled can be rebuilt from it.
//!
//! Segments `journal/00000001` … hold frames `[magic][payload length u32][crc32c u32][sequence u64][zstd(postcard(rows))]`,
//! little-endian, the checksum over sequence and payload. A frame that a crash cut short can only be the last one: it
//! was never acknowledged and is cut off. A bad frame with a good one behind it is damage, and is said.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::codec;
use super::keys::Tree;

const MAGIC: [u8; 4] = *b"WJ1\n";

/// Bytes before a frame's payload.
const HEADER: usize = 20;

/// A segment that has grown past this is followed by a new one.
const SEGMENT_BYTES: u64 = 16 << 20;

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

/// The open end of the journal.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    segment: u64,
    file: File,
    length: u64,
    last: u64,
    /// After a failed write nobody knows what is on disk: nothing more is appended until the store is reopened.
    broken: bool,
}

impl Journal {
    /// Opens the journal in `folder`, creating it if there is none; hands every frame to `visit` in order and cuts
    /// off a torn last one.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a bad frame that a crash does not explain; whatever `visit` returns.
    pub fn open<E: From<Error>>(folder: &Path, mut visit: impl FnMut(Frame) -> Result<(), E>) -> Result<Journal, E> {
        fs::create_dir_all(folder).map_err(|error| io_error("create", folder, error))?;
        let segments = segments(folder)?;
        let mut last = 0;
        for (index, segment) in segments.iter().enumerate() {
            let path = path(folder, *segment);
            let bytes = fs::read(&path).map_err(|error| io_error("read", &path, error))?;
            let end = scan(&path, &bytes, &mut last, &mut visit)?;
            if end < bytes.len() {
                cut(&path, &bytes, end, index + 1 == segments.len())?;
            }
        }
        let segment = segments.last().copied().unwrap_or(1);
        let (file, length) = create_or_append(folder, segment)?;
        Ok(Journal {
            folder: folder.to_owned(),
            segment,
            file,
            length,
            last,
            broken: false,
        })
    }

    /// The number of the last frame; 0 in an empty journal.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Takes no more until it is opened again: sled could not follow it.
    pub fn close(&mut self) {
        self.broken = true;
    }

    /// Appends a frame and waits until it is on disk. Returns its number.
    ///
    /// # Errors
    /// After an error nothing of the frame counts, and the journal takes no more until it is opened again.
    pub fn append(&mut self, rows: &[Row]) -> Result<u64, Error> {
        let path = path(&self.folder, self.segment);
        if self.broken {
            let source = io::Error::other("an earlier write failed; the store must be opened again");
            return Err(io_error("append to", &path, source));
        }
        if self.length >= SEGMENT_BYTES {
            (self.file, self.length) = create_or_append(&self.folder, self.segment + 1)?;
            self.segment += 1;
        }
        let sequence = self.last + 1;
        let frame = frame(sequence, rows);
        self.broken = true;
        self.file
            .write_all(&frame)
            .map_err(|error| io_error("append to", &path, error))?;
        self.file.sync_data().map_err(|error| io_error("flush", &path, error))?;
        self.broken = false;
        self.length += frame.len() as u64;
        self.last = sequence;
        Ok(sequence)
    }
}

/// Reads frames from the start of a segment; returns where the good ones end.
fn scan<E: From<Error>>(
    path: &Path,
    bytes: &[u8],
    last: &mut u64,
    visit: &mut impl FnMut(Frame) -> Result<(), E>,
) -> Result<usize, E> {
    let mut at = 0;
    while let Some((sequence, payload)) = read_frame(&bytes[at..]) {
        let damaged = |what: String| Error::Damaged {
            path: path.to_owned(),
            at,
            what,
        };
        if *last != 0 && sequence != *last + 1 {
            return Err(damaged(format!("frame {} is followed by {sequence}", *last)).into());
        }
        let rows = codec::unpack(payload).and_then(|plain| postcard::from_bytes(&plain).ok());
        let rows = rows.ok_or_else(|| damaged(format!("frame {sequence} is not of a format this version reads")))?;
        visit(Frame { sequence, rows })?;
        *last = sequence;
        at += HEADER + payload.len();
    }
    Ok(at)
}

/// Cuts a torn frame off the last segment; anything else that is not a frame is damage.
fn cut(path: &Path, bytes: &[u8], end: usize, is_last_segment: bool) -> Result<(), Error> {
    let good_behind =
        (end + 1..bytes.len()).any(|at| bytes[at..].starts_with(&MAGIC) && read_frame(&bytes[at..]).is_some());
    if good_behind || !is_last_segment {
        let what = "a bad frame stands before good ones".to_owned();
        return Err(Error::Damaged {
            path: path.to_owned(),
            at: end,
            what,
        });
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
        let journal = Journal::open(folder, |frame| {
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
        assert_eq!(journal.last(), 3);
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
