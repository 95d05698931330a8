//! Text as it is meant, not as it is written: lower case, look-alike letters, accents, digits for letters and invisible
//! characters undone. Says which words had to be unmasked. It judges nothing.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_canonical;

use super::lexicon::Lexicon;

/// The longest word that is unmasked or taken apart, in bytes.
const LONGEST: usize = 40;
/// The longest part of a word that is glued together of known ones, in bytes.
const LONGEST_PART: usize = 12;

/// A text folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// The folded characters.
    pub text: String,
    /// Its words.
    pub words: Vec<Word>,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word, folded.
    pub text: String,
    /// Whether it was written so that a machine would not find it.
    pub masked: bool,
}

impl Word {
    /// What keeps the words of two lines apart.
    fn end_of_line() -> Word {
        Word {
            text: "\n".to_owned(),
            masked: false,
        }
    }
}

/// Folds characters and splits words at whatever is no letter or digit.
pub fn fold(text: &str) -> Folded {
    let mut folded = Folded::default();
    let mut word = Building::default();
    let flush = |word: &mut Building, words: &mut Vec<Word>| {
        if let Some(word) = std::mem::take(word).finish() {
            words.push(word);
        }
    };
    let mut gap = false;
    each_folded(text, |raw, letter| {
        if is_invisible(letter) {
            gap = true;
            return;
        }
        folded.text.push(letter);
        if letter.is_alphanumeric() || matches!(letter, '@' | '$') || is_mark(letter) {
            word.push(raw, letter, std::mem::take(&mut gap));
        } else {
            flush(&mut word, &mut folded.words);
            gap = false;
            if letter == '\n' {
                folded.words.push(Word::end_of_line());
            }
        }
    });
    flush(&mut word, &mut folded.words);
    folded
}

/// The words with disguises undone as far as the lexicon knows what they hide.
pub fn unmask(words: &[Word], lexicon: &Lexicon) -> Vec<Word> {
    let mut shown = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        let single = rest
            .iter()
            .take_while(|word| word.text != "\n" && word.text.chars().nth(1).is_none())
            .count();
        if single < 3 {
            unmask_word(word, lexicon, &mut shown);
            rest = after;
            continue;
        }
        let (spelled, after) = rest.split_at(single);
        let joined = Word {
            text: spelled.iter().map(|word| word.text.as_str()).collect(),
            masked: true,
        };
        unmask_word(&joined, lexicon, &mut shown);
        rest = after;
    }
    shown
}

fn unmask_word(word: &Word, lexicon: &Lexicon, shown: &mut Vec<Word>) {
    let text = word.text.as_str();
    if lexicon.knows(text) || text.len() > LONGEST {
        return shown.push(word.clone());
    }
    let mut put = |parts: Vec<String>, masked: bool| {
        shown.extend(parts.into_iter().map(|text| Word { text, masked }));
    };
    let stem = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if let Some(parts) = parts(stem, lexicon) {
        return put(parts, word.masked);
    }
    for one in ['i', 'l'] {
        let plain = letters_for_digits(text, one);
        if plain != text
            && let Some(parts) = parts(&plain, lexicon)
        {
            return put(parts, true);
        }
    }
    put(vec![text.to_owned()], word.masked);
}

/// The word itself if it is known, or the known words it is glued together of.
fn parts(text: &str, lexicon: &Lexicon) -> Option<Vec<String>> {
    if lexicon.knows(text) {
        return Some(vec![text.to_owned()]);
    }
    if !(7..=LONGEST).contains(&text.len()) || !text.is_ascii() {
        return None;
    }
    // ends[n]: where the last word of a split of the first n bytes begins.
    let mut ends: Vec<Option<usize>> = vec![None; text.len() + 1];
    ends[0] = Some(0);
    for end in 3..=text.len() {
        ends[end] = (end.saturating_sub(LONGEST_PART)..=end - 3)
            .find(|&start| ends[start].is_some() && lexicon.knows(&text[start..end]));
    }
    let mut parts = Vec::new();
    let mut end = text.len();
    while end > 0 {
        let start = ends[end]?;
        parts.push(text[start..end].to_owned());
        end = start;
    }
    parts.reverse();
    Some(parts)
}

/// "g4c0r" as it is meant; `one` is what 1 stands for. Words without letters are numbers and stay.
fn letters_for_digits(word: &str, one: char) -> String {
    if !word.chars().any(char::is_alphabetic) {
        return word.to_owned();
    }
    let letter = |letter| match letter {
        '0' => 'o',
        '1' => one,
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    };
    word.chars().map(letter).collect()
}

#[derive(Default)]
struct Building {
    text: String,
    masked: bool,
    latin: bool,
    lookalike: bool,
}

impl Building {
    fn push(&mut self, raw: char, letter: char, after_gap: bool) {
        self.masked |= after_gap && !self.text.is_empty();
        self.latin |= raw.is_ascii_alphabetic();
        self.lookalike |= !raw.is_ascii() && letter.is_ascii_alphabetic() && !is_accented(raw);
        self.text.push(letter);
    }

    fn finish(self) -> Option<Word> {
        let text = self.text.trim_matches(|letter| letter == '@');
        let is_money = text.starts_with('$') && !text.chars().any(char::is_alphabetic);
        let text = if is_money { &text[1..] } else { text };
        (!text.is_empty() && text != "$").then(|| Word {
            text: text.to_owned(),
            masked: self.masked || self.lookalike,
        })
    }
}

/// Hands on each character that compatibility composition leaves: as it was written, and the plain one it stands for.
fn each_folded(text: &str, mut take: impl FnMut(char, char)) {
    for raw in text.chars() {
        if raw.is_ascii() {
            // It is composed as it is. The tables are slow to ask, and nearly every character is one of these.
            take(raw, lookalike(raw.to_ascii_lowercase()));
            continue;
        }
        // Character by character, so that each keeps the one it was written with.
        for letter in std::iter::once(raw).nfkc().flat_map(char::to_lowercase) {
            take(raw, lookalike(without_accent(letter)));
        }
    }
}

fn without_accent(letter: char) -> char {
    if !is_accented(letter) {
        return letter;
    }
    let mut first = None;
    decompose_canonical(letter, |part| {
        first.get_or_insert(part);
    });
    match first.unwrap_or(letter) {
        'đ' => 'd',
        'ø' => 'o',
        'ł' => 'l',
        'ı' => 'i',
        plain => plain,
    }
}

/// Latin letters beyond ASCII: accents of a language, not disguise.
fn is_accented(letter: char) -> bool {
    matches!(letter, '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
}

/// Marks that belong to the letter before them.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{E31}' | '\u{E34}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}' | '\u{3099}' | '\u{309A}')
}

fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FE00}'..='\u{FE0F}' | '\u{300}'..='\u{336}')
}

/// Cyrillic, Greek and other letters that look like Latin ones.
fn lookalike(letter: char) -> char {
    match letter {
        'а' | 'α' | 'ɑ' => 'a',
        'в' => 'b',
        'с' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' => 'e',
        'ɡ' => 'g',
        'н' | 'һ' => 'h',
        'і' | 'ι' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' | 'ʟ' => 'l',
        'м' => 'm',
        'п' => 'n',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' => 'r',
        'ѕ' | 'ꮪ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'ν' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'χ' => 'x',
        'у' => 'y',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let words = unmask(&fold(text).words, &Lexicon::new());
        let words = words
            .iter()
            .map(|word| format!("{}{}", word.text, if word.masked { "*" } else { "" }));
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn disguises_are_undone_and_told() {
        for (text, expected) in [
            ("Slot Gacor", "slot gacor"),
            ("SL0T G4COR M4XWIN", "slot* gacor* maxwin*"),
            ("Ѕlоt Gасоr", "slot* gacor*"),
            ("ＳＬＯＴ 𝐆𝐀𝐂𝐎𝐑 ⓜⓐⓧⓦⓘⓝ", "slot* gacor* maxwin*"),
            ("s\u{200b}lot ga\u{ad}cor", "slot* gacor*"),
            ("S.L.O.T g-a-c-o-r", "slot* gacor*"),
            ("Šlot gáčor", "slot gacor"),
            ("$lot g@cor", "slot* gacor*"),
            ("slotgacormaxwin slot88 gacor777", "slot gacor maxwin slot88 gacor"),
            ("S_l_o_t_7\nx y", "slot* \n x y"),
            ("T0G3L 10 juta", "togel* 10 juta"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_disguise_stays() {
        for (text, expected) in [
            ("Rp 4 juta, $500, 4D, HUT ke-80", "rp 4 juta 500 4d hut ke 80"),
            ("humas@lapas.go.id", "humas@lapas go id"),
            ("Kantor Imigrasi Kelas I TPI", "kantor imigrasi kelas i tpi"),
            ("P E N G U M U M A N", "pengumuman*"),
            ("カジノ หวย", "カジノ หวย"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn each_lookalike_has_its_letter() {
        assert_eq!(fold("аеорсух οαειρτυχω").text, "aeopcyx oaeiptuxw");
    }
}
