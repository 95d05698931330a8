//! The journal: what was acknowledged, in order, on disk before anything else. sled can be rebuilt from it.
//!
//! Segments `journal/00000001` … hold frames
//! `[magic][payload length u32][crc32c u32][sequence u64][mark of the frame before u64][zstd(postcard(rows))]`,
//! little-endian, the checksum over all that follows it. A frame that a crash cut short can only be the last one: it was
//! never acknowledged and is cut off. A bad frame with a good one behind it is damage, and is said. A frame whose mark of
//! the one before is another one is of another store.

mod segments;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::keys::Tree;

use segments::{
    begins_frame, create_or_append, damaged_before_good, frame, good_behind, io_error, mark, path, scan, segments,
    unapplied,
};

pub use segments::{bytes_upto, greatest, link, reach, read};

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

impl Row {
    /// The length of key and value.
    pub fn size(&self) -> usize {
        self.key.len() + self.value.as_ref().map_or(0, Vec::len)
    }
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
    /// It is whole, and of another history.
    #[error("frame {sequence} in {} is of another store, or of another copy of this one", path.display())]
    Foreign {
        /// The segment.
        path: PathBuf,
        /// The first frame that does not fit.
        sequence: u64,
    },
}

/// Where a frame stands in its history: two stores that have the same place have the same history up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The frame's number; 0 before the first.
    pub sequence: u64,
    /// A hash of the frame, which has that of the frame before in it. 0 before the first frame, and where it is not known.
    pub mark: u64,
}

impl Place {
    /// Whether a frame with this place, and this mark of the one before, is of another history.
    fn contradicts(self, frame: Place, before: u64) -> bool {
        let known = self.mark != 0 || self.sequence == 0;
        let other = (frame.sequence == self.sequence && frame.mark != self.mark)
            || (frame.sequence == self.sequence + 1 && before != self.mark);
        known && other
    }

    /// Both in one number.
    pub fn watermark(self) -> u128 {
        u128::from(self.sequence) << 64 | u128::from(self.mark)
    }

    /// The place of a number that [`Place::watermark`] returned.
    pub fn of(watermark: u128) -> Place {
        Place {
            sequence: (watermark >> 64) as u64,
            mark: watermark as u64,
        }
    }
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
    /// sled could not take a frame that is in the journal, for this reason.
    Behind(io::ErrorKind),
}

impl Journal {
    /// Opens the journal in `folder`, creating it if there is none; hands the frames after `applied` to `visit` in order
    /// and cuts off a torn last one. Segments that hold nothing beyond `applied` are not read. `base` is where the
    /// journal begins: what it returns as its last place as long as it has no frame.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a bad frame that a crash does not explain; [`Error::Foreign`] for one that does not go on
    /// from `applied`, `base` or the one before it; whatever `visit` returns.
    pub fn open<E: From<Error>>(
        folder: &Path,
        base: Place,
        applied: Place,
        mut visit: impl FnMut(Frame, Place) -> Result<(), E>,
    ) -> Result<Journal, E> {
        fs::create_dir_all(folder).map_err(|error| io_error("create", folder, error))?;
        let known = [base, applied];
        let applied = applied.sequence;
        let (segments, before) = unapplied(folder, applied)?;
        let mut last = Place {
            sequence: before,
            mark: 0,
        };
        for (index, segment) in segments.iter().enumerate() {
            let path = path(folder, *segment);
            let bytes = fs::read(&path).map_err(|error| io_error("read", &path, error))?;
            let end = scan(&path, &bytes, &mut last, &known, applied, &mut visit)?;
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
    pub fn fall_behind(&mut self, why: io::ErrorKind) {
        self.fault = Some(Fault::Behind(why));
    }

    /// Takes frames again, after [`Journal::cut_back`] and once sled holds all there is.
    pub fn resume(&mut self) {
        self.fault = None;
    }

    /// Appends a frame and waits until it is on disk. Returns its place.
    ///
    /// # Errors
    /// After an error nothing of the frame counts, and the journal takes no more until that is settled.
    pub fn append(&mut self, rows: &[Row]) -> Result<Place, Error> {
        self.refuse_after_fault()?;
        let frame = frame(self.last, rows);
        self.write(&frame).inspect_err(|error| {
            let full = matches!(error, Error::Io { source, .. } if is_full(source));
            self.fault = Some(if full { Fault::Full } else { Fault::Failed });
        })?;
        self.length += frame.len() as u64;
        self.last = Place {
            sequence: self.last.sequence + 1,
            mark: mark(&frame),
        };
        Ok(self.last)
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

    /// Whether it takes frames.
    ///
    /// # Errors
    /// While it has a fault.
    pub fn refuse_after_fault(&self) -> Result<(), Error> {
        let kind = match self.fault {
            None => return Ok(()),
            Some(Fault::Full) => io::ErrorKind::StorageFull,
            Some(Fault::Failed) => io::ErrorKind::Other,
            Some(Fault::Behind(why)) => why,
        };
        let source = io::Error::new(
            kind,
            "an earlier write failed; the store takes no more until that is settled",
        );
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
                error => io::Error::other(error),
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

/// Creates an empty journal in a new folder.
pub fn create(folder: &Path) -> Result<(), Error> {
    fs::create_dir(folder).map_err(|error| io_error("create", folder, error))?;
    create_or_append(folder, 1).map(drop)
}

/// The place of a frame that no journal holds, after another one.
pub fn place(after: Place, rows: &[Row]) -> Place {
    Place {
        sequence: after.sequence + 1,
        mark: mark(&frame(after, rows)),
    }
}

/// Cuts a torn frame off the last segment; anything else that is not a frame is damage.
fn cut(path: &Path, bytes: &[u8], end: usize, may_be_torn: bool) -> Result<(), Error> {
    if !may_be_torn || good_behind(bytes, end) {
        return Err(damaged_before_good(path, end));
    }
    if !begins_frame(&bytes[end..]) {
        return Err(Error::Damaged {
            path: path.to_owned(),
            at: end,
            what: "what stands there is nothing that this version writes".to_owned(),
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

/// Whether the system says that there is no room.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
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
        let journal = Journal::open(folder, Place::default(), Place::default(), |frame, _| {
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
    fn what_never_was_a_frame_is_damage_and_not_cut() {
        let folder = tempfile::tempdir().unwrap();
        let whole = written(folder.path(), 2);
        for (before, rest) in [
            (&[][..], &b"WJ1\nof a version before"[..]),
            (&[], b"x"),
            (&whole, b"WJ1"),
            (&whole, b"\0x"),
        ] {
            let bytes = [before, rest].concat();
            fs::write(path(folder.path(), 1), &bytes).unwrap();
            assert!(matches!(open(folder.path()), Err(Error::Damaged { .. })), "{rest:?}");
            assert_eq!(fs::read(path(folder.path(), 1)).unwrap(), bytes, "nothing was cut");
        }
        for rest in [&b"WJ"[..], b"WJ2\n\0\0", &[0; 5_000]] {
            fs::write(path(folder.path(), 1), [&whole, rest].concat()).unwrap();
            assert_eq!(open(folder.path()).unwrap().1.len(), 2, "{rest:?}");
            assert_eq!(fs::read(path(folder.path(), 1)).unwrap(), whole);
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

    /// A journal of five segments with a frame in each.
    fn five_segments(folder: &Path) -> Journal {
        let (mut journal, _) = open(folder).unwrap();
        for n in 0..5 {
            journal.append(&[row(n)]).unwrap();
            journal.length = SEGMENT_BYTES;
        }
        journal
    }

    fn open_after(folder: &Path, base: u64, applied: u64) -> Result<(Journal, Vec<u64>), Error> {
        let mut frames = Vec::new();
        let [base, applied] = [base, applied].map(|sequence| Place { sequence, mark: 0 });
        let journal = Journal::open(folder, base, applied, |frame, _| {
            frames.push(frame.sequence);
            Ok::<(), Error>(())
        })?;
        Ok((journal, frames))
    }

    #[test]
    fn segments_that_are_applied_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        five_segments(folder.path());
        for segment in [1, 2] {
            fs::write(path(folder.path(), segment), "not a frame").unwrap();
        }
        let (journal, frames) = open_after(folder.path(), 0, 3).unwrap();
        assert_eq!((journal.last().sequence, frames), (5, vec![4, 5]));
        assert!(matches!(open_after(folder.path(), 0, 1), Err(Error::Damaged { .. })));
    }

    #[test]
    fn pruning_keeps_what_comes_after_a_frame_and_the_last_segment() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = five_segments(folder.path());
        for (upto, left) in [(0, 5), (2, 3), (2, 3), (4, 1), (99, 1)] {
            journal.prune(upto).unwrap();
            assert_eq!(segments(folder.path()).unwrap().len(), left, "up to {upto}");
        }
        assert_eq!(journal.append(&[row(9)]).unwrap().sequence, 6);
        assert_eq!(open_after(folder.path(), 4, 4).unwrap().1, [5, 6]);
    }

    #[test]
    fn a_frame_torn_right_after_a_base_is_cut_and_one_that_sled_has_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = written(folder.path(), 1);
        let torn = &bytes[..bytes.len() - 1];
        fs::write(path(folder.path(), 1), torn).unwrap();
        assert!(matches!(open_after(folder.path(), 0, 1), Err(Error::Damaged { .. })));
        assert_eq!(fs::read(path(folder.path(), 1)).unwrap(), torn, "nothing was cut");
        let (journal, _) = open_after(folder.path(), 7, 7).unwrap();
        assert_eq!(journal.last(), Place { sequence: 7, mark: 0 });
    }

    #[test]
    fn a_journal_of_another_history_is_told_by_what_is_known_of_ours() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut journal = five_segments(ours.path());
        let (mut other, _) = open(theirs.path()).unwrap();
        for n in [0, 7, 8, 9, 10, 11] {
            other.append(&[row(n)]).unwrap();
            other.length = SEGMENT_BYTES;
        }
        let opened = |known: Place| Journal::open(theirs.path(), Place::default(), known, |_, _| Ok::<(), Error>(()));
        for last in [journal.last(), journal.append(&[row(7)]).unwrap()] {
            assert!(matches!(opened(last), Err(Error::Foreign { .. })), "{last:?}");
            assert!(
                matches!(reach(theirs.path(), last), Err(Error::Foreign { .. })),
                "{last:?}"
            );
        }
        let seen = |_, _| Ok::<(), Error>(());
        let read = read(theirs.path(), 5, 6, journal.last(), seen);
        assert!(matches!(read, Err(Error::Foreign { .. })));
        assert!(opened(other.last()).is_ok());
        fs::copy(path(theirs.path(), 3), path(ours.path(), 3)).unwrap();
        let mixed = open(ours.path()).unwrap_err();
        assert!(matches!(mixed, Error::Foreign { sequence: 3, .. }), "{mixed}");
    }

    #[test]
    fn a_journal_tells_where_it_begins_and_that_it_goes_on_from_a_frame() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(written(folder.path(), 0), [0; 0]);
        assert_eq!(reach(folder.path(), Place::default()).unwrap(), None);
        let mut journal = five_segments(folder.path());
        assert_eq!(reach(folder.path(), Place::default()).unwrap(), Some((1, 1)));
        assert_eq!(reach(folder.path(), journal.last()).unwrap(), Some((5, 5)));
        journal.prune(3).unwrap();
        assert_eq!(reach(folder.path(), Place::default()).unwrap(), Some((4, 4)));
    }

    #[test]
    fn what_a_failed_write_left_is_cut_back() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path()).unwrap();
        journal.append(&[row(1)]).unwrap();
        fs::OpenOptions::new()
            .append(true)
            .open(path(folder.path(), 1))
            .unwrap()
            .write_all(b"WJ2\nhalf")
            .unwrap();
        journal.fault = Some(Fault::Full);
        let refused = journal.append(&[row(2)]).unwrap_err();
        assert!(
            matches!(&refused, Error::Io { source, .. } if is_full(source)),
            "{refused}"
        );
        journal.cut_back().unwrap();
        journal.resume();
        journal.append(&[row(3)]).unwrap();
        assert_eq!(open(folder.path()).unwrap().1, [vec![row(1)], vec![row(3)]]);
    }

    #[test]
    fn the_greatest_whole_frame_is_found_behind_damage() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = written(folder.path(), 3);
        assert_eq!(greatest(folder.path()).unwrap(), 3);
        bytes[5] ^= 1;
        fs::write(path(folder.path(), 1), &bytes).unwrap();
        assert_eq!(greatest(folder.path()).unwrap(), 3);
    }
}
