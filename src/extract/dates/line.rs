//! What a line of a page says of dates, without reading the date: whether there is one, whether its zone is named, whether
//! it is a given day. Cheap, for it is asked of every line of a page.

use crate::model::{RawDate, month};

/// Whether a line names the day of an ISO date.
pub fn says(line: &str, iso: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|part| part.parse().ok())
            .collect()
    };
    let (line, stated) = (numbers(line), numbers(iso));
    stated.first().is_some_and(|year| line.contains(year)) && stated.last().is_some_and(|day| line.contains(day))
}

/// Whether a date says which zone it is in.
pub fn has_zone(date: &str) -> bool {
    let date = date.trim_end();
    let after_clock = date.rsplit(':').next().unwrap_or_default();
    let lower = date.to_lowercase();
    let named = ["wib", "wita", "wit", "gmt", "utc"]
        .iter()
        .any(|zone| lower.split(|c: char| !c.is_alphabetic()).any(|word| word == *zone));
    named
        || (date.contains(':') && (date.ends_with(['Z', 'z']) || date.contains('+') || after_clock.contains('-')))
        || date.rsplit_once('T').is_some_and(|(_, time)| time.contains('-'))
}

/// Whether a found date names one of Indonesia's zones, as pages show it to readers.
pub fn is_zoned(date: &RawDate) -> bool {
    matches!(date, RawDate::Text(text) if has_zone(text) && text.chars().any(|letter| matches!(letter, ':' | '.')))
}

/// Whether a line holds a year with a month and a day beside it, or counts back from now.
pub fn looks_like_date(line: &str) -> bool {
    let line = line.to_lowercase();
    if [" lalu", " ago", "kemarin ", "kemarin,"]
        .iter()
        .any(|word| line.contains(word))
    {
        return line.chars().count() <= 40 && line.chars().any(|letter| letter.is_ascii_digit());
    }
    let parts: Vec<&str> = line
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|part| !matches!(*part, "" | "de" | "del" | "of"))
        .collect();
    let is_month = |part: &str| month(part).is_some();
    let is_small = |part: &str| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.len() <= 2 && digits.parse::<u32>().is_ok_and(|number| (1..=31).contains(&number))
    };
    let is_year = |part: &str| {
        let year = part.get(..4).and_then(|year| year.parse::<u32>().ok());
        year.is_some_and(|year| (1990..=2100).contains(&year)) && (part.len() == 4 || part.contains('t'))
    };
    (0..parts.len()).any(|at| {
        let before = &parts[at.saturating_sub(2)..at];
        let after = &parts[at + 1..(at + 3).min(parts.len())];
        let beside = |two: &[&str]| {
            two.len() == 2
                && ((is_small(two[0]) && is_small(two[1]))
                    || two.iter().any(|part| is_month(part)) && two.iter().any(|part| is_small(part)))
        };
        let iso_day = |two: &[&str]| two.len() == 2 && is_small(two[0]) && is_small(two[1]);
        is_year(parts[at]) && (beside(before) || iso_day(after))
    })
}
