//! Where in a block its date is: an element that is made for it, one that is called so, or words that read like a date.
//! What day it names is `normalize::date`'s to say.

use scraper::ElementRef;

use super::super::one_line;
use super::super::selector::known;

/// The longest text that is taken for a date, in bytes.
const MAX_DATE: usize = 80;
/// The same with the space around its words.
const MAX_SPACED: usize = 2_000;
/// Words in the classes of elements that hold a date.
const DATES: [&str; 9] = [
    "date",
    "tgl",
    "tanggal",
    "time",
    "waktu",
    "published",
    "timestamp",
    "posted",
    "meta",
];
const MONTHS: [&str; 24] = [
    "januari",
    "februari",
    "maret",
    "april",
    "mei",
    "juni",
    "juli",
    "agustus",
    "september",
    "oktober",
    "november",
    "desember",
    "january",
    "february",
    "march",
    "may",
    "june",
    "july",
    "august",
    "october",
    "december",
    "nopember",
    "agu",
    "okt",
];

/// The element of a block that holds its date.
pub(super) fn date_element(block: ElementRef<'_>) -> Option<ElementRef<'_>> {
    let times = known("time");
    if let Some(time) = block.select(&times).find(|time| date_of(*time).is_some()) {
        return Some(time);
    }
    let elements = || block.descendants().filter_map(ElementRef::wrap).take(200);
    let is_named = |element: &ElementRef<'_>| {
        element.value().classes().any(|class| {
            let class = class.to_ascii_lowercase();
            class.split(['-', '_']).any(|word| DATES.contains(&word))
        })
    };
    let is_short = |element: &ElementRef<'_>| date_of(*element).is_some_and(|date| looks_like_date(&date));
    // The smallest one: the last that still holds the date.
    elements().filter(is_named).filter(is_short).last().or_else(|| {
        elements()
            .filter(|element| element.value().name() != "a")
            .filter(is_short)
            .last()
    })
}

/// The machine-readable date of an element, else its words.
pub(super) fn date_of(element: ElementRef<'_>) -> Option<String> {
    let stated = element.attr("datetime").map(str::to_owned);
    stated
        .or_else(|| short_words(element))
        .filter(|date| !date.trim().is_empty())
}

/// The words of an element, if they are few.
fn short_words(element: ElementRef<'_>) -> Option<String> {
    let mut text = String::new();
    for part in element.text() {
        text.push_str(part);
        if text.len() > MAX_SPACED {
            return None;
        }
    }
    let text = one_line(&text);
    (text.len() <= MAX_DATE).then_some(text)
}

/// Whether the words are a date and little else: a year beside a month's name, or numbers with separators.
fn looks_like_date(text: &str) -> bool {
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    let year = |part: &&str| part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
    let has_month = parts
        .iter()
        .any(|part| part.len() >= 3 && MONTHS.iter().any(|month| month.starts_with(part)));
    let numbers = parts
        .iter()
        .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        .count();
    parts.iter().any(year) && (has_month && numbers >= 2 || numbers >= 3) && parts.len() <= 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_other_words() {
        for text in [
            "16 Agustus 2022",
            "Senin, 15/08/2022 10:00 WIB",
            "Jum, 5 Sep 2025",
            "2022-08-16",
            "18 Juni 2025 | 20.04 WIB",
        ] {
            assert!(looks_like_date(text), "{text}");
        }
        for text in ["Rapat Kerja Tahun 2022", "Agustus", "Dibaca 2022 kali", "", "DIPA 2022"] {
            assert!(!looks_like_date(text), "{text}");
        }
    }
}
