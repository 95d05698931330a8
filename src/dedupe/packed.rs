//! How a fingerprint's numbers are written: sorted, as variable-length differences in one run of bytes. Only for
//! numbers in ascending order.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Sorted hashes, each four bytes at most three times of four.
pub mod hashes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::Bytes;

    /// Writes them as differences.
    pub fn serialize<S: Serializer>(hashes: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
        Bytes(super::pack(hashes)).serialize(serializer)
    }

    /// Reads what `serialize` wrote.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
        let Bytes(bytes) = Bytes::deserialize(deserializer)?;
        super::unpack(&bytes).ok_or_else(|| D::Error::custom("cannot read packed hashes"))
    }
}

/// Sorted runs: their contexts as [`hashes`], then two bytes of each token.
pub mod runs {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::Bytes;
    use crate::dedupe::fingerprint::Run;

    /// Writes contexts, then tokens.
    pub fn serialize<S: Serializer>(runs: &[Run], serializer: S) -> Result<S::Ok, S::Error> {
        let contexts: Vec<u32> = runs.iter().map(|run| run.context).collect();
        let tokens: Vec<u8> = runs.iter().flat_map(|run| run.token.to_le_bytes()).collect();
        (Bytes(super::pack(&contexts)), Bytes(tokens)).serialize(serializer)
    }

    /// Reads what `serialize` wrote.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Run>, D::Error> {
        let (Bytes(contexts), Bytes(tokens)) = <(Bytes, Bytes)>::deserialize(deserializer)?;
        let contexts = super::unpack(&contexts).filter(|contexts| contexts.len() * 2 == tokens.len());
        let contexts = contexts.ok_or_else(|| D::Error::custom("cannot read packed runs"))?;
        let tokens = tokens
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        Ok(contexts
            .into_iter()
            .zip(tokens)
            .map(|(context, token)| Run { context, token })
            .collect())
    }
}

/// Bytes that are written in one go; serde takes a list of them one by one.
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        deserializer.deserialize_byte_buf(AnyBytes)
    }
}

struct AnyBytes;

impl<'de> Visitor<'de> for AnyBytes {
    type Value = Bytes;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
        Ok(Bytes(bytes.to_vec()))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
        Ok(Bytes(bytes))
    }

    /// JSON has bytes as a list of numbers.
    fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<Bytes, A::Error> {
        let mut all = Vec::new();
        while let Some(byte) = bytes.next_element()? {
            all.push(byte);
        }
        Ok(Bytes(all))
    }
}

/// The differences of sorted numbers, seven bits a byte, the lowest first.
fn pack(numbers: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(numbers.len() * 4);
    let mut last = 0u32;
    for number in numbers {
        let mut rest = number.wrapping_sub(last);
        last = *number;
        while rest >= 0x80 {
            bytes.push((rest as u8) | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
    }
    bytes
}

fn unpack(bytes: &[u8]) -> Option<Vec<u32>> {
    let mut numbers = Vec::with_capacity(bytes.len() / 3);
    let (mut last, mut value, mut shift) = (0u32, 0u32, 0u32);
    for byte in bytes {
        value |= u32::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            last = last.checked_add(value)?;
            numbers.push(last);
            (value, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back() {
        for numbers in [vec![], vec![0], vec![0, 1, 127, 128, 300, 70_000, u32::MAX]] {
            assert_eq!(unpack(&pack(&numbers)), Some(numbers));
        }
    }

    #[test]
    fn damaged_bytes_are_refused() {
        assert_eq!(unpack(&[0x80]), None, "cut off");
        assert_eq!(unpack(&[0xff; 9]), None, "too long");
        assert_eq!(unpack(&[0xff, 0xff, 0xff, 0xff, 0x0f, 1]), None, "too great");
    }
}
