//! Dates as Indonesian sources write them: "Senin, 16 Agustus 2022 | 2.30 WIB", "(26/2/25)", "3 jam yang lalu", and the
//! machine-readable forms (ISO 8601, RFC 2822, MySQL) with or without a zone.
//!
//! Day comes before month, always. The weekday is not believed, for it is often wrong. What is not stated is not made up:
//! without a year, or with an impossible day, there is no date.

mod absolute;
mod tokens;

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Timestamp};

use crate::model::{Precision, Zone};
use tokens::{Token, tokens};

/// The longest text a date is looked for in, in characters: a byline, not an article.
const MAX_CHARS: usize = 300;

/// A date that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// The instant; midnight in `zone` where only a day is known.
    pub at: Timestamp,
    /// The zone that was named, or the one that was given.
    pub zone: Zone,
    /// How exactly it is known.
    pub precision: Precision,
}

/// Reads the first date in a text. Times without a zone are in `zone`; "3 jam yang lalu" counts from `now`.
pub fn read(text: &str, zone: Zone, now: Timestamp) -> Option<Read> {
    let folded: String = text
        .chars()
        .take(MAX_CHARS)
        .flat_map(char::to_lowercase)
        .map(|letter| match letter {
            '\u{2018}' | '\u{2019}' | '\u{02BC}' | '`' | '\u{00B4}' => '\'',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            other => other,
        })
        .collect();
    let tokens = tokens(&folded);
    match absolute::date(&tokens, now) {
        Some((date, range)) => {
            let time = absolute::time(&tokens[range.end..]).or_else(|| absolute::time(&tokens[..range.start]));
            on_day(date, time, &tokens, zone)
        }
        None => relative(&tokens, zone, now),
    }
}

/// Whether a text names a weekday that its date was not: "Senin, 16 Agustus 2022", which was a Tuesday. The date is
/// still the one to believe.
pub fn weekday_differs(text: &str, read: &Read) -> bool {
    let day = read.zone.offset().to_datetime(read.at).weekday();
    let folded: String = text.chars().take(MAX_CHARS).flat_map(char::to_lowercase).collect();
    let words = folded.split(|letter: char| !letter.is_alphabetic() && !matches!(letter, '\'' | '\u{2019}' | '`'));
    let named: Vec<Weekday> = words.filter_map(weekday).collect();
    named.len() == 1 && named.first() != Some(&day)
}

/// A weekday's name, Indonesian or English; those that are words of their own ("min", "sat") are left out.
fn weekday(word: &str) -> Option<Weekday> {
    let plain: String = word.chars().filter(|letter| letter.is_alphabetic()).collect();
    Some(match plain.as_str() {
        "senin" | "monday" | "mon" => Weekday::Monday,
        "selasa" | "tuesday" | "tue" => Weekday::Tuesday,
        "rabu" | "wednesday" | "wed" => Weekday::Wednesday,
        "kamis" | "thursday" | "thu" => Weekday::Thursday,
        "jumat" | "jum" | "friday" | "fri" => Weekday::Friday,
        "sabtu" | "saturday" => Weekday::Saturday,
        "minggu" | "ahad" | "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

/// The instant of a day and, if it is known, a time of day.
fn on_day(date: Date, time: Option<absolute::Clock>, tokens: &[Token<'_>], zone: Zone) -> Option<Read> {
    let Some(time) = time else {
        let zone = named_zone(tokens).unwrap_or(zone);
        let at = zone.offset().to_timestamp(date.to_datetime(Time::midnight())).ok()?;
        return Some(Read {
            at,
            zone,
            precision: Precision::Day,
        });
    };
    let zone = time.zone.or_else(|| named_zone(tokens)).unwrap_or(zone);
    let offset = time.offset.unwrap_or_else(|| zone.offset());
    let at = offset.to_timestamp(date.to_datetime(time.time)).ok()?;
    Some(Read {
        at,
        zone,
        precision: Precision::Minute,
    })
}

/// A zone's abbreviation anywhere in the text.
fn named_zone(tokens: &[Token<'_>]) -> Option<Zone> {
    tokens.iter().find_map(|token| Zone::from_abbreviation(token.text))
}

/// "3 jam yang lalu", "kemarin 14.30", "1 day ago", "baru saja". Weeks, months and years ago name no day.
fn relative(tokens: &[Token<'_>], zone: Zone, now: Timestamp) -> Option<Read> {
    let zone = named_zone(tokens).unwrap_or(zone);
    let today = zone.offset().to_datetime(now).date();
    let has = |words: &[&str]| {
        tokens
            .windows(words.len())
            .any(|window| window.iter().map(|token| token.text).eq(words.iter().copied()))
    };
    let exactly = |at: Timestamp| {
        Some(Read {
            at,
            zone,
            precision: Precision::Minute,
        })
    };
    if has(&["lalu"]) || has(&["ago"]) {
        let (count, unit) = tokens.iter().enumerate().find_map(|(index, token)| {
            let unit = Unit::of(token.text)?;
            Some((count_before(tokens, index)?, unit))
        })?;
        return match unit {
            Unit::Day => on_day(days_before(today, count)?, None, tokens, zone),
            Unit::Seconds(seconds) => {
                let ago = SignedDuration::from_secs(i64::from(count).checked_mul(seconds)?);
                exactly(now.checked_sub(ago).ok()?)
            }
        };
    }
    if has(&["baru", "saja"]) || has(&["just", "now"]) {
        return exactly(now);
    }
    let days = if has(&["kemarin"]) || has(&["yesterday"]) {
        1
    } else if has(&["hari", "ini"]) || has(&["today"]) {
        0
    } else {
        return None;
    };
    on_day(days_before(today, days)?, absolute::time(tokens), tokens, zone)
}

fn days_before(today: Date, days: u32) -> Option<Date> {
    today.checked_sub(SignedDuration::from_hours(i64::from(days) * 24)).ok()
}

/// What a relative date counts in.
enum Unit {
    Day,
    Seconds(i64),
}

impl Unit {
    fn of(word: &str) -> Option<Unit> {
        let word = word
            .strip_prefix("se")
            .filter(|rest| !rest.starts_with("co"))
            .unwrap_or(word);
        match word {
            "detik" | "second" | "seconds" | "sec" | "secs" => Some(Unit::Seconds(1)),
            "menit" | "mnt" | "minute" | "minutes" | "min" | "mins" => Some(Unit::Seconds(60)),
            "jam" | "hour" | "hours" | "hr" | "hrs" => Some(Unit::Seconds(3600)),
            "hari" | "day" | "days" => Some(Unit::Day),
            _ => None,
        }
    }
}

/// How many units: the number or word before, or the "se-" of "sejam".
fn count_before(tokens: &[Token<'_>], index: usize) -> Option<u32> {
    if tokens[index].text.starts_with("se") && !tokens[index].text.starts_with("sec") {
        return Some(1);
    }
    let before = tokens.get(index.checked_sub(1)?)?;
    match before.text {
        "a" | "an" | "one" | "satu" => Some(1),
        _ => before.number(),
    }
}

#[cfg(test)]
mod tests;
