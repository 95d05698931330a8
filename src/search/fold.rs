//! What counts as a word, and as the same word: case and diacritics do not, nor an apostrophe ("Jum'at", "Jumat").
//!
//! Stems are those of the Snowball stemmer for Indonesian. It takes some names for inflected words: "Kediri" would be
//! "diri", which is in every second text. So words of place names are handed in and kept whole.

use std::collections::HashSet;
use std::ops::Range;

use snowball_stemmers_rs::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A longer word is cut: it is an address or an encoded picture.
const LONGEST: usize = 64;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it stands, in bytes.
    pub range: Range<usize>,
    /// Without what does not count.
    pub folded: String,
}

/// The words of a text.
pub fn words(text: &str) -> impl Iterator<Item = Word> + '_ {
    let mut letters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        while letters.next_if(|(_, letter)| !letter.is_alphanumeric()).is_some() {}
        let (start, _) = *letters.peek()?;
        let mut end = start;
        let mut kept = start;
        while let Some((at, letter)) = letters.next_if(|(_, letter)| belongs(*letter)) {
            end = at + letter.len_utf8();
            if letter.is_alphanumeric() {
                kept = end;
            }
        }
        // An apostrophe at the end closes a quotation.
        debug_assert!(kept <= end, "the last letter is within the word");
        let range = start..kept;
        let folded = fold(&text[range.clone()]);
        Some(Word { range, folded })
    })
}

/// A word without what does not count.
fn fold(word: &str) -> String {
    let letters = word
        .nfkd()
        .filter(|letter| letter.is_alphanumeric() && !is_combining_mark(*letter));
    letters.flat_map(char::to_lowercase).take(LONGEST).collect()
}

fn belongs(letter: char) -> bool {
    letter.is_alphanumeric() || is_combining_mark(letter) || matches!(letter, '\'' | '’' | '‘' | 'ʼ' | '`' | '´')
}

/// Finds the stems of words.
#[derive(Clone)]
pub struct Stems {
    whole: HashSet<String>,
}

impl Stems {
    /// Keeps the words of these names whole.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Stems {
        let whole = names.into_iter().flat_map(words).map(|word| word.folded).collect();
        Stems { whole }
    }

    /// The stem of a folded word.
    pub fn of(&self, folded: &str) -> String {
        if self.whole.contains(folded) || !folded.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return folded.to_owned();
        }
        Stemmer::create(Algorithm::Indonesian).stem(folded).into_owned()
    }

    /// The words that are kept whole, in order.
    pub fn whole(&self) -> Vec<&str> {
        let mut whole: Vec<&str> = self.whole.iter().map(String::as_str).collect();
        whole.sort_unstable();
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<String> {
        words(text).map(|word| word.folded).collect()
    }

    #[test]
    fn what_does_not_count_is_folded_away() {
        for (text, expected) in [
            ("Jum'at Jum’at JUMAT Jumat", "jumat jumat jumat jumat"),
            ("Ma`ruf 'kutipan' ”dalam”", "maruf kutipan dalam"),
            ("Kalapas, Café e\u{301}lite", "kalapas cafe elite"),
            ("anak-anak COVID-19 Rp1.500", "anak anak covid 19 rp1 500"),
            ("ＫＥＬＡＳ ⅡA ﬁlm", "kelas iia film"),
            ("'' ’ ... \u{301}", ""),
            ("ꦗꦮ 東京", "ꦗꦮ 東京"),
        ] {
            assert_eq!(folded(text).join(" "), expected, "{text}");
        }
        assert_eq!(folded(&"x".repeat(1 << 16))[0].len(), LONGEST);
    }

    #[test]
    fn a_word_says_where_it_stands() {
        let text = "«Jum'at» é";
        let found: Vec<&str> = words(text).map(|word| &text[word.range]).collect();
        assert_eq!(found, ["Jum'at", "é"]);
    }

    #[test]
    fn inflected_words_have_the_stem_in_common_and_names_stay_whole() {
        let stems = Stems::new(["Kota Kediri", "Kabupaten Pekalongan"]);
        for (one, other) in [
            ("kunjungan", "berkunjung"),
            ("pembinaan", "dibina"),
            ("penggeledahan", "menggeledah"),
            ("keimigrasian", "imigrasi"),
            ("pelayanan", "layanan"),
            ("petugas", "petugasnya"),
        ] {
            assert_eq!(stems.of(one), stems.of(other), "{one} {other}");
        }
        assert_ne!(stems.of("kediri"), stems.of("diri"));
        assert_eq!(Stems::new([]).of("kediri"), "diri", "why names are handed in");
        assert_eq!(stems.of("pekalongan"), "pekalongan");
        for odd in ["", "19", "x9an", "ꦗꦮ", &"me".repeat(32)] {
            stems.of(odd);
        }
    }
}
