//! What is kept of an article so that a later copy of it is recognised: hashes of its words, never its text. `index`
//! finds the articles worth comparing by it, `verify` compares.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::clean::{self, Cleaned};
use super::days::{self, Days};
use super::keys::SHORTEST_TEXT;
use super::packed;
use super::words::{self, Kind, Word, words};
use crate::model::Article;

/// How many of its hashes an article is found by.
pub const PROBES: usize = 24;

/// How many of a shingle's lowest bits are not compared. What is left tells 300 words from 300 others in all but one of
/// two hundred pairs, and takes two thirds of the room.
pub const COARSE_BITS: u32 = 8;

/// Words in a shingle.
pub(super) const SHINGLE: usize = 4;

/// An article of this many words says all it has to say: what is longer is a document.
const MOST_WORDS: usize = 1_500;

/// At most so many days are kept.
const MOST_DAYS: usize = 8;

/// Words that say nothing of what a title is about.
const STOP_WORDS: [&str; 24] = [
    "di", "ke", "dari", "yang", "dan", "untuk", "dengan", "pada", "dalam", "ini", "itu", "oleh", "bagi", "para",
    "jadi", "agar", "akan", "soal", "usai", "saat", "hingga", "atau", "juga", "tak",
];

/// How a title of a round-up begins, or what it has in it with a number before it.
const ROUND_UPS: [&str; 10] = [
    "kumpulan berita",
    "rangkuman",
    "kumpulan",
    "berita terpopuler",
    "terpopuler",
    "kaleidoskop",
    "top news",
    "berita populer",
    "sorotan",
    "rekap berita",
];

/// Where an article's date comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dating {
    /// The source states it.
    Published,
    /// It is when we saw the article first.
    Seen,
}

/// Whether an article tells one story or many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// One.
    One,
    /// "Top 3", "5 berita terpopuler": it holds other articles.
    RoundUp,
}

/// A number or a name with the two words before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// The hash of the two words; the lowest bit tells whether they stand in the title.
    pub context: u32,
    /// The hash of the number or the name.
    pub token: u16,
}

impl Run {
    const TITLE: u32 = 1;

    /// Whether it stands in the title.
    pub fn in_title(&self) -> bool {
        self.context & Run::TITLE != 0
    }
}

/// An article's fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The hash of its host, without "www.".
    pub host: u32,
    /// The time it is known by, in seconds since 1970-01-01.
    pub at: i64,
    /// Where that time comes from.
    pub dating: Dating,
    /// Whether it tells one story.
    pub scope: Scope,
    /// Characters of its normalised text.
    pub length: u32,
    /// The hash of its normalised text, if that is long enough to identify it.
    pub exact: Option<u128>,
    /// The hashes of all runs of four words, ascending, each once: the [`PROBES`] smallest in full, the others without
    /// their [`COARSE_BITS`] lowest bits.
    #[serde(with = "packed::shingles")]
    pub shingles: Vec<u32>,
    /// Numbers and names with what stands before them, ascending, each once.
    #[serde(with = "packed::runs")]
    pub runs: Vec<Run>,
    /// The days it names, since 1970-01-01, in the order of the text.
    pub days: Vec<i32>,
    /// A bit for each shingle, the lowest first: whether it stands in the first half of the text.
    pub opening: Vec<u8>,
    /// The hashes of its names, ascending, each once.
    #[serde(with = "packed::hashes")]
    pub names: Vec<u32>,
    /// The hashes of its numbers, of the first words of its sentences and of names written together ("Idul Adha" as
    /// "Iduladha"), ascending, each once: with the names all that another text may have in a place of its own.
    #[serde(with = "packed::hashes")]
    pub others: Vec<u32>,
    /// The hashes of the title's words that say something, ascending, each once.
    #[serde(with = "packed::hashes")]
    pub title: Vec<u32>,
}

impl Fingerprint {
    /// The fingerprint of an article.
    pub fn of(article: &Article) -> Fingerprint {
        let Cleaned {
            text,
            plain,
            dateline,
            title: plain_title,
        } = clean::clean(&article.title, &article.text);
        let length = plain.chars().count();
        let at = article.date();
        // The day of a release is that of western Indonesia; a few hours more or less do not matter to what is near.
        let around = Offset::constant(7).to_datetime(at).date();
        let mut words = words(&text);
        words.truncate(MOST_WORDS);
        let mut days = days::days(&text, &words, around);
        let (shingles, opening) = shingles(&words);
        let Salient {
            mut runs,
            names,
            others,
        } = salient(&words, &days);
        title_runs(&article.title, &names, &mut runs);
        add_dateline(&mut days, &dateline, around);
        Fingerprint {
            host: short(xxh3_64(host(article.identity()).as_bytes())),
            at: at.as_second(),
            dating: article.published.map_or(Dating::Seen, |_| Dating::Published),
            scope: scope(&plain_title),
            length: u32::try_from(length).unwrap_or(u32::MAX),
            exact: (length >= SHORTEST_TEXT).then(|| xxh3_128(plain.as_bytes())),
            opening,
            shingles,
            runs: ascending(runs),
            days: days.days,
            others,
            names,
            title: title(&plain_title),
        }
    }

    /// The smallest hashes: what it is found by.
    pub fn probes(&self) -> &[u32] {
        &self.shingles[..self.shingles.len().min(PROBES)]
    }

    /// Whether the shingle of this number stands in the first half of the text.
    pub fn opens(&self, shingle: usize) -> bool {
        self.opening
            .get(shingle / 8)
            .is_some_and(|bits| bits & 1 << (shingle % 8) != 0)
    }

    /// The time it is known by.
    pub fn date(&self) -> Timestamp {
        Timestamp::from_second(self.at).unwrap_or_default()
    }
}

/// The days of the dateline come first, as a reader meets them.
fn add_dateline(days: &mut Days, dateline: &str, around: jiff::civil::Date) {
    let mut first = days::days(dateline, &words(dateline), around).days;
    first.extend(days.days.iter().copied());
    let mut seen = HashSet::new();
    first.retain(|day| seen.insert(*day));
    first.truncate(MOST_DAYS);
    days.days = first;
}

fn host(identity: &str) -> &str {
    identity.split('/').next().unwrap_or(identity)
}

fn short(hash: u64) -> u32 {
    (hash >> 32) as u32
}

fn token(hash: u64) -> u16 {
    (hash >> 48) as u16
}

/// The hash of words in this order.
pub(super) fn mixed(words: &[Word<'_>]) -> u32 {
    mixed_hashes(words.iter().map(|word| word.hash))
}

fn mixed_hashes(hashes: impl IntoIterator<Item = u64>) -> u32 {
    let mut hash = 0u64;
    for word in hashes {
        hash = (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    short(hash ^ (hash >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9))
}

/// The hashes of all runs of four words, ascending, each once, and a bit for each: whether it stands in the first half.
pub(super) fn shingles(words: &[Word<'_>]) -> (Vec<u32>, Vec<u8>) {
    let half = (words.len() / 2 + 1).saturating_sub(SHINGLE);
    // Of the same hashes that in the first half sorts first.
    let placed = words.windows(SHINGLE).enumerate();
    let placed = placed.map(|(at, run)| u64::from(mixed(run)) << 1 | u64::from(at >= half));
    let mut placed = sorted(placed.collect());
    placed.dedup_by_key(|placed| *placed >> 1);
    let mut hashes: Vec<u32> = Vec::with_capacity(placed.len());
    let mut opening = Vec::with_capacity(placed.len().div_ceil(8));
    for placed in placed {
        let (at, full) = (hashes.len(), (placed >> 1) as u32);
        let hash = if at < PROBES {
            full
        } else {
            full >> COARSE_BITS << COARSE_BITS
        };
        if at >= PROBES && hashes[at - 1] >= hash {
            continue;
        }
        if at % 8 == 0 {
            opening.push(0);
        }
        opening[at / 8] |= u8::from(placed & 1 == 0) << (at % 8);
        hashes.push(hash);
    }
    (hashes, opening)
}

/// Sorts hashes with a bit behind each. They are spread evenly: once each is where its highest bits belong, few stand
/// before a smaller one.
fn sorted(placed: Vec<u64>) -> Vec<u64> {
    const HIGHEST: u32 = 9;
    let place = |placed: u64| (placed >> (33 - HIGHEST)) as usize;
    let mut next = [0_u16; 1 << HIGHEST];
    for placed in &placed {
        next[place(*placed)] += 1;
    }
    let mut before = 0;
    for next in &mut next {
        before += std::mem::replace(next, before);
    }
    let mut sorted = vec![0; placed.len()];
    for placed in placed {
        let next = &mut next[place(placed)];
        sorted[usize::from(*next)] = placed;
        *next += 1;
    }
    for end in 1..sorted.len() {
        let mut at = end;
        while at > 0 && sorted[at - 1] > sorted[at] {
            sorted.swap(at - 1, at);
            at -= 1;
        }
    }
    sorted
}

fn ascending<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort_unstable();
    values.dedup();
    values
}

/// What of a text tells events apart.
struct Salient {
    /// Numbers and names, without those of dates, that two words of the same sentence stand before.
    runs: Vec<Run>,
    /// See [`Fingerprint::names`].
    names: Vec<u32>,
    /// See [`Fingerprint::others`].
    others: Vec<u32>,
}

fn salient(words: &[Word<'_>], days: &Days) -> Salient {
    let mut runs = Vec::with_capacity(words.len() / 2);
    let mut names = Vec::with_capacity(words.len() / 2);
    let mut others = Vec::with_capacity(words.len() / 2);
    let mut dates = days.words.iter().peekable();
    let mut glued = String::new();
    for (at, word) in words.iter().enumerate() {
        dates.next_if(|date| date.end <= at);
        let is_dated = dates.peek().is_some_and(|date| date.contains(&at));
        match word.kind {
            Kind::Plain if word.first => others.push(u32::from(token(word.hash))),
            Kind::Number => others.push(u32::from(token(word.hash))),
            Kind::Name | Kind::Plain => {}
        }
        if word.kind == Kind::Plain {
            continue;
        }
        if let (Kind::Name, Some(next)) = (word.kind, words.get(at + 1).filter(|next| next.kind == Kind::Name)) {
            glue(word.text, next.text, &mut glued);
            others.push(u32::from(token(words::hash(&glued))));
        }
        if days::is_calendar(word.text) {
            continue;
        }
        if word.kind == Kind::Name {
            names.push(u32::from(token(word.hash)));
        }
        if at >= 2 && !is_dated && !word.first && !words[at - 1].first {
            runs.push(Run {
                context: mixed(&words[at - 2..at]) & !Run::TITLE,
                token: token(word.hash),
            });
        }
    }
    Salient {
        runs,
        names: ascending(names),
        others: ascending(others),
    }
}

/// Two words written together, in lower case.
fn glue(one: &str, other: &str, glued: &mut String) {
    glued.clear();
    glued.push_str(one);
    glued.push_str(other);
    if glued.is_ascii() {
        glued.make_ascii_lowercase();
    } else {
        *glued = glued.to_lowercase();
    }
}

/// The title's numbers, and those of its words that are names in the text, since everything is capitalised in a title.
/// It often begins with what matters: its beginning is a context too.
fn title_runs(title: &str, names: &[u32], runs: &mut Vec<Run>) {
    let words = words(title);
    let before = |at: usize, back: usize| at.checked_sub(back).map_or(1, |at| words[at].hash);
    let salient = |at: &usize| {
        let name = names.binary_search(&u32::from(token(words[*at].hash))).is_ok();
        (name || words[*at].kind == Kind::Number) && !days::is_calendar(words[*at].text)
    };
    runs.extend((0..words.len()).filter(salient).map(|at| Run {
        context: mixed_hashes([before(at, 2), before(at, 1)]) | Run::TITLE,
        token: token(words[at].hash),
    }));
}

fn title(plain: &str) -> Vec<u32> {
    let said = plain
        .split(' ')
        .filter(|word| !word.is_empty() && !STOP_WORDS.contains(word));
    ascending(said.map(|word| u32::from(token(xxh3_64(word.as_bytes())))).collect())
}

/// Whether a normalised title is that of a round-up: "Top 3: …", "5 Berita Terpopuler …", "Kumpulan Berita …".
fn scope(plain: &str) -> Scope {
    let mut words = plain.split(' ');
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let is_number = |word: &str| !word.is_empty() && word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
    let top = first == "top" && is_number(second);
    let counted = is_number(first) && second == "berita" && (plain.contains("populer") || plain.contains("pilihan"));
    if top || counted || ROUND_UPS.iter().any(|start| plain.starts_with(start)) {
        Scope::RoundUp
    } else {
        Scope::One
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::normalised;
    use super::super::tests::article;
    use super::*;

    /// A release of about 300 words.
    fn long() -> Article {
        let line = |at: usize| {
            format!(
                "Pada hari ke{at} Kepala Lapas Jember Hasan{at} menemui {} warga binaan asal Kecamatan Ambulu{at} dan \
                 menyerahkan bantuan berupa beras{at}, minyak{at}, serta perlengkapan ibadah{at} bersama Camat Yanto{at}.",
                at * 17
            )
        };
        let text: Vec<String> = (1..13).map(line).collect();
        article("a", "https://www.lapas.example/x", &text.join("\n"))
    }

    #[test]
    fn a_fingerprint_of_300_words_takes_at_most_two_and_a_half_kilobytes_and_comes_back() {
        let article = long();
        let fingerprint = Fingerprint::of(&article);
        let bytes = postcard::to_stdvec(&fingerprint).unwrap();
        let words = article.text.split_whitespace().count();
        assert!((280..=340).contains(&words), "{words} words");
        assert!(bytes.len() <= 2_500, "{} bytes", bytes.len());
        assert_eq!(postcard::from_bytes::<Fingerprint>(&bytes).unwrap(), fingerprint);
        let json = serde_json::to_string(&fingerprint).unwrap();
        assert_eq!(serde_json::from_str::<Fingerprint>(&json).unwrap(), fingerprint);
    }

    #[test]
    fn what_portals_add_leaves_the_text_the_same() {
        let own = long();
        let mut copy = long();
        copy.url = "https://portal.example/y".to_owned();
        copy.text = format!(
            "JEMBER, PORTAL.example.com – {}\nBaca Juga: Harga Cabai Naik\nEditor: Siti",
            copy.text
        );
        let (own, copy) = (Fingerprint::of(&own), Fingerprint::of(&copy));
        assert_eq!((own.exact, &own.shingles), (copy.exact, &copy.shingles));
        assert_ne!(own.host, copy.host);
    }

    #[test]
    fn hosts_are_the_same_with_and_without_www() {
        let host = |url: &str| Fingerprint::of(&article("a", url, "")).host;
        assert_eq!(host("https://www.lapas.example/a"), host("http://lapas.example"));
        assert_ne!(host("https://jatim.lapas.example/a"), host("http://lapas.example"));
    }

    #[test]
    fn the_day_of_the_dateline_comes_first() {
        let text = "Jember, 23 November 2026 – Kalapas hadir pada Minggu (22/11) di aula.";
        let days = Fingerprint::of(&article("a", "https://a.example", text)).days;
        let day = |day| days::number(jiff::civil::date(2026, 11, day));
        assert_eq!(days, [day(23), day(22)]);
    }

    #[test]
    fn round_ups_are_known_by_their_titles() {
        for title in [
            "Top 3: Razia",
            "5 Berita Terpopuler",
            "Kumpulan berita lapas",
            "Rangkuman Berita Sepekan",
        ] {
            assert_eq!(scope(&normalised(title)), Scope::RoundUp, "{title}");
        }
        for title in [
            "Topik 3 kali",
            "5 Berita Acara Ditandatangani",
            "Lapas Gelar Kumpul Bersama",
            "",
        ] {
            assert_eq!(scope(&normalised(title)), Scope::One, "{title}");
        }
    }

    #[test]
    fn any_text_has_a_fingerprint() {
        for text in ["", "a", "ท ท ท ท", "(((15/8)))", "– – –"] {
            let fingerprint = Fingerprint::of(&article("a", "", text));
            assert!(fingerprint.probes().len() <= PROBES, "{text}");
        }
    }
}
