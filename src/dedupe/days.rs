//! The days a text names, as Indonesian releases write them: 16 Agustus 2022, (15/8/2022), Senin (15/8), 2022-08-15.
//! A year that is not written is the one that brings the day nearest to the article. It does not read an article's own
//! date: `normalize` does.

use std::ops::Range;

use jiff::civil::Date;

use super::words::Word;

/// How far the days that count lie from the article's own: others are history ("lahir 17 Agustus 1945").
const NEAR_DAYS: i32 = 45;

/// The months by the letters that tell them apart, Indonesian and English.
const MONTHS: [(&str, i8); 17] = [
    ("jan", 1),
    ("feb", 2),
    ("peb", 2),
    ("mar", 3),
    ("apr", 4),
    ("mei", 5),
    ("may", 5),
    ("jun", 6),
    ("jul", 7),
    ("agu", 8),
    ("ags", 8),
    ("aug", 8),
    ("sep", 9),
    ("okt", 10),
    ("oct", 10),
    ("nov", 11),
    ("des", 12),
];

/// The full names, for words that only begin like a month ("Marwan", "Septian").
const MONTH_NAMES: [&str; 17] = [
    "januari",
    "february",
    "februari",
    "pebruari",
    "maret",
    "march",
    "april",
    "juni",
    "june",
    "juli",
    "july",
    "agustus",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
];

/// The days a text names.
#[derive(Clone, Debug, Default)]
pub struct Days {
    /// Days since 1970-01-01 in the order of the text, each once, only those near the article.
    pub days: Vec<i32>,
    /// The words that are part of a date.
    pub words: Vec<Range<usize>>,
}

/// Reads the days of a text whose article is of the day `around`.
pub fn days(text: &str, words: &[Word<'_>], around: Date) -> Days {
    let mut found = Days::default();
    let mut at = 0;
    while at < words.len() {
        let Some((date, length)) = date(text, &words[at..], around) else {
            at += 1;
            continue;
        };
        let day = number(date);
        if (day - number(around)).abs() <= NEAR_DAYS && !found.days.contains(&day) {
            found.days.push(day);
        }
        found.words.push(at..at + length);
        at += length;
    }
    found
}

/// Days since 1970-01-01.
pub fn number(date: Date) -> i32 {
    let epoch = jiff::civil::date(1970, 1, 1);
    i32::try_from(date.duration_since(epoch).as_hours() / 24).unwrap_or(i32::MAX)
}

/// Whether a word is a weekday or a month: it names no one.
pub fn is_calendar(word: &str) -> bool {
    let first = word.bytes().next().unwrap_or_default();
    let names: &[&str] = match first.to_ascii_lowercase() {
        b'a' => &["april", "agustus", "august"],
        b'd' => &["desember"],
        b'f' => &["february", "februari"],
        b'j' => &["jumat", "jum'at", "jum’at", "januari", "juni", "june", "juli", "july"],
        b'k' => &["kamis"],
        b'm' => &["minggu", "maret", "march", "mei"],
        b'n' => &["november"],
        b'o' => &["oktober"],
        b'p' => &["pebruari"],
        b'r' => &["rabu"],
        b's' => &["senin", "selasa", "sabtu", "september"],
        _ => &[],
    };
    names.iter().any(|name| word.eq_ignore_ascii_case(name))
}

/// The date that begins with the first word, and how many words it takes.
fn date(text: &str, words: &[Word<'_>], around: Date) -> Option<(Date, usize)> {
    let first = words.first()?;
    if !first.text.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    if let Some(parts) = pointed(first.text) {
        return Some((of(parts.0, parts.1, Some(parts.2), around)?, 1));
    }
    let lead = digits(first.text)?;
    if let Some(month) = words.get(1).and_then(|word| month(word.text)) {
        let year = words.get(2).and_then(|word| year(word.text));
        return Some((of(lead, month, year, around)?, if year.is_some() { 3 } else { 2 }));
    }
    let middle = digits(words.get(1)?.text)?;
    let separator = between(text, words, 0)?;
    let tail = words.get(2).filter(|_| between(text, words, 1) == Some(separator));
    if first.text.len() == 4 && separator == '-' {
        let day = digits(tail?.text)?;
        return Some((of(day, i8::try_from(middle).ok()?, Some(lead), around)?, 3));
    }
    let month = i8::try_from(middle).ok()?;
    if let Some(year) = tail.and_then(|word| year(word.text).or_else(|| short_year(word.text))) {
        return Some((of(lead, month, Some(year), around)?, 3));
    }
    let bracketed = text[..first.start].ends_with('(') && text[words[1].end()..].starts_with(')');
    (separator == '/' && bracketed).then_some((of(lead, month, None, around)?, 2))
}

/// The one separator that stands between two words.
fn between(text: &str, words: &[Word<'_>], at: usize) -> Option<char> {
    let gap = &text[words.get(at)?.end()..words.get(at + 1)?.start];
    match gap {
        "/" => Some('/'),
        "-" => Some('-'),
        _ => None,
    }
}

fn digits(text: &str) -> Option<i16> {
    let plain = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// 15.8.2022
fn pointed(text: &str) -> Option<(i16, i8, i16)> {
    let mut parts = text.split('.');
    let day = digits(parts.next()?)?;
    let month = i8::try_from(digits(parts.next()?)?).ok()?;
    let year = year(parts.next()?)?;
    parts.next().is_none().then_some((day, month, year))
}

fn year(text: &str) -> Option<i16> {
    digits(text).filter(|year| text.len() == 4 && (1900..2100).contains(year))
}

fn short_year(text: &str) -> Option<i16> {
    digits(text)
        .filter(|year| text.len() == 2 && (15..60).contains(year))
        .map(|year| year + 2000)
}

fn month(text: &str) -> Option<i8> {
    let lower = text.to_lowercase();
    let known = lower.len() <= 4 || MONTH_NAMES.contains(&lower.as_str());
    let (_, month) = MONTHS.iter().find(|(start, _)| known && lower.starts_with(start))?;
    Some(*month)
}

/// The date of a day, a month and perhaps a year.
fn of(day: i16, month: i8, year: Option<i16>, around: Date) -> Option<Date> {
    let day = i8::try_from(day).ok()?;
    if let Some(year) = year {
        return Date::new(year, month, day).ok();
    }
    (around.year() - 1..=around.year() + 1)
        .filter_map(|year| Date::new(year, month, day).ok())
        .min_by_key(|date| (number(*date) - number(around)).abs())
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let words = words(text);
        let around = jiff::civil::date(2022, 8, 16);
        let days = days(text, &words, around).days;
        let written = |day: &i32| {
            (jiff::civil::date(1970, 1, 1) + jiff::Span::new().days(*day))
                .strftime("%F")
                .to_string()
        };
        days.iter().map(written).collect()
    }

    #[test]
    fn days_are_read_in_the_forms_of_releases() {
        for (text, expected) in [
            ("pada 16 Agustus 2022 di aula", vec!["2022-08-16"]),
            ("Senin (15/8/2022) pagi", vec!["2022-08-15"]),
            ("Senin (15/08/22) pagi", vec!["2022-08-15"]),
            ("Senin (15/8) dan Selasa (16/8)", vec!["2022-08-15", "2022-08-16"]),
            ("Jum’at 05-08-2022", vec!["2022-08-05"]),
            ("tanggal 15.8.2022", vec!["2022-08-15"]),
            ("2022-08-15", vec!["2022-08-15"]),
            ("1 Sep", vec!["2022-09-01"]),
            ("15-17 Agustus 2022", vec!["2022-08-17"]),
            ("lahir 17 Agustus 1945", vec![]),
            ("sebanyak 12 Marwan dan 3/4 bagian", vec![]),
            ("32/8/2022, 15/13/2022, 31 Februari 2022", vec![]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_day_without_a_year_is_the_nearest_one() {
        let text = "Sabtu (31/12)";
        let around = jiff::civil::date(2023, 1, 2);
        assert_eq!(
            days(text, &words(text), around).days,
            [number(jiff::civil::date(2022, 12, 31))]
        );
    }

    #[test]
    fn weekdays_and_months_are_no_names() {
        for name in MONTH_NAMES {
            assert!(is_calendar(name), "{name}");
        }
        assert!(is_calendar("Jum’at") && is_calendar("Mei") && is_calendar("AGUSTUS"));
        assert!(!is_calendar("Septian") && !is_calendar("Marwan"));
    }
}
