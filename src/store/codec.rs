//! Values on disk: `[schema u8][codec u8][length u32][crc32c u32][zstd(postcard)]`, little-endian. A value that is not
//! whole, or of a later version than this program knows, is an error that names its key: never an empty answer.
//!
//! Records are small, and zstd finds little in one that it has met before; so it begins with a dictionary, trained on
//! generated records with the Indonesian texts of `tests/fixtures`. Its number, 1, stands in every record: another one is
//! another file beside this one, which stays for as long as a store may have records of it.

use std::cell::RefCell;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use zstd::bulk::{Compressor, Decompressor};

/// The version of the record shapes in `records`. A change to one of those needs a new number and an upgrade on read.
const SCHEMA: u8 = 1;

/// postcard, then zstd with the dictionary.
const CODEC: u8 = 1;

/// What most records have in common; never changed.
const DICTIONARY: &[u8] = include_bytes!("dictionary.1");

/// postcard alone: for hashes and what is short, which do not get smaller.
const PLAIN: u8 = 2;

/// Above it texts of a few kilobytes hardly get smaller (with the dictionary 1,299 bytes at level 3, 1,238 at 5, 1,230 at
/// 9), and take twice the time.
const ZSTD_LEVEL: i32 = 5;

/// For what holds mostly values that are packed already: a quarter of the time, a hundredth more space.
const ZSTD_QUICK: i32 = -1;

/// A record of fewer bytes is left as it is: zstd hardly makes it smaller.
const SHORT: usize = 64;

/// Bytes before the payload.
const HEADER: usize = 10;

/// Nothing is larger: articles are bounded long before, and so is a group of them. What is unpacked has proved its checksum
/// already, so that this keeps no memory from being taken by damage.
const LARGEST: usize = 1 << 30;

/// Why a value cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A later version of the program wrote it.
    #[error(
        "is of format {schema}.{codec}, which a later version of warta wrote; this one reads up to {SCHEMA}.{PLAIN}"
    )]
    Newer {
        /// Its schema version.
        schema: u8,
        /// Its codec version.
        codec: u8,
    },
    /// It is damaged.
    #[error("is damaged ({0})")]
    Damaged(&'static str),
}

/// A record as it goes to disk.
pub fn encode<Record: Serialize>(record: &Record) -> Vec<u8> {
    PACKER.with_borrow_mut(|packer| {
        let mut plain = std::mem::take(&mut packer.plain);
        write(record, &mut plain);
        let value = if plain.len() < SHORT {
            framed(PLAIN, &plain)
        } else {
            packer.compressed(&plain)
        };
        packer.plain = plain;
        value
    })
}

/// A record of hashes as it goes to disk.
pub fn encode_hashes<Record: Serialize>(record: &Record) -> Vec<u8> {
    PACKER.with_borrow_mut(|packer| {
        write(record, &mut packer.plain);
        framed(PLAIN, &packer.plain)
    })
}

fn write<Record: Serialize>(record: &Record, plain: &mut Vec<u8>) {
    plain.clear();
    *plain = postcard::to_extend(record, std::mem::take(plain)).expect(WRITABLE);
}

fn framed(codec: u8, packed: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEADER + packed.len());
    value.extend([SCHEMA, codec]);
    value.extend(u32::try_from(packed.len()).unwrap_or(u32::MAX).to_le_bytes());
    value.extend(crc32c::crc32c(packed).to_le_bytes());
    value.extend_from_slice(packed);
    value
}

/// A record without checksum and compression, `[schema u8][codec u8][postcard]`, for a block that is checked and compressed
/// as a whole: what many records say alike is then kept once.
pub fn undress(value: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let (codec, packed) = payload(value)?;
    let plain = match codec {
        PLAIN => packed.to_vec(),
        _ => unpack_record(packed).ok_or(UNPACKABLE)?,
    };
    Ok([&value[..2], &plain].concat())
}

/// A record that was undressed, as it goes to disk; anything else stays what it is, and is found out when it is read.
pub fn dress(bare: &[u8]) -> Vec<u8> {
    match bare.split_first_chunk() {
        Some(([SCHEMA, PLAIN], plain)) => framed(PLAIN, plain),
        Some(([SCHEMA, CODEC], plain)) => PACKER.with_borrow_mut(|packer| packer.compressed(plain)),
        _ => bare.to_vec(),
    }
}

/// A record as it was before [`encode`].
pub fn decode<Record: DeserializeOwned>(value: &[u8]) -> Result<Record, Unreadable> {
    let (codec, packed) = payload(value)?;
    if codec == PLAIN {
        return postcard::from_bytes(packed).map_err(|_| Unreadable::Damaged("not a record of its version"));
    }
    let plain = unpack_record(packed).ok_or(UNPACKABLE)?;
    postcard::from_bytes(&plain).map_err(|_| Unreadable::Damaged("not a record of its version"))
}

/// The codec and the payload of a value.
fn payload(value: &[u8]) -> Result<(u8, &[u8]), Unreadable> {
    let Some(([schema, codec, length @ ..], packed)) = value.split_first_chunk::<HEADER>() else {
        return Err(Unreadable::Damaged("shorter than its header"));
    };
    if *schema > SCHEMA || *codec > PLAIN {
        return Err(Unreadable::Newer {
            schema: *schema,
            codec: *codec,
        });
    }
    let (length, sum) = length.split_at(4);
    if length != u32::try_from(packed.len()).unwrap_or(u32::MAX).to_le_bytes() {
        return Err(Unreadable::Damaged("cut short"));
    }
    if sum != crc32c::crc32c(packed).to_le_bytes() {
        return Err(Unreadable::Damaged("wrong checksum"));
    }
    Ok((*codec, packed))
}

/// Whether a value is whole and of a version this program reads, whatever record it is.
pub fn check(value: &[u8]) -> Result<(), Unreadable> {
    payload(value).map(drop)
}

/// Why what is written can be.
const WRITABLE: &str = "plain data with known lengths is always written";
const IN_MEMORY: &str = "compressing memory into memory cannot fail";

const UNPACKABLE: Unreadable = Unreadable::Damaged("cannot be decompressed");

/// Working memory, which remembers nothing: making it anew for every value takes longer than the rest.
struct Packer {
    records: Compressor<'static>,
    blocks: Compressor<'static>,
    quick: Compressor<'static>,
    plain: Vec<u8>,
    packed: Vec<u8>,
}

impl Packer {
    /// A record as it goes to disk, compressed.
    fn compressed(&mut self, plain: &[u8]) -> Vec<u8> {
        self.packed.clear();
        self.packed.reserve(zstd::zstd_safe::compress_bound(plain.len()));
        let packed = self.records.compress_to_buffer(plain, &mut self.packed);
        packed.expect(IN_MEMORY);
        framed(CODEC, &self.packed)
    }
}

/// Why zstd can be had.
const NEEDS_MEMORY: &str = "zstd needs nothing but memory";

thread_local! {
    static PACKER: RefCell<Packer> = RefCell::new(Packer {
        records: Compressor::with_dictionary(ZSTD_LEVEL, DICTIONARY).expect(NEEDS_MEMORY),
        blocks: Compressor::new(ZSTD_LEVEL).expect(NEEDS_MEMORY),
        quick: Compressor::new(ZSTD_QUICK).expect(NEEDS_MEMORY),
        plain: Vec::new(),
        packed: Vec::new(),
    });
    static UNPACKER: RefCell<Decompressor<'static>> = RefCell::new(Decompressor::new().expect(NEEDS_MEMORY));
    static RECORDS: RefCell<Decompressor<'static>> =
        RefCell::new(Decompressor::with_dictionary(DICTIONARY).expect(NEEDS_MEMORY));
}

/// zstd at the store's level.
pub fn pack(plain: &[u8]) -> Vec<u8> {
    PACKER.with_borrow_mut(|packer| packer.blocks.compress(plain).expect(IN_MEMORY))
}

/// zstd for rows, whose values are packed.
pub fn pack_rows(plain: &[u8]) -> Vec<u8> {
    PACKER.with_borrow_mut(|packer| packer.quick.compress(plain).expect(IN_MEMORY))
}

/// What [`pack`] or [`pack_rows`] was given, bounded in size.
pub fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let capacity = Decompressor::upper_bound(packed).filter(|bound| *bound <= LARGEST)?;
    UNPACKER.with_borrow_mut(|unpacker| unpacker.decompress(packed, capacity).ok())
}

/// A record's bytes before they were compressed, bounded in size.
fn unpack_record(packed: &[u8]) -> Option<Vec<u8>> {
    let capacity = Decompressor::upper_bound(packed).filter(|bound| *bound <= LARGEST)?;
    RECORDS.with_borrow_mut(|records| records.decompress(packed, capacity).ok())
}

/// Bytes that are written in one go; serde takes a list of them one by one.
#[derive(Debug)]
pub struct Bytes<'b>(pub &'b [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_as_it_went() {
        let record = ("lapas-jember".to_owned(), vec![1_u64, 2, 3], Some(true));
        assert_eq!(decode(&encode_hashes(&record)), Ok(record.clone()));
        assert_eq!(decode(&encode(&record)), Ok(record));
    }

    #[test]
    fn a_record_is_the_same_after_it_was_undressed_and_dressed() {
        let record = "Kalapas Jember Hasan Basri memimpin apel pagi. ".repeat(9);
        for value in [encode(&record), encode(&7_u8), encode_hashes(&record)] {
            let bare = undress(&value).unwrap();
            assert_eq!(dress(&bare), value);
        }
        assert!(undress(&encode(&record)).unwrap().len() > record.len());
        for damaged in [&b""[..], &[SCHEMA], &[SCHEMA + 1, CODEC, 1, 2]] {
            assert!(decode::<String>(&dress(damaged)).is_err(), "{damaged:?}");
        }
    }

    #[test]
    fn a_short_indonesian_record_gets_a_third_smaller_by_the_dictionary() {
        let text = "BLITAR – Kepala Lapas memimpin penggeledahan kamar hunian warga binaan bersama kepolisian dan TNI.";
        let record = ("https://lapasblitar.example/berita/1", text, "2026-11-24T01:02:03Z");
        let plain = postcard::to_stdvec(&record).unwrap();
        let alone = zstd::bulk::compress(&plain, ZSTD_LEVEL).unwrap().len();
        let value = encode(&record).len();
        assert!(value * 3 < alone * 2, "{value} bytes, {alone} without");
    }

    #[test]
    fn no_damage_goes_unnoticed() {
        let value = encode(&"Kalapas Jember Hasan Basri".repeat(20));
        for length in 0..value.len() {
            assert!(decode::<String>(&value[..length]).is_err(), "cut to {length}");
        }
        for at in 0..value.len() {
            let mut flipped = value.clone();
            flipped[at] ^= 0x10;
            assert!(decode::<String>(&flipped).is_err(), "flipped at {at}");
        }
    }

    #[test]
    fn a_later_format_is_told_from_damage() {
        let mut value = encode(&1_u8);
        value[0] = SCHEMA + 1;
        let error = decode::<u8>(&value).unwrap_err();
        assert_eq!(
            error,
            Unreadable::Newer {
                schema: 2,
                codec: PLAIN
            }
        );
        assert!(error.to_string().contains("later version"));
    }
}
