//! The exact keys of an article: hashes under which it is found again.

use unicode_normalization::UnicodeNormalization;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

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
            guid: article
                .guid
                .as_ref()
                .map(|guid| guid_hashes(&article.source, guid)),
            exact: (length >= SHORTEST_TEXT).then(|| xxh3_128(text.as_bytes())),
            title: xxh3_64(normalised(&article.title).as_bytes()),
            words: xxh3_64(format!("{}\n{}", article.title, article.text).as_bytes()),
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
    // Plain ASCII is its own normal form, and most sentences are that.
    let folded: String = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.nfkc().flat_map(char::to_lowercase).collect()
    };
    let words = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
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
