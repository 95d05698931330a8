//! Plain text: the characters that are kept, the lines that are furniture, and the summary.
//!
//! The paragraphs themselves are made in `html`, so that text and HTML say the same.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Clean characters on one line: NFC, no control, zero-width or direction-changing characters, single spaces.
pub fn line(text: &str) -> String {
    let clean = characters(text);
    if is_line(&clean) {
        return clean.into_owned();
    }
    let mut line = String::with_capacity(clean.len());
    for word in clean.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Whether clean characters are one line with single spaces.
fn is_line(clean: &str) -> bool {
    let bytes = clean.as_bytes();
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    // No early end: so it goes many bytes at a time.
    let twice = pairs.fold(false, |twice, (first, second)| {
        twice | ((*first == b' ') & (*second == b' '))
    });
    let breaks = bytes
        .iter()
        .fold(false, |breaks, byte| breaks | matches!(byte, b'\n' | b'\t'));
    !twice && !breaks && !clean.starts_with(' ') && !clean.ends_with(' ')
}

/// Clean characters, white space as it was, but for no-break and other odd spaces, which become plain ones.
pub fn characters(text: &str) -> Cow<'_, str> {
    // Nearly all text is plain, and to see that takes a hundredth of cleaning it.
    let is_plain = |bytes: &[u8]| {
        // No early end: so it goes many bytes at a time.
        bytes
            .iter()
            .fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~' | b'\n' | b'\t'))
    };
    if text.as_bytes().chunks(64).all(is_plain) {
        return Cow::Borrowed(text);
    }
    let text = repaired(text);
    let mut clean = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            ' '..='~' => clean.push(letter),
            _ if is_invisible(letter) => {}
            _ => clean.push(plain_space(letter)),
        }
    }
    if clean.chars().all(is_composed) {
        return Cow::Owned(clean);
    }
    // Of what is left, too, most is composed already.
    match is_nfc_quick(clean.chars()) {
        IsNormalized::Yes => Cow::Owned(clean),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(clean.nfc().collect()),
    }
}

/// Whether a character is one of those that are composed whatever stands around them: Latin letters, quotation marks
/// and dashes. That is known of more than these, from tables that are slow to ask.
fn is_composed(letter: char) -> bool {
    matches!(letter, '\0'..='\u{2ff}' | '\u{2010}'..='\u{2027}')
}

/// UTF-8 that was read as windows-1252 before it came here. Only what nobody writes on purpose is put right: the quotation
/// marks, dashes and the ellipsis, and the no-break space.
const MOJIBAKE: [(&str, &str); 10] = [
    ("â€œ", "“"),
    ("â€\u{9d}", "”"),
    ("â€˜", "‘"),
    ("â€™", "’"),
    ("â€“", "–"),
    ("â€”", "—"),
    ("â€¦", "…"),
    ("â€¢", "•"),
    ("Â\u{a0}", " "),
    ("Â·", "·"),
];

fn repaired(text: &str) -> Cow<'_, str> {
    if !text.contains("â€") && !text.contains('Â') {
        return Cow::Borrowed(text);
    }
    let mut text = text.to_owned();
    for (wrong, right) in MOJIBAKE {
        if text.contains(wrong) {
            text = text.replace(wrong, right);
        }
    }
    Cow::Owned(text)
}

fn plain_space(letter: char) -> char {
    if letter.is_whitespace() && !matches!(letter, '\n' | '\t') {
        ' '
    } else {
        letter
    }
}

/// Characters nobody sees: controls (XML 1.0 forbids most), zero width, marks of direction, private markers.
fn is_invisible(letter: char) -> bool {
    (letter.is_control() && !letter.is_whitespace())
        || matches!(letter,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}')
        || matches!(letter, '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{E0000}'..='\u{E007F}')
}

/// The first sentences of a text on one line, at most `limit` characters, cut between words and then ending in "…".
pub fn summary(text: &str, limit: usize) -> String {
    let text = start(text, limit);
    if text.chars().count() <= limit {
        return text;
    }
    let cut: String = text.chars().take(limit.saturating_sub(1)).collect();
    let at_word = match cut.rfind(' ') {
        Some(space) if !text[cut.len()..].starts_with(' ') => &cut[..space],
        _ => &cut,
    };
    format!("{}…", at_word.trim_end_matches([' ', ',', ';', ':', '–', '-']))
}

/// The line of a text, or so much of its start that it has more characters than the limit: long texts have only a few
/// sentences in their summary, and cleaning takes its time.
fn start(text: &str, limit: usize) -> String {
    // Between words nothing is composed or repaired.
    let enough = text.char_indices().nth(limit.saturating_mul(2)).map(|(at, _)| at);
    if let Some(end) = enough.and_then(|at| Some(at + text[at..].find(' ')?)) {
        let start = line(&text[..end]);
        if start.chars().nth(limit).is_some() {
            return start;
        }
    }
    line(text)
}

/// What of a page's furniture a line can be told by. Lines are compared in lower case.
enum Mark {
    /// The line is this.
    Is(&'static str),
    /// The line begins so.
    Begins(&'static str),
    /// The line begins and ends so.
    Around(&'static str, &'static str),
    /// The line begins so and has this in it.
    With(&'static str, &'static str),
}

impl Mark {
    /// What the line begins with.
    fn start(&self) -> &'static str {
        match self {
            Mark::Is(start) | Mark::Begins(start) | Mark::Around(start, _) | Mark::With(start, _) => start,
        }
    }
}

/// Furniture that extraction leaves among the paragraphs, by name.
const FURNITURE: [(&str, Mark); 49] = [
    ("advertisement", Mark::Is("advertisement")),
    ("advertisement", Mark::Is("iklan")),
    ("advertisement", Mark::Begins("scroll to continue with content")),
    ("advertisement", Mark::Is("lanjutkan membaca")),
    ("related", Mark::Begins("baca juga")),
    ("related", Mark::Begins("baca selengkapnya")),
    ("related", Mark::Begins("simak juga:")),
    ("related", Mark::Begins("simak juga video")),
    ("related", Mark::Begins("lihat juga:")),
    ("related", Mark::Begins("[gambas:")),
    ("related", Mark::Is("artikel terkait")),
    ("related", Mark::Is("berita terkait")),
    ("zoom", Mark::Is("perbesar")),
    ("zoom", Mark::Begins("zoom-in-white")),
    ("icon", Mark::Begins("sosmed-")),
    ("icon", Mark::Is("copy-link-circle")),
    ("icon", Mark::Is("more-vertical")),
    ("icon", Mark::Is("account_circle")),
    ("icon", Mark::Is("comment")),
    ("reading time", Mark::Around("waktu baca", "menit")),
    ("share", Mark::Is("bagikan")),
    ("share", Mark::Is("bagikan:")),
    ("share", Mark::Is("bagikan artikel ini")),
    ("share", Mark::Is("share")),
    ("share", Mark::Is("share:")),
    ("share", Mark::Is("share this:")),
    ("share", Mark::Is("facebook")),
    ("share", Mark::Is("twitter")),
    ("share", Mark::Is("whatsapp")),
    ("share", Mark::Is("telegram")),
    ("share", Mark::Is("tweet")),
    ("share", Mark::Is("copy link")),
    ("share", Mark::Is("salin tautan")),
    ("share", Mark::Begins("click to share on")),
    ("kumparan channel", Mark::Begins("kumparan hadir di whatsapp channel")),
    ("kumparan channel", Mark::Is("follow")),
    ("kumparan label", Mark::Is("konten dari pengguna")),
    ("kumparan label", Mark::Is("konten media partner")),
    (
        "kumparan disclaimer",
        Mark::With("tulisan dari", "tidak mewakili pandangan dari redaksi"),
    ),
    (
        "account biography",
        Mark::With("lembaga pemasyarakatan", "merupakan salah satu satuan kerja"),
    ),
    (
        "account biography",
        Mark::With("rumah tahanan", "merupakan salah satu satuan kerja"),
    ),
    (
        "account biography",
        Mark::With("kantor imigrasi", "merupakan salah satu satuan kerja"),
    ),
    ("loading", Mark::Begins("sedang memuat")),
    ("loading", Mark::Is("loading...")),
    ("comments", Mark::Is("komentar")),
    ("comments", Mark::Is("tinggalkan balasan")),
    ("feed footer", Mark::With("the post", "appeared first on")),
    ("feed footer", Mark::With("artikel", "pertama kali tampil pada")),
    ("separator", Mark::Is("·")),
];

/// The longest start that furniture is told by, in characters, and some more.
const START: usize = 64;

/// Which furniture the line is, if it is any.
pub fn furniture(line: &str) -> Option<&'static str> {
    let is_edge = |letter: char| letter.is_whitespace() || letter == '|';
    let start = line.trim_start_matches(is_edge).chars().take(START);
    let start: String = start.flat_map(char::to_lowercase).collect();
    let mut marks = FURNITURE
        .iter()
        .filter(|(_, mark)| start.starts_with(mark.start()))
        .peekable();
    // Hardly any line begins like furniture.
    marks.peek()?;
    let line = line.to_lowercase();
    let line = line.trim_matches(is_edge);
    let is = |mark: &Mark| match mark {
        Mark::Is(whole) => line == *whole,
        Mark::Begins(start) => line.starts_with(start),
        Mark::Around(start, end) => line.starts_with(start) && line.ends_with(end) && line.len() < 40,
        Mark::With(start, part) => line.starts_with(start) && line.contains(part),
    };
    marks.find(|(_, mark)| is(mark)).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn invisible_characters_go_and_odd_spaces_become_plain() {
        for (text, expected) in [
            ("a\u{200b}b\u{feff}c", "abc"),
            ("gnp.\u{202e}exe", "gnp.exe"),
            ("satu\u{a0}dua\u{2003}tiga", "satu dua tiga"),
            ("satu\r\n\t dua", "satu dua"),
            ("a\u{0}b\u{1b}[31mc", "ab[31mc"),
            ("Cafe\u{301}", "Café"),
            ("soft\u{ad}hyphen", "softhyphen"),
            ("â€œYaâ€\u{9d} â€“ Jumâ€™atâ€¦", "“Ya” – Jum’at…"),
            ("satuÂ\u{a0}dua Â· tiga", "satu dua · tiga"),
            ("Ângel, pâté, château", "Ângel, pâté, château"),
        ] {
            assert_eq!(line(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_furniture_of_the_seed_page_is_known_and_its_paragraphs_are_not() {
        for (line, name) in [
            ("ADVERTISEMENT", "advertisement"),
            ("SCROLL TO CONTINUE WITH CONTENT", "advertisement"),
            ("Baca juga: Lapas Jember Gelar Razia", "related"),
            ("Baca Juga", "related"),
            ("zoom-in-whitePerbesar", "zoom"),
            ("sosmed-whatsapp-green", "icon"),
            ("waktu baca 1 menit", "reading time"),
            ("kumparan Hadir di WhatsApp Channel", "kumparan channel"),
            ("Konten dari Pengguna", "kumparan label"),
            (
                "Tulisan dari Lapas Kelas IIA Jember tidak mewakili pandangan dari redaksi kumparan",
                "kumparan disclaimer",
            ),
            (
                "Lembaga Pemasyarakatan Kelas IIA Jember merupakan salah satu Satuan Kerja di Kanwil Kemenkumham Jawa Timur.",
                "account biography",
            ),
            ("The post Razia appeared first on Lapas Jember.", "feed footer"),
        ] {
            assert_eq!(furniture(line), Some(name), "{line}");
        }
        for line in [
            "JEMBER – Kalapas Jember Hasan Basri beserta beberapa anggota Humasnya mengikuti pegarahan",
            "Follow up atas temuan itu dilakukan hari ini.",
            "Bagikan sembako, Lapas Jember gandeng warga.",
            "Komentar warga beragam.",
            "Waktu baca Al-Qur'an ditambah, kata Kalapas, menjadi tiga puluh menit",
            "Perbesar peluang asimilasi, Bapas gandeng swasta",
        ] {
            assert_eq!(furniture(line), None, "{line}");
        }
    }

    #[test]
    fn every_mark_is_met_at_the_start_of_a_line() {
        for (name, mark) in &FURNITURE {
            assert!(mark.start().chars().count() < START, "{name}");
            let line = match mark {
                Mark::Is(whole) => (*whole).to_owned(),
                Mark::Begins(start) => format!("{start} x"),
                Mark::Around(start, end) | Mark::With(start, end) => format!("{start} x {end}"),
            };
            for line in [format!(" | {}", line.to_uppercase()), line] {
                assert!(furniture(&line).is_some(), "{line}");
            }
        }
    }

    #[test]
    fn what_is_taken_for_composed_is() {
        for letter in ('\0'..=char::MAX).filter(|letter| is_composed(*letter)) {
            for around in [String::from(letter), format!("a{letter}"), format!("{letter}é")] {
                assert_eq!(around.nfc().collect::<String>(), around, "{letter:?}");
            }
        }
    }

    #[test]
    fn a_summary_is_cut_between_words() {
        assert_eq!(summary("pendek", 300), "pendek");
        assert_eq!(summary("satu dua tiga", 9), "satu dua…");
        assert_eq!(summary("satu dua tiga", 10), "satu dua…");
        assert_eq!(summary("satu dua, tiga", 11), "satu dua…");
        assert_eq!(summary("panjangsekali", 5), "panj…");
        assert_eq!(summary("satu\ndua", 8), "satu dua");
    }

    proptest! {
        #[test]
        fn a_summary_is_never_too_long(text in ".{0,400}", limit in 1usize..300) {
            let summary = summary(&text, limit);
            prop_assert!(summary.chars().count() <= limit, "{summary:?}");
        }

        #[test]
        fn a_summary_is_made_of_the_start_as_it_is_of_the_whole(text in "( |\n|\u{200b}|\u{301}|a|é|â€œ|kata|\\PC){0,60}", limit in 1usize..20) {
            let whole = line(&text);
            prop_assert!(whole.starts_with(&start(&text, limit)));
            prop_assert_eq!(summary(&text, limit), summary(&whole, limit));
            prop_assert_eq!(start(&text, limit).chars().nth(limit).is_some(), whole.chars().nth(limit).is_some());
        }

        #[test]
        fn plain_text_stays_as_it_is_and_all_other_is_composed(text in "([ -~\\n\\t]|é|“|e\u{301}|\u{200b}|\\PC){0,40}") {
            let clean = characters(&text);
            prop_assert_eq!(clean.nfc().collect::<String>(), clean.as_ref());
            prop_assert_eq!(matches!(clean, Cow::Borrowed(_)), text.is_ascii() && clean == text);
        }

        #[test]
        fn a_line_is_one_line_fit_for_xml(text in any::<String>()) {
            let line = line(&text);
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
            prop_assert_eq!(super::line(&line), line.clone());
        }
    }
}
