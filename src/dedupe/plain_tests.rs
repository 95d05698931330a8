//! What the fingerprint is made of by the rules alone, letter by letter and without any short cut: the tests hold what is
//! made quickly against it. It is no part of the program.
#![cfg(test)]

use std::collections::{BTreeMap, HashSet};

use unicode_normalization::UnicodeNormalization;

use super::clean::{self, Cleaned};
use super::fingerprint::{self, COARSE_BITS, PROBES, SHINGLE};
use super::words::{self, Word};

/// The rule of `normalised`.
pub fn normalised(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The sentences of a line: each ends with a mark behind which, after what closes a quotation, a blank stands.
fn sentences(line: &str) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    let mut all = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        all.last_mut().unwrap().push(*letter);
        let mut behind = letters[at + 1..]
            .iter()
            .skip_while(|mark| matches!(mark, '"' | '”' | ')'));
        if matches!(letter, '.' | '!' | '?') && behind.next() == Some(&' ') {
            all.push(String::new());
        }
    }
    all.retain(|sentence| !sentence.is_empty());
    all.iter().map(|sentence| sentence.trim().to_owned()).collect()
}

/// The rule of `clean`.
pub fn cleaned(title: &str, text: &str) -> Cleaned {
    let text = clean::mended(clean::first_bytes(text, clean::MOST_BYTES));
    let mut cleaned = Cleaned {
        title: normalised(title),
        ..Cleaned::default()
    };
    let mut seen = HashSet::new();
    let mut sentences_left = Vec::new();
    let (mut links, mut length) = (false, 0);
    for line in text.lines().map(str::trim) {
        if clean::is_furniture(line, &mut String::new()) {
            links = line.to_lowercase().starts_with("baca juga");
            continue;
        }
        if line.is_empty() || (links && clean::is_title(line)) {
            continue;
        }
        links = false;
        let (dateline, rest) = clean::split_dateline(line);
        if !dateline.is_empty() && length > clean::SECOND_ARTICLE && clean::is_shouted(dateline) {
            break;
        }
        if cleaned.dateline.is_empty() && length == 0 {
            cleaned.dateline = dateline.to_owned();
        }
        length += line.len();
        for sentence in sentences(&clean::without_links(rest)) {
            let plain = normalised(&sentence);
            let long = plain.split(' ').count() >= clean::FOLDED_WORDS;
            if plain == cleaned.title || (long && !seen.insert(plain.clone())) {
                continue;
            }
            cleaned.text += &format!("{sentence} ");
            sentences_left.push(plain);
        }
        cleaned.text.push('\n');
    }
    sentences_left.retain(|sentence| !sentence.is_empty());
    cleaned.plain = sentences_left.join(" ");
    cleaned
}

/// The rule of `words`: where each begins and what it is, its hash, whether a sentence begins with it.
pub fn words(text: &str) -> Vec<Word<'_>> {
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let letter = |at: usize| letters.get(at).map(|(_, letter)| *letter);
    let place = |at: usize| letters.get(at).map_or(text.len(), |(place, _)| *place);
    let mut all = Vec::new();
    let (mut at, mut ended, mut quote) = (0, true, false);
    while let Some(first) = letter(at) {
        if !words::is_letter(first) {
            quote = matches!(first, '"' | '“' | '‘' | '\'' | '«');
            ended |= matches!(first, '.' | '!' | '?' | ':' | '\n');
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while letter(end).is_some_and(|next| words::belongs(letter(end - 1).unwrap(), next, || letter(end + 1))) {
            end += 1;
        }
        let word = &text[place(at)..place(end)];
        let kept = word.chars().filter(|letter| letter.is_alphanumeric());
        let lower: String = kept.flat_map(char::to_lowercase).collect();
        let kind = match first {
            _ if first.is_ascii_digit() => words::Kind::Number,
            _ if first.is_uppercase() => words::Kind::Name,
            _ => words::Kind::Plain,
        };
        all.push(Word {
            text: word,
            start: place(at),
            hash: words::hash(&lower),
            kind,
            first: ended || quote,
        });
        (at, ended, quote) = (end, false, false);
    }
    words::settle_names(&mut all);
    all
}

/// The rule of `shingles`.
pub fn shingles(words: &[Word<'_>]) -> (Vec<u32>, Vec<u8>) {
    let mut openings: BTreeMap<u32, bool> = BTreeMap::new();
    for (at, run) in words.windows(SHINGLE).enumerate() {
        *openings.entry(fingerprint::mixed(run)).or_default() |= at + SHINGLE < words.len() / 2 + 1;
    }
    let mut kept: Vec<(u32, bool)> = Vec::new();
    for (hash, opens) in openings {
        let coarse = hash >> COARSE_BITS << COARSE_BITS;
        if kept.len() < PROBES {
            kept.push((hash, opens));
        } else if kept.last().unwrap().0 < coarse {
            kept.push((coarse, opens));
        }
    }
    let mut bits = vec![0; kept.len().div_ceil(8)];
    for (at, (_, opens)) in kept.iter().enumerate() {
        bits[at / 8] |= u8::from(*opens) << (at % 8);
    }
    (kept.into_iter().map(|(hash, _)| hash).collect(), bits)
}

/// Holds all that is made of a text quickly against its rule.
pub fn check(title: &str, text: &str) {
    let quick = clean::clean(title, text);
    assert_eq!(quick, cleaned(title, text), "{title:?} {text:?}");
    for text in [text, &quick.text] {
        let words = words::words(text);
        assert_eq!(words, self::words(text), "{text:?}");
        assert_eq!(fingerprint::shingles(&words), shingles(&words), "{text:?}");
    }
}

/// Pieces of texts, each of which takes a way of its own.
const PIECES: [&str; 60] = [
    " ",
    " ",
    " ",
    " ",
    " ",
    ", ",
    ". ",
    "? ",
    "! ",
    ": ",
    "\n",
    ".",
    ".”",
    ".\" ",
    ".) ",
    "“",
    "”",
    "‘",
    "’",
    "\"",
    "'",
    "`",
    " – ",
    "-",
    "/",
    "(",
    ")",
    "\u{a0}",
    "yang",
    "membuka",
    "pembinaan",
    "narapidana",
    "pertanggungjawaban",
    "Lapas",
    "Kalapas",
    "Jember",
    "JEMBER",
    "Kelas IIA",
    "dariBBC",
    "Rp1.250",
    "2.000,5",
    "12",
    "16/8",
    "2026-11-24",
    "16 Agustus 2022",
    "Jum’at",
    "Jum'at",
    "é",
    "Éa",
    "ß",
    "İ",
    "ﬁ",
    "ท",
    "🙂",
    "â€œ",
    "Â ",
    "\u{200b}",
    "\u{fffd}",
    "Baca juga: Harga Cabai Naik",
    "Advertisement",
];

proptest::proptest! {
    #[test]
    fn the_quick_ways_make_what_the_rules_say(
        title in r"\PC{0,20}",
        pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..80),
        other in r"\PC{0,60}",
        repeated in 1..3_usize,
    ) {
        let text = pieces.concat();
        check(&title, &text);
        check(&title, &(text.repeat(repeated) + &other + &text));
        check(&other, &(other.clone() + &text));
    }
}

#[test]
fn the_quick_ways_make_of_real_texts_what_the_rules_say() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/neardup/releases.json");
    let releases = std::fs::read_to_string(path).unwrap();
    let releases: Vec<serde_json::Value> = serde_json::from_str(&releases).unwrap();
    assert!(!releases.is_empty());
    for release in &releases {
        let rest = release["rest"].as_array().unwrap().iter();
        let paragraphs: Vec<&str> = [&release["lead"]]
            .into_iter()
            .chain(rest)
            .map(|said| said.as_str().unwrap())
            .collect();
        let title = release["title"].as_str().unwrap();
        check(title, &paragraphs.join("\n"));
        check(
            title,
            &format!("Baca juga:\n{title}\n{}", paragraphs.join(" ").repeat(2)),
        );
        check(title, &paragraphs.join("\n").to_uppercase());
    }
}
