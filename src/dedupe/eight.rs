//! Eight bytes of a text at a time, as a number whose lowest byte is the first: most of every text is plain ASCII, and
//! goes through here. What is found is told by the top bit of its byte. It makes no words: `keys` and `words` do.

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = ONES << 7;

/// The first eight bytes of a text, if it has so many.
pub fn first(text: &[u8]) -> Option<u64> {
    text.first_chunk().map(|eight| u64::from_le_bytes(*eight))
}

/// Those that are one of a range in ASCII.
fn within(eight: u64, least: u8, greatest: u8) -> u64 {
    let low = eight & !TOPS;
    let reached = low + ONES * u64::from(0x80 - least);
    let passed = low + ONES * u64::from(0x7f - greatest);
    reached & !passed & !eight & TOPS
}

/// Those outside ASCII.
pub fn foreign(eight: u64) -> u64 {
    eight & TOPS
}

/// All that are not small letters.
pub fn but_small(eight: u64) -> u64 {
    !within(eight, b'a', b'z') & TOPS
}

/// Those that end a sentence.
pub fn ends(eight: u64) -> u64 {
    within(eight, b'.', b'.') | within(eight, b'!', b'!') | within(eight, b'?', b'?')
}

/// Eight bytes of ASCII with letters in small and everything else but digits as a blank, and which those blanks are.
pub fn folded(eight: u64) -> (u64, u64) {
    let small = eight | (within(eight, b'A', b'Z') >> 2);
    let blanks = TOPS & !(within(small, b'a', b'z') | within(small, b'0', b'9'));
    let whole = (blanks >> 7) * 0xff;
    let spaces = (ONES * u64::from(b' ')) & whole;
    ((small & !whole) | spaces, blanks)
}

/// How many bytes of a text come before the first that this finds among eight; those of a rest of less than eight are
/// followed by zeros.
pub fn before(text: &[u8], found: impl Fn(u64) -> u64) -> usize {
    let mut at = 0;
    loop {
        let eight = first(&text[at..]).unwrap_or_else(|| padded(&text[at..]));
        match found(eight) {
            0 if text.len() - at <= 8 => return text.len(),
            0 => at += 8,
            found => return text.len().min(at + found.trailing_zeros() as usize / 8),
        }
    }
}

fn padded(rest: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(eight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_found_and_folded_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                let mut bytes = *b"aZ 09z.\xe2";
                bytes[place] = byte;
                let eight = u64::from_le_bytes(bytes);
                let top = |found: u64| found >> (8 * place + 7) & 1 == 1;
                assert_eq!(top(but_small(eight)), !byte.is_ascii_lowercase(), "{byte} at {place}");
                assert_eq!(
                    top(ends(eight)),
                    matches!(byte, b'.' | b'!' | b'?'),
                    "{byte} at {place}"
                );
                if byte.is_ascii() {
                    let (text, blanks) = folded(eight);
                    let letter = byte.is_ascii_alphanumeric();
                    let expected = if letter { byte.to_ascii_lowercase() } else { b' ' };
                    assert_eq!(
                        (text.to_le_bytes()[place], top(blanks)),
                        (expected, !letter),
                        "{byte} at {place}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_text_is_searched_to_its_end() {
        let text = [b'a'; 40];
        for length in 0..text.len() {
            let small = |text: &[u8]| before(text, but_small);
            assert_eq!(small(&text[..length]), length);
            let mut stopped = text;
            stopped[length] = b'.';
            assert_eq!((small(&stopped), before(&text[..length], ends)), (length, length));
        }
    }
}
