//! The format of backups and of the store's own base: a stream that tells what it is, with a checksum over every block
//! and one over the whole. It knows rows and frames, not what they mean, and nothing of sled.
//!
//! ```text
//! "warta backup 1\n"                                            the format's version, in words
//! [kind u8][length u32][crc32c u32 of kind and payload][payload]…  blocks, little-endian
//!   1 header   postcard(Header)                  first
//!   2 rows     zstd(postcard([Row]))             as they were read, some perhaps of later frames; records undressed
//!   3 states   zstd(postcard([(key, value)]))    of sources; not journalled
//!   4 frame    sequence u64, zstd(postcard([Row])) applied in order over the rows: then all is of one moment
//!   5 trailer  postcard(Trailer)                 last, with the hash of every byte before it
//!   6 notes    zstd(postcard([(name, value)]))   not journalled; none where there are none, after the states
//! ```

use std::io::{self, BufReader, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::codec;
use super::journal::{Frame, Place, Row};
use super::keys::Tree;

/// What a stream begins with, before the version.
const TITLE: &str = "warta backup ";

/// The version that is written.
const VERSION: u32 = 1;

/// Rows are gathered up to so many bytes: what is further away zstd does not find.
const BLOCK_BYTES: usize = 2 << 20;

/// No block is larger.
const LARGEST_BLOCK: usize = 1 << 30;

/// Bytes before a block's payload.
const HEAD: usize = 9;

const HEADER: u8 = 1;
const ROWS: u8 = 2;
const STATES: u8 = 3;
const FRAME: u8 = 4;
const TRAILER: u8 = 5;
const NOTES: u8 = 6;

/// What a stream holds, told at its beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The authority in entry ids.
    pub authority: String,
    /// What no other store has; copies of one have the same.
    pub identity: Option<u64>,
    /// The last frame that was in the rows for certain.
    pub begun: Place,
    /// Stories in it when it was begun.
    pub stories: u64,
}

/// What a stream holds, counted at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trailer {
    /// The last frame that is in it.
    pub ended: Place,
    /// Rows in blocks, by the number of their tree.
    pub rows: Vec<u64>,
    /// States of sources.
    pub states: u64,
    /// Frames.
    pub frames: u64,
    /// xxh3-128 of all bytes before the trailer.
    pub hash: u128,
}

/// Why a stream cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The system does not hand it over.
    #[error("cannot be read")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("is no backup of warta")]
    Foreign,
    /// A later version of the program wrote it.
    #[error("is of format {0}, which a later version of warta wrote; this one reads up to {VERSION}")]
    Newer(u32),
    /// It is not what was written.
    #[error("is damaged at byte {at}: {what}")]
    Damaged {
        /// Where.
        at: u64,
        /// What is wrong there.
        what: &'static str,
    },
}

/// A part of a stream.
pub enum Block {
    /// Rows.
    Rows(Bare),
    /// States of sources, by key.
    States(Vec<(Vec<u8>, Vec<u8>)>),
    /// Notes, by name.
    Notes(Vec<(Vec<u8>, Vec<u8>)>),
    /// A frame.
    Frame(Frame),
    /// The end. Everything before it was whole.
    End(Trailer),
}

/// Rows whose records are undressed, see [`codec::undress`].
pub struct Bare(Vec<Row>);

impl Bare {
    /// The rows as they were.
    pub fn dressed(mut self) -> Vec<Row> {
        for row in self.0.iter_mut().filter(|row| row.tree.has_records()) {
            row.value = row.value.as_deref().map(codec::dress);
        }
        self.0
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What is put in at first, see [`Bare::after`]: the keys of records, and of other rows those that these places choose.
    /// `place` is that of the first of them among all rows.
    pub fn before(mut self, place: usize, chosen: impl Fn(usize) -> bool) -> Vec<Row> {
        let mut places = place..;
        self.0
            .retain(|row| places.next().is_some_and(&chosen) || row.tree.has_records());
        emptied(self.0)
    }

    /// What is put in then: records, and the other rows.
    pub fn after(mut self, place: usize, chosen: impl Fn(usize) -> bool) -> Vec<Row> {
        let mut places = place..;
        self.0
            .retain(|row| !places.next().is_some_and(&chosen) || row.tree.has_records());
        self.dressed()
    }
}

/// The rows without the contents of their records.
pub fn emptied(mut rows: Vec<Row>) -> Vec<Row> {
    for row in rows.iter_mut().filter(|row| row.tree.has_records()) {
        row.value = row.value.as_ref().map(|_| Vec::new());
    }
    rows
}

/// Writes a stream.
pub struct Writer<W> {
    out: W,
    hash: Xxh3,
    bytes: u64,
    trailer: Trailer,
    rows: Vec<Row>,
    gathered: usize,
}

impl<W: Write> Writer<W> {
    /// Begins a stream.
    pub fn begin(out: W, header: &Header) -> io::Result<Writer<W>> {
        let mut writer = Writer {
            out,
            hash: Xxh3::new(),
            bytes: 0,
            trailer: Trailer {
                rows: vec![0; Tree::ALL.len()],
                ..Trailer::default()
            },
            rows: Vec::new(),
            gathered: 0,
        };
        writer.put(format!("{TITLE}{VERSION}\n").as_bytes())?;
        writer.block(HEADER, &plain(header))?;
        Ok(writer)
    }

    /// Writes the states of sources.
    pub fn states(&mut self, states: &[(Vec<u8>, Vec<u8>)]) -> io::Result<()> {
        self.trailer.states += states.len() as u64;
        self.block(STATES, &codec::pack(&plain(states)))
    }

    /// Writes the notes, if there are any. They are not counted at the end: its hash is over them as well.
    pub fn notes(&mut self, notes: &[(Vec<u8>, Vec<u8>)]) -> io::Result<()> {
        if notes.is_empty() {
            return Ok(());
        }
        self.block(NOTES, &codec::pack(&plain(notes)))
    }

    /// Writes a row, whose record is undressed.
    pub fn row(&mut self, row: Row) -> io::Result<()> {
        self.trailer.rows[row.tree as usize] += 1;
        self.gathered += row.key.len() + row.value.as_ref().map_or(0, Vec::len);
        self.rows.push(row);
        if self.gathered >= BLOCK_BYTES {
            self.flush_rows()?;
        }
        Ok(())
    }

    /// Writes a frame, after all rows.
    pub fn frame(&mut self, frame: &Frame) -> io::Result<()> {
        self.flush_rows()?;
        self.trailer.frames += 1;
        let mut payload = frame.sequence.to_le_bytes().to_vec();
        payload.extend(codec::pack(&plain(&frame.rows)));
        self.block(FRAME, &payload)
    }

    /// Ends the stream. Returns its trailer, its length and what it was written to.
    pub fn end(mut self, ended: Place) -> io::Result<(Trailer, u64, W)> {
        self.flush_rows()?;
        self.trailer.ended = ended;
        self.trailer.hash = self.hash.digest128();
        let trailer = plain(&self.trailer);
        self.block(TRAILER, &trailer)?;
        self.out.flush()?;
        Ok((self.trailer, self.bytes, self.out))
    }

    fn flush_rows(&mut self) -> io::Result<()> {
        self.gathered = 0;
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return Ok(());
        }
        self.block(ROWS, &codec::pack(&plain(&rows)))
    }

    fn block(&mut self, kind: u8, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let mut head = [kind, 0, 0, 0, 0, 0, 0, 0, 0];
        head[1..5].copy_from_slice(&length.to_le_bytes());
        head[5..].copy_from_slice(&sum(kind, payload).to_le_bytes());
        self.put(&head)?;
        self.put(payload)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// Reads a stream.
pub struct Reader<R> {
    input: BufReader<R>,
    hash: Xxh3,
    at: u64,
    counted: Trailer,
}

impl<R: Read> Reader<R> {
    /// Reads the beginning of a stream.
    pub fn begin(input: R) -> Result<(Reader<R>, Header), Unreadable> {
        let mut reader = Reader {
            input: BufReader::new(input),
            hash: Xxh3::new(),
            at: 0,
            counted: Trailer {
                rows: vec![0; Tree::ALL.len()],
                ..Trailer::default()
            },
        };
        reader.title()?;
        let (kind, payload) = reader.block()?;
        if kind != HEADER {
            return Err(reader.damaged("no header"));
        }
        let header = reader.record(&payload)?;
        Ok((reader, header))
    }

    /// The next part.
    pub fn next(&mut self) -> Result<Block, Unreadable> {
        let before = self.hash.digest128();
        let (kind, payload) = self.block()?;
        match kind {
            ROWS => {
                let rows: Vec<Row> = self.packed(&payload)?;
                for row in &rows {
                    self.counted.rows[row.tree as usize] += 1;
                }
                Ok(Block::Rows(Bare(rows)))
            }
            STATES => {
                let states: Vec<(Vec<u8>, Vec<u8>)> = self.packed(&payload)?;
                self.counted.states += states.len() as u64;
                Ok(Block::States(states))
            }
            NOTES => Ok(Block::Notes(self.packed(&payload)?)),
            FRAME => {
                let (sequence, packed) = payload
                    .split_first_chunk()
                    .ok_or_else(|| self.damaged("a frame without a number"))?;
                self.counted.frames += 1;
                Ok(Block::Frame(Frame {
                    sequence: u64::from_le_bytes(*sequence),
                    rows: self.packed(packed)?,
                }))
            }
            TRAILER => self.trailer(&payload, before).map(Block::End),
            _ => Err(self.damaged("a block of no known kind")),
        }
    }

    /// How many bytes were read.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// The end must say what was read, and nothing may follow it.
    fn trailer(&mut self, payload: &[u8], hash: u128) -> Result<Trailer, Unreadable> {
        let trailer: Trailer = self.record(payload)?;
        let mut counted = self.counted.clone();
        // An earlier version may have had fewer trees.
        counted.rows.truncate(trailer.rows.len());
        let expected = Trailer {
            ended: trailer.ended,
            hash,
            ..counted
        };
        if trailer != expected {
            return Err(self.damaged("what is in it is not what its end says"));
        }
        if self.input.read(&mut [0])? != 0 {
            return Err(self.damaged("something follows its end"));
        }
        Ok(trailer)
    }

    fn title(&mut self) -> Result<(), Unreadable> {
        let mut line = Vec::new();
        while line.len() < TITLE.len() + 11 && line.last() != Some(&b'\n') {
            let mut byte = [0];
            if self.input.read(&mut byte)? == 0 {
                break;
            }
            line.extend(byte);
        }
        self.hash.update(&line);
        self.at = line.len() as u64;
        let line = std::str::from_utf8(&line).map_err(|_| Unreadable::Foreign)?;
        let version = line.strip_prefix(TITLE).and_then(|rest| rest.strip_suffix('\n'));
        match version.and_then(|version| version.parse().ok()) {
            None => Err(Unreadable::Foreign),
            Some(version) if version > VERSION => Err(Unreadable::Newer(version)),
            Some(_) => Ok(()),
        }
    }

    fn block(&mut self) -> Result<(u8, Vec<u8>), Unreadable> {
        let mut head = [0; HEAD];
        self.fill(&mut head)?;
        let [kind, l0, l1, l2, l3, s0, s1, s2, s3] = head;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if length > LARGEST_BLOCK {
            return Err(self.damaged("a block of impossible length"));
        }
        // A length that is damaged takes no more memory than there are bytes.
        let mut payload = Vec::new();
        (&mut self.input).take(length as u64).read_to_end(&mut payload)?;
        if payload.len() < length {
            return Err(self.damaged("it is cut short"));
        }
        if sum(kind, &payload) != u32::from_le_bytes([s0, s1, s2, s3]) {
            return Err(self.damaged("wrong checksum"));
        }
        self.hash.update(&head);
        self.hash.update(&payload);
        self.at += (HEAD + length) as u64;
        Ok((kind, payload))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Unreadable> {
        self.input.read_exact(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged("it is cut short"),
            _ => Unreadable::Io(error),
        })
    }

    fn packed<Record: DeserializeOwned>(&self, packed: &[u8]) -> Result<Record, Unreadable> {
        let plain = codec::unpack(packed).ok_or_else(|| self.damaged("a block cannot be decompressed"))?;
        self.record(&plain)
    }

    fn record<Record: DeserializeOwned>(&self, plain: &[u8]) -> Result<Record, Unreadable> {
        postcard::from_bytes(plain).map_err(|_| self.damaged("a block is not of its format"))
    }

    fn damaged(&self, what: &'static str) -> Unreadable {
        Unreadable::Damaged { at: self.at, what }
    }
}

fn plain<Record: Serialize + ?Sized>(record: &Record) -> Vec<u8> {
    postcard::to_stdvec(record).expect("plain data with known lengths is always written")
}

fn sum(kind: u8, payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&[kind]), payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            identity: Some(1),
            authority: "warta.example.id,2026".to_owned(),
            begun: Place { sequence: 3, mark: 5 },
            stories: 2,
        }
    }

    fn written() -> Vec<u8> {
        let mut writer = Writer::begin(Vec::new(), &header()).unwrap();
        writer.states(&[(b"a".to_vec(), vec![1, 2])]).unwrap();
        let row = |n: u8| Row {
            tree: Tree::Url,
            key: vec![n; 16],
            value: Some(vec![n; 8]),
        };
        for n in 0..9 {
            writer.row(row(n)).unwrap();
        }
        let frame = Frame {
            sequence: 4,
            rows: vec![row(7)],
        };
        writer.frame(&frame).unwrap();
        let (_, length, bytes) = writer.end(Place { sequence: 4, mark: 6 }).unwrap();
        assert_eq!(length, bytes.len() as u64);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<(Header, Trailer), Unreadable> {
        let (mut reader, header) = Reader::begin(bytes)?;
        loop {
            if let Block::End(trailer) = reader.next()? {
                return Ok((header, trailer));
            }
        }
    }

    #[test]
    fn a_stream_says_what_is_in_it() {
        let bytes = written();
        assert!(bytes.starts_with(b"warta backup 1\n"));
        let (read_header, trailer) = read(&bytes).unwrap();
        assert_eq!(read_header, header());
        assert_eq!(
            (trailer.rows[Tree::Url as usize], trailer.states, trailer.frames),
            (9, 1, 1)
        );
    }

    #[test]
    fn no_damage_goes_unnoticed() {
        let bytes = written();
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_err(), "cut to {length}");
        }
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x04;
            assert!(read(&flipped).is_err(), "flipped at {at}");
        }
        let longer = [bytes.as_slice(), b"x"].concat();
        assert!(matches!(read(&longer), Err(Unreadable::Damaged { .. })));
    }

    #[test]
    fn something_else_and_a_later_format_are_told_from_damage() {
        assert!(matches!(
            read(b"PK\x03\x04 and so on and so on"),
            Err(Unreadable::Foreign)
        ));
        assert!(matches!(read(b""), Err(Unreadable::Foreign)));
        let later = read(b"warta backup 12\n...").unwrap_err();
        assert!(matches!(later, Unreadable::Newer(12)), "{later}");
    }
}
