//! In which language a text is, roughly: enough to tell a flood from a release.

use super::fold::Word;

/// A language, or what shares its letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// Indonesian, and whatever is written in Latin letters without being told.
    Indonesian,
    /// English.
    English,
    /// Vietnamese.
    Vietnamese,
    /// Thai.
    Thai,
    /// Chinese.
    Chinese,
    /// Japanese.
    Japanese,
    /// Korean, Cyrillic, Arabic and all other letters.
    Other,
}

impl Tongue {
    /// How many there are.
    pub const COUNT: usize = 7;

    /// Whether hardly anybody who reads an Indonesian office's news reads it.
    pub fn is_far(self) -> bool {
        !matches!(self, Tongue::Indonesian | Tongue::English)
    }

    /// The language of a text and its words. A script has to have more than two fifths of the letters.
    pub fn of(text: &str, words: &[Word<'_>]) -> Tongue {
        let mut letters = [0_usize; Tongue::COUNT];
        let mut vietnamese = 0_usize;
        let mut kana = 0_usize;
        // Nearly all letters are these.
        let plain = text.bytes().filter(u8::is_ascii_alphabetic).count();
        letters[Tongue::Indonesian as usize] = plain;
        for letter in text
            .chars()
            .filter(|letter| !letter.is_ascii() && letter.is_alphabetic())
        {
            let script = script(letter);
            letters[script as usize] += 1;
            vietnamese += usize::from(is_vietnamese(letter));
            kana += usize::from(script == Tongue::Japanese);
        }
        let all: usize = letters.iter().sum();
        let is_many = |count: usize| count * 5 > all * 2;
        let han = letters[Tongue::Chinese as usize];
        if is_many(han + kana) {
            return if kana * 10 > han {
                Tongue::Japanese
            } else {
                Tongue::Chinese
            };
        }
        if is_many(letters[Tongue::Thai as usize]) {
            return Tongue::Thai;
        }
        if is_many(letters[Tongue::Other as usize]) {
            return Tongue::Other;
        }
        if vietnamese * 25 > all && vietnamese >= 4 {
            return Tongue::Vietnamese;
        }
        Tongue::of_latin(words)
    }

    fn of_latin(words: &[Word<'_>]) -> Tongue {
        let count = |is_of: fn(&str) -> bool| words.iter().filter(|word| is_of(&word.text)).count();
        let (english, indonesian) = (count(is_english), count(is_indonesian));
        if english >= 3 && english > indonesian * 2 {
            Tongue::English
        } else {
            Tongue::Indonesian
        }
    }
}

/// Whether a word is one of the commonest in English.
fn is_english(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "and"
            | "of"
            | "for"
            | "with"
            | "your"
            | "you"
            | "our"
            | "is"
            | "are"
            | "to"
            | "in"
            | "from"
            | "on"
            | "at"
            | "best"
            | "how"
            | "no"
            | "buy"
            | "free"
    )
}

/// Whether a word is one of the commonest in Indonesian.
fn is_indonesian(word: &str) -> bool {
    matches!(
        word,
        "yang"
            | "dan"
            | "di"
            | "untuk"
            | "dengan"
            | "dari"
            | "ini"
            | "pada"
            | "dalam"
            | "ke"
            | "oleh"
            | "akan"
            | "juga"
            | "telah"
            | "bagi"
            | "hari"
            | "kepada"
            | "itu"
            | "para"
            | "sebagai"
    )
}

fn script(letter: char) -> Tongue {
    match letter {
        '\u{0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => Tongue::Indonesian,
        '\u{E00}'..='\u{E7F}' => Tongue::Thai,
        '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{FF66}'..='\u{FF9F}' => Tongue::Japanese,
        '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' => Tongue::Chinese,
        // Full-width, enclosed and mathematical letters are Latin ones in disguise.
        '\u{2460}'..='\u{24FF}' | '\u{FF21}'..='\u{FF5A}' | '\u{1D400}'..='\u{1D7FF}' => Tongue::Indonesian,
        _ => Tongue::Other,
    }
}

/// Letters that Vietnamese has and its neighbours have not.
fn is_vietnamese(letter: char) -> bool {
    matches!(
        letter,
        '\u{1EA0}'..='\u{1EF9}' | 'ă' | 'Ă' | 'đ' | 'Đ' | 'ơ' | 'Ơ' | 'ư' | 'Ư'
    )
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    #[test]
    fn languages_are_told_apart() {
        for (text, expected) in [
            ("Petugas menyita telepon genggam di blok hunian", Tongue::Indonesian),
            ("SLOT GACOR MAXWIN", Tongue::Indonesian),
            ("The office is open for you on Monday", Tongue::English),
            ("Nhà cái uy tín nhất Việt Nam, đăng ký nhận thưởng", Tongue::Vietnamese),
            ("สล็อตเว็บตรง แตกง่าย PG", Tongue::Thai),
            ("澳门赌场官网", Tongue::Chinese),
            ("オンラインカジノ 入金不要", Tongue::Japanese),
            ("Онлайн казино", Tongue::Other),
            ("", Tongue::Indonesian),
        ] {
            assert_eq!(Tongue::of(text, &fold(text).words()), expected, "{text}");
        }
    }
}
