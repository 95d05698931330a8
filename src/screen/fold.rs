//! Text as it is meant, not as it is written: lower case, look-alike letters, accents, digits for letters and invisible
//! characters undone. Says which words had to be unmasked. It judges nothing.

use std::borrow::Cow;
use std::ops::Range;

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
    /// Where the words stand in it.
    spans: Vec<Span>,
}

/// Where a word stands, and the line break between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
    masked: bool,
}

/// One word; a line break is one too, which keeps the words of two lines apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// The word, folded.
    pub text: Cow<'t, str>,
    /// Whether it was written so that a machine would not find it.
    pub masked: bool,
}

impl<'t> Word<'t> {
    /// A part of the word.
    fn part(&self, range: Range<usize>, masked: bool) -> Word<'t> {
        let text = match &self.text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
            Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
        };
        Word { text, masked }
    }
}

/// Folds characters and splits words at whatever is no letter or digit.
pub fn fold(text: &str) -> Folded {
    let mut folding = Folding::default();
    folding.folded.text.reserve(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        // It is composed as it is. The tables are slow to ask, and nearly all text is this.
        let plain = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        folding.take_plain(&rest[..plain]);
        rest = &rest[plain..];
        let Some(raw) = rest.chars().next() else { break };
        rest = &rest[raw.len_utf8()..];
        // Character by character, so that each keeps the one it was written with.
        for letter in std::iter::once(raw).nfkc().flat_map(char::to_lowercase) {
            folding.take(raw, lookalike(without_accent(letter)));
        }
    }
    folding.end_word();
    folding.folded
}

impl Folded {
    /// Its words.
    pub fn words(&self) -> Vec<Word<'_>> {
        let word = |span: &Span| Word {
            text: Cow::Borrowed(&self.text[span.start..span.end]),
            masked: span.masked,
        };
        self.spans.iter().map(word).collect()
    }
}

/// A text that is being folded.
#[derive(Default)]
struct Folding {
    folded: Folded,
    /// Where the word that is being read begins.
    start: Option<usize>,
    masked: bool,
    /// Whether something that nobody sees stood before this.
    gap: bool,
}

impl Folding {
    /// Takes ASCII as it was written.
    fn take_plain(&mut self, plain: &str) {
        let start = self.folded.text.len();
        self.folded.text.push_str(plain);
        self.folded.text[start..].make_ascii_lowercase();
        for (at, letter) in plain.bytes().enumerate() {
            if letter.is_ascii_alphanumeric() || matches!(letter, b'@' | b'$') {
                self.in_word(start + at, false);
            } else {
                self.between_words(start + at, letter == b'\n');
            }
        }
    }

    /// Takes a folded character, and the one it was written with.
    fn take(&mut self, raw: char, letter: char) {
        if is_invisible(letter) {
            self.gap = true;
            return;
        }
        let at = self.folded.text.len();
        self.folded.text.push(letter);
        if letter.is_alphanumeric() || matches!(letter, '@' | '$') || is_mark(letter) {
            self.in_word(at, letter.is_ascii_alphabetic() && !is_accented(raw));
        } else {
            self.between_words(at, letter == '\n');
        }
    }

    /// A character of a word stands here, perhaps one that was written to look like it.
    fn in_word(&mut self, at: usize, looks_alike: bool) {
        let gap = std::mem::take(&mut self.gap);
        self.masked |= looks_alike || (gap && self.start.is_some());
        self.start.get_or_insert(at);
    }

    /// No character of a word stands here.
    fn between_words(&mut self, at: usize, ends_line: bool) {
        self.end_word_at(at);
        self.gap = false;
        if ends_line {
            self.folded.spans.push(Span {
                start: at,
                end: at + 1,
                masked: false,
            });
        }
    }

    fn end_word(&mut self) {
        self.end_word_at(self.folded.text.len());
    }

    /// Ends the word, if one is being read, without what is no part of it.
    fn end_word_at(&mut self, end: usize) {
        let masked = std::mem::take(&mut self.masked);
        let Some(start) = self.start.take() else {
            return;
        };
        let word = &self.folded.text[start..end];
        let text = word.trim_start_matches('@');
        let mut start = end - text.len();
        let text = text.trim_end_matches('@');
        let end = start + text.len();
        let is_money = text.starts_with('$') && !text.chars().any(char::is_alphabetic);
        start += usize::from(is_money);
        let text = &self.folded.text[start..end];
        if !text.is_empty() && text != "$" {
            self.folded.spans.push(Span { start, end, masked });
        }
    }
}

/// The words with disguises undone as far as the lexicon knows what they hide.
pub fn unmask<'t>(words: &[Word<'t>], lexicon: &Lexicon) -> Vec<Word<'t>> {
    let mut shown = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        let single = rest.iter().take_while(|word| is_single(&word.text)).count();
        if single < 3 {
            unmask_word(word, lexicon, &mut shown);
            rest = after;
            continue;
        }
        let (spelled, after) = rest.split_at(single);
        let joined = Word {
            text: spelled.iter().map(|word| &*word.text).collect(),
            masked: true,
        };
        unmask_word(&joined, lexicon, &mut shown);
        rest = after;
    }
    shown
}

/// Whether a word is one character.
fn is_single(word: &str) -> bool {
    word.len() <= 4 && word != "\n" && word.chars().nth(1).is_none()
}

fn unmask_word<'t>(word: &Word<'t>, lexicon: &Lexicon, shown: &mut Vec<Word<'t>>) {
    let text = &*word.text;
    // Most words have nothing that could stand for a letter, and begin like none that is looked for.
    let may_hide = text
        .bytes()
        .any(|letter| letter.is_ascii_digit() || matches!(letter, b'@' | b'$'));
    let is_other = !may_hide && !lexicon.may_begin(text);
    if is_other || lexicon.knows(text) || text.len() > LONGEST {
        return shown.push(word.clone());
    }
    let stem = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if let Some(parts) = parts(stem, lexicon) {
        return shown.extend(parts.into_iter().map(|part| word.part(part, word.masked)));
    }
    for one in ['i', 'l'].into_iter().filter(|_| may_hide) {
        let plain = letters_for_digits(text, one);
        if plain != text
            && let Some(parts) = parts(&plain, lexicon)
        {
            let plain = Word {
                text: Cow::Owned(plain),
                masked: true,
            };
            return shown.extend(parts.into_iter().map(|part| plain.part(part, true)));
        }
    }
    shown.push(word.clone());
}

/// Where the word itself stands if it is known, or where the known words do that it is glued together of.
fn parts(text: &str, lexicon: &Lexicon) -> Option<Vec<Range<usize>>> {
    if lexicon.knows(text) {
        return Some(std::iter::once(0..text.len()).collect());
    }
    if !(7..=LONGEST).contains(&text.len()) || !text.is_ascii() {
        return None;
    }
    // ends[n]: where the last word of a split of the first n bytes begins.
    let mut ends: [Option<usize>; LONGEST + 1] = [None; LONGEST + 1];
    ends[0] = Some(0);
    for end in 3..=text.len() {
        ends[end] = (end.saturating_sub(LONGEST_PART)..=end - 3)
            .find(|&start| ends[start].is_some() && lexicon.knows(&text[start..end]));
    }
    let mut parts = Vec::new();
    let mut end = text.len();
    while end > 0 {
        let start = ends[end]?;
        parts.push(start..end);
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
        let folded = fold(text);
        let words = unmask(&folded.words(), Lexicon::compiled());
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
        assert!(
            ('\0'..='\x7f').all(|letter| lookalike(letter) == letter),
            "no plain letter is another"
        );
    }
}
