//! Reads the dateline that a text opens with: "Jember, Metrozone.net–". It does not weigh it: the place is often only
//! where the newsroom stands.

use crate::gazetteer::Gazetteer;
use crate::model::RegionCode;

/// How many characters of the first paragraph may hold a dateline.
const DATELINE_WINDOW: usize = 120;

/// The most words a place or a newspaper has between two commas of a dateline.
const PART_WORDS: usize = 5;

/// The opening of a text that says where it was written: "Jember, Metrozone.net–".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dateline<'t> {
    /// Its words, without the closing mark.
    pub text: &'t str,
    /// The regions it may mean; several where a name is ambiguous (Malang), never none.
    pub places: Vec<RegionCode>,
}

/// The capital's name, by which the national press signs: a story of the whole country, unless the source is one of
/// Jakarta's own.
const CAPITAL: &str = "jakarta";

/// The dateline at the beginning of a text, if it has one that names a place.
///
/// Only the first characters of the first paragraph are read. A dateline is names, separated by commas, bars,
/// slashes or brackets, with or without the newspaper and the date, closed by a dash. What merely looks alike is an
/// ordinary sentence: a word in lower case before the dash, or after it ("Jember – yang dikenal …"; allowed after
/// "JEMBER –" and after a newspaper or a date), or words that are no place ("Kepala Lapas Jember –").
pub fn dateline<'t>(text: &'t str, gazetteer: &Gazetteer) -> Option<Dateline<'t>> {
    let paragraph = text.lines().find(|line| !line.trim().is_empty())?.trim_start();
    let end = paragraph
        .char_indices()
        .nth(DATELINE_WINDOW)
        .map_or(paragraph.len(), |(at, _)| at);
    let window = &paragraph[..end];
    let mut segment_start = 0;
    let mut marked = false;
    for mark in closing_marks(window) {
        let segment = window.get(segment_start..mark.start)?;
        let names = Names::read(segment)?;
        marked |= names.marked;
        if names.places.is_empty() && names.marked {
            segment_start = mark.end;
            continue;
        }
        if (mark.needs_newspaper && !marked) || !begins_a_story(&window[mark.end..], segment, marked) {
            return None;
        }
        let places = names.regions(gazetteer);
        return (!places.is_empty()).then(|| Dateline {
            text: window[..mark.start].trim_end(),
            places,
        });
    }
    None
}

/// The one region meant by several: the one in or nearest around `configured`, else the province all have in common,
/// else the country where it is among them.
pub fn settle(places: &[RegionCode], configured: Option<RegionCode>) -> Option<RegionCode> {
    let around = configured.into_iter().chain(configured.and_then(RegionCode::province));
    let nearest = around
        .map(|outer| {
            places
                .iter()
                .copied()
                .filter(|place| place.is_within(outer))
                .collect::<Vec<_>>()
        })
        .find(|inside| !inside.is_empty())
        .unwrap_or_else(|| places.to_vec());
    match nearest.as_slice() {
        [] => None,
        [only] => Some(*only),
        [first, others @ ..] => first
            .province()
            .filter(|province| others.iter().all(|place| place.is_within(*province)))
            .or_else(|| nearest.iter().copied().find(|place| *place == RegionCode::INDONESIA)),
    }
}

/// A mark that may close a dateline, as a range of bytes.
struct ClosingMark {
    start: usize,
    end: usize,
    /// A colon follows many a word ("Sumber:"), and counts only after a newspaper or a date.
    needs_newspaper: bool,
}

/// The marks that may close a dateline, in order: a dash that does not join two words, a colon, and the bracket in
/// "Batu Bara(piv.co.id)".
fn closing_marks(window: &str) -> impl Iterator<Item = ClosingMark> {
    let is_dash = |c: char| matches!(c, '-' | '–' | '—');
    window.char_indices().filter_map(move |(at, c)| {
        let before = window[..at].chars().next_back();
        let rest = &window[at + c.len_utf8()..];
        let after = rest.chars().next();
        let loose = |neighbour: Option<char>| neighbour.is_none_or(|c| c.is_whitespace() || ")]".contains(c));
        let (start, closes) = match c {
            '–' | '—' => (at, !after.is_some_and(char::is_lowercase)),
            '-' => (
                at,
                loose(before) || loose(after) || after == Some('-') || ends_capitals(before, rest),
            ),
            ':' => (at, loose(after)),
            ')' => (
                at + 1,
                closes_a_site(&window[..at]) && !rest.trim_start().starts_with(is_dash),
            ),
            _ => (at, false),
        };
        let run = rest.len() - rest.trim_start_matches(is_dash).len();
        closes.then(|| ClosingMark {
            start,
            end: at + c.len_utf8() + run,
            needs_newspaper: c == ':',
        })
    })
}

/// "JAKARTA-Kebakaran": the hyphen stands where the capitals end.
fn ends_capitals(before: Option<char>, rest: &str) -> bool {
    let mut next = rest.chars();
    before.is_some_and(char::is_uppercase)
        && next.next().is_some_and(char::is_uppercase)
        && next.next().is_some_and(char::is_lowercase)
}

/// Whether the bracket that ends here holds the name of a site.
fn closes_a_site(before: &str) -> bool {
    before
        .rsplit_once('(')
        .is_some_and(|(_, inside)| is_site(inside.trim()))
}

/// Whether what follows a dash begins a story rather than going on with the sentence before it.
fn begins_a_story(rest: &str, head: &str, marked: bool) -> bool {
    marked || !head.chars().any(char::is_lowercase) || !rest.trim_start().chars().next().is_some_and(char::is_lowercase)
}

/// What stands between two marks of a dateline.
struct Names {
    /// What may be the name of a place, or of a newspaper that looks like one.
    places: Vec<String>,
    /// Whether a site or a date stands among them, which an ordinary sentence does not have.
    marked: bool,
}

impl Names {
    /// The names in `segment`; nothing if it reads like a sentence.
    fn read(segment: &str) -> Option<Names> {
        let mut names = Names {
            places: Vec::new(),
            marked: false,
        };
        if goes_on_after_a_bracket(segment) {
            return None;
        }
        for part in segment.split([',', '|', '/', '(', ')', '[', ']']) {
            let words: Vec<&str> = part.split_whitespace().collect();
            let kept: Vec<&str> = words
                .iter()
                .copied()
                .filter(|word| !is_site(word) && !is_date_word(word))
                .collect();
            let has_site = words.iter().any(|word| is_site(word));
            let capitalised = kept.iter().all(|word| begins_like_a_name(word));
            if kept.len() > PART_WORDS || !(capitalised || has_site) {
                return None;
            }
            names.marked |= kept.len() < words.len();
            if capitalised && !kept.is_empty() {
                names.places.push(kept.join(" "));
            }
        }
        Some(names)
    }

    /// The regions that the names can mean together: "Simalungun, Sumut" is one place, "Malang" two.
    fn regions(&self, gazetteer: &Gazetteer) -> Vec<RegionCode> {
        self.places
            .iter()
            .map(|name| regions_named(name, gazetteer))
            .filter(|regions| !regions.is_empty())
            .reduce(|all, more| narrowed(&all, &more))
            .unwrap_or_default()
    }
}

/// "Lembaga Pemasyarakatan (Lapas) Jember": a dateline's bracket is the last word of its part.
fn goes_on_after_a_bracket(segment: &str) -> bool {
    segment
        .split([')', ']'])
        .skip(1)
        .any(|rest| rest.trim_start().starts_with(char::is_alphanumeric))
}

/// Whether a word may begin a name.
fn begins_like_a_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
}

/// The regions of one name, or of two that stand together: "Badung-Bali", "Situbondo Jatim".
fn regions_named(name: &str, gazetteer: &Gazetteer) -> Vec<RegionCode> {
    let whole = gazetteer.places(name);
    if !whole.is_empty() {
        return whole.to_vec();
    }
    if name.eq_ignore_ascii_case(CAPITAL) {
        let jakarta = gazetteer.resolve("DKI Jakarta").map(|region| region.code);
        return std::iter::once(RegionCode::INDONESIA).chain(jakarta).collect();
    }
    name.match_indices([' ', '-'])
        .map(|(at, joint)| {
            (
                gazetteer.places(&name[..at]),
                gazetteer.places(&name[at + joint.len()..]),
            )
        })
        .find(|(first, second)| !first.is_empty() && !second.is_empty())
        .map(|(first, second)| narrowed(first, second))
        .unwrap_or_default()
}

/// The smaller of the regions that lie in one another; all of them where none does.
fn narrowed(some: &[RegionCode], others: &[RegionCode]) -> Vec<RegionCode> {
    let inside = |inner: &[RegionCode], outer: &[RegionCode]| -> Vec<RegionCode> {
        let lies_within = |place: &&RegionCode| outer.iter().any(|region| place.is_within(*region));
        inner.iter().filter(lies_within).copied().collect()
    };
    let mut regions = [inside(some, others), inside(others, some)].concat();
    if regions.is_empty() {
        regions = [some, others].concat();
    }
    regions.sort_unstable();
    regions.dedup();
    regions
}

/// Endings of the addresses that newspapers sign with.
const SITE_ENDINGS: [&str; 11] = [
    "com", "id", "net", "org", "co", "news", "online", "info", "tv", "cfd", "biz",
];

/// Whether a word is the address of a site: "Metrozone.net".
fn is_site(word: &str) -> bool {
    word.trim_end_matches(['.', ':'])
        .rsplit_once('.')
        .is_some_and(|(name, ending)| {
            name.chars().any(char::is_alphanumeric) && SITE_ENDINGS.contains(&ending.to_lowercase().as_str())
        })
}

/// The words of a date that are no numbers: days, months and their abbreviations, time zones.
const DATE_WORDS: &str = "senin selasa rabu kamis jumat jum'at jum’at sabtu minggu ahad januari februari pebruari maret april \
    mei juni juli agustus september oktober november nopember desember jan feb mar apr jun jul agu agt \
    sep sept okt nov des wib wita wit";

/// Whether a word belongs to a date: "Rabu", "6", "Agustus", "13.40".
fn is_date_word(word: &str) -> bool {
    let word = word.trim_matches(['.', '\'']).to_lowercase();
    DATE_WORDS.split(' ').any(|known| known == word)
        || (word.contains(|c: char| c.is_ascii_digit())
            && word.chars().all(|c| c.is_ascii_digit() || ".:-".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> RegionCode {
        text.parse().unwrap()
    }

    #[test]
    fn every_form_of_dateline_is_read() {
        let gazetteer = Gazetteer::built_in();
        for (text, words, places) in [
            ("JEMBER – Lapas", "JEMBER", "35.09"),
            ("\n  JEMBER — Lapas", "JEMBER", "35.09"),
            ("JEMBER – lapas", "JEMBER", "35.09"),
            ("Jember, Metrozone.net– Lapas", "Jember, Metrozone.net", "35.09"),
            ("Madiun, INFO_PAS – Lapas", "Madiun, INFO_PAS", "35.19 35.77"),
            ("LANGSA | REALITAS – Lapas", "LANGSA | REALITAS", "11.74"),
            (
                "BANYUWANGI, iNewsSurabaya.id – Lapas",
                "BANYUWANGI, iNewsSurabaya.id",
                "35.10",
            ),
            ("JATIMPOS.CO/BANYUWANGI – Lapas", "JATIMPOS.CO/BANYUWANGI", "35.10"),
            (
                "Nusakambangan, 21 Oktober 2025 — Lapas",
                "Nusakambangan, 21 Oktober 2025",
                "33.01",
            ),
            ("Batu Bara(piv.co.id) Lapas", "Batu Bara(piv.co.id)", "12.19"),
            ("Mataram (ANTARA) - Lapas", "Mataram (ANTARA)", "52.71"),
            ("TRIBUNJABAR.ID, SUMEDANG - Lapas", "TRIBUNJABAR.ID, SUMEDANG", "32.11"),
            ("TRIBUNNEWS.COM - BADUNG -- Lapas", "TRIBUNNEWS.COM - BADUNG", "51.03"),
            ("Karimun, posmetro.co: Lapas", "Karimun, posmetro.co", "21.02"),
            ("JEMBER-Kebakaran", "JEMBER", "35.09"),
            ("Kota Malang – Lapas", "Kota Malang", "35.73"),
            ("BADUNG-BALI – Lapas", "BADUNG-BALI", "51.03"),
            ("Banjar, Kalsel – Lapas", "Banjar, Kalsel", "63.03"),
            (
                "SURYA.co.id, KRAKSAAN, PROBOLINGGO - Lapas",
                "SURYA.co.id, KRAKSAAN, PROBOLINGGO",
                "35.13",
            ),
            ("Jakarta, MINA – Menteri", "Jakarta, MINA", "ID 31"),
        ] {
            let expected = Dateline {
                text: words,
                places: places.split(' ').map(code).collect(),
            };
            assert_eq!(dateline(text, &gazetteer), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn an_ordinary_sentence_with_a_dash_is_no_dateline() {
        let gazetteer = Gazetteer::built_in();
        for text in [
            "",
            " \n ",
            "Jember",
            "Jember – yang dikenal sebagai kota tembakau – menjadi tuan rumah.",
            "Kepala Lapas Jember – Hasan Basri – membuka acara.",
            "Kalapas Jember - Hasan Basri - membuka acara.",
            "Lembaga Pemasyarakatan (Lapas) Jember - satu dari sembilan - membuka acara.",
            "Sebanyak 120 warga Jember – Bondowoso mengikuti razia.",
            "Warga binaan di Jember – Jawa Timur – menanam jagung.",
            "Hari itu, di Jember – Jawa Timur – hujan.",
            "Sumber: Humas Lapas Jember",
            "Toli-Toli menerima 20 warga binaan.",
            "TRIBUNNEWS.COM - Lapas Jember menggelar razia.",
            "GDAŃSK- Menteri Kebudayaan",
            "Lapas Jember menggelar razia.\nJEMBER – Lapas",
            ") – ( – [ – ] –",
            "———",
        ] {
            assert_eq!(dateline(text, &gazetteer), None, "{text:?}");
        }
        let late = format!("{}JEMBER – Lapas", "Antara.com, ".repeat(12));
        assert_eq!(dateline(&late, &gazetteer), None, "beyond the window");
    }

    #[test]
    fn no_text_makes_it_fail() {
        let gazetteer = Gazetteer::built_in();
        let marks = "([A-Za-z,.|/()\\[\\]:–— -]|JEMBER|\u{1F4F0}|é){0,60}";
        proptest::proptest!(|(any in "[\\PC\n]{0,200}", marks in marks)| {
            dateline(&any, &gazetteer);
            dateline(&marks, &gazetteer);
        });
    }
}
