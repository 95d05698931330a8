//! How a fingerprint's numbers are written: sorted, as differences in a Rice code, which comes within a few hundredths
//! of what hashes can be packed to. Only for numbers in ascending order.
//!
//! A list is its count, then the number of a difference's low bits, then for each difference its high part as so many
//! ones, a zero, and its low bits; a high part that is out of proportion as [`ESCAPE`] ones and 32 bits.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A difference whose high part is this or greater is written in full.
const ESCAPE: u32 = 24;

/// Sorted hashes, each once.
pub mod hashes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::{Bytes, Reader, Writer};

    /// Writes them as differences.
    pub fn serialize<S: Serializer>(hashes: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
        let mut writer = Writer::default();
        writer.list(hashes.len(), || hashes.iter().copied());
        Bytes(writer.bytes()).serialize(serializer)
    }

    /// Reads what `serialize` wrote.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
        let Bytes(bytes) = Bytes::deserialize(deserializer)?;
        let hashes = Reader::of(&bytes).list();
        hashes.ok_or_else(|| D::Error::custom("cannot read packed hashes"))
    }
}

/// Sorted shingles: the first in full, of the others what is compared.
pub mod shingles {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::{Bytes, Reader, Writer};
    use crate::dedupe::fingerprint::{COARSE_BITS, PROBES};

    /// Writes them as differences.
    pub fn serialize<S: Serializer>(shingles: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
        let (first, others) = shingles.split_at(shingles.len().min(PROBES));
        let mut writer = Writer::default();
        writer.list(first.len(), || first.iter().copied());
        writer.list(others.len(), || others.iter().map(|shingle| shingle >> COARSE_BITS));
        Bytes(writer.bytes()).serialize(serializer)
    }

    /// Reads what `serialize` wrote.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
        let Bytes(bytes) = Bytes::deserialize(deserializer)?;
        let mut reader = Reader::of(&bytes);
        let shingles = reader.list().and_then(|mut first| {
            let others = reader.list()?;
            first.extend(others.into_iter().map(|coarse| coarse << COARSE_BITS));
            first.is_sorted().then_some(first)
        });
        shingles.ok_or_else(|| D::Error::custom("cannot read packed shingles"))
    }
}

/// Sorted runs: their contexts as [`hashes`], then two bytes of each token.
pub mod runs {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::{Bytes, Reader, Writer};
    use crate::dedupe::fingerprint::Run;

    /// Writes contexts, then tokens.
    pub fn serialize<S: Serializer>(runs: &[Run], serializer: S) -> Result<S::Ok, S::Error> {
        let mut writer = Writer::default();
        writer.list(runs.len(), || runs.iter().map(|run| run.context));
        let mut tokens = Vec::with_capacity(2 * runs.len());
        runs.iter()
            .for_each(|run| tokens.extend_from_slice(&run.token.to_le_bytes()));
        (Bytes(writer.bytes()), Bytes(tokens)).serialize(serializer)
    }

    /// Reads what `serialize` wrote.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Run>, D::Error> {
        let (Bytes(contexts), Bytes(tokens)) = <(Bytes, Bytes)>::deserialize(deserializer)?;
        let contexts = Reader::of(&contexts).list();
        let contexts = contexts.filter(|contexts| contexts.len() * 2 == tokens.len());
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

/// Writes bits, the lowest of each byte first.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    /// Bits that do not fill a byte yet, and how many.
    open: u64,
    count: u32,
}

impl Writer {
    /// Writes so many ascending numbers.
    fn list<Numbers: DoubleEndedIterator<Item = u32>>(&mut self, count: usize, numbers: impl Fn() -> Numbers) {
        let greatest = numbers().next_back().unwrap_or(0);
        let low = low_bits(greatest, count);
        self.bytes.reserve(8 + count * (low as usize + 2) / 8);
        self.put(count as u64, 32);
        self.put(u64::from(low), 8);
        let mut last = 0;
        for number in numbers() {
            let difference = number.wrapping_sub(last);
            last = number;
            let high = difference >> low;
            if high < ESCAPE {
                self.put((1 << high) - 1, high + 1);
                self.put(u64::from(difference) & ((1 << low) - 1), low);
            } else {
                self.put((1 << ESCAPE) - 1, ESCAPE);
                self.put(u64::from(difference), 32);
            }
        }
    }

    /// Writes the lowest bits of a number, at most 32.
    fn put(&mut self, bits: u64, count: u32) {
        self.open |= bits << self.count;
        self.count += count;
        if self.count >= 32 {
            self.bytes.extend_from_slice(&(self.open as u32).to_le_bytes());
            self.open >>= 32;
            self.count -= 32;
        }
    }

    fn bytes(mut self) -> Vec<u8> {
        let rest = self.open.to_le_bytes();
        self.bytes.extend_from_slice(&rest[..self.count.div_ceil(8) as usize]);
        self.bytes
    }
}

/// How many low bits are best for so many numbers up to the greatest: the mean difference, times the logarithm of two.
fn low_bits(greatest: u32, count: usize) -> u32 {
    let mean = u64::from(greatest) / (count as u64).max(1);
    (mean * 177 / 256).checked_ilog2().unwrap_or(0).min(31)
}

/// Reads what a [`Writer`] wrote.
struct Reader<'b> {
    bytes: &'b [u8],
    /// The next bit.
    at: usize,
}

impl<'b> Reader<'b> {
    fn of(bytes: &'b [u8]) -> Reader<'b> {
        Reader { bytes, at: 0 }
    }

    /// The next list; nothing if the bytes are not what was written.
    fn list(&mut self) -> Option<Vec<u32>> {
        let count = self.take(32)? as usize;
        let low = self.take(8).filter(|low| *low < 32)?;
        // Each takes a bit at least.
        let mut numbers = Vec::with_capacity(Some(count).filter(|count| *count <= self.bytes.len() * 8)?);
        let mut last = 0u32;
        for _ in 0..count {
            let high = self.window().trailing_ones().min(ESCAPE);
            let difference = if high < ESCAPE {
                self.at += high as usize + 1;
                (high << low) | self.take(low)?
            } else {
                self.at += ESCAPE as usize;
                self.take(32)?
            };
            last = last.checked_add(difference)?;
            numbers.push(last);
        }
        (self.at <= self.bytes.len() * 8).then_some(numbers)
    }

    /// The next bits as a number, at most 32.
    fn take(&mut self, count: u32) -> Option<u32> {
        let bits = self.window() & ((1 << count) - 1);
        self.at += count as usize;
        u32::try_from(bits).ok().filter(|_| self.at <= self.bytes.len() * 8)
    }

    /// At least the next 56 bits; behind the end there are none but zeros.
    fn window(&self) -> u64 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let bytes = rest.first_chunk().copied().unwrap_or_else(|| {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            last
        });
        u64::from_le_bytes(bytes) >> (self.at % 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(numbers: &[u32]) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.list(numbers.len(), || numbers.iter().copied());
        writer.bytes()
    }

    fn unpack(bytes: &[u8]) -> Option<Vec<u32>> {
        Reader::of(bytes).list()
    }

    #[test]
    fn what_was_packed_comes_back() {
        for numbers in [
            vec![],
            vec![0],
            vec![u32::MAX],
            vec![7; 40],
            vec![0, 1, 127, 128, 300, 70_000, u32::MAX],
            (0..300).chain([u32::MAX]).collect(),
            (0..300).map(|at| at * 14_000_000 + at * at).collect(),
        ] {
            assert_eq!(unpack(&pack(&numbers)), Some(numbers));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_ascending_numbers_come_back(mut numbers: Vec<u32>, mut more: Vec<u32>) {
            numbers.sort_unstable();
            more.sort_unstable();
            let mut writer = Writer::default();
            writer.list(numbers.len(), || numbers.iter().copied());
            writer.list(more.len(), || more.iter().copied());
            let bytes = writer.bytes();
            let mut reader = Reader::of(&bytes);
            proptest::prop_assert_eq!(reader.list(), Some(numbers));
            proptest::prop_assert_eq!(reader.list(), Some(more));
        }

        #[test]
        fn any_bytes_are_refused_or_read(bytes: Vec<u8>) {
            let read = unpack(&bytes);
            proptest::prop_assert!(read.is_none_or(|numbers| numbers.is_sorted()));
        }
    }

    #[test]
    fn three_hundred_hashes_take_less_than_four_bytes_each() {
        let mut state = 7_u64;
        let mut next = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 32) as u32
        };
        let mut hashes: Vec<u32> = (0..300).map(&mut next).collect();
        hashes.sort_unstable();
        let bytes = pack(&hashes).len();
        assert!(bytes < 980, "{bytes} bytes");
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let whole = pack(&[1_000, 2_000, 900_000, u32::MAX]);
        for length in 0..whole.len() {
            assert_eq!(unpack(&whole[..length]), None, "cut to {length}");
        }
        assert_eq!(unpack(&[0xff; 9]), None, "more than there is");
        assert_eq!(
            unpack(&[
                2, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
            ]),
            None,
            "too great"
        );
    }
}
