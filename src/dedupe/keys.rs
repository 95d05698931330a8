//! The exact keys of an article: hashes under which it is found again.

use unicode_normalization::UnicodeNormalization;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::eight;
use crate::model::{Article, SourceId};

/// A shorter normalised text identifies nothing: "Foto kegiatan." stands on many pages.
pub(super) const SHORTEST_TEXT: usize = 120;

/// An article's exact keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Of its address.
    pub url: u128,
    /// Of its source and guid.
    pub guid: Option<(u64, u64)>,
    /// Of its normalised text, if that is long enough to identify it.
    pub exact: Option<u128>,
    /// Of its normalised title.
    pub title: u64,
    /// Of title and text as readers see them: other words, another value.
    pub words: u64,
    /// Characters in the normalised text.
    pub length: usize,
}

impl Keys {
    /// The keys of an article.
    pub fn of(article: &Article) -> Keys {
        let text = normalised(&article.text);
        let length = text.chars().count();
        Keys {
            url: xxh3_128(article.identity().as_bytes()),
            guid: article.guid.as_ref().map(|guid| guid_hashes(&article.source, guid)),
            exact: (length >= SHORTEST_TEXT).then(|| xxh3_128(text.as_bytes())),
            title: xxh3_64(normalised(&article.title).as_bytes()),
            words: xxh3_64([&article.title, "\n", &article.text].concat().as_bytes()),
            length,
        }
    }

    /// The store's key for a source's guid.
    pub fn key_of_guid(source: &SourceId, guid: &str) -> [u8; 16] {
        joined(guid_hashes(source, guid))
    }

    /// Whether both have a text that identifies them, and it is the same.
    pub fn same_text(&self, other: &Keys) -> bool {
        self.exact.is_some() && self.exact == other.exact
    }

    /// The store's key for the guid: source, guid.
    pub fn guid_key(&self) -> Option<[u8; 16]> {
        self.guid.map(joined)
    }
}

fn guid_hashes(source: &SourceId, guid: &str) -> (u64, u64) {
    (xxh3_64(source.as_str().as_bytes()), xxh3_64(guid.as_bytes()))
}

fn joined((source, guid): (u64, u64)) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&source.to_be_bytes());
    key[8..].copy_from_slice(&guid.to_be_bytes());
    key
}

/// A text without what portals change in passing: case, punctuation, spacing, typographic variants (NFKC).
pub(super) fn normalised(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + ROOM);
    normalise(text, &mut plain);
    plain
}

/// Writes a text behind another, both [`normalised`], with a blank between them.
pub(super) fn normalise(text: &str, plain: &mut String) {
    let mut written = std::mem::take(plain).into_bytes();
    let mut rest = text;
    loop {
        let foreign = eight::before(rest.as_bytes(), eight::foreign);
        if foreign == rest.len() {
            break;
        }
        let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
        let (before, behind) = rest.as_bytes().split_at(foreign);
        let start = foreign - before.iter().rev().take_while(|byte| in_word(byte)).count();
        let end = foreign + behind.iter().take_while(|byte| in_word(byte)).count();
        push_ascii(&rest[..start], &mut written);
        for part in rest[start..end].split(is_typographic) {
            push_foreign(part, &mut written);
        }
        rest = &rest[end..];
    }
    push_ascii(rest, &mut written);
    *plain = String::from_utf8(written).expect("only whole letters were written");
}

/// The marks of Indonesian texts that are not ASCII: dashes, quotation marks, the blank that does not break. None has
/// a letter in its normal form or joins its neighbours, so that what is between them can be normalised by itself.
fn is_typographic(mark: char) -> bool {
    matches!(mark, '\u{a0}' | '\u{2010}'..='\u{2027}')
}

/// Letters and digits in lower case, everything else as a blank, by their codes.
const FOLDED: [u8; 256] = {
    let mut folded = [b' '; 256];
    let mut code = 0;
    while code < 128 {
        if (code as u8).is_ascii_alphanumeric() {
            folded[code] = (code as u8).to_ascii_lowercase();
        }
        code += 1;
    }
    folded
};

/// What a text may take more when it is written: the blank before it, and eight letters written over its end.
const ROOM: usize = 9;

/// Plain ASCII is its own normal form. Most of every text passes here, eight letters at a time where no two of them are
/// blanks in a row.
fn push_ascii(text: &str, written: &mut Vec<u8>) {
    let before = written.len();
    let mut end = before + usize::from(before > 0);
    written.resize(before + text.len() + ROOM, b' ');
    let mut in_word = false;
    let mut rest = text.as_bytes();
    while let Some(eight) = eight::first(rest) {
        let (folded, blanks) = eight::folded(eight);
        let after_blank = blanks << 8 | u64::from(!in_word) << 7;
        if blanks & after_blank != 0 {
            (end, in_word) = push_letters(&rest[..8], written, end, in_word);
        } else {
            written[end..end + 8].copy_from_slice(&folded.to_le_bytes());
            (end, in_word) = (end + 8, blanks >> 63 == 0);
        }
        rest = &rest[8..];
    }
    (end, _) = push_letters(rest, written, end, in_word);
    written.truncate(end);
    written.pop_if(|last| *last == b' ');
}

/// Writes letters at `end`, of blanks in a row one. Returns the new end, and whether it is in a word.
fn push_letters(text: &[u8], written: &mut [u8], mut end: usize, mut in_word: bool) -> (usize, bool) {
    for byte in text {
        let letter = FOLDED[usize::from(*byte)];
        let is_letter = letter != b' ';
        written[end] = letter;
        end += usize::from(is_letter | in_word);
        in_word = is_letter;
    }
    (end, in_word)
}

/// The rest of the world's letters take twenty times as long.
fn push_foreign(part: &str, written: &mut Vec<u8>) {
    if part.is_ascii() {
        return push_ascii(part, written);
    }
    let folded: String = part.nfkc().flat_map(char::to_lowercase).collect();
    for word in folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        if !written.is_empty() {
            written.push(b' ');
        }
        written.extend_from_slice(word.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::article;
    use super::*;

    #[test]
    fn quotes_case_and_spacing_do_not_make_another_text() {
        assert_eq!(
            normalised("“Humas”  memegang\u{a0}peran…"),
            normalised("\"HUMAS\" memegang peran")
        );
        assert_ne!(normalised("Lapas Kelas IIA"), normalised("Lapas Kelas IIB"));
    }

    proptest::proptest! {
        #[test]
        fn the_short_cuts_change_nothing(text in r#"([a-zA-Z0-9 .,=<&’“”–—…\u{a0}\u{2010}-\u{2027}]|e\u{301}|\u{338}|\u{345}|Ä|ﬁ|™|½|İ|Σ|ศ|\PC){0,60}"#) {
            proptest::prop_assert_eq!(normalised(&text), super::super::plain_tests::normalised(&text));
        }
    }

    #[test]
    fn a_short_text_has_no_exact_key() {
        assert_eq!(
            Keys::of(&article("a", "https://a.example/x", "Foto kegiatan.")).exact,
            None
        );
    }

    #[test]
    fn a_guid_counts_within_its_source_only() {
        let mut first = article("a", "https://a.example/x", "");
        first.guid = Some("1".to_owned());
        let mut second = first.clone();
        second.source = crate::model::SourceId::new("b").unwrap();
        assert_ne!(Keys::of(&first).guid_key(), Keys::of(&second).guid_key());
    }
}
