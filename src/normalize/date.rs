//! Dates as Indonesian sources write them: "Senin, 16 Agustus 2022 | 2.30 WIB", "(26/2/25)", "3 jam yang lalu", and the
//! machine-readable forms (ISO 8601, RFC 2822, MySQL) with or without a zone.
//!
//! Day comes before month, always. The weekday is ignored, for it is often wrong. What is not stated is not made up:
//! without a year, or with an impossible day, there is no date.

mod absolute;
mod tokens;

use jiff::civil::{Date, Time};
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Thursday, 19 June 2025, 10.00 WIB.
    const NOW: &str = "2025-06-19T10:00:00+07:00";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn check(cases: &[(&str, &str, Zone)], precision: Precision) {
        for (text, expected, zone) in cases {
            let expected = Read {
                at: expected.parse().unwrap(),
                zone: *zone,
                precision,
            };
            assert_eq!(read(text, Zone::Wib, now()), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn dates_with_a_time_are_read() {
        let wib = Zone::Wib;
        check(
            &[
                ("16 Agustus 2022 2:30 WIB", "2022-08-16T02:30:00+07:00", wib),
                ("29 Nov 2022 16:06 WIB", "2022-11-29T16:06:00+07:00", wib),
                ("Rabu 05 Jul 2023 22:03 WIB", "2023-07-05T22:03:00+07:00", wib),
                ("Rabu   18 Jun 2025  22:02 WIB", "2025-06-18T22:02:00+07:00", wib),
                ("18 Juni 2025 | 20.04 WIB", "2025-06-18T20:04:00+07:00", wib),
                ("5 Juni 2025 | 13.00 WIB", "2025-06-05T13:00:00+07:00", wib),
                ("Kompas.com- 18/06/2025, 21:35 WIB", "2025-06-18T21:35:00+07:00", wib),
                (
                    "Kompas.com- Diperbarui 19/06/2025, 10:25 WIB",
                    "2025-06-19T10:25:00+07:00",
                    wib,
                ),
                ("Diperbarui 18 Jun 2025, 14:05 WIB", "2025-06-18T14:05:00+07:00", wib),
                ("Diperbarui 30 Mei 2025, 15:55 WIB", "2025-05-30T15:55:00+07:00", wib),
                (
                    ", Jurnalis-Senin, 16 Juni 2025 |15:20 WIB",
                    "2025-06-16T15:20:00+07:00",
                    wib,
                ),
                (
                    ", Jurnalis-Jum'at, 13 Juni 2025 |19:04 WIB",
                    "2025-06-13T19:04:00+07:00",
                    wib,
                ),
                ("Rabu, 18 Jun 2025 07:30 WIB", "2025-06-18T07:30:00+07:00", wib),
                ("Sabtu, 31 Mei  2025 12:03 WIB", "2025-05-31T12:03:00+07:00", wib),
                (
                    "Selasa, 16 Agustus 2022 pukul 02.30 WITA",
                    "2022-08-16T02:30:00+08:00",
                    Zone::Wita,
                ),
                ("16 Agustus 2022 08:30 wit", "2022-08-16T08:30:00+09:00", Zone::Wit),
                ("16-08-2022 14.30.59", "2022-08-16T14:30:59+07:00", wib),
                ("16.08.2022 14.30", "2022-08-16T14:30:00+07:00", wib),
                ("10:35 WIB, 18 Juni 2025", "2025-06-18T10:35:00+07:00", wib),
                ("18 Juni 2025 01:00 UTC", "2025-06-18T01:00:00Z", wib),
                ("August 16, 2022 at 2:30 pm", "2022-08-16T14:30:00+07:00", wib),
                ("Aug 16th, 2022 12:05 AM", "2022-08-16T00:05:00+07:00", wib),
                ("18 Juni 2025 14:30 - 16:00 WIB", "2025-06-18T14:30:00+07:00", wib),
                (
                    "16\u{a0}Agustus\u{a0}2022 2:30\u{a0}WIB",
                    "2022-08-16T02:30:00+07:00",
                    wib,
                ),
                (
                    "Diterbitkan 16 Agustus 2022 2:30 WIB · waktu baca 1 menit",
                    "2022-08-16T02:30:00+07:00",
                    wib,
                ),
                (
                    "16 Agustus 2022 2:30 WIB (2 tahun yang lalu)",
                    "2022-08-16T02:30:00+07:00",
                    wib,
                ),
            ],
            Precision::Minute,
        );
    }

    #[test]
    fn machine_readable_dates_are_read() {
        let wib = Zone::Wib;
        check(
            &[
                ("2022-08-15T19:30:00.000Z", "2022-08-15T19:30:00Z", wib),
                ("2022-08-16T02:30:00+07:00", "2022-08-16T02:30:00+07:00", wib),
                ("2022-08-16T02:30:00+08:00", "2022-08-16T02:30:00+08:00", Zone::Wita),
                ("2022-08-16T02:30:00+0900", "2022-08-16T02:30:00+09:00", Zone::Wit),
                ("2022-08-16T02:30:00+07", "2022-08-16T02:30:00+07:00", wib),
                ("2022-08-16T02:30-05:00", "2022-08-16T02:30:00-05:00", wib),
                ("2022-08-16T02:30:00", "2022-08-16T02:30:00+07:00", wib),
                ("2022-08-16 02:30:00", "2022-08-16T02:30:00+07:00", wib),
                ("2022/08/16 02:30", "2022-08-16T02:30:00+07:00", wib),
                ("Mon, 15 Aug 2022 19:30:00 GMT", "2022-08-15T19:30:00Z", wib),
                ("Mon, 15 Aug 2022 19:30:00 +0000", "2022-08-15T19:30:00Z", wib),
                ("Tue, 16 Aug 2022 02:30:00 +0700", "2022-08-16T02:30:00+07:00", wib),
                ("Tue, 16 Aug 2022 02:30 +0800", "2022-08-16T02:30:00+08:00", Zone::Wita),
                ("Mon, 15 Aug 2022 10:00:00 WIB", "2022-08-15T10:00:00+07:00", wib),
                ("Mon, 15 Aug 2022 10:00:00 GMT+7", "2022-08-15T10:00:00+07:00", wib),
                (
                    "Mon, 15 Aug 2022 10:00:00 UTC+08:00",
                    "2022-08-15T10:00:00+08:00",
                    Zone::Wita,
                ),
                ("Mon, 15 Aug 2022 10:00:00 EST", "2022-08-15T10:00:00-05:00", wib),
                ("Monday, 15-Aug-22 10:00:00 GMT", "2022-08-15T10:00:00Z", wib),
                ("Sel, 16 Agt 2022 02:30:00 +0700", "2022-08-16T02:30:00+07:00", wib),
            ],
            Precision::Minute,
        );
    }

    #[test]
    fn dates_without_a_time_are_midnight_in_the_zone() {
        let wib = Zone::Wib;
        check(
            &[
                ("Senin (15/08/2022)", "2022-08-15T00:00:00+07:00", wib),
                ("(26/2/25)", "2025-02-26T00:00:00+07:00", wib),
                ("(4/11/23)", "2023-11-04T00:00:00+07:00", wib),
                ("05/08/2022", "2022-08-05T00:00:00+07:00", wib),
                ("Jum’at 09/04/2021", "2021-04-09T00:00:00+07:00", wib),
                ("Jum, 5 Sep 2025", "2025-09-05T00:00:00+07:00", wib),
                ("Sabtu, 31 Mei  2025", "2025-05-31T00:00:00+07:00", wib),
                ("[19 Juni 2025]", "2025-06-19T00:00:00+07:00", wib),
                ("7/10/'2024", "2024-10-07T00:00:00+07:00", wib),
                ("(Jumat, 30 Juni 2023)", "2023-06-30T00:00:00+07:00", wib),
                ("2022-08-16", "2022-08-16T00:00:00+07:00", wib),
                ("1 Pebruari 2024", "2024-02-01T00:00:00+07:00", wib),
                ("1 Nopember 2024", "2024-11-01T00:00:00+07:00", wib),
                ("17 Agst. 2024", "2024-08-17T00:00:00+07:00", wib),
                ("29 Februari 2024", "2024-02-29T00:00:00+07:00", wib),
                ("03 DESEMBER 2024", "2024-12-03T00:00:00+07:00", wib),
                ("3-Des-2024", "2024-12-03T00:00:00+07:00", wib),
                ("3 Okt '24", "2024-10-03T00:00:00+07:00", wib),
                ("October 3, 2024", "2024-10-03T00:00:00+07:00", wib),
                ("Tuesday, March 4, 2025", "2025-03-04T00:00:00+07:00", wib),
                ("16 Agustus 2022 WITA", "2022-08-16T00:00:00+08:00", Zone::Wita),
                ("16 Agustus 2022, 25:99", "2022-08-16T00:00:00+07:00", wib),
                ("kemarin", "2025-06-18T00:00:00+07:00", wib),
                ("1 day ago", "2025-06-18T00:00:00+07:00", wib),
                ("3 hari yang lalu", "2025-06-16T00:00:00+07:00", wib),
                ("sehari lalu", "2025-06-18T00:00:00+07:00", wib),
            ],
            Precision::Day,
        );
    }

    #[test]
    fn relative_times_count_from_now() {
        let wib = Zone::Wib;
        check(
            &[
                ("3 jam yang lalu", "2025-06-19T07:00:00+07:00", wib),
                ("Diperbarui 25 menit lalu", "2025-06-19T09:35:00+07:00", wib),
                ("sejam yang lalu", "2025-06-19T09:00:00+07:00", wib),
                ("30 seconds ago", "2025-06-19T09:59:30+07:00", wib),
                ("an hour ago", "2025-06-19T09:00:00+07:00", wib),
                ("kemarin 14.30", "2025-06-18T14:30:00+07:00", wib),
                ("Kemarin, 14:30 WITA", "2025-06-18T14:30:00+08:00", Zone::Wita),
                ("Hari ini, 08:15 WIB", "2025-06-19T08:15:00+07:00", wib),
                ("Baru saja", NOW, wib),
            ],
            Precision::Minute,
        );
    }

    #[test]
    fn what_names_no_day_is_no_date() {
        for text in [
            "",
            "(15/8)",
            "15 Agustus",
            "16 Agustus 10.30",
            "16 Agustus 10:30 WIB",
            "30/04/1025",
            "31/02/2025",
            "29 Februari 2023",
            "16/13/2022",
            "2022-13-01",
            "0/8/2022",
            "Agustus 2022",
            "2022",
            "10:30 WIB",
            "dua jam lalu",
            "2 minggu yang lalu",
            "sebulan lalu",
            "a year ago",
            "Senin",
            "Nomor 123/45/6789",
            "99999999999999999999 jam lalu",
            "4294967295 hari lalu",
            "16 Agustus 20222",
            "(26/2/77)",
        ] {
            assert_eq!(read(text, Zone::Wib, now()), None, "{text:?}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_in_the_units_own() {
        let read = read("16 Agustus 2022 2:30", Zone::Wit, now()).unwrap();
        assert_eq!(
            (read.at, read.zone),
            ("2022-08-16T02:30:00+09:00".parse().unwrap(), Zone::Wit)
        );
    }

    #[test]
    fn a_day_ago_is_counted_on_the_zones_own_calendar() {
        // 23.30 WIB is already tomorrow in Jayapura.
        let late = "2025-06-19T23:30:00+07:00".parse().unwrap();
        let read = read("kemarin", Zone::Wit, late).unwrap();
        assert_eq!(read.at, "2025-06-19T00:00:00+09:00".parse().unwrap());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,80}") {
            read(&text, Zone::Wib, now());
        }

        #[test]
        fn any_heap_of_date_parts_is_read_without_panic(
            parts in proptest::collection::vec("[0-9]{1,12}|agustus|lalu|jam|hari|kemarin|[/:.+-]|t|z|pm|wib|gmt| ", 0..14)
        ) {
            read(&parts.concat(), Zone::Wita, now());
        }

        #[test]
        fn every_day_that_is_written_out_is_read_back(days in 0i32..12_000, hour in 0i8..24, minute in 0i8..60) {
            let date = jiff::civil::date(1995, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let month = ["Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
                "Oktober", "November", "Desember"][usize::try_from(date.month() - 1).unwrap()];
            let text = format!("Senin, {} {month} {} pukul {hour:02}.{minute:02} WITA", date.day(), date.year());
            let expected = Zone::Wita.offset().to_timestamp(date.at(hour, minute, 0, 0)).unwrap();
            prop_assert_eq!(read(&text, Zone::Wib, now()).map(|read| read.at), Some(expected));
        }
    }
}
