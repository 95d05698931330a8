//! Values on disk: `[schema u8][codec u8][length u32][crc32c u32][zstd(postcard)]`, little-endian. A value that is not
//! whole, or of a later version than this program knows, is an error that names its key: never an empty answer.

use std::cell::RefCell;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zstd::bulk::{Compressor, Decompressor};

/// The version of the record shapes in `records`. A change to one of those needs a new number and an upgrade on read.
const SCHEMA: u8 = 1;

/// postcard, then zstd.
const CODEC: u8 = 1;

/// postcard alone: for hashes and what is short, which do not get smaller.
const PLAIN: u8 = 2;

/// Fast, and as small as higher levels for texts of a few kilobytes (measured in `domain/store.md`).
const ZSTD_LEVEL: i32 = 3;

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
    let plain = postcard::to_stdvec(record).expect("plain data with known lengths is always written");
    if plain.len() < SHORT {
        return framed(PLAIN, &plain);
    }
    framed(CODEC, &pack(&plain))
}

/// A record of hashes as it goes to disk.
pub fn encode_hashes<Record: Serialize>(record: &Record) -> Vec<u8> {
    let plain = postcard::to_stdvec(record).expect("plain data with known lengths is always written");
    framed(PLAIN, &plain)
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

thread_local! {
    /// zstd's working memory, which remembers nothing: making it anew costs more than most values do.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// zstd at the store's level.
pub fn pack(plain: &[u8]) -> Vec<u8> {
    PACKER.with_borrow_mut(|packer| {
        let packed = match packer {
            Some(packer) => packer.compress(plain),
            None => Compressor::new(ZSTD_LEVEL).and_then(|new| packer.insert(new).compress(plain)),
        };
        packed.expect("compressing memory into memory cannot fail")
    })
}

/// What [`pack`] was given, bounded in size.
pub fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let capacity = Decompressor::upper_bound(packed).filter(|bound| *bound <= LARGEST)?;
    UNPACKER.with_borrow_mut(|unpacker| match unpacker {
        Some(unpacker) => unpacker.decompress(packed, capacity).ok(),
        None => unpacker
            .insert(Decompressor::new().ok()?)
            .decompress(packed, capacity)
            .ok(),
    })
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
