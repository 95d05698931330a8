//! The text that is compared: what the release says, without what a portal adds around and between it. It is for
//! comparing only, never for showing; `normalize` makes what readers see and is more careful with it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use xxhash_rust::xxh3::xxh3_64;

use super::eight;
use super::index::Whole;
use super::keys::{normalise, normalised};

/// Longer texts are several articles joined by infinite scrolling.
pub(super) const MOST_BYTES: usize = 24_000;

/// A newspaper's dateline after this many bytes begins the next article of an infinite scroll.
pub(super) const SECOND_ARTICLE: usize = 600;

/// A sentence of so many words that comes again is a doubled body, a lead that is also a caption, or a quotation box.
pub(super) const FOLDED_WORDS: usize = 5;

/// Words of a title that links to another article, at most.
const LINKED_TITLE: usize = 18;

/// A text ready to be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// The release's own sentences, a line for each paragraph.
    pub text: String,
    /// The same normalised, as the exact keys are made of.
    pub plain: String,
    /// What stood before the first sentence: "JEMBER, 16 Agustus 2022 –". It may name the day.
    pub dateline: String,
    /// The title, normalised.
    pub title: String,
}

/// Lines that are furniture as a whole.
const WHOLE: [&str; 34] = [
    "advertisement",
    "iklan",
    "baca juga",
    "baca juga:",
    "bagikan",
    "bagikan:",
    "bagikan artikel ini",
    "share",
    "share:",
    "share this:",
    "facebook",
    "twitter",
    "whatsapp",
    "telegram",
    "tweet",
    "copy link",
    "salin tautan",
    "follow",
    "simak",
    "berita pilihan",
    "breaking news",
    "artikel terkait",
    "berita terkait",
    "lanjutkan membaca",
    "perbesar",
    "komentar",
    "tinggalkan balasan",
    "loading...",
    "konten dari pengguna",
    "konten media partner",
    "account_circle",
    "get app",
    "selengkapnya",
    "terpopuler",
];

/// Lines are furniture if they begin so.
const BEGINS: [&str; 45] = [
    "scroll to continue",
    "scroll to resume",
    "scroll ke bawah",
    "baca selengkapnya",
    "baca artikel",
    "baca berita",
    "simak juga",
    "simak video",
    "lihat juga",
    "lihat video",
    "tonton juga",
    "saksikan live",
    "saksikan video",
    "[gambas:",
    "editor:",
    "editor :",
    "reporter:",
    "reporter :",
    "penulis:",
    "penulis :",
    "pewarta:",
    "pewarta :",
    "jurnalis:",
    "kontributor:",
    "kontributor :",
    "sumber:",
    "sumber :",
    "foto:",
    "foto :",
    "dok.",
    "copyright",
    "©",
    "disclaimer",
    "artikel ini telah tayang",
    "ikuti berita",
    "ikuti kami",
    "ikuti saluran",
    "ikuti whatsapp",
    "dapatkan update",
    "cek berita",
    "click to share",
    "kumparan hadir",
    "zoom-in-white",
    "sosmed-",
    "sedang memuat",
];

/// Lines are furniture if this is in them.
const CONTAINS: [&str; 16] = [
    "google news",
    "whatsapp channel",
    "whatsapp.com/channel",
    "install aplikasi",
    "tidak mewakili pandangan",
    "merupakan salah satu satuan kerja",
    "appeared first on",
    "pertama kali tampil pada",
    "breaking news",
    "waktu baca",
    "hak cipta dilindungi",
    "sebagian atau seluruh isi",
    "tanggung jawab penulis",
    "tanggung jawab komunitas",
    "langganan newsletter",
    "akses berita",
];

/// Furniture inside a line, which goes without what is around it.
const INSIDE: [&str; 9] = [
    "ADVERTISEMENT",
    "SCROLL TO CONTINUE WITH CONTENT",
    "SCROLL TO RESUME CONTENT",
    "Scroll to continue with content",
    "Advertisement",
    "account_circle",
    "get app",
    "Loading...",
    "loading...",
];

/// Furniture inside a line, up to the end of the title that follows.
const LINKS: [&str; 10] = [
    "Baca juga",
    "Baca Juga",
    "BACA JUGA",
    "Simak juga",
    "Simak Video",
    "Simak Juga",
    "Lihat juga Video",
    "Lihat Juga Video",
    "Tonton juga",
    "Saksikan Live",
];

/// A mark for pictures, up to its bracket.
const PICTURES: &str = "[Gambas";

/// What [`without_mojibake`] takes out, or how it begins.
const SUSPECTS: [&str; 11] = [
    "â", "Â", "Ã", "\u{fffd}", "\u{200b}", "\u{200c}", "\u{200d}", "\u{200e}", "\u{200f}", "\u{feff}", "\u{ad}",
];

/// Finds any of [`SUSPECTS`].
static MOJIBAKE: LazyLock<AhoCorasick> = LazyLock::new(|| any_of(&SUSPECTS));

/// Finds any of [`CONTAINS`].
static PARTS: LazyLock<AhoCorasick> = LazyLock::new(|| any_of(&CONTAINS));

/// Finds anything that [`without_links`] takes out of a line; most lines have nothing of it.
static INTERRUPTIONS: LazyLock<AhoCorasick> = LazyLock::new(|| any_of(&[&INSIDE[..], &LINKS, &[PICTURES]].concat()));

fn any_of(parts: &[&str]) -> AhoCorasick {
    // Of this kind it leaps from one rare beginning to the next.
    let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(parts);
    automaton.expect("a few fixed words are never too much for an automaton")
}

/// What is compared of an article with this title and text.
pub fn clean(title: &str, text: &str) -> Cleaned {
    let text = without_mojibake(first_bytes(text, MOST_BYTES));
    let mut cleaned = Cleaned {
        text: String::with_capacity(text.len() + 64),
        plain: String::with_capacity(text.len() + 64),
        dateline: String::new(),
        title: normalised(title),
    };
    let (mut plain, mut lower) = (String::with_capacity(256), String::with_capacity(256));
    let mut seen: HashSet<u64, BuildHasherDefault<Whole>> = HashSet::with_capacity_and_hasher(32, Default::default());
    let mut links = false;
    let mut article = 0;
    for line in text.lines().map(str::trim) {
        if is_furniture(line, &mut lower) {
            links = line.to_lowercase().starts_with("baca juga");
            continue;
        }
        // Below a bare "Baca juga:" stand titles, one a line.
        if line.is_empty() || (links && is_title(line)) {
            continue;
        }
        links = false;
        let (dateline, rest) = split_dateline(line);
        if !dateline.is_empty() && article > SECOND_ARTICLE && is_shouted(dateline) {
            break;
        }
        if cleaned.dateline.is_empty() && article == 0 {
            cleaned.dateline = dateline.to_owned();
        }
        article += line.len();
        let line = without_links(rest);
        for sentence in sentences(&line) {
            plain.clear();
            normalise(sentence, &mut plain);
            let long = plain.bytes().filter(|byte| *byte == b' ').count() + 1 >= FOLDED_WORDS;
            if plain == cleaned.title || (long && !seen.insert(xxh3_64(plain.as_bytes()))) {
                continue;
            }
            if !plain.is_empty() && !cleaned.plain.is_empty() {
                cleaned.plain.push(' ');
            }
            cleaned.plain.push_str(&plain);
            cleaned.text.push_str(sentence);
            cleaned.text.push(' ');
        }
        cleaned.text.push('\n');
    }
    cleaned
}

pub(super) fn first_bytes(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Without what UTF-8 looks like when it is read as Windows-1252 ("â€œ", "Ã©", "Â "), and without "\u{fffd}".
fn without_mojibake(text: &str) -> Cow<'_, str> {
    if !MOJIBAKE.is_match(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(mended(text))
}

pub(super) fn mended(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek().copied()) {
            ('â', Some('€')) => {
                letters.next();
                letters.next_if(|mark| !mark.is_ascii_alphanumeric());
                clean.push(' ');
            }
            ('Â' | 'Ã', Some(mark)) if !mark.is_ascii() || mark == ' ' => {
                letters.next();
                clean.push(' ');
            }
            ('\u{fffd}', _) => clean.push(' '),
            ('\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}', _) => {}
            _ => clean.push(letter),
        }
    }
    clean
}

pub(super) fn is_furniture(line: &str, lower: &mut String) -> bool {
    lower.clear();
    lower.push_str(first_bytes(line, 240));
    lower.make_ascii_lowercase();
    let short = lower.trim_start_matches(|mark: char| !mark.is_alphanumeric() && mark != '[' && mark != '©');
    let first = short.bytes().next();
    let mut like = BEGINS.iter().filter(|start| start.bytes().next() == first);
    let begins = like.any(|start| short.starts_with(start));
    let linked = short.starts_with("baca juga");
    let whole = WHOLE.contains(&short.trim_end()) || PARTS.is_match(short);
    if !(linked || begins || whole) {
        return false;
    }
    let words = words_of(line);
    // A paragraph is none, whatever is in it.
    words < 3 * LINKED_TITLE && (whole || linked && is_title(line) || begins && words < 2 * LINKED_TITLE)
}

/// Whether a line could be another article's title: short, and no sentence.
pub(super) fn is_title(line: &str) -> bool {
    words_of(line) <= LINKED_TITLE && !line.ends_with(['.', '"', '”', ','])
}

fn words_of(line: &str) -> usize {
    line.split_whitespace().count()
}

/// A newspaper's dateline, and the rest: "JEMBER – ", "Madiun, INFO_PAS – ", "JAKARTA, KOMPAS.com - ",
/// "Liputan6.com, Jakarta ", "Jember, 16 Agustus 2022 — ".
pub(super) fn split_dateline(line: &str) -> (&str, &str) {
    let head = first_bytes(line, 90);
    for (at, dash) in head.char_indices().filter(|(_, mark)| matches!(mark, '-' | '–' | '—')) {
        let after = line[at + dash.len_utf8()..].trim_start_matches(['-', '–', '—']);
        let spaced = dash != '-' || head[..at].ends_with(' ') || after.starts_with(' ');
        let glued = after.starts_with(|letter: char| letter.is_uppercase()) && is_shouted(&head[..at]);
        if (spaced || glued) && is_place(&head[..at]) {
            return (&line[..at], after.trim_start());
        }
    }
    // liputan6 leaves the dash out.
    let mut words = line.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(host), Some(place), Some(rest)) if host.ends_with(',') && is_host(host) => {
            (&line[..host.len() + 1 + place.len()], rest)
        }
        _ => ("", line),
    }
}

/// Whether every word of a line's beginning is a name, a number or a host: a place and perhaps a paper and a day.
fn is_place(head: &str) -> bool {
    let mut words = head
        .split([' ', '/', '|', '(', ')', ','])
        .filter(|word| !word.is_empty());
    let named = |word: &str| !word.starts_with(char::is_lowercase) || is_host(word);
    head.contains(char::is_alphabetic)
        && words_of(head) <= 9
        && words.all(named)
        && !head.contains(['"', '“', '?', '!', ':'])
}

fn is_host(word: &str) -> bool {
    let word = word.trim_matches(|mark: char| !mark.is_alphanumeric()).to_lowercase();
    [".com", ".id", ".net", ".co", ".news"]
        .iter()
        .any(|end| word.ends_with(end))
}

/// Whether a dateline has a word in capitals or a host, as newspapers write it.
pub(super) fn is_shouted(dateline: &str) -> bool {
    let shouts = |word: &str| word.chars().filter(|letter| letter.is_uppercase()).count() >= 4;
    dateline
        .split(' ')
        .any(|word| is_host(word) || (shouts(word) && !word.contains(char::is_lowercase)))
}

/// A line without links to other articles and without shouted calls in the middle of it.
pub(super) fn without_links(line: &str) -> Cow<'_, str> {
    if !INTERRUPTIONS.is_match(line) {
        return Cow::Borrowed(line);
    }
    let mut clean = line.to_owned();
    for part in INSIDE {
        if clean.contains(part) {
            clean = clean.replace(part, " ");
        }
    }
    for mark in LINKS {
        // Each round removes a mark, so that this ends.
        while let Some(at) = clean.find(mark) {
            let end = at + mark.len() + linked_title(&clean[at + mark.len()..]);
            clean.replace_range(at..end, " ");
        }
    }
    while let Some(at) = clean.find(PICTURES) {
        let end = clean[at..]
            .find(']')
            .map_or(at + PICTURES.len(), |length| at + length + 1);
        clean.replace_range(at..end, " ");
    }
    Cow::Owned(clean)
}

/// How long the title is that follows "Baca juga": a quotation to its end, else the words that are capitalised or short.
fn linked_title(rest: &str) -> usize {
    let quoted = first_bytes(rest, 240);
    let head = first_bytes(rest, 12);
    if head.contains(['\'', '‘', '"', '“'])
        && let Some(end) = quoted
            .find("':")
            .or_else(|| quoted.find("’:"))
            .or_else(|| quoted.find("\":"))
    {
        return end;
    }
    let bare = rest.trim_start_matches(" Video").trim_start_matches(" video");
    // liputan6 prints the two words alone, and the next sentence follows.
    if !bare.starts_with([':', ';']) {
        return 0;
    }
    let mut end = rest.len() - bare.len();
    for word in bare.split_inclusive(' ').take(LINKED_TITLE) {
        let plain = word.trim().trim_matches(|mark: char| !mark.is_alphanumeric());
        if plain.starts_with(char::is_lowercase) && plain.len() > 5 {
            break;
        }
        end += word.len();
        if word.trim_end().ends_with(['.', '?', '!']) {
            break;
        }
    }
    end
}

/// The sentences of a line.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut stop = 0;
        loop {
            stop += eight::before(&rest.as_bytes()[stop..], eight::ends);
            if stop == rest.len() {
                break;
            }
            stop += 1;
            if rest[stop..].trim_start_matches(['"', '”', ')']).starts_with(' ') {
                break;
            }
        }
        let (sentence, after) = rest.split_at(stop);
        rest = after;
        Some(sentence.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(title: &str, text: &str) -> String {
        clean(title, text).text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_a_portal_adds_goes() {
        for (line, left) in [
            ("Baca Juga: Lapas Jember Gelar Razia", ""),
            ("SCROLL TO CONTINUE WITH CONTENT", ""),
            ("Editor: Siti", ""),
            ("Simak juga Video 'Razia di Lapas':", ""),
            ("[Gambas:Video 20detik]", ""),
            ("Konten dari Pengguna", ""),
            (
                "Razia berjalan aman. SCROLL TO CONTINUE WITH CONTENT Petugas senang.",
                "Razia berjalan aman. Petugas senang.",
            ),
            (
                "Razia aman. Baca Juga: Harga Emas Naik di Jakarta pegawai senang.",
                "Razia aman. pegawai senang.",
            ),
            ("Razia aman. Baca Juga Petugas senang.", "Razia aman. Petugas senang."),
            (
                "Kata dia. Simak juga Video 'Ini Itu': Razia aman.",
                "Kata dia. ': Razia aman.",
            ),
            (
                "Baca Juga:\nHarga Emas Naik\nBupati Lantik Camat\nRazia berjalan aman.",
                "Razia berjalan aman.",
            ),
            (
                "Bagikan sembako, Lapas Jember gandeng warga.",
                "Bagikan sembako, Lapas Jember gandeng warga.",
            ),
            ("Petugas â€œsiapâ€\u{9d} bekerja.", "Petugas siap bekerja."),
        ] {
            assert_eq!(text("Judul", line), left, "{line}");
        }
    }

    #[test]
    fn a_dateline_is_set_apart() {
        for (line, dateline) in [
            ("JEMBER – Kalapas hadir.", "JEMBER "),
            ("Madiun, INFO_PAS – Kalapas hadir.", "Madiun, INFO_PAS "),
            ("JAKARTA, KOMPAS.com - Kalapas hadir.", "JAKARTA, KOMPAS.com "),
            ("Mataram (ANTARA) - Kalapas hadir.", "Mataram (ANTARA) "),
            ("Jember, 16 Agustus 2022 — Kalapas hadir.", "Jember, 16 Agustus 2022 "),
            ("JATIMPOS.CO/BANYUWANGI – Kalapas hadir.", "JATIMPOS.CO/BANYUWANGI "),
            ("Liputan6.com, Jakarta Kalapas hadir.", "Liputan6.com, Jakarta"),
            ("Kalapas hadir – dan senang.", ""),
            ("Kegiatan itu berlangsung di Jember – Bondowoso.", ""),
        ] {
            assert_eq!(clean("Judul", line).dateline, dateline, "{line}");
        }
    }

    #[test]
    fn what_is_said_twice_counts_once() {
        let body = "Kalapas Jember memimpin razia kamar hunian. Petugas menemukan dua buah ponsel di kamar.";
        assert_eq!(text("Razia", &format!("{body}\n{body}")), body);
        assert_eq!(text("Razia Kamar Hunian", &format!("Razia kamar hunian\n{body}")), body);
    }

    #[test]
    fn the_next_article_of_an_infinite_scroll_is_left_out() {
        let body = "Kalapas Jember memimpin razia kamar hunian blok C pada malam hari. ";
        let first: String = (0..12).map(|line| format!("{line} {body}\n")).collect();
        let page = format!("JEMBER – {first}BONDOWOSO – Bupati melantik camat baru.");
        assert!(!clean("Razia", &page).text.contains("Bupati"));
    }

    #[test]
    fn any_bytes_are_taken() {
        let odd = "– Baca juga".repeat(4_000) + "[Gambas" + &"é".repeat(30_000);
        clean("", &odd);
        clean("", &"[Gambas: ".repeat(3_000));
    }
}
