//! The words of a cleaned text with what the comparison needs to know of each: a hash of its lower case, and whether it
//! is a number, a name or a plain word. It is no grammar: a name is what is capitalised inside a sentence.

use xxhash_rust::xxh3::xxh3_64;

use super::eight;

/// Above this share of capitalised words capitals say nothing: the text shouts, or it is a headline.
const SHOUTING: f32 = 0.6;

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word in lower case, or the first of a sentence.
    Plain,
    /// A capitalised word.
    Name,
    /// A word with a digit in it.
    Number,
}

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// As written, with apostrophes and the points inside numbers.
    pub text: &'t str,
    /// Where it begins in the text, in bytes.
    pub start: usize,
    /// Of its letters and digits in lower case.
    pub hash: u64,
    /// What it is.
    pub kind: Kind,
    /// Whether a sentence or a quotation begins with it.
    pub first: bool,
}

impl Word<'_> {
    /// Where it ends in the text, in bytes.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The words of a text. Letters of other scripts than Latin count as gaps: in these texts they are mojibake.
pub fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::with_capacity(text.len() / 6);
    let mut lower = String::new();
    let mut gap = Gap::OPEN;
    let mut at = 0;
    while let Some(first) = letter_at(text, at) {
        if !is_letter(first) {
            gap.pass(first);
            at += first.len_utf8();
            continue;
        }
        let (end, form) = end_of_word(text, at, first);
        let word = &text[at..end];
        words.push(Word {
            text: word,
            start: at,
            hash: match form {
                // A small letter begins no word with capitals in it.
                Form::Plain if !first.is_ascii_uppercase() => hash(word),
                Form::Plain => {
                    lower.clear();
                    lower.push_str(word);
                    lower.make_ascii_lowercase();
                    hash(&lower)
                }
                Form::Other => other_hash(word),
            },
            // Letters and digits are words of their own.
            kind: match first {
                '0'..='9' => Kind::Number,
                first if first.is_uppercase() => Kind::Name,
                _ => Kind::Plain,
            },
            first: gap.opens(),
        });
        gap = Gap::NONE;
        // Mostly a blank follows, which is none of what a gap tells.
        at = end + usize::from(text.as_bytes().get(end) == Some(&b' '));
    }
    settle_names(&mut words);
    words
}

/// What a word is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Letters or digits of ASCII.
    Plain,
    /// Apostrophes, points or other letters among them.
    Other,
}

fn letter_at(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at) {
        Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
        _ => text[at..].chars().next(),
    }
}

/// Where the word that begins so at `start` ends, and what it is made of.
fn end_of_word(text: &str, start: usize, first: char) -> (usize, Form) {
    let bytes = text.as_bytes();
    let (mut last, mut end) = (first, start + first.len_utf8());
    let mut form = if first.is_ascii() { Form::Plain } else { Form::Other };
    loop {
        // Most of a text is small letters behind letters.
        if last.is_ascii_alphabetic() {
            end += eight::before(&bytes[end..], eight::but_small);
            last = char::from(bytes[end - 1]);
        }
        let Some(letter) = letter_at(text, end).filter(|letter| *letter != ' ') else {
            return (end, form);
        };
        let next = end + letter.len_utf8();
        if !belongs(last, letter, || letter_at(text, next)) {
            return (end, form);
        }
        if !letter.is_ascii_alphanumeric() {
            form = Form::Other;
        }
        (last, end) = (letter, next);
    }
}

/// The hash of a word in lower case, the way [`Word::hash`] is made.
pub fn hash(lower: &str) -> u64 {
    xxh3_64(lower.as_bytes())
}

fn other_hash(text: &str) -> u64 {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric());
    hash(&letters.flat_map(char::to_lowercase).collect::<String>())
}

/// The first word of a sentence is a name only if it is one elsewhere; where everything is capitalised nothing is.
pub(super) fn settle_names(words: &mut [Word<'_>]) {
    let capitals = words.iter().filter(|word| word.kind == Kind::Name).count();
    let shouting = capitals as f32 > SHOUTING * words.len() as f32;
    let mut inside: Vec<u64> = words
        .iter()
        .filter(|word| word.kind == Kind::Name && !word.first)
        .map(|word| word.hash)
        .collect();
    inside.sort_unstable();
    for word in words.iter_mut().filter(|word| word.kind == Kind::Name) {
        if shouting || (word.first && inside.binary_search(&word.hash).is_err()) {
            word.kind = Kind::Plain;
        }
    }
}

pub(super) fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || (('\u{c0}'..='\u{24f}').contains(&letter) && letter.is_alphabetic())
}

/// Whether `letter` goes on with the word that `last` is in; `next` is what follows it.
pub(super) fn belongs(last: char, letter: char, next: impl Fn() -> Option<char>) -> bool {
    match letter {
        // Links lose the blank before them: "dariBBC". "Rp1" is "Rp 1", "SMAN5" is "SMAN 5".
        _ if is_letter(letter) => {
            let digit_begins_or_ends = last.is_alphanumeric() && last.is_ascii_digit() != letter.is_ascii_digit();
            let capital_begins = last.is_lowercase() && letter.is_uppercase();
            !(digit_begins_or_ends || capital_begins)
        }
        '\'' | '’' | '`' => last.is_alphabetic() && next().is_some_and(char::is_alphabetic),
        '.' | ',' => last.is_ascii_digit() && next().is_some_and(|next| next.is_ascii_digit()),
        _ => false,
    }
}

/// What stands between two words.
#[derive(Clone, Copy)]
struct Gap {
    ended: bool,
    quote: bool,
}

impl Gap {
    const NONE: Gap = Gap {
        ended: false,
        quote: false,
    };
    const OPEN: Gap = Gap {
        ended: true,
        quote: false,
    };

    fn pass(&mut self, letter: char) {
        if letter == ' ' {
            self.quote = false;
            return;
        }
        self.ended |= matches!(letter, '.' | '!' | '?' | ':' | '\n');
        // Only a quotation mark that touches the word opens a quotation.
        self.quote = matches!(letter, '"' | '“' | '‘' | '\'' | '«');
    }

    fn opens(self) -> bool {
        self.ended || self.quote
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(&str, Kind)> {
        words(text).iter().map(|word| (word.text, word.kind)).collect()
    }

    #[test]
    fn names_are_capitalised_inside_a_sentence() {
        use Kind::{Name, Number, Plain};
        assert_eq!(
            kinds("Kalapas Jember hadir. Jum’at, \"Kami siap,\" kata 1.250 warga dariBBC Rp1."),
            [
                ("Kalapas", Plain),
                ("Jember", Name),
                ("hadir", Plain),
                ("Jum’at", Plain),
                ("Kami", Plain),
                ("siap", Plain),
                ("kata", Plain),
                ("1.250", Number),
                ("warga", Plain),
                ("dari", Plain),
                ("BBC", Name),
                ("Rp", Name),
                ("1", Number)
            ]
        );
    }

    #[test]
    fn a_text_in_capitals_names_nothing_but_its_numbers_stay() {
        let kinds = kinds("RAZIA KAMAR HUNIAN DI LAPAS JEMBER TEMUKAN 12 PONSEL");
        assert!(kinds.iter().all(|(_, kind)| *kind != Kind::Name), "{kinds:?}");
        assert!(kinds.contains(&("12", Kind::Number)));
    }

    #[test]
    fn letters_of_other_scripts_are_gaps() {
        assert_eq!(kinds("Rutan ท Praya Ω").len(), 2);
    }
}
