//! Folds a text into words that can be compared with names: lower case, without accents, apostrophes, hyphens and
//! abbreviations. It knows no names.

use unicode_normalization::UnicodeNormalization;

/// A folded text. Every word stands between spaces of its own (`" lapas  jember "`), so that a name found in it is
/// whole words, and two names side by side do not share a space.
#[derive(Debug, Default)]
pub struct Folded {
    /// The words with their spaces.
    pub text: String,
    /// Where each word stands.
    pub words: Vec<Word>,
    /// Whether the text has capitals at all; a title taken from an address has none.
    pub has_capitals: bool,
}

/// One word of a [`Folded`] text.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// Where its leading space stands in [`Folded::text`].
    pub start: usize,
    /// Behind its trailing space.
    pub end: usize,
    /// The number of its sentence.
    pub sentence: usize,
    /// Its bytes in the text that was folded.
    pub from: usize,
    /// Behind its bytes in the text that was folded.
    pub to: usize,
    /// Whether a comma follows.
    pub comma: bool,
    /// Whether it begins with a capital.
    pub capital: bool,
}

/// Words written short, and what they mean.
const SHORT: [(&str, &str); 6] = [
    ("kab", "kabupaten"),
    ("kec", "kecamatan"),
    ("prov", "provinsi"),
    ("propinsi", "provinsi"),
    ("klas", "kelas"),
    ("kls", "kelas"),
];

impl Folded {
    /// Folds a text.
    pub fn new(text: &str) -> Folded {
        let mut folded = Folded {
            text: String::with_capacity(text.len() + text.len() / 2),
            words: Vec::with_capacity(text.len() / 6),
            has_capitals: text.chars().any(char::is_uppercase),
        };
        let mut sentence = 0;
        let mut open: Option<Word> = None;
        let mut stopped = false;
        for (at, c) in text.char_indices() {
            if c.is_alphanumeric() {
                if open.is_none() {
                    if stopped && (c.is_uppercase() || c.is_ascii_digit()) {
                        sentence += 1;
                    }
                    stopped = false;
                    open = Some(Word {
                        start: folded.text.len(),
                        end: 0,
                        sentence,
                        from: at,
                        to: at,
                        comma: false,
                        capital: c.is_uppercase(),
                    });
                    folded.text.push(' ');
                }
                push_folded(&mut folded.text, c);
                continue;
            }
            if open.is_some() && (is_apostrophe(c) || is_mark(c)) {
                continue;
            }
            if let Some(word) = open.take() {
                let comma = c == ',';
                let is_long = folded.close(Word { to: at, comma, ..word });
                stopped = matches!(c, '!' | '?') || (c == '.' && is_long);
            } else if matches!(c, '!' | '?' | '.') {
                stopped = true;
            }
            if c == '\n' {
                sentence += 1;
                stopped = false;
            }
        }
        if let Some(word) = open {
            folded.close(Word { to: text.len(), ..word });
        }
        folded
    }

    /// The letters of a word.
    pub fn word(&self, index: usize) -> &str {
        self.words
            .get(index)
            .and_then(|word| self.text.get(word.start + 1..word.end - 1))
            .unwrap_or("")
    }

    /// Ends a word; says whether a full stop behind it ends a sentence rather than an abbreviation.
    fn close(&mut self, word: Word) -> bool {
        let letters = self.text.get(word.start + 1..).unwrap_or("");
        let ends_sentence = letters.len() > LONGEST_ABBREVIATION;
        if let Some((_, long)) = SHORT.iter().find(|(short, _)| *short == letters) {
            self.text.truncate(word.start + 1);
            self.text.push_str(long);
        }
        self.text.push(' ');
        let end = self.text.len();
        self.words.push(Word { end, ..word });
        ends_sentence
    }
}

/// Words up to this length are abbreviations where a full stop follows: "Kab.", "Drs."
const LONGEST_ABBREVIATION: usize = 3;

/// A name folded like a text: `" kabupaten  jember "`.
pub fn fold(name: &str) -> String {
    Folded::new(name).text
}

/// A name without its spaces, by which its spellings are one: "Palangka Raya" and "Palangkaraya".
pub fn key(folded: &str) -> String {
    folded.chars().filter(|c| *c != ' ').collect()
}

fn push_folded(text: &mut String, c: char) {
    if c.is_ascii() {
        text.push(c.to_ascii_lowercase());
    } else {
        let base = std::iter::once(c).nfd().filter(|part| part.is_alphanumeric());
        text.extend(base.flat_map(char::to_lowercase));
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '`')
}

/// A combining accent, which stands behind the letter it belongs to.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name_fold_alike() {
        for (text, folded) in [
            ("Kab. Jember", " kabupaten  jember "),
            ("KEC. PATRANG", " kecamatan  patrang "),
            ("Toli-Toli", " toli  toli "),
            ("Jum’at, Ma'ruf", " jumat  maruf "),
            ("Kafé Kafe\u{301}", " kafe  kafe "),
            ("Klas II-A", " kelas  ii  a "),
            ("", ""),
            (" — ", ""),
        ] {
            assert_eq!(fold(text), folded, "{text:?}");
        }
        assert_eq!(key(&fold("Palangka Raya")), key(&fold("Palangkaraya")));
    }

    #[test]
    fn sentences_are_counted_and_abbreviations_are_not() {
        let folded = Folded::new("Razia di Kab. Jember. Kalapas hadir!\nSelesai");
        let sentences: Vec<usize> = folded.words.iter().map(|word| word.sentence).collect();
        assert_eq!(sentences, [0, 0, 0, 0, 1, 1, 2]);
        assert_eq!((folded.word(3), folded.word(9)), ("jember", ""));
        let places = (folded.words[3].comma, folded.words[3].capital, folded.words[1].capital);
        assert_eq!(places, (false, true, false));
    }
}
