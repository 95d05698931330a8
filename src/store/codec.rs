//! Values on disk: `[schema u8][codec u8][length u32][crc32c u32][zstd(postcard)]`, little-endian. A value that is not
//! whole, or of a later version than this program knows, is an error that names its key: never an empty answer.

use std::cell::RefCell;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use zstd::bulk::{Compressor, Decompressor};

/// The version of the record shapes in `records`. A change to one of those needs a new number and an upgrade on read.
const SCHEMA: u8 = 1;

/// postcard, then zstd.
const CODEC: u8 = 1;

/// postcard alone: for hashes and what is short, which do not get smaller.
const PLAIN: u8 = 2;

/// Fast, and as small as higher levels for texts of a few kilobytes (measured in `domain/store.md`).
const ZSTD_LEVEL: i32 = 3;

/// For what holds mostly values that are packed already: a quarter of the time, a hundredth more space.
const ZSTD_QUICK: i32 = -1;

/// A record of fewer bytes is left as it is: zstd takes its time and hardly makes it smaller.
const SHORT: usize = 512;

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
        let Packer {
            zstd, plain, packed, ..
        } = packer;
        write(record, plain);
        if plain.len() < SHORT {
            return framed(PLAIN, plain);
        }
        packed.clear();
        packed.reserve(zstd::zstd_safe::compress_bound(plain.len()));
        zstd.compress_to_buffer(plain, packed).expect(IN_MEMORY);
        framed(CODEC, packed)
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

/// A record as it was before [`encode`].
pub fn decode<Record: DeserializeOwned>(value: &[u8]) -> Result<Record, Unreadable> {
    let (codec, packed) = payload(value)?;
    if codec == PLAIN {
        return postcard::from_bytes(packed).map_err(|_| Unreadable::Damaged("not a record of its version"));
    }
    let plain = unpack(packed).ok_or(Unreadable::Damaged("cannot be decompressed"))?;
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

/// Working memory, which remembers nothing: making it anew for every value takes longer than the rest.
struct Packer {
    zstd: Compressor<'static>,
    quick: Compressor<'static>,
    plain: Vec<u8>,
    packed: Vec<u8>,
}

thread_local! {
    static PACKER: RefCell<Packer> = RefCell::new(Packer {
        zstd: Compressor::new(ZSTD_LEVEL).expect("zstd needs nothing but memory"),
        quick: Compressor::new(ZSTD_QUICK).expect("zstd needs nothing but memory"),
        plain: Vec::new(),
        packed: Vec::new(),
    });
    static UNPACKER: RefCell<Decompressor<'static>> =
        RefCell::new(Decompressor::new().expect("zstd needs nothing but memory"));
}

/// zstd at the store's level.
pub fn pack(plain: &[u8]) -> Vec<u8> {
    PACKER.with_borrow_mut(|packer| packer.zstd.compress(plain).expect(IN_MEMORY))
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
